"""What an .xlsx says beside its values: formats, struck and raised text, comments, text boxes, what is hidden (ECMA-376 Part 1, 18)."""

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

from kb.base.lazy_re import lazy_re
from kb.ingest.formats import scripts

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
_CELL = lazy_re(r"([A-Z]{1,3})(\d{1,7})")
_UNITS = {"y": "year", "m": "month", "d": "day", "h": "hour", "s": "second"}
_DATE_FRAME = lazy_re(r"\[\$-[^\]]*\]|\[DBNum1\]|;@$|_.")
_DATE_LITERAL = lazy_re(r'"([^"]*)"|\\(.)')
_DATE_TOKEN = lazy_re(r"yyyy|yy|mm?|dd?|hh?|ss?|[^A-Za-z]", re.IGNORECASE)
_DATE_FORMAT = lazy_re(r"(?:yyyy|yy|mm?|dd?|hh?|ss?|[-/.:：\s年月日时分秒])+", re.IGNORECASE)
_MARGIN_CODE = lazy_re(r'&(?:"[^"]*"|K[0-9A-F]{6}|\d+|[A-Z])')
# 18.8.31: literal text in quotes or after a backslash, some characters by themselves; _x and *x only fill the width.
_LITERAL = r'(?:"[^"]*"|\\.|[-+/():!&~{}<>=$ ]|[^\x00-\x7f])*'
_WIDTH = lazy_re(r'("[^"]*"|\\.)|[_*].|\[\$-[^\]]*\]|\[(?:[A-Z][a-z]+|[黑蓝青绿红白黄]色?|洋红|蓝绿)\]')
_CURRENCY = lazy_re(r"\[\$([^\]-]+)(?:-[^\]]*)?\]")
_FORMAT = lazy_re(
    rf"(?P<before>{_LITERAL})(?P<grouped>#,##)?(?P<whole>0+)(?:\.(?P<places>0+))?(?P<percent>%)?(?P<after>{_LITERAL})"
)
_BETWEEN_SECTIONS = lazy_re(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
_WORDS = lazy_re(r'"[^"]*\w[^"]*"')
_DURATION = lazy_re(r'\[(h+|m+|s+)\]|(mm?|ss?)|"([^"]*)"|\\(.)|([:： 时小分钟秒])', re.IGNORECASE)
_SECONDS = {"h": 3600, "m": 60, "s": 1}


@dataclass(slots=True)
class Sheet:
    """What stands beside the values of a sheet: formats by (row, column) from 0, comments by cell, texts of boxes.

    `marked` are the texts of which a part is struck out, raised or lowered, with its marks; `struck` cells are so as a
    whole. `without_result` are the formulas of which no result is stored, by cell.
    """

    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    struck: set[tuple[int, int]] = field(default_factory=set)
    marked: dict[tuple[int, int], str] = field(default_factory=dict)
    without_result: list[tuple[str, str]] = field(default_factory=list)
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
        styles, strings = _styles(archive), _strings(archive)
        found = {}
        for sheet in book.iterfind("{*}sheets/{*}sheet"):
            target = related.get(next((v for k, v in sheet.attrib.items() if k.endswith("}id")), ""), ("", ""))[1]
            if target in archive.namelist():
                found[sheet.get("name", "")] = _sheet(archive, target, styles, strings)
        return found


def shown(value: float, form: str) -> str:
    """Print a number by its format where that loses nothing: leading zeros, thousands, places, per cent, words; else ""."""
    section = _section(form, value)
    match = _FORMAT.fullmatch(_WIDTH.sub(r"\1", _CURRENCY.sub(r'"\1"', section)))
    if not match:
        return ""
    places = len(match["places"] or "")
    number = value * 100 if match["percent"] else value
    text = f"{abs(number):{',' if match['grouped'] else ''}.{places}f}"
    if abs(float(text.replace(",", "")) - abs(number)) > 1e-9 * max(1.0, abs(number)):
        return ""
    whole = text.partition(".")[0]
    padded = text if match["grouped"] else f"{whole.zfill(len(match['whole']))}{text[len(whole) :]}"
    sign = "-" if value < 0 and section == form else ""
    return f"{sign}{_literal(match['before'])}{padded}{match['percent'] or ''}{_literal(match['after'])}"


def _section(form: str, value: float) -> str:
    """Return the part of a format that holds for a number: positive;negative;zero;text, a negative one without its sign."""
    sections = _BETWEEN_SECTIONS.split(form)
    if value < 0:
        return sections[1] if len(sections) > 1 else form
    return sections[2] if value == 0 and len(sections) > 2 else sections[0]


def shown_text(value: str, form: str) -> str:
    """Print a text by the words that its format puts around it: "示"@; "" where the format says anything else."""
    before, at, after = form.partition("@")
    return f"{_literal(before)}{value}{_literal(after)}" if at and re.fullmatch(_LITERAL, before + after) else ""


def shown_duration(value: datetime.timedelta, form: str) -> str:
    """Print a span of time by its format: [h]:mm is 36:00 for a day and a half; "" where the format says anything else."""
    tokens = list(_DURATION.finditer(form))
    seconds = round(value.total_seconds())
    if "".join(each[0] for each in tokens) != form or seconds < 0 or not any(each[1] for each in tokens):
        return ""
    pieces: list[str] = []
    for each in tokens:
        if unit := each[1] or each[2]:
            count, seconds = divmod(seconds, _SECONDS[unit[0].lower()])
            pieces.append(f"{count:0{len(unit)}}")
        else:
            pieces.append(each[3] or each[4] or each[5] or "")
    return "".join(pieces)


def has_words(form: str) -> bool:
    """Tell a format that prints words or figures of its own beside the value."""
    return bool(_WORDS.search(form))


def _literal(form: str) -> str:
    return _DATE_LITERAL.sub(r"\1\2", form)


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


@dataclass(frozen=True, slots=True)
class _Styles:
    """The format of each style of cells, and whether its font is struck out."""

    codes: list[str]
    struck: list[bool]


def _styles(archive: zipfile.ZipFile) -> _Styles:
    if "xl/styles.xml" not in archive.namelist():
        return _Styles([], [])
    styles = _parse(archive, "xl/styles.xml")
    own = {int(each.get("numFmtId")): each.get("formatCode", "") for each in styles.iterfind("{*}numFmts/{*}numFmt")}
    known = {**_BUILT_IN, **own}
    fonts = [_is_struck(font) for font in styles.iterfind("{*}fonts/{*}font")]
    cells = list(styles.iterfind("{*}cellXfs/{*}xf"))
    font_of = [int(each.get("fontId", "0")) for each in cells]
    return _Styles(
        [known.get(int(each.get("numFmtId", "0")), "") for each in cells],
        [font < len(fonts) and fonts[font] for font in font_of],
    )


def _is_struck(font: Any) -> bool:
    strike = font.find("{*}strike") if font is not None else None
    return strike is not None and strike.get("val", "1") not in ("0", "false")


def _strings(archive: zipfile.ZipFile) -> list[Any]:
    """Return the elements of the strings that cells share."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    return list(_parse(archive, "xl/sharedStrings.xml").iterfind("{*}si"))


def _marked(string: Any, struck: bool) -> str:
    """Return a text with the marks of its struck, raised and lowered runs, "" where it has none; `struck` is the cell."""
    runs = list(string.iterfind("{*}r")) if string is not None else []
    pieces: list[str] = []
    is_marked = inside = False
    for run in runs:
        font = run.find("{*}rPr")
        out = struck if font is None else _is_struck(font)
        text = "".join(each.text or "" for each in run.iterfind("{*}t"))
        align = font.find("{*}vertAlign") if font is not None else None
        form = _ALIGNED.get(align.get("val", "")) if align is not None else None
        if out != inside and (inside or text.strip()):
            pieces.append("〔删除线：" if out else "〕")
            inside = out
        pieces.append(form(text) if form and text.strip() else text)
        is_marked = is_marked or out or form is not None
    return "".join(pieces) + "〕" * inside if is_marked or (runs and struck) else ""


_ALIGNED = {"superscript": scripts.raised, "subscript": scripts.lowered}


def _sheet(archive: zipfile.ZipFile, path: str, styles: _Styles, strings: list[Any]) -> Sheet:
    found = Sheet()
    root = _parse(archive, path)
    for cell in root.iter("{*}c"):
        if place := _CELL.fullmatch(cell.get("r", "")):
            _add_cell(cell, (int(place[2]) - 1, _column(place[1])), styles, strings, found)
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


def _add_cell(cell: Any, at: tuple[int, int], styles: _Styles, strings: list[Any], found: Sheet) -> None:
    style, kind = int(cell.get("s", "0")), cell.get("t", "")
    if style < len(styles.codes) and styles.codes[style]:
        found.formats[at] = styles.codes[style]
    struck = style < len(styles.struck) and styles.struck[style]
    value, formula = cell.findtext("{*}v") or "", cell.find("{*}f")
    if formula is not None and not value and kind not in ("str", "inlineStr"):
        found.without_result.append((cell.get("r", ""), f"={formula.text or ''}"))
    shared = strings[int(value)] if kind == "s" and value.isdecimal() and int(value) < len(strings) else None
    if text := _marked(cell.find("{*}is") if kind == "inlineStr" else shared, struck):
        found.marked[at] = text
    elif struck:
        found.struck.add(at)


def _comments(root: Any) -> Iterator[tuple[str, str]]:
    for comment in root.iter("{*}comment", "{*}threadedComment"):
        text = "".join(node.text or "" for node in comment.iter("{*}t", "{*}text") if len(node) == 0)
        yield comment.get("ref", ""), text


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
