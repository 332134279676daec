"""The gate before the corpus: a text that was fetched is compared with the one that is held, and with what the site
says when a page is missing. What does not pass is set aside; the good version stays."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kb.base.errors import KbError, NotFoundError, UnreadableError
from kb.base.lazy_re import lazy_re
from kb.base.model import Document
from kb.fetch.lists.family import Obtain
from kb.fetch.network.fetch_errors import FetchError
from kb.fetch.network.fetched import Fetched
from kb.fetch.network.urls import absolute
from kb.ingest.derive import Derived
from kb.ingest.formats.extract import DENSEST, extract_html
from kb.upkeep import suspicion

_SURVIVES = 0.5
_LIKE = 0.8
_SENTENCE = lazy_re(r"[。；;！？!?\n]")
_SHORTEST = 6
_SHORT = 400
_TOLD = 0.5
_REST = lazy_re(
    r"(?:登[录陆]|扫码|关注|注册|付费|购买|开通)\S{0,8}(?:查看|阅读|浏览|显示)(?:全文|全部|更多|剩余|余下)|(?:剩余|余下)(?:内容|全文|部分)?\S{0,6}(?:登[录陆]|付费|订阅)"
)
_INFO = lazy_re(
    r"[【\[（(]?(?:发布|发文|更新|成文|时间|日期|来源|稿源|作者|编辑|字号|字体|浏览|阅读|点击|打印|分享|索引号|文号)"
)


@dataclass(slots=True)
class Gate:
    """The gate of one source. `body` is the selector of its texts; `reread` derives a held document from its snapshot."""

    obtain: Obtain
    body: str
    reread: Callable[[Document], Document]
    _missing_pages: dict[str, str] = field(default_factory=dict)

    def judge_successor(self, old: Document, derived: Derived, answer: Fetched) -> str:
        """Say why a text should not take the place of the one that is held, "" when it may."""
        reason = self._against(old, derived, answer)
        if not reason:
            return ""
        try:
            return self._against(
                self.reread(old), derived, answer
            )  # perhaps only our reading changed, or a person's hand
        except (NotFoundError, UnreadableError):
            return reason

    def _against(self, old: Document, derived: Derived, answer: Fetched) -> str:
        new = derived.document
        before, now = _bare(old.text), _bare(new.text)
        if before == now or suspicion.judge_text(old.metadata.title, old.text):
            return ""  # nothing new, or what is held is no document: anything is better
        if len(now) * 2 < len(before):
            return f"正文从 {len(before):,} 字缩到了 {len(now):,} 字{_led(answer)}"
        if len(now) < len(before) and _REST.search(now) and not _REST.search(before):
            return f"正文只有一部分，其余要登录或另外打开才看得到{_led(answer)}"
        if share_that_survives(old.text, new.text) >= _SURVIVES:
            return ""
        if self._holds(derived, answer, old.metadata.title) and not self._is_missing_page(new, answer):
            return ""  # the same post, written anew
        return f"内容和现有的《{old.metadata.title}》不是同一份文件{_led(answer)}"

    def _holds(self, derived: Derived, answer: Fetched, title: str) -> bool:
        return derived.page is not None and suspicion.holds(derived.page, answer, title, self.body)

    def judge_first(self, derived: Derived, title: str, answer: Fetched, *, offers: bool = False) -> str:
        """Say why a text that nothing is held of is not the post that a list calls `title` ("" where it does not say).

        `offers` says that the page has files or pictures, in which its text may be.
        """
        new = derived.document
        if not suspicion.looks_like_html(answer):
            told = new.provenance.media_type.startswith("text/") and len(_bare(new.text)) < _SHORT
            is_page = suspicion.is_page_address(answer.url)
            return "得到的是一句提示，不是网页" if told and is_page and not _is_told(title, new) else ""
        if not offers and not self.body and not _beyond_head(new, title):
            return "网页上只有标题，没有正文"
        reason = suspicion.judge_text("" if new.metadata.found.get("title") == "list" else new.metadata.title, new.text)
        speaks_of_it = _bare(title).rstrip("….") in _bare(new.text) if title else not reason
        if speaks_of_it and not reason:
            return ""
        if self._holds(derived, answer, title):
            return ""
        if reason:
            return f"{reason}{_led(answer)}"
        if self._is_missing_page(new, answer):
            return f"内容和网站“页面不存在”的提示一样{_led(answer)}"
        unmarked = new.provenance.converter == DENSEST or len(_bare(new.text)) < _SHORT
        if title and (_is_index(answer) or (unmarked and not _is_told(title, new))):
            return f"网页上没有列表所说的“{title}”{_led(answer)}"
        return ""

    def _is_missing_page(self, new: Document, answer: Fetched) -> bool:
        """Return whether a text is what the site answers when it is asked for a page that cannot be there."""
        said = self._missing_page(answer.final_url)
        return bool(said) and share_that_survives(said, new.text) >= _LIKE

    def _missing_page(self, url: str) -> str:
        """Return the text of the site's own error page, asked for once; "" where it says 404 as it should."""
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if origin not in self._missing_pages:
            name = f"kb-{hashlib.sha256(url.encode()).hexdigest()[:12]}.html"
            try:
                answer = self.obtain(absolute(url, name), None)
                text = extract_html(answer.body, content_type=answer.header("Content-Type")).text if answer.ok else ""
            except (FetchError, KbError):
                text = ""
            self._missing_pages[origin] = text
        return self._missing_pages[origin]


def _is_told(title: str, new: Document) -> bool:
    """Return whether a page speaks of a title, in other words too: most pairs of its characters stand there."""
    bare, shown = _bare(title).rstrip("….·"), _bare(f"{new.metadata.title} {new.text}")
    if new.metadata.found.get("title") == "list":
        shown = _bare(new.text + " ".join(new.metadata.alternatives.get("title", ())))
    pairs = {bare[at : at + 2] for at in range(len(bare) - 1)}
    return len(bare) < _SHORTEST or sum(pair in shown for pair in pairs) >= _TOLD * len(pairs)


def _is_index(answer: Fetched) -> bool:
    """Return whether an address led to another's first page: of the site, or of a part of it."""
    path = urlsplit(answer.final_url).path
    return bool(_led(answer)) and re.fullmatch(r"|.*/(?:(?:index|default|home)\.\w+)?", path) is not None


def _beyond_head(new: Document, title: str) -> str:
    """Return what a text says beside its title and the lines that tell when and by whom it was published."""
    titles = {_bare(each) for each in (new.metadata.title, title) if each}
    lines = (_bare(line.lstrip("# ")) for line in new.text.splitlines())
    return "".join(line for line in lines if line not in titles and not _INFO.match(line))


def share_that_survives(before: str, now: str) -> float:
    """Return how much of a text, by its characters, stands in another: sentence by sentence."""
    held = _bare(now)
    sentences = [bare for each in _SENTENCE.split(before) if len(bare := _bare(each)) >= _SHORTEST]
    size = sum(map(len, sentences))
    return sum(len(each) for each in sentences if each in held) / size if size else float(_bare(before) in held)


def _led(answer: Fetched) -> str:
    """Say where an address led, where it was somewhere else."""
    asked, found = urlsplit(answer.url), urlsplit(answer.final_url)
    return f"（网址转到了 {answer.final_url}）" if (asked.netloc, asked.path) != (found.netloc, found.path) else ""


def _bare(text: str) -> str:
    return "".join(text.split())
