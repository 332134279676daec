"""Document ⇄ Markdown. What `dump` writes, `load` reads back exactly; `load` reads any other Markdown, too.

A corpus file is front matter and the text, a blank line between its lines. Each section's first line carries the
section's address, so that addresses survive a change of the outline parser: a heading as
`### <a id="1-3"></a>(三)强化…`, a run-in heading or plain paragraph as `<a id="1-3-2" data-level="4"></a>2.深化…。印发…`,
a row of a table as `|<a id="table" data-level="2"></a> 甲 | 乙 |`.
Levels are those of Markdown headings: 1 is the title, 2 a section at the top of the tree.

Tables are GitHub's, with a delimiter row below their first one. That row is markup: files written before tables had one
read the same.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator
from itertools import groupby

from kb.base import leashed, tables
from kb.base.errors import UnreadableError
from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Provenance, Section
from kb.corpus import front_matter
from kb.structure import metadata, outline, yaml_head
from kb.structure.extracted import Extracted
from kb.structure.outline import Mark

_MARKED = lazy_re(r'(?:(#{1,6}) )?<a id="([^"]*)"(?: data-level="(\d+)")?></a>(.*)', re.DOTALL)
_MARKED_ROW = lazy_re(r'\|<a id="([^"]*)" data-level="(\d+)"></a>(.*)', re.DOTALL)
_HEADING = lazy_re(r"(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*", re.DOTALL)
# A line that Markdown, or `load`, would take for something else than text.
_SPECIAL = lazy_re(r'\\|#|>|[-+*][ \t]|(?:[-*_][ \t]*){3,}$|```|~~~|\|?<a id="|[ \t\r]*$|[ \t]')
_ADDRESS = lazy_re(r"<a id=\"[^\"]*\"[^>]*></a>")
_STRONG = lazy_re(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_ESCAPE = lazy_re(r"\\([!-/:-@\[-`{-~])")
_BOM = "\ufeff"
_SECONDS = 60.0
_DAMAGED = "这是损坏（多半是断电或磁盘出错），不是手工修改。请运行 kb check --repair 恢复。"
_NOTHING = b"\0 \t\r\n"


def dump(document: Document) -> str:
    """Return the document as the text of its corpus file, sealed with a checksum."""
    head = front_matter.dump(document.metadata, document.provenance)
    lines: list[str] = []
    for section, level in _levels(document.sections, 2):
        first, *rest = section.text.split("\n")[:-1]
        lines += [_marked(section, level, first), *map(_escaped, rest)]
    return front_matter.seal(head + "".join(_spaced(lines)))


def _levels(sections: tuple[Section, ...], level: int) -> Iterator[tuple[Section, int]]:
    for section in sections:
        yield section, level
        yield from _levels(section.children, level + 1)


def _marked(section: Section, level: int, line: str) -> str:
    anchor = html.escape(section.anchor)
    if tables.is_row(line):
        return f'|<a id="{anchor}" data-level="{level}"></a>{line[1:]}'
    if level == 2 and section.anchor == "title" and not section.children:
        return f'# <a id="{anchor}"></a>{line}'
    if level <= 6 and section.label and "".join(line.split()) == "".join(section.label.split()):
        return f'{"#" * level} <a id="{anchor}"></a>{line}'
    return f'<a id="{anchor}" data-level="{level}"></a>{line}'


def _escaped(line: str) -> str:
    return f"\\{line}" if _SPECIAL.match(line) else line


def _spaced(lines: list[str]) -> Iterator[str]:
    """Set a blank line before every line, but not between the rows of a table."""
    for is_table, run in groupby(lines, key=tables.is_row):
        if is_table:
            yield "\n" + "".join(f"{line}\n" for line in tables.as_markdown(list(run)))
        else:
            yield from (f"\n{line}\n" for line in run)


def normal(data: bytes, name: str) -> str:
    """Decode a corpus file; a byte order mark and CRLF line ends, as some editors leave them, are taken off.

    Raises UnreadableError, also for what no editor leaves behind: nothing at all, zeros that were not written, a front
    matter that breaks off.
    `name` is the file's, for the message.
    """
    undecoded: UnicodeDecodeError | None = None
    try:
        text = plain(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        text, undecoded = plain(data.decode("utf-8", "replace")), error
    if damage := _damage(text):
        raise UnreadableError(f"{name} {damage}：{_DAMAGED}") from undecoded
    if undecoded:
        raise UnreadableError(
            f"{name} 不是合格的 UTF-8 文本（第 {undecoded.start} 字节）：请恢复这个文件，或删除它后重新 kb ingest。"
        ) from undecoded
    return text


def is_damaged(data: bytes) -> bool:
    """Tell what no editor leaves behind: nothing, zeros that were not written, a front matter that breaks off."""
    return bool(_damage(plain(data.decode("utf-8", "replace"))))


def _damage(text: str) -> str:
    """Say how a machine broke a file, "" where it did not."""
    if not text.strip(_NOTHING.decode()):
        return "里什么也没有了"
    if "\0" in text and not front_matter.intact(text):
        return "里有空字节"
    return "的文件头中途断了" if front_matter.is_cut(text) else ""


def is_emptied(data: bytes) -> bool:
    """Tell a file in which nothing of anybody's is left: no bytes, blanks, or zeros."""
    return not data.strip(_NOTHING)


