"""The rank of a document among the sources of law: 中华人民共和国立法法, chapter 5 (宪法, 法律, 行政法规, 地方性法规, 规章), and below it
what makes no law (通知, 意见, 报告)."""

from __future__ import annotations

from kb.base.lazy_re import lazy_re
from kb.base.model import Listing
from kb.chinese.issuers_and_laws import NATION
from kb.chinese.places import LEGISLATING_UNITS, MUNICIPALITIES

LOCAL, LAW = 3, 6
"""The ranks of local rules, and of laws."""

RANKS = {
    7: "宪法",
    6: "法律",
    5: "行政法规",
    4: "司法解释",
    LOCAL: "地方法规和规章",
    2: "其他规定、办法",
    1: "其他文件",
}
"""What the ranks are called, from the top."""

_LAWS = {"宪法", "法律", "法", "法典"}
_RULES = {"条例", "规定", "办法", "细则", "规则", "部门规章", "地方政府规章", "规章"}
_OF_A_PLACE = lazy_re(rf"(?:{MUNICIPALITIES}|(?!{NATION})[\u4e00-\u9fff]{{2,6}}?(?:{LEGISLATING_UNITS}))")
_COURTS = ("最高人民法院", "最高人民检察院")


def authority(listing: Listing) -> int:
    """Return the rank of a document, higher for what prevails; read off its kind and issuer."""
    kind, issuer = listing.kind, listing.issuer
    if kind == "宪法" or listing.title == "中华人民共和国宪法":
        return 7
    if kind in _LAWS or (issuer.startswith("全国人民代表大会") and kind):
        return LAW
    if kind == "行政法规" or (issuer == "国务院" and kind in _RULES):
        return 5
    if kind == "司法解释" or issuer.startswith(_COURTS):
        return 4
    if kind == "地方性法规" or "人民代表大会" in issuer or (kind in _RULES and _OF_A_PLACE.match(listing.title)):
        return LOCAL
    return 2 if kind in _RULES else 1
