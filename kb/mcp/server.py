"""The library for assistants: a Model Context Protocol server, so that they answer with sections and addresses.

Its tools search, show an outline, read a section, compare versions and cite. What is wrong with a call is told in words;
the official SDK (the extra `mcp`) speaks the protocol.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from kb import __version__
from kb.base.deadline import Deadline, within
from kb.base.errors import KbError, UsageError
from kb.base.model import Document
from kb.cite.citation import cite
from kb.cite.passage import find_place, pinpoint
from kb.compare.sections import Change, compare
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.search.contract.engine import Engine
from kb.search.open.engines import chosen_engine

_INSTRUCTIONS = (
    "政策文库：中国的法律法规和政府文件，逐字检索，直达条款。回答问题时先检索、再读条文，"
    "引用原文并给出每一处的地址（/d/编号#锚点）和引注；库里没有的，就说没有，不要凭记忆补充。"
)
_LINES = 2_000
_SECTIONS = 60
_LONGEST = 400

DocumentId = Annotated[str, Field(description="文件的编号，检索结果里的 document", max_length=300)]
Anchor = Annotated[str, Field(description="条款的锚点，例如 1-3-2、art-12、art-12-p1-i2", max_length=300)]

# What the tools answer has no slots: the SDK would take their descriptors for defaults.


@dataclass(frozen=True)
class FoundSection:
    """A hit."""

    document: str
    anchor: str
    title: str
    issuer: str
    date: str
    place: str
    snippet: str
    literal: bool
    validity: str
    address: str
    by_meaning: bool


@dataclass(frozen=True)
class Found:
    """A page of hits."""

    total: int
    related: int
    searched: int
    notes: list[str]
    hits: list[FoundSection]


@dataclass(frozen=True)
class Outline:
    """The outline of a document, one line a section: anchor and label, indented by level."""

    document: str
    title: str
    citation: str
    lines: list[str]
    left_out: int


@dataclass(frozen=True)
class Text:
    """What stands at an address, to the character."""

    document: str
    title: str
    anchor: str
    place: str
    text: str
    citation: str
    address: str


@dataclass(frozen=True)
class ChangedSection:
    """What became of a section; what came stands as {+…+}, what went as [-…-]."""

    change: Change
    old: str
    new: str
    marked: str


@dataclass(frozen=True)
class Differences:
    """What differs between two texts."""

    counts: dict[Change, int]
    sections: list[ChangedSection]
    left_out: int


def build(settings: Settings) -> MCPServer[Any]:
    """Return the server over the corpus and the index that `settings` name."""
    server: MCPServer[Any] = MCPServer(
        "kb", title="政策文库", instructions=_INSTRUCTIONS, version=__version__, log_level="WARNING"
    )
    tools = _Tools(Corpus(settings.corpus), chosen_engine(settings), settings.address)
    for function, description in (
        (tools.search, "检索条文：字面命中的在前，词语相近的在后。给出每一节的地址。"),
        (tools.outline, "一份文件的目录：每一节的锚点和标题。"),
        (tools.read_section, "读一节、一条、一款或一项的原文，附引注和地址；不写锚点就是全文。"),
        (tools.compare, "比较一份文件的两个版本，或两份文件：逐节逐字的差别。"),
        (tools.cite, "引用一份文件、其中一条，或一段原文（必须一字不差）：《法学引注手册》、GB/T 7714 等格式。"),
    ):
        server.add_tool(
            _told(function, settings.seconds), name=function.__name__, description=description, structured_output=True
        )
    return server


class _Tools:
    """What the tools do. Raise KbError."""

    def __init__(self, corpus: Corpus, engine: Engine, address: str) -> None:
        self._corpus, self._engine, self._address = corpus, engine, address

    def search(
        self,
        query: Annotated[str, Field(description="要找的词、半句话或条号；引号里的必须原样出现", max_length=2000)],
        limit: Annotated[int, Field(description="最多几节", ge=1, le=50)] = 10,
        offset: Annotated[int, Field(description="跳过前几节", ge=0, le=100_000)] = 0,
    ) -> Found:
        results = self._engine.search(query, limit, offset)
        hits = [
            FoundSection(
                hit.document,
                hit.anchor,
                hit.title,
                hit.issuer,
                hit.date,
                " › ".join(hit.heading_path),
                hit.snippet,
                hit.literal,
                hit.validity,
                self._address + hit.url,
                hit.by_meaning,
            )
            for hit in results.hits
        ]
        return Found(results.total, results.related, results.searched, list(results.notes), hits)

    def outline(self, document: DocumentId) -> Outline:
        found = self._corpus.read(document)
        lines = [
            f"{'  ' * len(above)}#{section.anchor} {section.label or _opening(section.text)}"
            for above, section in found.paths()
        ]
        cited = cite(found).form("manual")
        return Outline(found.id, found.metadata.title, cited, lines[:_LINES], max(len(lines) - _LINES, 0))

    def read_section(self, document: DocumentId, anchor: Anchor = "") -> Text:
        found = self._corpus.read(document)
        text = _text(found, anchor)
        cited = cite(found, anchor, base=self._address)
        place = pinpoint(found, anchor) if anchor else ""
        return Text(found.id, found.metadata.title, anchor, place, text, cited.form("manual"), cited.url)

    def compare(
        self,
        document: DocumentId,
        old_version: Annotated[str, Field(description="前一版本，默认是上一个版本", max_length=300)] = "",
        new_version: Annotated[str, Field(description="后一版本，默认是现行版本", max_length=300)] = "",
        other_document: Annotated[str, Field(description="改为与这份文件比较", max_length=300)] = "",
    ) -> Differences:
        if not old_version and not other_document:
            old_version = next(iter(self._corpus.versions(document)), "")
            if not old_version:
                raise UsageError("这份文件只有一个版本，没有可以比较的：请写明 other_document。")
        before = self._corpus.read(other_document or document, old_version)
        difference = compare(before, self._corpus.read(document, new_version))
        changed = [pair for pair in difference.changes() if pair.change != "same"]
        shown = [
            ChangedSection(
                each.change,
                each.old.label or each.old.anchor if each.old else "",
                each.new.label or each.new.anchor if each.new else "",
                "".join(_marked(run.kind, run.text) for run in each.runs),
            )
            for each in changed[:_SECTIONS]
        ]
        return Differences({**difference.counts}, shown, max(len(changed) - _SECTIONS, 0))

    def cite(
        self,
        document: DocumentId,
        anchor: Anchor = "",
        text: Annotated[str, Field(description="要引的原文", max_length=5000)] = "",
    ) -> dict[str, str]:
        cited = cite(self._corpus.read(document), anchor, text, self._address)
        return {form.label: form.text for form in cited.forms} | {"地址": cited.url}


def _told(function: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    """Let what is wrong with a call reach the assistant as the sentence that it is; a call may take so many seconds."""

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            with within(Deadline(seconds)):
                return function(*arguments, **named)
        except KbError as error:
            raise ToolError(str(error)) from error

    return call


def _text(document: Document, anchor: str) -> str:
    if not anchor:
        return document.text
    section, part = find_place(document, anchor)
    return section.text[part.start : part.end] if part else "".join(each.text for each in section.walk())


def _opening(text: str) -> str:
    return " ".join(text.split())[:30]


def _marked(kind: str, text: str) -> str:
    """A run as text: a long one that did not change is shortened."""
    if kind == "same":
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
    return f"{{+{text}+}}" if kind == "inserted" else f"[-{text}-]"
