"""XLSX, XLS, ODS and ET → a heading and a Markdown table per sheet, by calamine. Runs in the child of `kb.ingest.formats.convert`.

calamine reads them all, never runs formulas or macros, and answers the values as stored.
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from kb.base.errors import UnreadableError
from kb.ingest.formats import package
from kb.ingest.formats.convert import in_child
from kb.ingest.formats.registry import Format, Given
from kb.structure.extracted import Extracted

_KIND = "表格文件（.xlsx、.xls、.ods、.et）"
_TYPES = (
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
)
_ENCRYPTED = "这个表格文件加了密：请去掉密码，另存后再收录。"
# MS-OFFCRYPTO 2.3.4: the stream of an OLE container that holds an encrypted .xlsx.
_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def _read(data: bytes, given: Given) -> Extracted:
    """Read a spreadsheet; programs also save HTML tables as .xls."""
    from kb.ingest.formats import html_page  # not in the child, which needs no HTML

    if html_page.is_fragment(data):
        return html_page.read(data, given)
    return in_child(__name__, data, given.settings, _TYPES[0], f"python-calamine {version('python-calamine')}")


def _detect(data: bytes) -> bool:
    """Tell a spreadsheet by the names of its parts; those of OLE are in UTF-16."""
    if data.startswith(b"PK"):
        return package.has(data, "xl/workbook") or package.mimetype(data) == _TYPES[2]
    return data.startswith(b"\xd0\xcf\x11\xe0") and "Workbook".encode("utf-16-le") in data


def convert(data: bytes, limit: int) -> Mapping[str, Any]:
    """Answer text, title, levels and notes of a spreadsheet. Raises UnreadableError."""
    if _PACKAGE in data:
        raise UnreadableError(_ENCRYPTED)
    if data.startswith(b"PK"):
        package.check(data, limit, _KIND)
    try:
        with load_workbook(io.BytesIO(data)) as workbook:
            return _answer(workbook, limit)
    except PasswordError as error:
        raise UnreadableError(_ENCRYPTED) from error
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableError(package.broken(_KIND)) from error


def _answer(workbook: CalamineWorkbook, limit: int) -> Mapping[str, Any]:
    lines: list[str] = []
    levels: dict[int, int] = {}
    fractions = False
    for sheet in filter(_shown, workbook.sheets_metadata):
        rows = list(_rows(workbook, sheet.name, limit))
        if rows:
            levels[len(lines)] = 2
            lines.append(" ".join(sheet.name.split()))
            lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows]
            fractions = fractions or any(
                isinstance(value, float) and not value.is_integer() for row in rows for value in row
            )
    hidden = [sheet.name for sheet in workbook.sheets_metadata if not _shown(sheet)]
    notes = [f"没有收录的工作表（隐藏，或不是表格）：{'、'.join(hidden)}。"] if hidden else []
    if fractions:
        notes.append("表格里的数按存储的值收录，原件显示的千分位、百分号和小数位数没有保留。")
    return {"text": "".join(f"{line}\n" for line in lines), "title": "", "levels": levels, "notes": notes}


def _shown(sheet: SheetMetadata) -> bool:
    return sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet


def _rows(workbook: CalamineWorkbook, name: str, limit: int) -> Iterator[Sequence[Any]]:
    """Yield the rows that hold something, without the columns at the right end that hold nothing."""
    sheet = workbook.get_sheet_by_name(name)
    if sheet.width * sheet.height > limit:
        raise UnreadableError("表格太大（绝大多数是空格子）：请删去多余的行列后另存。")
    rows = [row for row in sheet.to_python() if any(value != "" for value in row)]
    width = max((index + 1 for row in rows for index, value in enumerate(row) if value != ""), default=0)
    return (row[:width] for row in rows)


def _cell(value: Any) -> str:
    """Print a value: whole numbers without a fraction, dates as ISO 8601."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat()
    return " ".join(str(value).split(None)).replace("|", "\\|")


FORMAT = Format(
    "spreadsheet",
    {"zh": "表格", "en": "Spreadsheet"},
    (".xlsx", ".xls", ".et", ".ods"),
    _read,
    _TYPES,
    _detect,
)
