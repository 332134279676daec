"""What becomes of an answer: compared with what the corpus has, written, or set aside. Nothing good is ever replaced by
something doubtful."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from kb.base import storage
from kb.base.errors import NotFoundError, StorageError, UnreadableError
from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Exchange, Metadata, Provenance
from kb.config.settings import Settings
from kb.corpus.folder import ASIDE, Corpus, safe_name
from kb.fetch.network.fetched import Fetched
from kb.ingest import derive

PLACES = "也见于"
"""The label under which a document's other addresses stand: the post is listed there, too."""
DROPPED = "."
"""With what the name of a record begins whose answer the operator has thrown away."""
Change = Literal["new", "changed", "unchanged", "conflict"]
# What differs from one visit to the next, or from one list to another, without the document being another.
_VOLATILE = frozenset(
    [
        "分类",
        "体裁分类",
        "主题分类",
        "索引号",
        "原文链接",
        "Url",
        "canonical",
        PLACES,
    ]
)
_COUNTER = lazy_re(
    r"((?:浏览|阅读|点击|访问|查看|关注|下载|转发|点赞|收藏|人气|热度)(?:次数|总数|总量|数量|人数|人次|量|数|率)?\s*[:：（(\[【】]{0,2}\s*)"
    r"\d[\d,，]*\s*(?:人次|次|人|℃|°)?"
)
# The same, counted before what is counted: 已有 107 人看过, 您是第 107 位访问者.
_COUNTED = lazy_re(
    r"(?:(?:已有|共有|累计)\s*)?\d[\d,，]*\s*(?:位|名)?(?:个)?(?:人次|次|人|网友|用户)\s*(?:看过|浏览过?|阅读过?|点击过?|访问过?|点赞|关注|收藏|分享过?)"
    r"|您?是?(?:本站|本页|本文)?第\s*\d[\d,，]*\s*[位个名](?:访问者|访客|浏览者|读者|来访者)"
)
# Lines that lead to other posts or tell the day of the visit.
_PASSING = lazy_re(
    r"^\W*(?:上|下)一[篇条页则个].*$|^\W*(?:今天是|现在是|当前时间).{0,30}$|^\W*(?:打印|当前|系统|访问|浏览)(?:时间|日期)\s*[:：].{0,40}$"
    # A heading over links to other posts, with the short lines that follow it and are no sentences.
    r"|^\W*(?:相关(?:文章|阅读|新闻|信息|推荐|链接|内容)|延伸阅读|猜你喜欢|热点(?:推荐|文章|新闻)|热门(?:推荐|文章|新闻)|推荐阅读|最新(?:文章|信息))\W*$(?:\n(?!.*[。；]).{0,80}$)*",
    re.MULTILINE,
)
_SECRET = frozenset(("set-cookie", "cookie", "authorization"))


