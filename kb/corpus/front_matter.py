"""Metadata and provenance ⇄ the YAML front matter of a corpus file, and the checksum that seals the file.

Every scalar is read as the string that is printed (YAML's failsafe schema: `2021-11-22` is no date object, `no` no
boolean); keys stand in a fixed order, empty ones are left out, one line a value so that the files can be grepped.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import Any

import yaml

from kb.base import clock
from kb.base.errors import UnreadableError
from kb.base.lazy_re import lazy_re
from kb.base.model import REPAIR_KINDS, Account, Attachment, Exchange, Metadata, Provenance, Remark, Repair
from kb.structure import yaml_head

_CHECKSUM = lazy_re(r"^checksum: ([0-9a-f]{64})\n", re.MULTILINE)
_CHECKSUM_LINE = lazy_re(rb"^checksum: ([0-9a-f]{64})\n", re.MULTILINE)
_MOST_TRIED = 100_000_000  # bytes of front matter times bytes of the file: half a minute or so
_BEGUN = lazy_re(r"---(?:\n[a-z_]*)?\Z|---\n[a-z_]+:")
_OURS = lazy_re(r"^(?:provenance:|checksum: [0-9a-f]{64})$", re.MULTILINE)
_ACCEPTED = lazy_re(r"^accepted: (.*)\n", re.MULTILINE)
_BREAKS = lazy_re("[\n\r\x85\u2028\u2029]")
_PLAIN = ("title", "document_number", "issuer", "kind", "date", "published", "effective", "url", "identifier")
_ORIGIN = (
    "origin",
    "snapshot",
    "retrieved",
    "media_type",
    "encoding",
    "converter",
    "attached_to",
    "withdrawn",
    "edition",
)
_ATTACHMENT = ("name", "url", "document", "snapshot", "reason")
_DATES = dict.fromkeys(("date", "published", "effective", "edition"), clock.is_date)
_DATES |= dict.fromkeys(("retrieved", "withdrawn"), clock.is_moment)
_DATED = lazy_re(r"^(date|published|effective|  edition|  retrieved|  withdrawn): '?([^'\n]+)'?$", re.MULTILINE)
_ENDLESS = 1 << 30


class _Dumper(yaml.BaseDumper):
    """Writes strings only, in pure Python; its bytes are the right ones."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


