"""A loopback site for each family: the same few posts, listed as the family lists them; posts change, vanish, are cut off
or guarded, and a request can end the process that made it."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

COUNT, SIZE = 8, 4
GUARD = b"<html><script>document.cookie='__jsl_clearance=1;path=/';location.href=location.pathname</script></html>"


def title(n: int) -> str:
    return f"示例县关于做好第{n}批示例工作的通知"


def _day(n: int) -> str:
    return f"2025-11-{28 - n:02}"


@dataclass
class Playing:
    """The site's state. `asked` are the paths asked for; `kill` is (process, after how many requests it ends)."""

    url: str = ""
    texts: dict[int, str] = field(default_factory=dict)
    cut: set[int] = field(default_factory=set)
    guarded: bool = False
    asked: list[str] = field(default_factory=list)
    kill: tuple[int, int] = (0, 0)

    def listed(self) -> list[int]:
        return sorted(self.texts)

    def page(self, n: int) -> str:
        return (
            f"<html><head><meta charset='utf-8'><title>{title(n)}</title></head><body><h1>{title(n)}</h1><div class='article-content'>"
            f"<p>各镇街：现将第{n}批示例工作安排如下。</p><p>一、{self.texts[n]}</p><p>二、本通知自印发之日起施行，有效期三年，由示例局负责解释。</p></div></body></html>"
        )


def _rows(numbers: list[int]) -> str:
    rows = "".join(f'<li><a href="/c/{n}.html">{title(n)}</a><span>{_day(n)}</span></li>' for n in numbers)
    return f"<html><meta charset='utf-8'><body><div class='l'><ul>{rows}</ul></div>%s</body></html>"


def _part(site: Playing, number: int) -> list[int]:
    return site.listed()[number * SIZE - SIZE : number * SIZE]


