"""Number and heading of a section, read off its own text."""

from __future__ import annotations

from collections.abc import Sequence

from kb.base.lazy_re import lazy_re
from kb.chinese.numerals import Number, as_item, read
from kb.structure import numbering

_RUN_IN = 40  # characters: a first sentence that is longer is text, not a heading that the text runs on from
_ALONE = 60  # characters: a heading on a line of its own is not longer
_ALONE_ABOVE = 120  # characters: nor one above a text or sections of its own
_LABEL = 24  # characters: so long may a heading be that ends in a colon
_MARKER = lazy_re(
    r"^(附\s*[件表录图]?\s*(?:之?[一二三四五六七八九十]{1,3}|[0-9０-９]{1,2}|[A-ZＡ-Ｚ](?![A-Za-z])"
    r"|[（(]\s*(?:[一二三四五六七八九十]{1,3}|\d{1,2})\s*[）)])?)\s*[：:.．、]?\s*"
)
_ARTICLE_TITLE = lazy_re(
    r"^(?:【([^】]{1,30})】|[〔［\[]([^〕］\]]{1,30})[〕］\]]|[（(]([^（）()]{1,20})[）)])\s*(?=\S)"
)
_NOTE = lazy_re(r"^\s*[（(][^（）()]*[）)][。；]?$")
_STOP = "。；：！？，、;:!?,"


def whole(lines: Sequence[str]) -> str:
    """Return the title that is broken over these lines."""
    return "".join(line.strip() for line in lines)


def annex(lines: Sequence[str]) -> tuple[str, str]:
    """Read (number, heading) of an annex: 附件1 and the title after or below it."""
    first = lines[0].strip()
    found = _MARKER.match(first)
    if not found:
        return "", whole(lines)
    return found[1].strip(), first[found.end() :] + whole(lines[1:])


def article(lines: Sequence[str], value: str) -> tuple[str, str]:
    """Read (number, heading) of the article with this value, its number damaged or not."""
    number = numbering.number_of(lines[0], int(value))
    return (number.printed, _article_title(lines[0][number.end :].strip(), len(lines) > 1)) if number else ("", "")


def section(lines: Sequence[str], parent: bool, anchor: str) -> tuple[str, str]:
    """Read (number, heading) of a section; `parent` tells whether it has sections below it."""
    first = lines[0].strip()
    number = _placed(read(first), first, anchor)
    if not number:
        return "", first if len(first) <= _ALONE else ""
    rest = first[number.end :]
    if number.style in ("part", "book", "subbook", "chapter", "division"):
        goes_on = not rest or rest.endswith(("、", "，"))
        return number.printed, (rest + (_next_line(lines) if goes_on else "")).removesuffix("。")
    return number.printed, _heading(rest, parent or len(lines) > 1)


def _placed(number: Number | None, line: str, anchor: str) -> Number | None:
    """Return the number as its place has it: 1.5月 whose anchor ends in 1 is the first item."""
    item = as_item(number, line) if number else None
    if not number or not item or not number.doubtful:
        return number
    steps = anchor.partition("~")[0].split("-")
    return item if steps[-1] == str(item.values[0]) and steps[-2:] != [str(v) for v in number.values] else number


def _next_line(lines: Sequence[str]) -> str:
    """Return the heading where it is printed on the line below its number."""
    below = lines[1].strip() if len(lines) > 1 else ""
    return below if len(below) <= _ALONE and below[-1:] not in _STOP and not read(below) else ""


def _article_title(rest: str, more: bool) -> str:
    found = _ARTICLE_TITLE.match(rest)
    if found:
        return next(title for title in found.groups() if title)
    return rest if more and len(rest) <= _LABEL and rest[-1:] not in _STOP else ""


def _heading(rest: str, more: bool) -> str:
    """Read the heading of 一、 （一） 1.: the whole line, or its first sentence where the text runs on."""
    sentence, stop, after = rest.partition("。")
    if not stop and rest[-1:] not in _STOP:
        return rest if len(rest) <= (_ALONE_ABOVE if more else _ALONE) else ""
    runs_on = more if not after else not _NOTE.match(after)
    if stop and runs_on and _is_heading(sentence):
        return sentence
    label, colon, _ = rest.partition("：" if "：" in rest else ":")
    return label if colon and len(label) <= _LABEL and not any(mark in label for mark in "。，；") else ""


def _is_heading(sentence: str) -> bool:
    """Tell a heading from a sentence of the text by its length and its clauses."""
    clauses = sentence.count("，") <= 1 or len(sentence) <= _LABEL
    labelled = 0 < sentence.find("：") <= _LABEL
    return (
        len(sentence) <= _RUN_IN and clauses and not labelled and "；" not in sentence and not sentence.endswith("的")
    )
