"""What the corpus lacks: documents that its documents cite, by how many do, with where they are likely to be found."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from kb.base.lazy_re import lazy_re
from kb.chinese import dates
from kb.chinese.places import UNITS
from kb.law.reader import Found, Reader

_NATIONAL = "国家法律法规数据库 flk.npc.gov.cn"
_LOCAL = lazy_re(rf"([\u4e00-\u9fff]{{1,10}}?(?:{UNITS}))")
_SOURCES = (
    (
        lazy_re(r"^(?:最高人民法院|最高人民检察院)|^(?:法释|法发|高检发)"),
        "最高人民法院公报 gongbao.court.gov.cn、最高人民检察院 www.spp.gov.cn",
    ),
    (lazy_re(r"^(?:国务院|中共中央|国发|国办|国函|中发|中办)"), "中国政府网 www.gov.cn/zhengce"),
    (lazy_re(r"(?:(?<!办)法|法典|通则|总则|条例|修正案)(?:（.*）)?$|人民代表大会"), _NATIONAL),
)

_DATE = lazy_re(r"[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日")


@dataclass(frozen=True, slots=True)
class Gap:
    """A document that is cited and not there: a name as printed, citations, citing documents, the likely source.

    `repealed_by` is the id of a document of the corpus that says it no longer holds, "" where none does. `day` (ISO 8601)
    tells decisions of one name apart, as far as those who cite them tell it.
    """

    name: str
    citations: int
    documents: int
    source: str
    repealed_by: str = ""
    day: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the gap for programs."""
        return asdict(self)


def gaps(reader: Reader) -> list[Gap]:
    """Return what is missing, what most documents cite first."""
    repealing = {found.key: reader.by_number(found.document).id for found in reader.related("repeals")}
    amending = defaultdict(list)
    for found in reader.related("amended"):
        amending[found.key].append(found)
    missing = []
    for key, name, citations, documents, body in reader.lacking():
        whole, source = _whole(name, body), likely_source(_whole(key, body))
        days = defaultdict(list)
        for found in amending[key]:
            if not body or reader.by_number(found.document).issuer == body:
                days[_day(found)].append(found.document)
        # Decisions that are made again and again under one name are told apart by their days.
        apart = {day: among for day, among in days.items() if day} if len(days) > 1 else {}
        missing += [Gap(whole, len(among), len(set(among)), source, "", day) for day, among in apart.items()]
        if rest := citations - sum(map(len, apart.values())):
            others = documents - len({each for among in apart.values() for each in among}) if apart else documents
            missing.append(Gap(whole, rest, max(others, 1), source, "" if body else repealing.get(key, "")))
    return sorted(missing, key=lambda gap: (-gap.documents, -gap.citations, gap.name, gap.day))


def _day(found: Found) -> str:
    """Return the day that a line tells of a decision before it names it, "" where it tells none."""
    told = [dates.to_iso(each[0]) for each in _DATE.finditer(found.sentence.partition(found.text)[0])]
    return told[-1] if told else ""


def _whole(title: str, body: str) -> str:
    return body + title if title.startswith("关于") else title


def likely_source(key: str) -> str:
    """Return where a document whose name has this key is likely to be published."""
    known = next((source for pattern, source in _SOURCES if pattern.search(key)), "")
    place = _LOCAL.match(key)
    return known or (f"{place[1]}人民政府网站" if place else "发文机关的网站")
