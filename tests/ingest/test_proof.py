"""Proof before suspicion: a page that holds what was asked for is taken, however bare or however worded it is.

The other way round is held here too: what only looks like an answer stays suspicious.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.config.sources import Css
from kb.fetch.network.pace import Hosts
from kb.upkeep.propose import propose
from tests.ingest.refreshing import Hasty, Library, source
from tests.site import Content, Site, faults
from tests.site.answer import Answer
from tests.site.content import Post

_CHALLENGE = (
    "<html><head><script>document.cookie='__jsl_clearance=示例;path=/';location.href=location.pathname</script></head>"
    "<body></body></html>"
)


_TITLE = "（示例）关于示例的第1号"


def _bare(answer: Answer) -> Answer:
    """The page's scripts alone, as platforms serve it that draw everything in the browser."""
    assert isinstance(answer.body, bytes)
    script = answer.body.decode().partition("<script>")[2].partition("</script>")[0]
    return Answer(
        f"<!DOCTYPE html><html><head><script>{script}</script></head><body><div id=app></div></body></html>".encode()
    )


def _page(title: str, text: str) -> faults.Fault:
    body = f'<h1 class="title">{title}</h1><div class="article-content"><p>{text}</p></div>'
    return faults.status(200, f'<html><meta charset="utf-8"><title>{title}</title><body>{body}</body></html>')


@pytest.mark.parametrize("way", [_bare, lambda answer: Answer(_bare(answer).body.replace(b"<div id=app></div>", b"<noscript>x</noscript>\xe8\xaf\xb7\xe5\xbc\x80\xe5\x90\xafJavaScript"))])  # type: ignore[union-attr]  # fmt: skip
def test_an_index_that_is_only_its_script_gives_every_post(way: faults.Fault, tmp_path: Path) -> None:
    with Site(Content(posts=5)) as site:
        site.faults.put("/gkmlpt/index", way)
        tally = Library(tmp_path / "library", source(site.url)).refresh()
    assert (tally.error, tally.new) == ("", 5)


def test_such_an_index_is_recognised_from_the_browsers_address(tmp_path: Path) -> None:
    with Site(Content(posts=5)) as site:
        site.faults.put("/gkmlpt/index", _bare)
        library = Library(tmp_path / "library", source(site.url))
        address = f"{site.url}/gkmlpt/index#721"
        proposed = propose(address, library.settings, allow_private=True, hosts=Hosts(Hasty()))
    assert (proposed.kind, proposed.url) == ("gkmlpt", site.url)


def test_an_index_that_is_only_a_challenge_stays_refused(tmp_path: Path) -> None:
    with Site(Content(posts=5)) as site:
        site.faults.put("/gkmlpt/index", faults.status(200, _CHALLENGE))
        tally = Library(tmp_path / "library", source(site.url)).refresh()
    assert "可疑" in tally.error and tally.new == 0


def test_a_post_that_is_only_its_script_is_taken(tmp_path: Path) -> None:
    with Site(Content(posts=3)) as site:
        post = site.content.listed()[0]
        site.faults.put(post.path, _bare)
        library = Library(tmp_path / "library", source(site.url))
        tally = library.refresh()
        assert (tally.new, tally.suspicious) == (3, 0)
        assert all(line in library.document(post.id).text for line in post.paragraphs)


def _refreshed_with(post_page: faults.Fault, tmp_path: Path, title: str) -> tuple[Library, Post, int]:
    with Site(Content(posts=1)) as site:
        (post,) = site.content.listed()
        post.subject, post.kind = title, ""
        site.faults.put(post.path, post_page)
        library = Library(tmp_path / "library", source(site.url))
        return library, post, library.refresh().suspicious


@pytest.mark.parametrize(
    "text",
    [
        "经查，您申请公开的示例信息不存在。",
        "登录后请输入验证码，验证码由示例系统发送。",
        "示例系统因访问过于频繁暂停服务，恢复时间另行通知。",
    ],
)
def test_a_short_post_about_what_error_pages_say_is_taken(text: str, tmp_path: Path) -> None:
    library, post, suspicious = _refreshed_with(_page("（示例）关于示例的第1号", text), tmp_path, "示例")
    assert post.title == "（示例）关于示例的第1号"
    assert suspicious == 0 and text in library.document(post.id).text


