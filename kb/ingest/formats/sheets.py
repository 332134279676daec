"""XLSX, XLS, ODS and ET → a heading and a Markdown table per sheet, by calamine. Runs in the child of `kb.ingest.formats.convert`.

calamine reads them all, never runs formulas or macros, and answers the values as stored.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Mapping
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

from kb.base import tables
from kb.base.errors import UnreadableError
from kb.base.lazy_re import lazy_re
from kb.ingest.formats import package, sheet_parts
from kb.ingest.formats.account import Remarks, alarming, dumped
from kb.ingest.formats.convert import in_child
from kb.ingest.formats.registry import Format, Given
from kb.ingest.formats.sheet_parts import Sheet, has_words, shown, shown_date, shown_duration, shown_text
from kb.structure.extracted import Extracted

_KIND = "表格文件（.xlsx、.xls、.ods、.et）"
_TYPES = (
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
)
_GENERIC = lazy_re(r"(?:Sheet|工作表|表)\s*(?:\d*|[一二三四五六七八九十]{1,3})", re.I)
_NO_TITLE = lazy_re(r"附\s*[件表]\s*\d*[:：]?$|单\s*位\s*[:：]|填\s*报|制\s*表|日\s*期\s*[:：]|[(（]")
_MOST_ABOVE = 6
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
    """Return text, title, levels and notes of a spreadsheet. Raises UnreadableError."""
    if _PACKAGE in data:
        raise UnreadableError(_ENCRYPTED)
    if data.startswith(b"PK"):
        package.check(data, limit, _KIND)
    try:
        with load_workbook(io.BytesIO(data)) as workbook:
            return _answer(workbook, sheet_parts.sheets(data), limit)
    except PasswordError as error:
        raise UnreadableError(_ENCRYPTED) from error
    except (CalamineError, OSError, ValueError, KeyError, TypeError, SyntaxError, zipfile.BadZipFile) as error:
        raise UnreadableError(package.broken(_KIND)) from error


def _answer(workbook: CalamineWorkbook, beside: Mapping[str, Sheet], limit: int) -> Mapping[str, Any]:
    lines: list[str] = []
    levels: dict[int, int] = {}
    remarks = Remarks()
    titles: list[str] = []
    stored = 0
    for sheet in filter(_shown, workbook.sheets_metadata):
        parts = beside.get(sheet.name, Sheet())
        _tell_beside(sheet.name, parts, remarks)
        rows, as_stored = _rows(workbook, sheet.name, parts, limit, remarks)
        stored += as_stored
        above, rows = _above(rows)
        title = next((line for line in above if not _NO_TITLE.match(line)), "")
        if not rows and not above:
            continue
        if title:
            titles.append(title)
        is_first = bool(title) and not lines
        name = "" if title and _GENERIC.fullmatch(sheet.name.strip()) else " ".join(sheet.name.split())
        if is_first and name:  # below the printed title, and no line of it
            name = f"工作表：{name}"
        for line in [*above, name] if is_first else [name, *above]:
            if line == title and len(titles) == 1:
                levels[len(lines)] = 1
            elif line == name:
                levels[len(lines)] = 2
            lines += [line] if line else []
        lines += map(tables.row, rows)
    hidden = [sheet.name for sheet in workbook.sheets_metadata if not _shown(sheet)]
    notes = [f"没有收录的工作表（隐藏，或不是表格）：{'、'.join(hidden)}。"] if hidden else []
    if stored:
        notes.append("表格里的数按存储的值收录，原件显示的千分位、百分号和小数位数没有保留。")
    title = titles[0] if titles else ""
    text = "".join(f"{line}\n" for line in lines)
    return {"text": text, "title": title, "levels": levels, "notes": notes, "account": dumped(remarks.account())}


def _tell_beside(name: str, parts: Sheet, remarks: Remarks) -> None:
    """Name what stands beside the values of a sheet."""
    for cell, text in parts.comments:
        remarks.add("批注", f"{name} {cell}", "不是表格里的值，没有收入", text, doubt=alarming(text))
    for text in parts.boxes:
        remarks.add("文本框", name, "浮在表格上面，没有收入", text, doubt=alarming(text) or "。" in text)
    for text in parts.margins:
        remarks.add("页眉、页脚", name, "打印时才有，没有收入", text, doubt=alarming(text))
    for cell, formula in parts.without_result:
        remarks.add("公式", f"{name} {cell}", "公式没有存储的结果，格子是空的", formula, doubt=True)
    if parts.hidden:
        remarks.add("隐藏的行列", name, "照收", count=parts.hidden)


def _shown(sheet: SheetMetadata) -> bool:
    return sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet


def _rows(
    workbook: CalamineWorkbook, name: str, parts: Sheet, limit: int, remarks: Remarks
) -> tuple[list[list[str]], int]:
    """Return the rows that hold something, without empty columns at the right end, and how many numbers are as stored."""
    sheet = workbook.get_sheet_by_name(name)
    if sheet.width * sheet.height > limit:
        raise UnreadableError("表格太大（绝大多数是空格子）：请删去多余的行列后另存。")
    top, left = sheet.start or (0, 0)
    stored = 0
    rows = []
    for down, row in enumerate(sheet.to_python()):
        texts = []
        for right, value in enumerate(row):
            at = top + down, left + right
            form = parts.formats.get(at, "")
            as_shown = _shown_as(value, form)
            stored += isinstance(value, float) and not value.is_integer() and not as_shown
            text = _cell(parts.marked.get(at) or as_shown or value)
            if text and not as_shown and has_words(form) and not isinstance(value, str):
                remarks.add("格式里的文字", name, "没有收入，值按存储的收录", f"{text}（格式 {form}）", doubt=True)
            if text and at in parts.struck:
                text = f"〔删除线：{text}〕"
            if "〔删除线：" in text:
                remarks.add("删除线", name, "原件划去的文字，在文中标出", text)
            texts.append(text)
        if any(texts):
            rows.append(texts)
    width = max((index + 1 for row in rows for index, text in enumerate(row) if text), default=0)
    return [row[:width] for row in rows], stored


def _shown_as(value: Any, form: str) -> str:
    """Print a value by its format, "" where it has none or one that is not followed."""
    if not form or isinstance(value, bool) or value == "":
        return ""
    if isinstance(value, int | float):
        return shown(value, form)
    if isinstance(value, datetime.timedelta):
        return shown_duration(value, form)
    if isinstance(value, datetime.date | datetime.time):
        return shown_date(value, form)
    return shown_text(value, form) if isinstance(value, str) else ""


def _above(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Part the lines above a table (its title, 附件1, 单位：元) from its rows: one text in a row of several columns."""
    count = 0
    for row in rows[:_MOST_ABOVE]:
        if len(row) < 2 or sum(map(bool, row)) != 1 or count + 1 >= len(rows):
            break
        count += 1
    if not any(sum(map(bool, row)) > 1 for row in rows[count : count + 1]):
        count = 0
    return ["".join(row).replace("\\|", "|") for row in rows[:count]], rows[count:]


def _cell(value: Any) -> str:
    """Print a value: whole numbers without a fraction, dates as ISO 8601."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.timedelta):
        return shown_duration(value, "[h]:mm:ss") or str(value)
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
