"""A list of addresses as people keep it in a spreadsheet: a CSV file, each row a document."""

from __future__ import annotations

import csv
import io
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from kb.base.errors import NotFoundError, UnreadableError
from kb.chinese import dates
from kb.config.sources import Source
from kb.fetch.lists.family import Family
from kb.fetch.lists.item import Item, Lists, Page, SourceError, Web
from kb.fetch.lists.rows import row_item
from kb.ingest.formats.charset import decode

_MOST_ROWS = 200_000
_LONGEST_FIELD = 1_000_000
_NAMES = {
    "标题": ("标题", "题名", "名称", "文件名", "文件名称", "title", "name"),
    "发布日期": ("发布日期", "公布日期", "日期", "发布时间", "date", "published"),
    "文号": ("文号", "发文字号", "number", "document_number"),
}


def lists(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:  # noqa: ARG001
    """Yield the rows of the file as one list."""
    yield iter((read(Path(source.url)),))


def read(path: Path) -> Page:
    """Read a CSV (or TSV) of addresses; a row without one is named. Raises NotFoundError, UnreadableError, SourceError."""
    try:
        text, _ = decode(path.read_bytes())
    except FileNotFoundError as error:
        raise NotFoundError(f"找不到 {path}：请检查这份网址清单的路径。") from error
    except OSError as error:
        raise UnreadableError(f"打不开 {path}（{error.strerror}）：请检查文件权限。") from error
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter="\t" if "\t" in text.partition("\n")[0] else ","))
    except csv.Error as error:
        raise UnreadableError(
            f"{path} 不是可以读的 CSV（{error}）：请用逗号分隔、UTF-8 或 GB18030 编码保存。"
        ) from error
    if len(rows) > _MOST_ROWS:
        raise UnreadableError(f"{path} 有 {len(rows):,} 行，超过 {_MOST_ROWS:,} 行的上限：请分成几份。")
    head = [cell.strip().lower() for cell in rows[0]] if rows and not any(map(_is_address, rows[0])) else []
    column = {label: next((head.index(name) for name in names if name in head), -1) for label, names in _NAMES.items()}
    items, notes = dict[str, Item](), list[str]()
    for number, row in enumerate(rows, 1):
        if (head and number == 1) or not any(cell.strip() for cell in row):
            continue
        url = next((cell.strip() for cell in row if _is_address(cell)), "")
        if url:
            told = {label: row[place].strip() if 0 <= place < len(row) else "" for label, place in column.items()}
            day = dates.first(told["发布日期"])
            items.setdefault(url, row_item(url, told["标题"], day if len(day) == 10 else "", 文号=told["文号"]))
        else:
            notes.append(f"{path.name} 第 {number} 行没有 http:// 或 https:// 开头的网址，没有取。")
    if not items:
        raise SourceError(f"{path} 里没有网址：每行要有一个 http:// 或 https:// 开头的网址。")
    return Page(tuple(items.values()), len(items), tuple(notes))


def _is_address(cell: str) -> bool:
    return cell.strip().lower().startswith(("http://", "https://"))


FAMILY = Family(
    name="addresses",
    label="网址清单（CSV）",
    english="List of addresses (CSV)",
    marks="本机的一个 CSV：每行一个网址，可以有 标题、发布日期、文号 几栏；每个网址是一份文件",
    local=True,
    named=True,
    lists=lists,
)
