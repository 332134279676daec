"""Bytes → document, the same whether they come from a file, a site or a snapshot.

Whatever the format, reading, outline and metadata are found by a process on a leash (`kb.base.leashed`): a text that takes
more time or memory than `kb.toml` allows is refused with a sentence, and the one that asked goes on.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import ParamSpec, TypeVar
from urllib.parse import unquote

from kb.base import leash, leashed
from kb.base.errors import KbError, UnreadableError, unforeseen
from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Metadata, Provenance, Repair
from kb.config.settings import Settings
from kb.ingest import titles
from kb.ingest.formats import files, registry
from kb.ingest.formats.account import characters
from kb.ingest.formats.registry import Given
from kb.ingest.restore import restore
from kb.structure import metadata, numbering, outline, statute
from kb.structure.extracted import Extracted

DIED = "处理它的进程意外终止（可能内存不足）：请检查这个文件，或拆分后再试。"
JOINED = "由来源的 "
"""How the note begins that says of what files a law was joined."""
_FEW_DOUBTFUL, _MOST_DOUBTFUL, _MOST_SHARE = 5_000, 100_000, 0.5
_MOST_SAID = 50_000
_HEAD = 3  # lines at the head of a text among which its title may be
_ISSUER = lazy_re(r"[\u4e00-\u9fff、（）()\s]{4,60}")

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Derived:
    """A document (its id still "") and the files that its page links to, (name, address as found).

    `page` is what was read off a web page before the list's words were added, None for other files.
    """

    document: Document
    attachments: tuple[tuple[str, str], ...] = ()
    page: Extracted | None = None


class BrokenOffError(UnreadableError):
    """The reading of a file ended before its time: whether the file is at fault or the machine, nobody knows."""


def on_leash(settings: Settings, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Return what a function returns that reads a file. Raises what it raises, UnreadableError where it takes too long, and
    BrokenOffError where it ended before its time.
    """
    try:
        return leashed.call(settings.timeout, function, *arguments, **named)
    except TimeoutError as error:
        raise UnreadableError(leash.too_slow(settings.timeout)) from error
    except MemoryError as error:
        raise BrokenOffError(DIED) from error
    except KbError:
        raise
    except Exception as error:  # it ran in a process of its own: as if that had died
        raise BrokenOffError(unforeseen("读这个文件", error)) from error


def document(extracted: Extracted, found: Provenance, source: str, name: str) -> Document:
    """Make a document of what a reader extracted; `found` says where it comes from, `name` what its file is called.

    Raises UnreadableError when nothing but site navigation is in it.
    """
    restored = restore(extracted)
    extracted = restored.extracted
    if not extracted.text:
        raise UnreadableError("除了网站导航之类，里面没有文字：没有可以收录的内容。")
    _refuse_unreadable(extracted.text, restored.repairs)
    sections = outline.parse(extracted.text, extracted.levels, extracted.bold_numbers)
    provenance = replace(
        found,
        media_type=extracted.media_type,
        encoding=extracted.encoding,
        converter=extracted.converter,
        simplified=restored.simplified,
        repairs=restored.repairs,
        furniture=restored.furniture,
        notes=(*extracted.notes, *numbering.notes(sections)),
        account=extracted.account,
    )
    facts = metadata.find(extracted.text, sections, extracted, name)
    _refuse_overloaded(facts, provenance)
    return Document("", source, facts, provenance, sections)


def _refuse_unreadable(text: str, repairs: Sequence[Repair]) -> None:
    """Raise UnreadableError where nobody could read the text: most of it, or very much of it, is doubtful."""
    doubtful = sum(len(each.restored) for each in repairs if each.kind == "doubtful")
    if doubtful <= _FEW_DOUBTFUL:
        return
    share = doubtful / max(1, characters(text))
    if share > _MOST_SHARE or doubtful > _MOST_DOUBTFUL:
        raise UnreadableError(
            f"读不出的字太多（{doubtful} 个，占 {share:.0%}）：没有收录。请换一份原件，或另存为带文字的格式再试。"
        )


def _refuse_overloaded(facts: Metadata, provenance: Provenance) -> None:
    """Raise UnreadableError where so much is said of a text that its front matter could not be written in seconds."""
    said = [*facts.labels.items(), *facts.alternatives.values(), *provenance.furniture, *provenance.notes]
    if len(said) + sum(map(len, facts.alternatives.values())) > _MOST_SAID:
        raise UnreadableError(
            f"正文以外的说明太多（标签、网站导航等 {len(said)} 项，上限 {_MOST_SAID} 项）：没有收录。请检查这个文件。"
        )


