"""List pages as sites write them: each is recognised, read whole, its titles and days right."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable

import pytest

from kb.config.sources import Source, parse
from kb.fetch.lists.family import families
from kb.fetch.lists.item import Page
from kb.upkeep.propose import as_toml
from tests.fetch.playing import Saved, answer

SITE = "http://www.example.gov.cn"


def _title(n: int) -> str:
    return f"示例县示例局关于做好第{n}批示例工作的通知"


def _day(n: int) -> str:
    return f"2025-{12 - n // 25:02}-{28 - n % 25:02}"


def _html(inside: str) -> str:
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>列表</title></head><body><div class="top"><a href="/">首页</a></div>'
        f'{inside}<div class="bottom">版权所有 示例县</div></body></html>'
    )


def _rows(numbers: Iterable[int]) -> str:
    rows = (f'<li><a href="/c/{n}.html">{_title(n)}</a><span>{_day(n)}</span></li>' for n in numbers)
    return f'<div class="lb"><ul>{"".join(rows)}</ul></div>'


def _read(pages: dict[str, str], start: str) -> tuple[str, list[Page]]:
    """Recognise what is at an address as `kb source add` does, and read it as a refresh does."""
    site, bare = Saved({SITE + path: text for path, text in pages.items()}), Source("shili", "page", SITE + start)
    first = answer(SITE + start, pages[start])
    ordered = sorted(families().values(), key=lambda each: each.surest)
    found = next(source for family in ordered if family.detect and (source := family.detect(bare, site, first)))
    (again,) = parse(tomllib.loads(as_toml(found))["source"], as_toml(found), "kb.toml")
    assert not again.problem
    lister = families()[again.kind].lists
    assert lister
    return again.kind, [page for pages in lister(again, site, {}) for page in pages]


def _whole(pages: dict[str, str], start: str, count: int) -> str:
    kind, read = _read(pages, start)
    items = {item.url: item for page in read for item in page.items}
    assert [(item.title, item.published) for item in items.values()] == [(_title(n), _day(n)) for n in range(count)]
    return kind


@pytest.mark.parametrize(
    "call",
    [
        '<script>createPageHTML(2, {k}, "index", "shtml");</script>',
        "<script>createPageHTML('page',2,{k},'index','shtml',16);</script>",
        '<script>createPageHTML1(2,{k},"index","shtml",20);</script>',
        '<script>var currentPage={k};var countPage = 2;createPageHTML(countPage,currentPage,"index","shtml");</script>',
    ],
)
def test_calls_of_trs(call: str) -> None:
    pages = {
        "/z/": _html(_rows(range(8)) + call.replace("{k}", "0")),
        "/z/index_1.shtml": _html(_rows(range(8, 16)) + call.replace("{k}", "1")),
    }
    assert _whole(pages, "/z/", 16) == "trs"
    assert max(page.total for page in _read(pages, "/z/")[1]) in (0, 16), "a size of pages is no count of posts"


@pytest.mark.parametrize(
    ("pager", "names", "kind"),
    [
        (lambda i: '<div class="fy">' + (f'<a href="l{i + 2}.html">下页</a>' if i < 2 else "") + "</div>", ["/l1.html", "/l2.html", "/l3.html"], "listing"),
        (lambda i: f'<div class="pagination"><a>1</a><a href="?p={i + 2}">›</a></div>', ["/l", "/l?p=2", "/l?p=3"], "listing"),
        (lambda i: f'<div class="p"><a href="l{i + 2}.html"><img src="n.gif" alt="下一页"></a></div>', ["/l1.html", "/l2.html", "/l3.html"], "listing"),
        (lambda i: '<p class="page"><a href="l1.html">1</a> <a href="l2.html">2</a> <a href="l3.html">3</a></p>', ["/l1.html", "/l2.html", "/l3.html"], "listing"),
        (lambda i: f'<p class="page"><a href="javascript:jump({min(i + 2, 3)});">下一页</a></p><script>function jump(n){{if(n==1){{location.href="index.html"}}else{{location.href="index_"+n+".html"}}}}</script>',
         ["/index.html", "/index_2.html", "/index_3.html"], "listing"),
        (lambda i: f'<p><a onclick="to({min(i + 2, 3)})">下一页</a></p><script>const to = n => {{ location.href = `list_${{n}}.html`; }}</script>',
         ["/list_1.html", "/list_2.html", "/list_3.html"], "listing"),
        (lambda i: f'<p><a href="javascript:;" onclick="go({min(i + 2, 3)})">下一页</a></p><script>function go(p){{var url="/s.do?cat=3&no="+p; window.location=url;}}</script>',
         ["/s.do?cat=3&no=1", "/s.do?cat=3&no=2", "/s.do?cat=3&no=3"], "listing"),
        (lambda i: '<p><select onchange="location=this.value">' + "".join(f'<option value="l{n}.html">{n}</option>' for n in (1, 2, 3)) + "</select></p>", ["/l1.html", "/l2.html", "/l3.html"], "listing"),
        (lambda i: f'<p><input type="button" value="下一页" onclick="location.href=\'l{i + 2}.html\'"></p>' if i < 2 else "", ["/l1.html", "/l2.html", "/l3.html"], "listing"),
        (lambda i: f'<p><span onclick="ask(this,\'/l{i + 2}.html\')">下页</span></p>' if i < 2 else "", ["/l1.html", "/l2.html", "/l3.html"], "listing"),
        (lambda i: f'<p><a data-href="l{i + 2}.html" href="javascript:;">下一页</a></p>' if i < 2 else "", ["/l1.html", "/l2.html", "/l3.html"], "listing"),
        (lambda i: f'<form id="f" action="l.do"><input name="no" value="{i + 1}"><input name="cat" value="3"></form><a href="javascript:turn({min(i + 2, 3)})">下一页</a><script>function turn(n){{ document.forms[0].no.value = n; document.forms[0].submit(); }}</script>',
         ["/l.do?no=1&cat=3", "/l.do?no=2&cat=3", "/l.do?no=3&cat=3"], "listing"),
        (lambda i: f'<p><a href="javascript:go({min(i + 2, 3)})">下一页</a></p><script>function go(n){{ location.href = n==1 ? "index.html" : "index_" + (n-1) + ".html"; }}</script>',
         ["/index.html", "/index_1.html", "/index_2.html"], "listing"),
        (lambda i: f'<div><a class="layui-laypage-next" href="l{i + 2}.html"><i></i></a></div>' if i < 2 else "", ["/l1.html", "/l2.html", "/l3.html"], "listing"),
        (lambda i: f'<div><a href="l{i + 2}.html">下一頁</a></div>' if i < 2 else "", ["/l1.html", "/l2.html", "/l3.html"], "listing"),
        (lambda i: f'<script>var currentPage = {i}; var nextPage = currentPage+1; var countPage = 3; if(currentPage!=(countPage-1)) document.write(\'<a href="index_\'+nextPage+\'.html">下一页</a>\');</script>',
         ["/t/", "/t/index_1.html", "/t/index_2.html"], "listing"),
        (lambda i: "<script>var m_nRecordCount = 24;</script>", ["/list.htm", "/list_1.htm", "/list_2.htm"], "numbered"),
        (lambda i: f'<div class="pager" data-total="24"><a data-page="{i + 2}" href="javascript:;">下一页</a></div>', ["/list.html", "/list_2.html", "/list_3.html"], "numbered"),
        (lambda i: "<div>共24条记录</div>", ["/n/index.html", "/n/index-2.html", "/n/index-3.html"], "numbered"),
        (lambda i: "<div>共有 24 条信息　分 3 页</div>", ["/list_12.shtml", "/list_12_2.shtml", "/list_12_3.shtml"], "numbered"),
        (lambda i: "<div>第 1 页/共 3 页</div>", ["/list.do?id=3", "/list.do?id=3&pageNo=2", "/list.do?id=3&pageNo=3"], "numbered"),
        (lambda i: f"<div>{i + 1}/3</div>", ["/list.do?curPage=1", "/list.do?curPage=2", "/list.do?curPage=3"], "numbered"),
        (lambda i: "<div>总数：24</div>", ["/q?start=0", "/q?start=8", "/q?start=16"], "numbered"),
    ],
)  # fmt: skip
def test_ways_to_the_next_page(pager: Callable[[int], str], names: list[str], kind: str) -> None:
    pages = {name: _html(_rows(range(at * 8, at * 8 + 8)) + pager(at)) for at, name in enumerate(names)}
    assert _whole(pages, names[0], 24) == kind


@pytest.mark.parametrize(
    "row",
    [
        '<div class="i"><div><a href="/c/{n}.html">{t}</a></div><div>{d}</div></div>',
        '<a href="/c/{n}.html"><h4>{t}</h4><p>摘要，摘要，摘要，摘要，摘要，摘要，摘要，摘要，摘要，摘要，摘要。</p><time>{d}</time></a>',
        '<li><div><b>{day}</b><i>{month}</i></div><a href="/c/{n}.html">{t}</a></li>',
        '<li>·<a href="/c/{n}.html">{t}</a>[{d}]</li>',
        '<li><a href="/c/{n}.html">{t}</a><em>{d} 08:30:15</em></li>',
        '<li><a href="/col/">[通知公告]</a><a href="/c/{n}.html">{t}</a><span>{d}</span></li>',
        '<dl><dt><a href="/c/{n}.html">{t}</a></dt><dd>发布时间：{d}</dd><dd>文号：示建〔2025〕{n}号</dd></dl>',
        '<a href="/c/{n}.html">{t}</a> <span>{d}</span><br>',
        '<li><span><a href="/c/{n}.html" title="{t}">示例县示例局关于做好...</a></span><span>{d}</span></li>',
        '<li><a href="javascript:void(0)" onclick="window.open(\'/c/{n}.html\')">{t}</a><span>{d}</span></li>',
        '<li><a href="/c/{n}.html">{t}</a><p>成文日期：2025-01-01 发布日期：{d}</p></li>',
        '<p><a href="/c/{n}.html">{t}</a></p><p>（{d}）</p>',
        "<div onclick=\"location.href='/c/{n}.html'\"><span>{t}</span><span>{d}</span></div>",
    ],
)
def test_rows(row: str) -> None:
    rows = (row.format(n=n, t=_title(n), d=_day(n), day=_day(n)[8:], month=_day(n)[:7]) for n in range(8))
    assert _whole({"/r/": _html(f'<div class="l">{"".join(rows)}</div>')}, "/r/", 8) == "listing"


def test_rows_in_several_boxes_are_all_read() -> None:
    boxes = "".join(_rows(range(k, k + 3)).removeprefix('<div class="lb">').removesuffix("</div>") for k in (0, 3, 6))
    _whole({"/r/": _html(f'<div class="g">{boxes}</div>')}, "/r/", 9)


def test_days_that_are_not_certain_are_none() -> None:
    for beside in ("[11-22]", "成文 2025-01-01，施行 2025-02-01", "第20251301号"):
        rows = "".join(
            f'<li><a href="/c/{n}.html">关于自2020年5月1日起施行{_title(n)}</a>{beside}</li>' for n in range(8)
        )
        _, pages = _read({"/r/": _html(f"<ul>{rows}</ul>")}, "/r/")
        assert {item.published for item in pages[0].items} == {""}


def test_a_row_whose_link_leads_nowhere_is_named() -> None:
    rows = _rows(range(6)).replace(
        "</ul>", '<li><a href="javascript:show(7)">示例县示例局关于另一项示例工作的通知</a></li></ul>'
    )
    _, pages = _read({"/r/": _html(rows)}, "/r/")
    assert "另一项示例工作" in pages[0].notes[0]


def _posts(numbers: Iterable[int], **names: str) -> list[dict[str, object]]:
    named = {"title": "title", "url": "url", "date": "pubDate", **names}
    return [{"id": n, named["title"]: _title(n), named["url"]: f"/c/{n}.html", named["date"]: _day(n)} for n in numbers]


@pytest.mark.parametrize(
    ("script", "paths", "answers"),
    [
        ('fetch("/api/l?ch=5&page=1&size=8")', "/api/l?ch=5&page={k}&size=8", lambda part: {"data": {"records": part, "total": 16}}),
        ('var u="/api/s"; $.get(u, {pageNum:1,pageSize:8}, f)', "/api/s?pageNum={k}&pageSize=8", lambda part: {"result": {"list": part, "count": 16}}),
        ("let pageNo=1; axios.get(`/api/l?pageNo=${pageNo}&size=8`)", "/api/l?pageNo={k}&size=8", lambda part: {"rows": part, "total": 16}),
        ('var page=1; $.getJSON("/api/l.do?size=8&page="+page, f)', "/api/l.do?size=8&page={k}", lambda part: {"data": {"rows": part}}),
        ('var c={api:"/api/l",size:8}; var page=1; axios.get(c.api + "?size=8&page=" + page)', "/api/l?size=8&page={k}", lambda part: {"rows": part, "total": 16}),
        ('var x=new XMLHttpRequest(); x.open("GET","/api/l?size=8&page=1",true);', "/api/l?size=8&page={k}", lambda part: {"rows": part, "total": 16}),
        ('$.post("/api/l.do", {cat:3, page:1}, f)', "/api/l.do cat=3&page={k}", lambda part: {"rows": part, "total": 16}),
        ('$.ajax({type:"POST", url:"/api/l.do", data:{cat:3, page:1}})', "/api/l.do cat=3&page={k}", lambda part: {"rows": part, "total": 16}),
        ('axios.post("/api/l.do", Qs.stringify({cat:3, page:1})).then(f)', "/api/l.do cat=3&page={k}", lambda part: {"rows": part, "total": 16}),
        ('$.ajax({type:"POST", url:"/api/l.do", data:"cat=3&page=1"})', "/api/l.do cat=3&page={k}", lambda part: {"rows": part, "total": 16}),
        ('axios.post("/api/l", {cat:"a", page:1})', '/api/l {"cat": "a", "page": {k}}', lambda part: {"rows": part, "total": 16}),
        ('fetch("/api/l", {method:"POST", body: JSON.stringify({cat:"a", page:1})})', '/api/l {"cat": "a", "page": {k}}', lambda part: {"rows": part, "total": 16}),
        ('$.ajax({type:"get", url:"/api/q.do", data:{p:1,n:8}, dataType:"json"})', "/api/q.do?p={k}&n=8", lambda part: part),
    ],
)  # fmt: skip
def test_interfaces_named_in_scripts(script: str, paths: str, answers: Callable[[object], object]) -> None:
    pages = {"/j/": _html(f"<div id='app'></div><script>{script}</script>")}
    for k in (1, 2):
        part = answers(_posts(range(k * 8 - 8, k * 8)))
        pages[paths.replace("{k}", str(k))] = json.dumps(part, ensure_ascii=False)
    assert _whole(pages, "/j/", 16) == "json"


def test_an_interface_in_a_script_file_and_addresses_made_of_a_field() -> None:
    part = [{"docId": n, "name": _title(n), "time": _day(n)} for n in range(8)]
    pages = {
        "/j/": _html('<div id="app"></div><script src="/js/jquery.js"></script><script src="/js/list.js"></script>'),
        "/js/list.js": 'axios.get("/api/l?page=1").then(r => { h += "<a href=\'" + "/c/" + r.docId + ".html" + "\'>" })',
        "/api/l?page=1": json.dumps({"list": part, "total": 8}, ensure_ascii=False),
    }
    assert _whole(pages, "/j/", 8) == "json"


def test_records_that_the_proxy_gives_by_post_alone() -> None:
    def store(numbers: Iterable[int]) -> str:
        records = (
            f'<record><![CDATA[<li><a href="/c/{n}.html">{_title(n)}</a><b>{_day(n)}</b></li>]]></record>'
            for n in numbers
        )
        return f"<datastore><totalrecord>16</totalrecord><recordset>{''.join(records)}</recordset></datastore>"

    script = "<script>$('#1').jpage({perPage:8, proxyUrl:'/p.jsp', dataParam:{columnid:5}});</script>"
    pages = {
        "/col/5.html": _html(f"<script type='text/xml'>{store(range(8))}</script>{script}"),
        "/p.jsp columnid=5&startrecord=9&endrecord=32&perpage=8": store(range(8, 16)),
    }
    assert _whole(pages, "/col/5.html", 16) == "jpage"


@pytest.mark.parametrize(
    "told",
    ["<p>24 条记录 1/3 页</p>", "<p>1/3 <a>后页</a></p>", '<input type="hidden" id="totalPage" value="3">', "共24条",
     '<script>laypage.render({elem:"p", count: 24, limit: 8})</script>'],
)  # fmt: skip
def test_what_a_list_says_of_its_size(told: str) -> None:
    _, (page, *_) = _read({"/r/": _html(_rows(range(8)) + "<div>" + "示例文字" * 30 + "</div>" + told)}, "/r/")
    assert (page.total, page.pages) in ((24, 0), (0, 3), (24, 3))


@pytest.mark.parametrize(
    ("pager", "named"),
    [
        ('<div onclick="loadMore()">加载更多</div>', True),
        ('<a href="javascript:;">下一页</a>', True),
        ('<p>共8条 <a href="javascript:;">下一页</a></p>', False),  # all of them are here
        ('<a class="swiper-next" href="/other.html"></a>', False),
    ],
)
def test_a_way_to_more_that_cannot_be_read_is_told(pager: str, named: bool) -> None:
    _, pages = _read({"/r/": _html(_rows(range(8)) + pager)}, "/r/")
    assert len(pages) == 1 and any("加载更多" in note for note in pages[0].notes) == named