class _FastDumper(getattr(yaml, "CBaseDumper", yaml.BaseDumper)):  # type: ignore[misc]
    """The same by libyaml, where it is there: five times as fast, and other bytes where it escapes or marks a long key."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


_UNLIKE = lazy_re(r'(?:^|[ \[{,(])"|\? |^.{100,}:(?: |$)', re.MULTILINE)
"""Where something like this is in what libyaml wrote (a string in double quotes, a long key), the pure Python may have
written it otherwise."""


def _string(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    style = '"' if _BREAKS.search(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _mapping(dumper: _Dumper, value: dict[str, Any]) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items())


def _sequence(dumper: _Dumper, value: list[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value)


for _each in (_Dumper, _FastDumper):
    _each.add_representer(str, _string)
    _each.add_representer(dict, _mapping)
    _each.add_representer(list, _sequence)


def dump(metadata: Metadata, provenance: Provenance) -> str:
    """Return the front matter between its `---` lines, without checksum."""
    head: dict[str, Any] = {name: value for name in _PLAIN if (value := getattr(metadata, name)) or name == "title"}
    head |= _filled(
        found=dict(metadata.found),
        alternatives={name: list(values) for name, values in metadata.alternatives.items()},
        labels=dict(metadata.labels),
    )
    origin: dict[str, Any] = {name: value for name in _ORIGIN if (value := getattr(provenance, name))}
    origin |= _filled(
        simplified=str(provenance.simplified or ""),
        furniture=list(provenance.furniture),
        notes=list(provenance.notes),
        account=_dump_account(provenance.account),
        exchange=_dump_exchange(provenance.exchange),
        listed=dict(provenance.listed),
        moved=dict(provenance.moved),
        attachments=[_filled(**{name: getattr(each, name) for name in _ATTACHMENT}) for each in provenance.attachments],
    )
    repairs = _dump_repairs(provenance.repairs)
    known = _indented(_yaml(origin)) if origin or not repairs else ""  # {} may not be followed by more
    return f"{yaml_head.FENCE}{_yaml(head)}provenance:\n{known}{repairs}{yaml_head.FENCE}"


def _dump_exchange(exchange: Exchange | None) -> dict[str, Any]:
    if exchange is None:
        return {}
    checked = "yes" if exchange.certificate_checked else "no"
    head = {"url": exchange.url, "status": str(exchange.status), "certificate_checked": checked}
    head |= {"legacy_tls": "yes"} if exchange.legacy_tls else {}
    return head | _filled(request=dict(exchange.request), response=dict(exchange.response))


def _dump_account(account: Account) -> dict[str, Any]:
    remarks = [
        _filled(
            what=each.what,
            where=each.where,
            reason=each.reason,
            sample=each.sample,
            count=str(each.count) if each.count > 1 else "",
            doubt="yes" if each.doubt else "",
        )
        for each in account.remarks
    ]
    counted = {"taken": str(account.taken), "whole": str(account.whole)} if account.whole else {}
    return counted | _filled(remarks=remarks)


def _load_account(head: Mapping[str, Any]) -> Account:
    remarks = [
        Remark(
            **{name: _text(each.get(name, "")) for name in ("what", "where", "reason", "sample")},
            count=int(each.get("count", "1")),
            doubt=each.get("doubt") == "yes",
        )
        for each in head.get("remarks", [])
    ]
    return Account(int(head.get("taken", "0")), int(head.get("whole", "0")), tuple(remarks))


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _yaml(value: Any) -> str:
    text = _printed(value, _FastDumper)
    return _printed(value, _Dumper) if _UNLIKE.search(text) else text


def _printed(value: Any, dumper: Any, *, flow: bool = False) -> str:
    text: str = yaml.dump(
        value, None, dumper, default_flow_style=flow, allow_unicode=True, sort_keys=False, width=_ENDLESS
    )
    return text


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.split("\n")[:-1])


def _dump_repairs(repairs: Iterable[Repair]) -> str:
    """Print repairs compactly, as runs of one kind: `- annotation: [[position, restored, found], …]`."""
    text = ""
    for kind, run in groupby(repairs, key=lambda repair: repair.kind):
        places = [f"[{each.position}, {_scalar(each.restored)}, {_scalar(each.found)}]" for each in run]
        text += f"  - {kind}: [" + ",\n    ".join(_packed(places, 110)) + "]\n"
    return "  repairs:\n" + text if text else ""


@lru_cache(1 << 16)
def _scalar(value: str) -> str:
    """Return how a string stands in a list; the same few stand in most repairs."""
    return _printed([value], _Dumper, flow=True)[1:].rstrip("\n").removesuffix("]")


def _packed(items: Iterable[str], width: int) -> Iterator[str]:
    """Join items with commas to lines of about `width` characters."""
    line = ""
    for item in items:
        if line and len(line) + len(item) > width:
            yield line
            line = item
        else:
            line = f"{line}, {item}" if line else item
    yield line


def seal(text: str) -> str:
    """Put the checksum of the whole file as the last line of its front matter."""
    bare = _unsealed(text)
    end = bare.index(f"\n{yaml_head.FENCE}", len(yaml_head.FENCE)) + 1
    return f"{bare[:end]}checksum: {hashlib.sha256(bare.encode()).hexdigest()}\n{bare[end:]}"


def intact(text: str) -> bool:
    """Return whether the file is as it was written: its checksum is there and holds."""
    match = _CHECKSUM.search(text, 0, yaml_head.end(text))
    return match is not None and hashlib.sha256(_unsealed(text).encode()).hexdigest() == match[1]


def written_as(damaged: str, other: str) -> bool:
    """Return whether a damaged file was once `other`: it carries the same checksum, or that is where the damage is.

    Text that is merely alike proves nothing: its checksum would be another one altogether.
    """
    match = _CHECKSUM.search(damaged, 0, yaml_head.end(damaged))
    if match and match[0] in other[: yaml_head.end(other)]:
        return True
    return len(damaged) == len(other) and sum(map(str.__ne__, damaged, other)) == 1


def restored(data: bytes) -> bytes:
    """Find the one byte of the front matter that is not as it was sealed, by trying all; b"" where it is more than one.

    What stands there (where the document is from, when it was fetched) can be derived from nothing else.
    """
    line = _CHECKSUM_LINE.search(data)
    end = data.find(f"\n{yaml_head.FENCE}".encode(), line.end() - 1) if line else -1
    if line is None or end * len(data) > _MOST_TRIED:
        return b""
    head, rest = data[: line.start()], data[line.end() :]
    before = hashlib.sha256()
    for place, present in enumerate(head):
        after = head[place + 1 :] + rest
        for byte in range(256):
            tried = before.copy()
            tried.update(bytes((byte,)) + after)
            if tried.hexdigest().encode() == line[1]:
                return data[:place] + bytes((byte,)) + data[place + 1 :]
        before.update(bytes((present,)))
    return b""


def _unsealed(text: str) -> str:
    end = yaml_head.end(text)
    return _CHECKSUM.sub("", text[:end], count=1) + text[end:]


def accept(text: str, when: str) -> str:
    """Seal the text as a person has edited it; `when` (ISO 8601) is recorded."""
    end = yaml_head.end(text)
    head = _ACCEPTED.sub("", text[:end])
    fence = head.rindex(yaml_head.FENCE)
    return seal(f"{head[:fence]}accepted: {when}\n{head[fence:]}{text[end:]}")


def accepted(text: str) -> str:
    """Return when a person last accepted hand edits (ISO 8601), or ""."""
    match = _ACCEPTED.search(text, 0, yaml_head.end(text))
    return match[1] if match else ""


def is_cut(text: str) -> bool:
    """Tell a text that breaks off in its front matter, as after a power cut."""
    return bool(_BEGUN.match(text)) and not yaml_head.end(text)


def is_ours(text: str) -> bool:
    """Tell a file that kb wrote, even a damaged one, from any other Markdown."""
    return bool(_OURS.search(text))


def load(head: str, *, name: str) -> tuple[Metadata, Provenance]:
    """Read front matter that kb wrote; `name` is the file's, for the message. Raises UnreadableError."""
    try:
        return _load(yaml_head.parse(head))
    except yaml.YAMLError as error:
        raise _unreadable(name, yaml_head.explain(error)) from error
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise _unreadable(name, "缺少必要的项，或某一项的写法不对") from error


