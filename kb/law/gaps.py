"""What the corpus lacks: documents that its documents cite, by how many do, with where they are likely to be found."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from kb.chinese.places import UNITS
from kb.law.reader import Reader

_NATIONAL = "国家法律法规数据库 flk.npc.gov.cn"
_LOCAL = re.compile(rf"([\u4e00-\u9fff]{{1,10}}?(?:{UNITS}))")
_SOURCES = (
    (
        re.compile(r"^(?:最高人民法院|最高人民检察院)|^(?:法释|法发|高检发)"),
        "最高人民法院公报 gongbao.court.gov.cn、最高人民检察院 www.spp.gov.cn",
    ),
    (re.compile(r"^(?:国务院|中共中央|国发|国办|国函|中发|中办)"), "中国政府网 www.gov.cn/zhengce"),
    (re.compile(r"(?:(?<!办)法|法典|通则|总则|条例|修正案)(?:（.*）)?$|人民代表大会"), _NATIONAL),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """A document that is cited and not there: a name as printed, citations, citing documents, the likely source.

    `repealed_by` is the id of a document of the corpus that says it no longer holds, "" where none does.
    """

    name: str
    citations: int
    documents: int
    source: str
    repealed_by: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the gap for programs."""
        return asdict(self)


def gaps(reader: Reader) -> list[Gap]:
    """Return what is missing, what most documents cite first."""
    repealing = {found.key: reader.by_number(found.document).id for found in reader.related("repeals")}
    missing = [
        Gap(
            _whole(name, body),
            citations,
            documents,
            likely_source(_whole(key, body)),
            "" if body else repealing.get(key, ""),
        )
        for key, name, citations, documents, body in reader.lacking()
    ]
    return sorted(missing, key=lambda gap: (-gap.documents, -gap.citations, gap.name))


def _whole(title: str, body: str) -> str:
    return body + title if title.startswith("关于") else title


def likely_source(key: str) -> str:
    """Return where a document whose name has this key is likely to be published."""
    known = next((source for pattern, source in _SOURCES if pattern.search(key)), "")
    place = _LOCAL.match(key)
    return known or (f"{place[1]}人民政府网站" if place else "发文机关的网站")
