"""Derive every document once more from its snapshot, without any network, and show what comes out differently."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace

from kb.base.errors import KbError
from kb.base.model import Document
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.ingest import derive

_EXAMPLES = 3
_SHOWN = 60
KINDS = {
    "title": "题名",
    "document_number": "文号",
    "issuer": "发文机关",
    "kind": "文种",
    "date": "日期",
    "published": "发布日期",
    "effective": "施行日期",
    "identifier": "索引号",
    "url": "网址",
    "found": "元数据的来历",
    "alternatives": "文中另作",
    "labels": "元数据表",
    "text": "正文",
    "sections": "目录",
    "account": "账",
    "repairs": "复原",
    "provenance": "来历",
    "form": "写法（文字和目录不变）",
}
"""What can differ, in the order in which it matters to a reader."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A document that is read differently now. `fields` names what differs; `diff` is a unified diff of the text.

    `shown` says what differs, in short, by field. `problem` says why it could not be derived at all, "" when it could.
    `written` tells that it is stored now.
    """

    id: str
    fields: tuple[str, ...] = ()
    diff: str = ""
    problem: str = ""
    written: bool = False
    shown: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change: the field, its name, how many documents it concerns, and (id, what differs) of some."""

    field: str
    name: str
    count: int
    examples: tuple[tuple[str, str], ...]


def rederive(
    corpus: Corpus, settings: Settings, *, write: bool = False, ids: Iterable[str] | None = None
) -> Iterator[Difference]:
    """Yield what differs, document by document, of all or those of `ids`. `write` stores the new reading; edited files
    stay as they are.

    Needs `corpus.writing` when it writes. Raises StorageError.
    """
    for id in corpus.ids() if ids is None else ids:
        try:
            present = corpus.read(id)
            if not present.provenance.retrieved:
                continue  # a file that somebody put there by hand: it is its own source
            data = corpus.snapshot(present.provenance.snapshot)
            again = derive.from_snapshot(present, data, settings)
            found = _difference(present, again)
            if found is None and not corpus.is_as_written(again):
                found = Difference(id, ("form",), shown={"form": "按现在的写法重新写入"})
        except KbError as error:
            yield Difference(id, problem=str(error))
            continue
        if found:
            written = write and corpus.write(again, data).state == "changed"
            yield replace(found, written=written)


def kinds(differences: Iterable[Difference]) -> list[Kind]:
    """Return the kinds of changes among differences, each with some examples."""
    by_field: dict[str, list[tuple[str, str]]] = {}
    for each in differences:
        for name in each.fields:
            by_field.setdefault(name, []).append((each.id, each.shown.get(name, "")))
    return [
        Kind(name, label, len(by_field[name]), tuple(by_field[name][:_EXAMPLES]))
        for name, label in KINDS.items()
        if name in by_field
    ]


def _difference(present: Document, again: Document) -> Difference | None:
    old, new = present.text.splitlines(keepends=True), again.text.splitlines(keepends=True)
    diff = "".join(difflib.unified_diff(old, new, "现在", "重新提取", n=1)) if old != new else ""
    shown = {
        each.name: _turned(getattr(present.metadata, each.name), getattr(again.metadata, each.name))
        for each in fields(present.metadata)
        if getattr(present.metadata, each.name) != getattr(again.metadata, each.name)
    }
    if diff:
        lines = [line for line in diff.split("\n")[2:] if line.startswith(("-", "+"))]
        shown["text"] = f"{len(lines)} 行不同：{_short('　'.join(lines[:2]))}"
    elif present.sections != again.sections:
        shown["sections"] = _addresses(present, again)
    before, after = present.provenance, again.provenance
    if before.account != after.account:
        shown["account"] = f"{len(before.account.remarks)} 项 → {len(after.account.remarks)} 项"
    if before.repairs != after.repairs:
        shown["repairs"] = f"{len(before.repairs)} 处 → {len(after.repairs)} 处"
    # What the corpus says of a file's edits is no part of what was derived.
    rest = {each.name for each in fields(before)} - {"notes", "account", "repairs"}
    if names := sorted(name for name in rest if getattr(before, name) != getattr(after, name)):
        shown["provenance"] = "、".join(names)
    return Difference(present.id, tuple(shown), diff, shown=shown) if shown else None


def _addresses(present: Document, again: Document) -> str:
    """Say which addresses a document loses and gets."""
    old, new = ([anchor for anchor, _, _ in each.addresses()] for each in (present, again))
    gone, come = ([anchor for anchor in one if anchor not in set(other)] for one, other in ((old, new), (new, old)))
    some = [
        f"{word} {len(anchors)} 个地址（#{' #'.join(anchors[:3])}）"
        for word, anchors in (("少了", gone), ("多了", come))
        if anchors
    ]
    return "，".join(some) or "地址不变，层次或标题不同"


def _turned(old: object, new: object) -> str:
    return f"{_short(_plain(old)) or '（无）'} → {_short(_plain(new)) or '（无）'}"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return "；".join(f"{key}：{_plain(each)}" for key, each in value.items())
    return "、".join(value) if isinstance(value, tuple) else str(value)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}……"