def from_web(data: bytes, found: Provenance, source: str, settings: Settings, body: str = "") -> Derived:
    """Make a document of what a site answered: `found` has its exchange and what the list says of it.

    `body` is the CSS selector of the text, where the source's settings name one. Raises UnreadableError.
    """
    return on_leash(settings, _from_web, data, found, source, settings, body)


def _from_web(data: bytes, found: Provenance, source: str, settings: Settings, body: str) -> Derived:
    headers = found.exchange.response if found.exchange else {}
    content_type = next((value for key, value in headers.items() if key.lower() == "content-type"), "")
    ending = _ending(found.origin, file_name(headers), found.listed.get("附件名称", ""))
    if registry.choose(data, ending, content_type) is None:
        raise UnreadableError(f"还不能读取这种文件（{ending or '没有扩展名'}）：原件已作为快照保存。")
    extracted = files.read(data, ending, Given(settings, content_type, body))
    page = extracted if extracted.media_type == "text/html" else None
    told = {label: value for label, value in found.listed.items() if not extracted.labels.get(label)}
    if whole := _whole_title(told.get("标题", ""), (*_first_lines(extracted.text), *titles.parts(extracted.title))):
        told["标题"] = whole
    extracted = replace(
        extracted,
        labels={**extracted.labels, **told},
        hows={**extracted.hows, **dict.fromkeys(told, "list")},
    )
    name = _stem(found.listed.get("附件名称", found.origin))
    return Derived(document(extracted, found, source, name), extracted.attachments, page)


def _first_lines(text: str) -> list[str]:
    return [line.lstrip("# ").strip() for line in text.split("\n", _HEAD)[:_HEAD]]


def _whole_title(listed: str, printed: Iterable[str]) -> str:
    """Return the title that the page prints whole where the list cuts it off or leaves out its issuer, else ""."""
    printed = list(printed)
    if found := titles.whole(listed, printed):
        return found
    for part in printed:
        if listed and part != listed and part.endswith(listed) and _ISSUER.fullmatch(part.removesuffix(listed)):
            return part
    return ""


def file_name(headers: Mapping[str, str]) -> str:
    """Return the name that an answer gives its file (Content-Disposition, RFC 6266, and as servers spell it), or ""."""
    value = next((value for key, value in headers.items() if key.lower() == "content-disposition"), "")
    if extended := re.search(r"filename\*\s*=\s*([\w-]*)'[^']*'([^;]+)", value, re.IGNORECASE):
        return PurePosixPath(unquote(extended[2].strip(' "'), extended[1] or "utf-8", "replace")).name
    found = re.search(r'filename\s*=\s*(?:"([^"]*)"|([^;]+))', value, re.IGNORECASE)
    name = unquote((found[1] or found[2] or "").strip()) if found else ""
    for encoding in ("utf-8", "gb18030"):  # bytes come as Latin-1
        try:
            return PurePosixPath(name.encode("latin-1").decode(encoding)).name
        except UnicodeError:
            continue
    return PurePosixPath(name).name


def _ending(*names: str) -> str:
    """Return the first ending that some format has, else that of the first name."""
    found = [PurePosixPath(_path(name)).suffix.lower() for name in names]
    return next((ending for ending in found if ending in registry.endings()), found[0])


def from_snapshot(present: Document, data: bytes, settings: Settings) -> Document:
    """Derive a document of the corpus once more from the bytes it was made of. Raises UnreadableError."""
    again = on_leash(settings, _from_snapshot, present.provenance, present.source, data, settings)
    joined = tuple(note for note in present.provenance.notes if note.startswith(JOINED))
    again = replace(again, provenance=replace(again.provenance, notes=(*again.provenance.notes, *joined)))
    is_law = present.metadata.found.get("kind") == statute.FOUND
    return replace(statute.standing(again) if is_law else again, id=present.id)


def _from_snapshot(old: Provenance, source: str, data: bytes, settings: Settings) -> Document:
    found = Provenance(
        origin=old.origin,
        snapshot=hashlib.sha256(data).hexdigest(),
        retrieved=old.retrieved,
        media_type="",
        exchange=old.exchange,
        listed=old.listed,
        attachments=old.attachments,
        attached_to=old.attached_to,
        withdrawn=old.withdrawn,
        moved=old.moved,
    )
    if old.exchange:
        body = next((each.css.body for each in settings.sources if each.name == source), "")
        return _from_web(data, found, source, settings, body).document
    suffix = PurePosixPath(old.origin).suffix
    return document(files.read(data, suffix, Given(settings)), found, source, _stem(old.origin))


def _stem(origin: str) -> str:
    return PurePosixPath(_path(origin)).stem


def _path(origin: str) -> str:
    """Return the path in an address; a file's name is one already, whatever marks it holds."""
    if "://" not in origin:
        return origin
    return unquote(re.sub("[?#].*", "", origin.partition("://")[2], flags=re.DOTALL))