def _pages(site: Playing) -> int:
    return max(1, -(-len(site.texts) // SIZE))


def _trs(site: Playing, path: str, _: dict[str, str]) -> str | None:
    stem = path.removeprefix("/trs/index").removesuffix(".html").lstrip("_")
    k = int(stem or 0)
    return _rows(_part(site, k + 1)) % f'<script>createPageHTML({_pages(site)},{k},"index","html");</script>'


def _listing(site: Playing, path: str, _: dict[str, str]) -> str | None:
    k = int(path.removeprefix("/listing/").removesuffix(".html"))
    more = f'<a href="{k + 1}.html">下一页</a>' if k < _pages(site) else ""
    return _rows(_part(site, k)) % f"<p>共{len(site.texts)}条 {more}</p>"


def _numbered(site: Playing, path: str, given: dict[str, str]) -> str | None:
    return _rows(_part(site, int(given.get("page", 1)))) % f"<p>共{len(site.texts)}条</p>"


def _records(site: Playing, numbers: list[int]) -> str:
    rows = (f'<li><a href="/c/{n}.html">{title(n)}</a><b>{_day(n)}</b></li>' for n in numbers)
    records = "".join(f"<record><![CDATA[{row}]]></record>" for row in rows)
    return f"<datastore><totalrecord>{len(site.texts)}</totalrecord><recordset>{records}</recordset></datastore>"


def _jpage(site: Playing, path: str, given: dict[str, str]) -> str | None:
    if path == "/jpage/p.jsp":  # by POST alone
        first, last = int(given.get("startrecord", 1)), int(given.get("endrecord", 0))
        return _records(site, site.listed()[first - 1 : last]) if given.get("posted") else None
    script = f"$('#1').jpage({{perPage:{SIZE}, totalRecord:{len(site.texts)}, proxyUrl:'/jpage/p.jsp', dataParam:{{columnid:5}}}});"
    return f"<html><body><script type='text/xml'>{_records(site, _part(site, 1))}</script><script>{script}</script></body></html>"


def _jpaas(site: Playing, path: str, given: dict[str, str]) -> str | None:
    if path.endswith("/col.html"):
        asked = "{'webId':'9','pageId':'77','tagId':'信息列表'}"
        return f'<html><meta charset="utf-8"><body><script url="/jpaas/front/page/build/unit" queryData="{asked}"></script></body></html>'
    asked = json.loads(given["paramJson"])
    numbers = site.listed()[: asked["pageSize"]] if asked["pageNo"] == 1 else []
    html = "".join(f'<li><a href="/c/{n}.html">{title(n)}</a><b>{_day(n)}</b></li>' for n in numbers)
    return json.dumps({"data": {"html": f"<ul>{html}</ul><i count='{len(site.texts)}'></i>"}}, ensure_ascii=False)


def _json(site: Playing, path: str, given: dict[str, str]) -> str | None:
    if path == "/json/":
        script = f'$.post("/json/list.do", {{cat:3, page:1, rows:{SIZE}}}, draw)'
        return f"<html><meta charset='utf-8'><body><div id='app'></div><script>{script}</script></body></html>"
    numbers = _part(site, int(given.get("page", 1))) if given.get("posted") else []
    rows = [{"title": title(n), "url": f"/c/{n}.html", "pubDate": _day(n)} for n in numbers]
    return json.dumps({"data": {"list": rows, "total": len(site.texts)}}, ensure_ascii=False)


def _gkmlpt(site: Playing, path: str, given: dict[str, str]) -> str | None:
    if path.endswith("/index"):
        return '<html><body></body><script>window._CONFIG = {SID: \'7\', TREE: [{"id": 1, "name": "文件"}]}</script></html>'
    numbers = site.listed() if given.get("page", "1") == "1" else []
    posts = [{"id": n, "title": title(n), "created_at": _day(n), "url": f"{site.url}/c/{n}.html"} for n in numbers]
    return json.dumps({"articles": posts, "total": len(site.texts)}, ensure_ascii=False)


def _flk(site: Playing, path: str, given: dict[str, str]) -> str | None:
    if path.endswith("/enumData"):
        kinds = [{"name": "法律", "codeIdList": [101, 102]}, {"name": "行政法规", "codeIdList": [210]}]
        return json.dumps({"code": 200, "data": {"flfgfl": {"children": kinds}}}, ensure_ascii=False)
    if path.endswith("/download/pc"):
        n = given["bbbs"].removeprefix("ff8080")
        url = f"{site.url}/c/{n}.html"  # another host as a rule, with a signature that does not last
        return json.dumps({"code": 200, "data": {"url": url}}) if int(n) in site.texts else None
    if path.endswith("/list"):
        asked = json.loads(given["body"])
        numbers = [] if asked["searchContent"] else _part(site, asked["pageNum"])
        rows: list[dict[str, Any]] = [
            {"bbbs": f"ff8080{n}", "title": title(n), "gbrq": _day(n), "sxrq": "2026-01-01", "sxx": 3} for n in numbers
        ]
        certain = {"中华人民共和国民法典": 3, "中华人民共和国合同法": 1}
        if code := certain.get(asked["searchContent"]):
            rows = [{"bbbs": "c", "title": f"<em>{asked['searchContent']}</em>", "sxx": code}]
        return json.dumps({"code": 200, "rows": rows, "total": len(site.texts)}, ensure_ascii=False)
    return "<html><head><meta charset='utf-8'><title>国家法律法规数据库</title></head><body><div id='app'></div></body></html>"


def _feed(site: Playing, path: str, _: dict[str, str]) -> str | None:
    items = (f"<item><title>{title(n)}</title><link>{site.url}/c/{n}.html</link></item>" for n in site.listed())
    return f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>"


def _sitemap(site: Playing, path: str, _: dict[str, str]) -> str | None:
    urls = "".join(f"<url><loc>{site.url}/c/{n}.html</loc></url>" for n in site.listed())
    return f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{urls}</urlset>"


LISTS: dict[str, tuple[str, Callable[[Playing, str, dict[str, str]], str | None]]] = {
    "trs": ("/trs/index.html", _trs),
    "listing": ("/listing/1.html", _listing),
    "numbered": ("/numbered/list.do", _numbered),
    "jpage": ("/jpage/col.html", _jpage),
    "jpaas": ("/jpaas/col.html", _jpaas),
    "json": ("/json/", _json),
    "flk": ("/flk/", _flk),
    "gkmlpt": ("/gkmlpt/index", _gkmlpt),
    "feed": ("/feed/rss.xml", _feed),
    "sitemap": ("/sitemap/map.xml", _sitemap),
}
"""Where each family's list begins, and who answers for it."""


@contextmanager
def playing() -> Iterator[Playing]:
    """Serve the posts on loopback."""
    site = Playing(texts={n: f"第{n}批示例工作由第{n}工作组牵头，各镇街于每月五日前报送进度。" for n in range(COUNT)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


def _handler(site: Playing) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            given = dict(parse_qsl(parts.query))
            if body := self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode():
                given |= {"posted": "yes", "body": body, **dict(parse_qsl(body))}
            if parts.path != "/robots.txt":
                site.asked.append(self.path)
            process, after = site.kill
            if process and len(site.asked) > after:
                site.kill = (0, 0)
                os.kill(process, signal.SIGKILL)
                return
            self._answer(parts.path, given)

        do_POST = do_GET

        def _answer(self, path: str, given: dict[str, str]) -> None:
            number = path.removeprefix("/c/").removesuffix(".html")
            if path.startswith("/c/"):
                found = site.page(int(number)) if number.isdigit() and int(number) in site.texts else None
            else:
                family = path.split("/")[1]
                found = LISTS[family][1](site, path, given) if family in LISTS else None
            data = (found or "404").encode()
            if site.guarded and found is not None:
                data = GUARD
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            half = number.isdigit() and int(number) in site.cut
            self.wfile.write(data[: len(data) // 2] if half else data)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def local(kind: str, site: Playing, folder: Path) -> Path:
    """Write what a local source is: a folder of saved pages, or a list of addresses."""
    if kind == "addresses":
        path = folder / "list.csv"
        path.write_text("".join(f"{site.url}/c/{n}.html,{title(n)}\n" for n in range(COUNT)), encoding="utf-8")
        return path
    path = folder / "pages"
    path.mkdir(exist_ok=True)
    for n in site.listed():
        (path / f"{n}.html").write_text(site.page(n), encoding="utf-8")
    return path
