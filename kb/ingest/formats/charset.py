"""Bytes → text, by what the bytes are and not by what a label says of them."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

from kb.base.errors import UnreadableError
from kb.base.lazy_re import lazy_re
from kb.ingest.disguise.plausible import Model
from kb.ingest.disguise.simplify import is_common

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    # The mark of UTF-32 LE begins with that of UTF-16 LE, so it is asked first.
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
# WHATWG Encoding Standard: the labels gb2312 and gbk mean GB 18030's larger set, big5 means Big5-HKSCS.
_DECLARED = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030", "big5": "big5hkscs"}
_WESTERN = frozenset(("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii", "windows-1252", "cp1252"))
_CHARSET = lazy_re(rb"""charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
# C0 controls that never stand in a text file; tab, line feed, form feed, carriage return and ^Z (end of a DOS text) may.
_BINARY = lazy_re(r"[\x00-\x08\x0b\x0e-\x19\x1b-\x1f\x7f]")
_USUAL = lazy_re(r"[\t\n\r -~\xa0\u2010-\u203b\u3000-\u3020\u4e00-\u9fff\uff01-\uff5e]")
_HANZI = lazy_re("[\u4e00-\u9fff]")
_FEW = 10  # characters: of fewer nothing can be told
_SAMPLE = 3000
# Common characters make up 97% and more of each of 500 statutes, 55 to 65% of their traditional text in Big5 read as GB 18030.
_COMMON = 0.7
_BAD = "\ufffd"
_MOST_BAD = 0.01
_LONGEST_RUN = 400  # bytes around a bad one
_UNSURE = 12.0  # bits by which one reading must be likelier than another
_UNREADABLE = "内容不是可以识别的文字（可能是二进制文件，或编码已损坏）：请换成 UTF-8、GB18030 或 UTF-16 编码的文本。"


def decode(data: bytes, declared: str = "") -> tuple[str, str]:
    """Decode a text file; answer (text without a byte order mark, name of the encoding).

    In this order: byte order mark; UTF-8 if the bytes are valid; UTF-16 without a mark; the charset `declared` by the
    server or, near the head, by the page itself; GB 18030. A few bytes that fit nowhere become U+FFFD each. Raises
    UnreadableError when nothing fits, when the result holds control characters, as binary files do, or when GB 18030,
    which takes almost any bytes, makes no Chinese of them.
    """
    for mark, codec, name in _BOMS:
        if data.startswith(mark):
            try:
                return _checked(data, codec, name)
            except UnreadableError:
                return _least_damaged([(data.decode(codec, "replace"), name)])
    for codec in _candidates(data, declared):
        try:
            return _checked(data, codec, codec)
        except UnreadableError:
            continue
    return _damaged(data, declared)


def _candidates(data: bytes, declared: str) -> list[str]:
    """Return the encodings to try, most certain first."""
    label = declared or _declared_within(data)
    if label.lower() in _WESTERN:  # what servers say that were told nothing
        label = _declared_within(data) or label
    names = ["utf-8", _utf16(data), _DECLARED.get(label.lower(), label), "gb18030"]
    return [name for name in names if name]


def _declared_within(data: bytes) -> str:
    found = _CHARSET.search(data[:4096])
    return found[1].decode("ascii", "replace") if found else ""


def _utf16(data: bytes) -> str:
    """Recognise UTF-16 without a mark: ASCII in it has zero bytes, all first or all last, and what results is Chinese."""
    head = data[: 4096 if len(data) > 4096 else len(data) // 2 * 2]
    if b"\0" not in head:
        return ""
    codec = "utf-16-be" if head[0::2].count(0) > head[1::2].count(0) else "utf-16-le"
    text = head.decode(codec, "replace")
    return codec if len(_USUAL.findall(text)) >= 0.9 * len(text) else ""


def _checked(data: bytes, codec: str, name: str) -> tuple[str, str]:
    try:
        text = data.decode(codec)
    except (UnicodeDecodeError, LookupError) as error:
        raise UnreadableError(_UNREADABLE) from error
    if _BINARY.search(text) or (codec == "gb18030" and not _is_chinese(text)):
        raise UnreadableError(_UNREADABLE)
    return text, name


def _damaged(data: bytes, declared: str) -> tuple[str, str]:
    """Decode a text of which a few bytes were lost, added or changed: U+FFFD stands for each."""
    label = _DECLARED.get((declared or _declared_within(data)).lower(), "gb18030")
    tries = [(data.decode("utf-8", "replace"), "utf-8"), (_realigned(data), "gb18030")]
    tries += [(data.decode("big5hkscs", "replace"), label)] if label == "big5hkscs" else []
    if codec := _utf16(data):
        tries.append((data.decode(codec, "replace"), codec))
    return _least_damaged(tries)


def _least_damaged(tries: list[tuple[str, str]]) -> tuple[str, str]:
    """Return the reading with the fewest bad characters. Raises UnreadableError where these are many."""
    tries = [(_BINARY.sub(_BAD, text), name) for text, name in tries]
    text, name = min(tries, key=lambda each: each[0].count(_BAD))
    bad, hanzi = text.count(_BAD), len(_HANZI.findall(text))
    if bad > max(_FEW, _MOST_BAD * len(text)) or hanzi < _FEW or not _is_chinese(text):
        raise UnreadableError(_UNREADABLE)
    return text, name


def _realigned(data: bytes) -> str:
    """Decode GB 18030 with U+FFFD for each byte that fits nowhere.

    After a lost or added byte the rest of a run would come out as other characters: of all places where it may have
    happened, the one that leaves the likeliest text is taken; what cannot be told apart is U+FFFD, too.
    """
    model = Model("".join(line for line in data.decode("gb18030", "replace").split("\n") if _BAD not in line))
    text, start = "", 0
    while start < len(data):
        try:
            return text + data[start:].decode("gb18030")
        except UnicodeDecodeError as error:
            wrong = start + error.start
        first = next(
            (at + 1 for at in range(wrong - 1, max(start, wrong - _LONGEST_RUN) - 1, -1) if data[at] < 0x40), start
        )
        end = next((at for at in range(wrong + 1, min(len(data), wrong + _LONGEST_RUN)) if data[at] < 0x40), len(data))
        first = max(first, start, wrong - _LONGEST_RUN)
        end = min(end, wrong + _LONGEST_RUN)
        text += data[start:first].decode("gb18030", "replace")
        text += _realigned_run(data[first:end], wrong - first, text[-1:], model)
        start = end
    return text


def _realigned_run(run: bytes, wrong: int, before: str, model: Model) -> str:
    """Decode a run of double bytes of which one is too many, at `wrong` or before."""
    tries = {}
    for at in range(wrong + 1):
        with suppress(UnicodeDecodeError):
            left, right = run[:at].decode("gb18030"), run[at + 1 :].decode("gb18030")
            tries[at] = model.cost(before, left) + model.cost(right[:1], right[1:])
    if not tries:
        return run.decode("gb18030", "replace")
    likely = [at for at, bits in tries.items() if bits <= min(tries.values()) + _UNSURE]
    first, last = min(likely), max(likely)
    return run[:first].decode("gb18030") + _BAD * (1 + (last - first) // 2) + run[last + 1 :].decode("gb18030")


def _is_chinese(text: str) -> bool:
    """Tell Chinese from bytes of another encoding, which come out as rare characters."""
    hanzi = _HANZI.findall(text[: 2 * _SAMPLE])
    return len(hanzi) < _FEW or sum(map(is_common, hanzi)) >= _COMMON * len(hanzi)
