"""What a document says of itself: title, number, issuer, dates, kind, each with how it was found.

Sources in order of trust: the labelled table of its page, the page's meta tags, front matter, the text (head,
preamble, signature), the page's <title>, the file's name. Values stay as printed; dates become ISO 8601.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import dropwhile, takewhile

from kb.base.lazy_re import lazy_re
from kb.base.model import Metadata, Section
from kb.chinese import dates, kinds
from kb.structure import heads, labels, outline, signatures, supplied
from kb.structure.extracted import Extracted

_DATES = ("date", "published", "effective")
_NOTHING = {"", "无", "暂无", "空", "-", "--", "—", "/", "null", "None", "0"}

_KIND = lazy_re(rf"({kinds.any_of(kinds.KINDS)})$")
_IN_FORCE = lazy_re(
    rf"(?:本[\u4e00-\u9fff（）()]{{1,12}}|[，。现])自({dates.DATE})(?:起|开始)(?:正式)?(?:施行|实施|生效|执行)"
)
_ADDRESS = lazy_re(r"(?:原文链接|原文地址|原文网址)[：:]?\s*<?(https?://[^\s<>]+)")
_ISSUER_IN_TITLE = lazy_re(
    r"([^，。；：:《]{2,60}?)(?:关于|印发|转发|批转|公布|发布|对(?!外)|(?:党组|常务|全体|专题|协调|工作|办公)*会议纪要)"
)
# 印发机关和印发日期 (GB/T 9704-2012, 7.4.3): on the last page of a document, which may bear no other date.
_IMPRINT = lazy_re(rf"^[\u4e00-\u9fff（）()]{{2,40}}\s+({dates.DATE})\s*印发$", re.MULTILINE)
_TAIL = lazy_re(r"\s*[（(〔\[][^（(〔\[]{0,30}[）)〕\]]$")


@dataclass(slots=True)
class _Claims:
    """What each source claims, most trusted first, by field: (value, how it was found)."""

    by_field: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def add(self, name: str, value: str, how: str) -> None:
        plain = dates.first(value) if name in _DATES else re.sub(r"[ \t\r\n]+", " ", value).strip()
        plain = heads.number_in_figures(plain) if name == "document_number" else plain
        if plain not in _NOTHING and (name != "url" or plain.startswith("http")):
            self.by_field.setdefault(name, []).append((plain, how))

    def fallback(self, name: str, value: str, how: str) -> None:
        """Add a claim that counts only when there is no better one: it contradicts nothing."""
        if not self.best(name):
            self.add(name, value, how)

    def best(self, name: str) -> str:
        return next((value for value, _ in self.by_field.get(name, [])), "")

    def others(self, name: str) -> tuple[str, ...]:
        """Return the values that differ from the best one in more than spelling, once each."""
        seen = {_key(self.best(name))}
        different = []
        for value, _ in self.by_field.get(name, []):
            if _key(value) not in seen:
                seen.add(_key(value))
                different.append(value)
        return tuple(different)


def find(text: str, sections: tuple[Section, ...], extracted: Extracted, name: str) -> Metadata:
    """Find the metadata of a document.

    `text` is its text, repaired and without the page's metadata table (see `take_table`), `sections` its outline,
    `extracted` what its file says of it, `name` the stem of the file's name.
    """
    claims = _Claims()
    _from_labels(claims, extracted)
    head = heads.read(text)
    _from_text(claims, text, head, _signature(sections) or _own_text(sections) or text)
    _from_outside(claims, extracted, name, head.title if heads.is_title(head.title) else "")
    _text_before_generator(claims)
    if not claims.best("title"):
        claims.add("title", supplied.title(text, claims.best("issuer"), claims.best("date")), "supplied")
    claims.fallback("title", _page_title(extracted.title), "title")
    claims.fallback("title", head.title, "text")
    title = claims.best("title") or name
    values = {each: claims.best(each) for each in labels.FIELDS if each != "title"}
    found = {each: claims.by_field[each][0][1] for each in labels.FIELDS if claims.best(each)}
    found.setdefault("title", "filename")
    return Metadata(
        title=title,
        kind=kind(title),
        found=found,
        alternatives={each: others for each in labels.FIELDS if (others := claims.others(each))},
        labels=dict(extracted.labels),
        **values,
    )


def take_table(text: str) -> tuple[str, dict[str, str], dict[int, str]]:
    """Take front matter and metadata table off the head of a text.

    Answer (the rest, label → value, the lines taken off by index from 0).
    """
    matter, body = labels.split_front_matter(text)
    above = text[: len(text) - len(body)].split("\n")[:-1]
    lines = outline.text_lines(body)
    indices, found = labels.take(lines)
    taken = dict(enumerate(above)) | {len(above) + index: lines[index].strip() for index in indices}
    rest = "".join(line for index, line in enumerate(lines, len(above)) if index not in taken)
    return rest, {**found, **matter}, taken


def kind(title: str) -> str:
    """Return the kind of document (文种) that a title's last word names, "" when it names none.

    Brackets after it, such as （试行）, are not part of it: 国务院关于…的指导意见（试行） → 意见.
    """
    plain = title.strip()
    while (shorter := _TAIL.sub("", plain)) != plain:
        plain = shorter
    match = _KIND.search(plain.rstrip('》〉”"』」'))
    return {"宪法": "法"}.get(match[1], match[1]) if match else ""


def _from_labels(claims: _Claims, extracted: Extracted) -> None:
    """Claim what the page's table, the meta tags and the front matter state, in this order."""
    order = {"table": 0, "meta": 1, "script": 2, "list": 3, "front matter": 4}
    known = {label: each for each, names in labels.FIELDS.items() for label in names}
    ranked = sorted(extracted.labels, key=lambda label: (order.get(_how(extracted, label), 0), _rank(label, known)))
    for label in ranked:
        if label in known:
            claims.add(known[label], extracted.labels[label], _how(extracted, label))