@pytest.mark.parametrize(
    "page",
    [
        _page("页面不存在", "您访问的页面不存在，请返回首页。"),
        _page("提示", "您访问的《（示例）关于示例的第1号》信息不存在，已被删除。"),
        faults.status(200, "<html><title>（示例）关于示例的第1号 - 访问验证</title><body>请完成验证后继续访问本站</body></html>"),
        _page(_TITLE, f"查看《{_TITLE}》请先登录</p><form><input type=password></form><p>"),
        _page(_TITLE, "页面不存在或已被删除，请返回首页。"),
        _page(_TITLE, "正在进行安全检测，请完成验证后继续浏览本页内容。"),
        _page(_TITLE, "抱歉，这里的文章不存在，请稍后再试。"),
        faults.status(200, f"<html><h1>{_TITLE}</h1><div class=msg><p>您访问的文章不存在或已被删除。</p></div></html>"),
        faults.status(200, f'<html><meta name="ArticleTitle" content="{_TITLE}"><div id=zoom>您访问的信息不存在</div></html>'),
        faults.login(),
        faults.challenge(200),
        faults.challenge(412),
    ],
)  # fmt: skip
def test_a_page_that_only_speaks_of_the_post_is_not_the_post(page: faults.Fault, tmp_path: Path) -> None:
    library, _, suspicious = _refreshed_with(page, tmp_path, "示例")
    assert suspicious == 1 and not list(library.corpus.documents())


def _list(*titles: str, words: str) -> Answer:
    rows = "".join(f'<li><a href="/content/post_{2400001 + n}.html">{title}</a></li>' for n, title in enumerate(titles))
    return Answer(f"<html><meta charset=utf-8><body><ul class=news>{rows}</ul>{words}</body></html>".encode())


def test_a_short_list_that_speaks_of_errors_is_a_list(tmp_path: Path) -> None:
    with Site(Content(posts=2)) as site:
        titles = [post.title for post in reversed(site.content.listed())]
        site.faults.put("/list/index.html", lambda _: _list(*titles, words="输入验证码查询：404"))
        library = Library(
            tmp_path / "library", source(f"{site.url}/list/index.html", "listing", css=Css(item="ul.news > li"))
        )
        tally = library.refresh()
    assert (tally.error, tally.new) == ("", 2)


def test_a_list_page_that_holds_no_item_is_judged_and_named(tmp_path: Path) -> None:
    with Site(Content(posts=2)) as site:
        site.faults.put("/list/index.html", lambda _: _list(words="请完成验证"))
        listing = source(f"{site.url}/list/index.html", "listing", css=Css(item="ul.news > li"))
        assert "可疑" in Library(tmp_path / "library", listing).refresh().error


def test_a_single_page_is_proved_by_its_selector(tmp_path: Path) -> None:
    text = "登录示例系统时请输入验证码（示例）。"
    page = f"<html><meta charset=utf-8><body><div class=own>{text}</div></body></html>"
    with Site(Content(posts=1)) as site:
        address = f"{site.url}/content/post_2400001.html"
        site.faults.put("/content/*", faults.status(200, page))
        plain = Library(tmp_path / "plain", source(address, "page"))
        named = Library(tmp_path / "named", source(address, "page", css=Css(item="", body="div.own")))
        assert plain.refresh().suspicious == 1
        assert named.refresh().new == 1


@pytest.mark.parametrize("address", ["http://[bad/x.pdf", "http://\u2100.com/x.pdf"])
def test_an_address_that_is_none_stops_nothing(address: str, tmp_path: Path) -> None:
    with Site(Content(posts=3)) as site:
        newest, other = site.content.listed()[:2]
        page = f'<html><meta charset=utf-8><h1>{newest.title}</h1><div id=zoom><p>{"示例正文。" * 9}<a href="{address}">附件</a></p></div></html>'
        site.faults.put(newest.path, faults.status(200, page))
        library = Library(tmp_path / "library", source(site.url))
        tally = library.refresh()
        assert (tally.error, tally.new) == ("", 3)
        assert other.title == library.document(other.id).metadata.title
