"""What an .xlsx says beside its values: formats of numbers, comments, text boxes, hidden rows and columns (ECMA-376 Part 1, 18)."""

from __future__ import annotations

import datetime
import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

_BUILT_IN = {
    **{
        1: "0",
        2: "0.00",
        3: "#,##0",
        4: "#,##0.00",
        9: "0%",
        10: "0.00%",
        20: "h:mm",
        21: "h:mm:ss",
        22: "yyyy/m/d h:mm",
    },
    # 18.8.30: as Chinese programs show them.
    **{31: "yyyy年m月d日", 32: "h时mm分", 33: "h时mm分ss秒", 57: "yyyy年m月", 58: "m月d日"},
}
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_UNITS = {"y": "year", "m": "month", "d": "day", "h": "hour", "s": "second"}
_DATE_FRAME = re.compile(r"\[\$-[^\]]*\]|\[DBNum1\]|;@$|_.")
_DATE_LITERAL = re.compile(r'"([^"]*)"|\\(.)')
_DATE_TOKEN = re.compile(r"yyyy|yy|mm?|dd?|hh?|ss?|[^A-Za-z]", re.IGNORECASE)
_DATE_FORMAT = re.compile(r"(?:yyyy|yy|mm?|dd?|hh?|ss?|[-/.:：\s年月日时分秒])+", re.IGNORECASE)
_MARGIN_CODE = re.compile(r'&(?:"[^"]*"|K[0-9A-F]{6}|\d+|[A-Z])')
_FORMAT = re.compile(r"(?P<grouped>#,##)?(?P<whole>0+)(?:\.(?P<places>0+))?(?P<percent>%)?")


@dataclass(slots=True)
class Sheet:
    """What stands beside the values of a sheet: formats by (row, column) from 0, comments by cell, texts of boxes."""

    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    comments: list[tuple[str, str]] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)
    margins: list[str] = field(default_factory=list)  # headers and footers of the printed pages
    hidden: int = 0


def sheets(data: bytes) -> dict[str, Sheet]:
    """Return what stands beside the values, by the sheet's name; {} for another format, KeyError or ValueError when broken."""
    if not data.startswith(b"PK"):
        return {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return {}
        book = _parse(archive, "xl/workbook.xml")
        related = _related(archive, "xl/workbook.xml")
        codes = _codes(archive)
        found = {}
        for sheet in book.iterfind("{*}sheets/{*}sheet"):
            target = related.get(next((v for k, v in sheet.attrib.items() if k.endswith("}id")), ""), ("", ""))[1]
            if target in archive.namelist():
                found[sheet.get("name", "")] = _sheet(archive, target, codes)
        return found


def shown(value: float, form: str) -> str:
    """Print a number by its format where that loses nothing: leading zeros, thousands, places, per cent; else ""."""
    match = _FORMAT.fullmatch(form)
    if not match:
        return ""
    places = len(match["places"] or "")
    number = value * 100 if match["percent"] else value
    text = f"{number:{',' if match['grouped'] else ''}.{places}f}"
    if abs(float(text.replace(",", "")) - number) > 1e-9 * max(1.0, abs(number)):
        return ""
    whole = text.partition(".")[0]
    padded = (
        text
        if match["grouped"]
        else f"{'-' if value < 0 else ''}{whole.lstrip('-').zfill(len(match['whole']))}{text[len(whole) :]}"
    )
    return f"{padded}{match['percent'] or ''}"


def shown_date(value: datetime.datetime | datetime.date | datetime.time, form: str) -> str:
    """Print a date or time by its format: yyyy"年"m"月"d"日", h:mm; "" where the format says anything else."""
    plain = _DATE_LITERAL.sub(r"\1\2", _DATE_FRAME.sub("", form))
    if not _DATE_FORMAT.fullmatch(plain):
        return ""
    pieces: list[str] = []
    tokens = _DATE_TOKEN.findall(plain)
    for at, token in enumerate(tokens):
        around = [each[0].lower() for each in tokens if each[0].isalpha() and each.isascii()]
        place = sum(each[0].isalpha() and each.isascii() for each in tokens[:at])
        is_minute = token[0] in "mM" and (
            "h" in around[max(0, place - 1) : place] or "s" in around[place + 1 : place + 2]
        )
        unit = "minute" if is_minute else _UNITS.get(token[0].lower(), "")
        if not unit:
            pieces.append(token)
        elif not hasattr(value, unit):
            return ""
        else:
            number = getattr(value, unit)
            pieces.append(
                f"{number % 100:02}" if unit == "year" and len(token) == 2 else f"{number:0{min(len(token), 4)}}"
            )
    return "".join(pieces)


def _parse(archive: zipfile.ZipFile, path: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(archive.read(path), parser)


def _related(archive: zipfile.ZipFile, path: str) -> Mapping[str, tuple[str, str]]:
    """Return the parts that a part names: id → (kind, path)."""
    folder, name = posixpath.split(path)
    rels = f"{folder}/_rels/{name}.rels"
    if rels not in archive.namelist():
        return {}
    return {
        each.get("Id", ""): (
            each.get("Type", "").rsplit("/", 1)[-1],
            posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/"),
        )
        for each in _parse(archive, rels)
        if each.get("TargetMode") != "External"
    }


def _codes(archive: zipfile.ZipFile) -> list[str]:
    """Return the format of each style of cells."""
    if "xl/styles.xml" not in archive.namelist():
        return []
    styles = _parse(archive, "xl/styles.xml")
    own = {int(each.get("numFmtId")): each.get("formatCode", "") for each in styles.iterfind("{*}numFmts/{*}numFmt")}
    known = {**_BUILT_IN, **own}
    return [known.get(int(each.get("numFmtId", "0")), "") for each in styles.iterfind("{*}cellXfs/{*}xf")]


def _sheet(archive: zipfile.ZipFile, path: str, codes: list[str]) -> Sheet:
    found = Sheet()
    root = _parse(archive, path)
    for cell in root.iter("{*}c"):
        style = int(cell.get("s", "0"))
        place = _CELL.fullmatch(cell.get("r", ""))
        if place and style < len(codes) and codes[style]:
            found.formats[int(place[2]) - 1, _column(place[1])] = codes[style]
    margins = (_MARGIN_CODE.sub(" ", each.text or "").strip() for each in root.iterfind("{*}headerFooter/*"))
    found.margins = [text for text in margins if text]
    hidden = [*root.iterfind("{*}sheetData/{*}row"), *root.iterfind("{*}cols/{*}col")]
    found.hidden = sum(each.get("hidden") in ("1", "true") for each in hidden)
    for kind, target in _related(archive, path).values():
        if target not in archive.namelist():
            continue
        if kind in ("comments", "threadedComment"):
            found.comments += _comments(_parse(archive, target))
        elif kind == "drawing":
            paragraphs = _parse(archive, target).iter("{http://schemas.openxmlformats.org/drawingml/2006/main}p")
            found.boxes += [text for each in paragraphs if (text := "".join(each.itertext()).strip())]
    return found


def _comments(root: Any) -> Iterator[tuple[str, str]]:
    for comment in root.iter("{*}comment", "{*}threadedComment"):
        text = "".join(node.text or "" for node in comment.iter("{*}t", "{*}text") if len(node) == 0)
        yield comment.get("ref", ""), text


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