def _text_before_generator(claims: _Claims) -> None:
    """Let the day that the text tells come before the `date` of front matter, and drop this where it is the day of effect.

    Site generators have one `date` for the days of making, publication and effect.
    """
    told = claims.by_field.get("date", [])
    told.sort(key=lambda claim: claim[1] == "front matter")
    if told and told[0] == (claims.best("effective"), "front matter"):
        del told[0]


def _rank(label: str, known: Mapping[str, str]) -> int:
    return labels.FIELDS[known[label]].index(label) if label in known else 0


def _how(extracted: Extracted, label: str) -> str:
    return extracted.hows.get(label) or ("front matter" if label.isascii() else "table")


def _from_text(claims: _Claims, text: str, head: heads.Head, signed: str) -> None:
    """Claim what head, preamble and signature of the text state; `signed` is the text that holds the signature."""
    issuer, date = signatures.find(signed)
    claims.add("title", head.title if kind(head.title) else "", "text")
    claims.add("document_number", head.number if _is_own(head, claims) else "", "text")
    claims.add("issuer", head.issuer, "preamble")
    claims.add("issuer", issuer, "signature")
    claims.add("date", head.adopted or ("" if date else head.published), "preamble")
    claims.add("date", date, "signature")
    imprint = _IMPRINT.search(text)
    claims.add("date", imprint[1] if imprint and not (head.adopted or date) else "", "imprint")
    claims.fallback("published", head.published if head.published >= head.adopted else "", "preamble")
    claims.add("effective", head.effective, "preamble")
    claims.fallback("effective", _in_force(text), "text")
    claims.add("url", _address(text), "text")


def _is_own(head: heads.Head, claims: _Claims) -> bool:
    """Return whether the head over a text is that of the document, not of another one that it quotes first.

    Front matter names the document; what a page calls it may be worded otherwise.
    """
    title, how = claims.by_field.get("title", [("", "")])[0]
    printed, known = _key(head.title), _key(title)
    return how != "front matter" or not kind(head.title) or printed in known or known in printed


def _from_outside(claims: _Claims, extracted: Extracted, name: str, printed: str) -> None:
    """Claim what only the page's <title> and source, or the file's name tell; a <title> of a mirror may be spam.

    `printed` is a title above the text whose last word is no kind of document.
    """
    stem, _, stamp = name.partition("(")
    page = _page_title(extracted.title)
    claims.fallback("title", printed if heads.ends_as_title(printed) else "", "text")
    claims.fallback("title", page if kind(page) else "", "title")
    claims.fallback("title", printed, "text")
    claims.fallback("title", page if heads.ends_as_title(page) or _is_sited(extracted.title) else "", "title")
    if len(re.findall(r"[\u4e00-\u9fff]", stem)) >= 4:
        claims.fallback("title", stem, "filename")
    claims.add("issuer", _issuer_in(claims.best("title")), "title")
    claims.fallback("date", stamp, "filename")
    claims.fallback("issuer", heads.organ(extracted.labels.get("ContentSource", "")), "meta")


_BETWEEN_PARTS = lazy_re(r"\s*(?:[_|]|(?<!\d)[-–—]+|[-–—]+(?!\d))\s*")
_SITE = lazy_re(r"(?:网站?|门户|平台|政府|信息公开|政务公开|[厅局委院办])$")


def _is_sited(title: str) -> bool:
    """Return whether a <title> names a document before the site: 关于示例的承诺_示例市人民政府."""
    first, *others = _BETWEEN_PARTS.split(title.strip())
    return heads.is_title(first) and not _SITE.search(first) and any(map(_SITE.search, others))


def _page_title(title: str) -> str:
    """Take the site's name off a <title>: 关于…的通知_政策_某某网, 某某网-关于…的通知."""
    parts = _BETWEEN_PARTS.split(title.strip())
    return next((part for part in parts if kind(part)), next(filter(heads.ends_as_title, parts), parts[0]))


def _signature(sections: tuple[Section, ...]) -> str:
    """Return the text of the outline's first signature and those right below it, "" when it has none."""
    walk = (section for top in sections for section in top.walk())
    from_first = dropwhile(lambda section: section.anchor != "signature", walk)
    joint = takewhile(lambda section: section.anchor.partition("~")[0] == "signature", from_first)
    return "".join(section.text for section in joint)


def _own_text(sections: tuple[Section, ...]) -> str:
    """Return the text before the annexes and other documents of the file: their signatures are not the document's."""
    own = takewhile(lambda section: not outline.is_part(section.anchor), sections)
    return "".join(section.text for top in own for section in top.walk())


def _in_force(text: str) -> str:
    """Return the date from which the document says it is in force (本条例自2019年3月1日起施行)."""
    found = _IN_FORCE.findall(text)
    return dates.first(found[-1]) if found else ""


def _address(text: str) -> str:
    found = _ADDRESS.search(text)
    return found[1] if found else ""


def _issuer_in(title: str) -> str:
    """Return the organ with which a title begins: 国务院办公厅关于…的通知."""
    found = _ISSUER_IN_TITLE.match(title)
    return "、".join(signatures.organs(found[1])) if found else ""


def _key(value: str) -> str:
    """Fold what does not make a value another one: spaces, punctuation and its forms, and 国务院令's two spellings."""
    return re.sub(r"[\W_]+", "", value).replace("中华人民共和国国务院令", "国令")