class RefusedError(StorageError):
    """The machine refuses to read one document that is here: nobody knows what it says, which is not to say that it is not
    there.
    """


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps documents of one source. A dry one only says what it would do."""

    corpus: Corpus
    source: str
    settings: Settings
    dry: bool = False

    def present(self, id: str) -> Document | None:
        """Return the document that the corpus has under an id, None where there is none, or what is there is damaged.

        Raises RefusedError.
        """
        try:
            return self.corpus.read(id)
        except NotFoundError:
            return None
        except UnreadableError as error:
            if isinstance(error.__cause__, StorageError):
                raise RefusedError(str(error)) from error
            return None

    def data(self, old: Document) -> bytes:
        """Return what a document was made of. Raises NotFoundError, UnreadableError and RefusedError."""
        try:
            return self.corpus.snapshot(old.provenance.snapshot)
        except StorageError as error:
            raise RefusedError(str(error)) from error

    def keep(self, old: Document | None, new: Document, data: bytes) -> Change:
        """Make `new`, made of `data`, the present state of its document, where it differs. Raises StorageError."""
        if old and (self._same(old, new) or self._same_from(old, new)):
            if old.provenance.snapshot == new.provenance.snapshot and not self.sound(old):
                self.snapshot(data)
            return self._returned(old)
        if old and self._only_came_late(old, new) and self.sound(old):
            new, data = (
                replace(old, provenance=replace(old.provenance, attachments=new.provenance.attachments, withdrawn="")),
                self.data(old),
            )
        if self.dry:
            return "changed" if old else "new"
        return self.corpus.write(new, data).state

    def _only_came_late(self, old: Document, new: Document) -> bool:
        """Return whether nothing differs but attachments, of which some could not be had before: that is no other version."""
        files = old.provenance.attachments
        had = [each for each in files if each.document or each.snapshot]
        if len(had) == len(files) or any(each not in new.provenance.attachments for each in had):
            return False
        return self._same(old, replace(new, provenance=replace(new.provenance, attachments=files)))

    def _returned(self, old: Document) -> Change:
        """Note that a document that had been withdrawn is there again."""
        if not old.provenance.withdrawn:
            return "unchanged"
        if not self.dry:
            self.corpus.mark_withdrawn(old.id, "")
        return "changed"

    def _same(self, old: Document, new: Document) -> bool:
        """Return whether the site says the same; counters, categories and headers do not matter."""
        return (
            steady(old.text) == steady(new.text)
            and _facts(old.metadata) == _facts(new.metadata)
            and _lasting(old.provenance.listed) == _lasting(new.provenance.listed)
            and old.provenance.attachments == new.provenance.attachments
            and old.provenance.attached_to == new.provenance.attached_to
        )

    def sound(self, old: Document) -> bool:
        """Return whether a document's snapshot is there, to the byte."""
        try:
            self.data(old)
        except (NotFoundError, UnreadableError):
            return False
        return True

    def _same_from(self, old: Document, new: Document) -> bool:
        """Return whether only our reading of the page changed, or a person edited the file: the site did nothing then."""
        try:
            return self._same(self.reread(old), new)
        except (NotFoundError, UnreadableError):
            return False

    def reread(self, old: Document) -> Document:
        """Derive a document from its snapshot as we read now. Raises NotFoundError and UnreadableError."""
        return derive.from_snapshot(old, self.data(old), self.settings)

    def note_place(self, old: Document, url: str) -> None:
        """Write down that a document stands at another address, too. A file with a person's edits is left as it is."""
        places = old.provenance.listed.get(PLACES, "").split()
        if self.dry or url in places:
            return
        listed = {**old.provenance.listed, PLACES: " ".join((*places, url))}
        try:
            data = self.data(old)
        except (NotFoundError, UnreadableError):
            return
        self.corpus.write(replace(old, provenance=replace(old.provenance, listed=listed)), data)

    def withdraw(self, id: str, day: str) -> bool:
        """Mark a document as withdrawn; False when a person's edits, or damage, forbid to touch the file."""
        try:
            return self.dry or self.corpus.mark_withdrawn(id, day)
        except (NotFoundError, UnreadableError):
            return False

    def snapshot(self, data: bytes) -> str:
        """Keep bytes that did not become a document; answer their sha256."""
        return hashlib.sha256(data).hexdigest() if self.dry else self.corpus.snapshots.store(data)

    def is_dropped(self, key: str, answer: Fetched) -> bool:
        """Return whether the operator has thrown this very answer away."""
        digest = hashlib.sha256(answer.body).hexdigest()
        name = f"{DROPPED}{safe_name(key)}-{digest[:8]}-"
        return self._has(name)

    def set_aside(self, key: str, answer: Fetched, reason: str) -> None:
        """Keep a suspicious answer with its exchange, once: `.suspicious/<source>/<key>-<its hash>-<the record's hash>.json`."""
        if self.dry:
            return
        digest = self.corpus.snapshots.store(answer.body)
        record = {
            "key": key,
            "reason": reason,
            "retrieved": answer.time.replace("+00:00", "Z"),
            "snapshot": digest,
            "exchange": asdict(exchange_of(answer)),
        }
        folder = self.corpus.root / ASIDE / self.source
        storage.make_folder(folder)
        name = f"{safe_name(key)}-{digest[:8]}"
        if not self._has(f"{name}-"):
            data = json.dumps(record, ensure_ascii=False, indent=2).encode()
            storage.write_atomic(folder / f"{name}-{_short(data)}.json", data)

    def _has(self, beginning: str) -> bool:
        """Return whether there is a record of the source whose name begins so."""
        there = storage.entries(self.corpus.root / ASIDE / self.source)
        return any(path.name.startswith(beginning) and path.suffix == ".json" for path in there)


def records_in(folder: Path) -> list[Path]:
    """Return the records of suspicious answers in a folder, by name, but those that were dropped. Raises StorageError."""
    return [path for path in storage.entries(folder) if path.suffix == ".json" and not path.name.startswith(DROPPED)]


def every_record(root: Path) -> Iterator[Path]:
    """Yield the records of all sources below a corpus, by name. Raises StorageError."""
    for folder in storage.entries(root / ASIDE):
        yield from records_in(folder)


def damaged_records(root: Path) -> Iterator[Path]:
    """Yield the records of suspicious answers that are not as they were written. Raises StorageError."""
    for path in every_record(root):
        with storage.refusals(path):
            if not path.stem.endswith(f"-{_short(path.read_bytes())}"):
                yield path


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:8]


def likeness(document: Document, published: str, files: Iterable[str]) -> str:
    """Tell documents that are the same in all that a reader sees: title, text, day of publication and files."""
    told = [document.metadata.title, steady(document.text), published, sorted(files)]
    text = "".join(json.dumps(told, ensure_ascii=False).split())
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def found_at(answer: Fetched, origin: str, listed: Mapping[str, str], attached_to: str = "") -> Provenance:
    """Begin the provenance of a document with what is known before it is read."""
    address = {"原文链接": answer.final_url} if "://" in answer.final_url else {}
    return Provenance(
        origin=origin,
        snapshot=hashlib.sha256(answer.body).hexdigest(),
        retrieved=answer.time.replace("+00:00", "Z"),
        media_type="",
        exchange=exchange_of(answer) if address else None,
        listed={**listed, **address},
        attached_to=attached_to,
    )


def exchange_of(answer: Fetched) -> Exchange:
    """Return the exchange as it is stored; cookies are nobody's business."""
    return Exchange(
        url=answer.final_url,
        status=answer.status,
        request=_headers(answer.request_headers),
        response=_headers(answer.response_headers),
        certificate_checked=answer.certificate_checked,
        legacy_tls=answer.legacy_tls,
    )


def _headers(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        if name.lower() not in _SECRET:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def steady(text: str) -> str:
    """Take out of a text what changes from visit to visit: counters of views, links to the posts beside, the day."""
    return _COUNTED.sub("", _COUNTER.sub(r"\1", _PASSING.sub("", text)))


def _facts(metadata: Metadata) -> Metadata:
    return replace(metadata, labels=_lasting(metadata.labels), identifier="", url="", alternatives={})


def _lasting(labels: Mapping[str, str]) -> dict[str, str]:
    return {
        label: steady(value)
        for label, value in labels.items()
        if label not in _VOLATILE and not _COUNTER.fullmatch(f"{label}0")
    }