def no_dates(text: str) -> str:
    """Say which dates in the front matter of a file that kb wrote are none, "" where all are: they are not taken (see `load`).

    How all documents stand is worked out of dates.
    """
    head = text[: yaml_head.end(text)]
    if all(_DATES[item.strip()](value) for item, value in _DATED.findall(head)):
        return ""
    values = yaml_head.read_any(head)
    origin = values.get("provenance")
    values |= origin if isinstance(origin, dict) else {}
    written = {
        item: value for item in _DATES if isinstance(value := values.get(item), str)
    }  # of others, `load` says so
    wrong = [f"{item} 写着“{value[:40]}”" for item, value in written.items() if value and not _DATES[item](value)]
    return f"{'，'.join(wrong)}，没有这一天，或不是 2021-11-22 那样的写法" if wrong else ""


def _unreadable(name: str, reason: str) -> UnreadableError:
    return UnreadableError(f"读不了 {name} 的文件头：{reason}。请改正或恢复这个文件，或删除它后重新 kb ingest。")


def _load(head: dict[str, Any]) -> tuple[Metadata, Provenance]:
    origin = head["provenance"]
    metadata = Metadata(
        **{field: _dated(head, field) for field in _PLAIN},
        found=_texts(head.get("found", {})),
        alternatives={_text(key): tuple(map(_text, values)) for key, values in head.get("alternatives", {}).items()},
        labels=_texts(head.get("labels", {})),
    )
    provenance = Provenance(
        **{field: _dated(origin, field) for field in _ORIGIN},
        simplified=int(origin.get("simplified", "0")),
        repairs=tuple(_load_repairs(origin.get("repairs", []))),
        furniture=tuple(map(_text, origin.get("furniture", []))),
        notes=tuple(map(_text, origin.get("notes", []))),
        account=_load_account(origin.get("account", {})),
        exchange=_load_exchange(origin.get("exchange")),
        listed=_texts(origin.get("listed", {})),
        moved=_texts(origin.get("moved", {})),
        attachments=tuple(
            Attachment(**{"name": "", "url": "", **_texts(each)}) for each in origin.get("attachments", [])
        ),
    )
    return metadata, provenance


def _load_exchange(head: Mapping[str, Any] | None) -> Exchange | None:
    if head is None:
        return None
    return Exchange(
        url=_text(head["url"]),
        status=int(head["status"]),
        request=_texts(head.get("request", {})),
        response=_texts(head.get("response", {})),
        certificate_checked=head["certificate_checked"] == "yes",
        legacy_tls=head.get("legacy_tls") == "yes",
    )


def _load_repairs(runs: Iterable[Mapping[str, list[list[str]]]]) -> Iterable[Repair]:
    for run in runs:
        for kind, places in run.items():
            if kind not in REPAIR_KINDS:
                raise ValueError(f"不认识的修复种类 {kind}")
            for position, restored, found in places:
                yield Repair(kind, int(position), _text(restored), _text(found))


def _dated(values: Mapping[str, Any], item: str) -> str:
    """Return the text of an item, "" for a date that is none."""
    value = _text(values.get(item, ""))
    return value if item not in _DATES or _DATES[item](value) else ""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"应当是一段文字：{value}")
    return value


def _texts(values: Mapping[str, str]) -> dict[str, str]:
    return {_text(key): _text(value) for key, value in values.items()}
