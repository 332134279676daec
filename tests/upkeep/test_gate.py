"""The gate: nothing that is not the document takes its place, and good pages pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.upkeep import suspicion
from kb.upkeep.gate import share_that_survives
from kb.upkeep.keeping import steady
from tests.ingest.refreshing import Library, source
from tests.site import Content, Site, faults

MENU = "".join(f'<a href="/m{n}">示例信息公开专栏之{n}</a> ' for n in range(120))


def _page(title: str, inside: str) -> faults.Fault:
    return faults.status(
        200,
        f'<html><head><meta charset="utf-8"><title>{title}</title></head><body><div class="menu">{MENU}</div>{inside}</body></html>',
    )


def _library(site: Site, folder: Path) -> tuple[Library, str]:
    post = site.content.listed()[0]
    library = Library(folder / "library", source(f"{site.url}{post.path}", "page"))
    assert library.refresh().new == 1
    return library, post.path


@pytest.mark.parametrize(
    "fault",
    [
        _page("页面不存在", "<div class='err'><p>您访问的页面不存在或已被删除，请返回首页，或者使用站内搜索。</p></div>"),
        _page("访问拦截", "<div><p>您的请求带有不合法参数，已被网站管理员设置拦截，如有疑问请联系管理员。</p></div>"),
        _page("示例区人民政府", "<div><p>示例区位于示例江畔，辖三个街道两个镇，常住人口十二万，是重要的港口城区和历史文化名区。</p></div>"),
        _page("系统维护", "<div><p>网站正在进行系统升级维护，暂停访问，给您带来不便，请稍后再试。</p></div>"),
        _page("用户登录", "<form><p>请先登录后查看本栏目的内容</p><input type='password'></form>"),
        _page("提示", "<p>暂无内容</p>"),
    ],
    ids=["missing", "firewall", "home", "maintenance", "login", "empty"],
)  # fmt: skip
def test_no_other_page_takes_the_place_of_a_document(fault: faults.Fault, tmp_path: Path) -> None:
    with Site(Content(posts=1)) as site:
        library, path = _library(site, tmp_path)
        before = library.files()
        site.faults.put(path, fault)
        tally = library.refresh(full=True)
        assert (tally.suspicious, tally.changed, tally.ok) == (1, 0, False)
        assert library.files() == before
        site.faults.clear()
        assert library.refresh(full=True).unchanged == 1


def test_an_edit_and_a_text_written_anew_under_its_title_pass(tmp_path: Path) -> None:
    with Site(Content(posts=1)) as site:
        library, path = _library(site, tmp_path)
        post = site.content.listed()[0]
        site.content.edit(post)
        assert library.refresh(full=True).changed == 1
        anew = "".join(
            f"<p>第{n}项，示例工作的要求全部改写，由示例办公室另行部署，于年底前完成。</p>" for n in range(40)
        )
        site.faults.put(path, _page(post.title, f'<h1>{post.title}</h1><div class="article-content">{anew}</div>'))
        tally = library.refresh(full=True)
        assert (tally.changed, tally.suspicious) == (1, 0)


def test_a_page_shrunk_by_half_is_set_aside(tmp_path: Path) -> None:
    with Site(Content(posts=1)) as site:
        library, path = _library(site, tmp_path)
        post = site.content.listed()[0]
        short = f'<h1>{post.title}</h1><div class="article-content"><p>{post.paragraphs[0]}</p></div>'
        site.faults.put(path, _page(post.title, short))
        tally = library.refresh(full=True)
        assert tally.suspicious == 1 and "缩到了" in tally.notes[0]


def test_a_text_whose_rest_is_for_members_is_set_aside(tmp_path: Path) -> None:
    with Site(Content(posts=1)) as site:
        library, path = _library(site, tmp_path)
        post = site.content.listed()[0]
        most = "".join(f"<p>{each}</p>" for each in post.paragraphs[:-1])
        inside = f'<h1>{post.title}</h1><div class="article-content">{most}<p>登录后查看全文</p></div>'
        site.faults.put(path, _page(post.title, inside))
        tally = library.refresh(full=True)
        assert (tally.suspicious, tally.changed) == (1, 0) and "一部分" in tally.notes[0]


def test_the_sites_own_error_page_is_learnt_and_not_taken_for_a_post(tmp_path: Path) -> None:
    """It uses none of the usual words, and the list names the post."""
    odd = _page(
        "示例", "<div class='con'><p>很遗憾，示例君没能把它带到您面前。不妨看看左边的栏目，也许有惊喜等着。</p></div>"
    )
    with Site(Content(posts=4)) as site:
        post = site.content.listed()[1]
        for path in (post.path, "*/kb-*.html"):
            site.faults.put(path, odd)
        tally = Library(tmp_path / "library", source(site.url)).refresh()
        assert (tally.new, tally.suspicious) == (3, 1)
        assert "页面不存在" in tally.notes[0]


def test_a_list_of_good_pages_passes_whole(tmp_path: Path) -> None:
    with Site(Content(posts=60)) as site:
        tally = Library(tmp_path / "library", source(site.url)).refresh()
        assert (tally.new, tally.suspicious) == (60, 0)


@pytest.mark.parametrize(
    ("title", "text", "suspicious"),
    [
        ("页面不存在", "您访问的页面不存在。", True),
        ("出错了", "抱歉，您查找的内容已删除或不存在，请返回首页。", True),
        ("提示", "该信息不存在，3秒后返回首页", True),
        ("网站维护公告", "网站正在升级维护，请稍后访问。", True),
        (
            "关于门户网站停机维护期间页面不存在提示的通告",
            "期间访问旧栏目会提示页面不存在（404），访问频繁的用户需要输入验证码。",
            False,
        ),
        ("示例市信访条例", "信访人提出的事项不存在的，告知其理由。", False),
        ("办事指南", "申请人登录示例系统，填写验证码后提交，材料不存在缺漏的当场受理，逾期视为放弃。", False),
        ("提示", "您访问的页面不存在。" + "第一条　为了规范示例工作，制定本办法。" * 30, False),
    ],
)
def test_words_to_visitors_are_told_from_documents(title: str, text: str, suspicious: bool) -> None:
    assert bool(suspicion.judge_text(title, text)) == suspicious


def test_what_survives_is_counted_by_sentences() -> None:
    before = "一、明确责任，分级负责落实到人。二、严格考核，结果纳入年度。三、按月报送，逾期通报批评。"
    assert share_that_survives(before, before) == 1
    assert 0.3 < share_that_survives(before, before.replace("按月", "按季").replace("年度", "任期")) < 0.5
    assert share_that_survives(before, "您访问的页面不存在") == 0


def test_counters_make_no_version(tmp_path: Path) -> None:
    with Site(Content(posts=1)) as site:
        post = site.content.listed()[0]
        library = Library(tmp_path / "library", source(f"{site.url}{post.path}", "page"))
        for count in (933, 1_204):
            info = f"<p>来源：示例办　发布时间：2025-11-22　浏览：{count} 次</p><p>阅读次数：{count}</p>"
            body = f"<h1>{post.title}</h1><div id='zoom'>{info}<p>{'</p><p>'.join(post.paragraphs)}</p></div>"
            site.faults.put(post.path, faults.status(200, f"<html><meta charset='utf-8'><body>{body}</body></html>"))
            tally = library.refresh(full=True)
        assert (tally.changed, tally.unchanged) == (0, 1)


@pytest.mark.parametrize(
    "fault",
    [
        _page("提示信息", "<h2>抱歉</h2><p>您要找的内容飞走了，五秒后自动跳转到首页。</p>"),
        _page("提示", "<p>该文章没有通过审核！</p>"),
        _page("某页", "<p>数据库连接失败，请联系技术人员，错误代码一二三四五六。</p>"),
        faults.status(200, '{"code":404,"msg":"资源不存在"}'),
        faults.status(302, "", headers={"Location": "/"}),
    ],
    ids=["flown", "unreviewed", "database", "json", "home"],
)  # fmt: skip
def test_what_says_nothing_of_the_title_is_not_taken_at_first(fault: faults.Fault, tmp_path: Path) -> None:
    with Site(Content(posts=4)) as site:
        site.faults.put(site.content.listed()[1].path, fault)
        tally = Library(tmp_path / "library", source(site.url)).refresh()
        assert (tally.new, tally.suspicious + tally.failed) == (3, 1)


def test_a_page_of_a_title_alone_is_not_taken(tmp_path: Path) -> None:
    with Site(Content(posts=4)) as site:
        post = site.content.listed()[1]
        empty = f"<html><title>{post.title}</title><h1>{post.title}</h1><p>发布日期：2025-11-01</p></html>"
        site.faults.put(post.path, faults.status(200, empty))
        tally = Library(tmp_path / "library", source(site.url)).refresh()
        assert (tally.new, tally.suspicious) == (3, 1) and "没有正文" in tally.notes[0]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("已有 107 人看过", "已有 3 人看过"),
        ("打印时间：2025-01-01 10:00", "打印时间：2025-01-02 11:00"),
        ("【浏览次数】12", "【浏览次数】15"),
        ("您是第 12345 位访问者", "您是第 12,346 位访问者"),
        ("相关文章\n关于甲的通知\n", "相关文章\n关于乙的通知\n"),
        ("今天是2025年1月2日 星期四", "今天是2025年1月3日 星期五"),
    ],
)
def test_furniture_makes_no_difference(before: str, after: str) -> None:
    assert steady(f"第一条　示例。\n{before}\n") == steady(f"第一条　示例。\n{after}\n")


def test_a_text_that_changes_is_seen_beside_furniture() -> None:
    assert steady("相关文章\n第一条　收费三元。\n") != steady("相关文章\n第一条　收费五元。\n")
    assert steady("申请人3人") != steady("申请人5人")
