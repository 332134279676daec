"""What a document says of its own standing: when it takes effect, for how long, how it was changed, each with its sentence.

GB/T 9704 has no field for it; 国务院办公厅 国办发〔2018〕37号 asks that a document states its period of validity (有效期).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from typing import Literal

from kb.base.lazy_re import lazy_re
from kb.base.model import Document, Section
from kb.chinese import dates
from kb.chinese.numerals import numeral
from kb.structure import history

What = Literal["made", "effect", "ends", "lapses", "amended", "flag", "declared"]

_ITSELF = r"(?:本[\u4e00-\u9fff（）()]{1,12}|^|第[一二三四五六七八九十百]+条[\s　]*)"
_EFFECT = lazy_re(
    rf"(?:{_ITSELF}自(?P<known>[\u4e00-\u9fff]{{1,6}}?之日)|(?:{_ITSELF}|[，、\s])自(?P<from>{dates.DATE}))起(?:正式|开始)?(?:施行|实施|执行|生效)(?P<rest>[^。\n]*)"
)
_PUBLISHED = lazy_re("(?:公布|发布|颁布)")
_PERIOD = lazy_re(
    r"(?:有效期|试行期|暂行期|施行期|实施期|执行期)限?(?:为|是|定为|：)?(?P<number>[一二两三四五六七八九十\d]{1,3})(?P<unit>年|个月)"
)
_UNTIL = lazy_re(
    rf"(?:有效期|试行期|施行期|实施期|执行期)限?(?:至|到|截至|截止(?:至|到|日期为)?)(?P<until>{dates.DATE})"
)
_OWN_PERIOD = lazy_re(r"本(?!证|许可|执照|卡|票)[\u4e00-\u9fff（）()]{1,12}(?:有效期|试行期|施行期|自)")
_SENTENCE = lazy_re(r"[^。\n]+。?")
_FLAGS = ("有效性", "时效性", "效力状态", "是否有效")
_ENDED = lazy_re(r"失效|废止|无效|已作废|^否$")
_HOLDS = lazy_re(r"(?:现行)?有效|有效力|是")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence and what it means: `what` happens on `day` (ISO 8601, "" where no day is told).

    made: the first event of its preamble · effect: the document takes effect · ends: it ends on a day that it names · lapses: a period it names has run out by then,
    the day is computed · amended: its text was changed · flag: its source says that it no longer holds · declared: its source
    said, on the day it was fetched, that it holds.
    """

    what: What
    day: str
    anchor: str
    sentence: str


def statements(document: Document) -> Iterator[Statement]:
    """Yield what a document, and the list of its source, say of its standing."""
    first, published = "", _made_known(document, passed=False)
    for section in document.walk():
        if section.anchor == "preamble":
            past = list(_history(section))
            first = min((each.day for each in past), default="")
            published = _first_publication(section) or _made_known(document, passed=bool(first))
            yield from past
        yield from _effects(section, first or _issued(document), published)
    for label in _FLAGS:
        told = document.provenance.listed.get(label, "") or document.metadata.labels.get(label, "")
        said = f"来源标注：{label}　{told}"
        if _ENDED.search(told):
            yield Statement("flag", "", "", said)
        elif _HOLDS.fullmatch(told.strip()):
            fetched = document.provenance.retrieved[:10]
            yield Statement("declared", fetched, "", f"{said}（{fetched} 取得）")


def _history(section: Section) -> Iterator[Statement]:
    """Yield what the preamble of a law tells of its history."""
    for event in history.past(section.text):
        if event.change:
            yield Statement("amended", event.day, section.anchor, event.sentence)
        elif event.makes and not event.in_force:
            yield Statement("made", event.day, section.anchor, event.sentence)
        if event.in_force or event.at_once:
            yield Statement("effect", event.day, section.anchor, event.sentence)


def _first_publication(section: Section) -> str:
    """Return the day on which a law was first made known, as its preamble tells it, "" where it was changed before anything tells it."""
    for event in history.past(section.text):
        if event.change:
            return ""
        if event.publishes:
            return event.day
    return ""


def _effects(section: Section, issued: str, published: str) -> Iterator[Statement]:
    """Yield from when, and for how long, a section says that its document holds; `issued` is when that was made known.

    自公布之日起 counts from when it was `published`; where nothing tells that, nobody knows the day.
    """
    if "起" not in section.text and "期" not in section.text:
        return
    for match in _SENTENCE.finditer(section.text):
        sentence = match[0].strip()
        effect = _EFFECT.search(sentence)
        if effect:
            since = published if _PUBLISHED.match(effect["known"] or "") else issued
            yield Statement("effect", dates.first(effect["from"] or "") or since, section.anchor, sentence)
        if effect or _OWN_PERIOD.search(sentence):
            start = dates.first(effect["from"] or "") if effect else ""
            yield from _ends(section.anchor, sentence, start or issued)


def _ends(anchor: str, sentence: str, start: str) -> Iterator[Statement]:
    until, period = _UNTIL.search(sentence), _PERIOD.search(sentence)
    if until and (day := dates.first(until["until"])):
        yield Statement("ends", day, anchor, sentence)
    elif period and len(start) == len("2022-01-01"):
        months = numeral(period["number"]) * (12 if period["unit"] == "年" else 1)
        yield Statement("lapses", _last_day(start, months), anchor, sentence)


def _issued(document: Document) -> str:
    return document.metadata.published or document.metadata.date


def _made_known(document: Document, *, passed: bool) -> str:
    """Return when a document was published; of one that a body `passed`, not the day of that."""
    facts = document.metadata
    own = "" if passed and history.act(document) != "公布" else facts.date
    return facts.published or own


def _last_day(start: str, months: int) -> str:
    """Return the last day of a period of months that begins on a day: 2022-01-01 and five years → 2026-12-31."""
    first = date.fromisoformat(start)
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    if year > MAXYEAR:
        return date.max.isoformat()
    day = min(first.day, monthrange(year, month + 1)[1])
    return (date(year, month + 1, day) - timedelta(days=1)).isoformat()