def plain(text: str) -> str:
    """Take off what some editors leave in a text: a byte order mark and CRLF line ends."""
    text = text.removeprefix(_BOM)
    return text.replace("\r\n", "\n") if text.partition("\n")[0].endswith("\r") else text


def load(text: str, id: str, source: str) -> Document:
    """Read a corpus file (see `normal`): by its explicit addresses when kb wrote it, else through the outline parser.

    Raises UnreadableError when the front matter of a file that kb wrote is damaged, or there is no text.
    """
    name = f"{source}/{id}.md"
    if not front_matter.is_ours(text):
        return _on_leash(text, id, source)
    head, body = yaml_head.split(text)
    if not head:
        raise UnreadableError(f"{name} 的文件头（--- 之间的部分）已损坏：请恢复这个文件，或删除它后重新 kb ingest。")
    facts, provenance = front_matter.load(head, name=name)
    lines, marks = _read_marks(body)
    if not lines:
        raise UnreadableError(f"{name} 没有正文：请恢复这个文件，或删除它后重新 kb ingest。")
    return Document(id, source, facts, provenance, outline.rebuild("".join(lines), marks))


def _read_marks(body: str) -> tuple[list[str], dict[int, Mark]]:
    """Return the lines of the text and the marks among them by line."""
    lines: list[str] = []
    marks: dict[int, Mark] = {}
    rows = 0  # of the table that is open
    for line in body.split("\n"):
        rows = rows + 1 if tables.is_row(line) else 0
        if not line.strip(" \t\r") or (rows == 2 and tables.is_delimiter(line)):
            continue
        if match := _MARKED.fullmatch(line):
            level = len(match[1]) if match[1] else int(match[3] or 2)
            marks[len(lines)] = Mark(max(1, level - 1), html.unescape(match[2]))
            line = match[4]
        elif match := _MARKED_ROW.fullmatch(line):
            marks[len(lines)] = Mark(max(1, int(match[2]) - 1), html.unescape(match[1]))
            line = f"|{match[3]}"
        elif match := _HEADING.fullmatch(line):
            # A heading that a person added: its address comes from its words, so it stays while they do.
            marks[len(lines)] = Mark(
                max(1, len(match[1]) - 1), "h-" + hashlib.sha256(match[2].encode()).hexdigest()[:8]
            )
            line = match[2]
        else:
            line = line.removeprefix("\\")
        lines.append(f"{line}\n")
    return lines, marks


def extract(text: str) -> Extracted:
    """Read Markdown of any making (a statute of LawRefBook/Laws, a hand-written file) as lines and heading levels.

    Front matter becomes labels; comments go; every other line is a paragraph, lists stay as printed, tables are rows.
    """
    head, body = yaml_head.split(f"{text}\n")
    values = yaml_head.read_any(head)
    labels = {key: value for key, value in values.items() if isinstance(value, str) and value}
    lines: list[str] = []
    levels: dict[int, int] = {}
    for line in tables.from_markdown(without_comments(body if values else text)[0].split("\n")):
        stripped = _ADDRESS.sub("", line).strip()
        if match := _HEADING.fullmatch(stripped):
            levels[len(lines)] = len(match[1])
            stripped = match[2]
        if stripped:
            lines.append(_ESCAPE.sub(r"\1", _STRONG.sub(r"\1", stripped)) + "\n")
    title = next((lines[index].strip() for index, level in levels.items() if level == 1 and index < len(lines)), "")
    levels = {index: level for index, level in levels.items() if index < len(lines)}
    hows = dict.fromkeys(labels, "front matter")
    return Extracted("".join(lines), "text/markdown", title, levels, labels, hows)


def without_comments(text: str) -> tuple[str, list[tuple[int, str]]]:
    """Take HTML comments out of a text: (what is left, line and words of each). One that does not end is none."""
    kept, comments = [], []
    start, line = 0, 1
    while (begins := text.find("<!--", start)) >= 0 and (ends := text.find("-->", begins + 4)) >= 0:
        kept.append(text[start:begins])
        line += kept[-1].count("\n")
        comments.append((line, text[begins + 4 : ends].strip()))
        line += text.count("\n", begins, ends)
        start = ends + 3
    return "".join((*kept, text[start:])), comments


def _on_leash(text: str, id: str, source: str) -> Document:
    """Read a file that anybody may have written: one that takes too long costs itself, not who reads it."""
    try:
        return leashed.call(_SECONDS, _adopted, text, id, source)
    except TimeoutError as error:
        raise UnreadableError(f"{source}/{id}.md 读它用的时间超过 {_SECONDS:.0f} 秒：请拆分或检查这个文件。") from error
    except MemoryError as error:
        raise UnreadableError(f"{source}/{id}.md 读它用的内存太多：请拆分或检查这个文件。") from error


def _adopted(text: str, id: str, source: str) -> Document:
    """Make a document of a Markdown file that somebody put into the corpus by hand."""
    extracted = extract(text)
    if not extracted.text:
        raise UnreadableError(f"{source}/{id}.md 没有正文：请补上内容或删除这个文件。")
    sections = outline.parse(extracted.text, extracted.levels)
    facts = metadata.find(extracted.text, sections, extracted, id)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Document(id, source, facts, Provenance(f"{id}.md", digest, "", extracted.media_type), sections)
