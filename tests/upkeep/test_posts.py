"""What becomes of a post: its pages one document, its files each accounted for, its places known."""

from __future__ import annotations

from pathlib import Path

from kb.config.sources import Css
from tests.ingest.refreshing import Library, source
from tests.site import Content, Site, faults
from tests.site.answer import Answer

LIST = Css(item="ul.l > li")
TITLE = "示例市人民政府办公室关于示例工作的通知"
TEXT = "<p>一、示例工作由示例专班牵头，各单位按月报送进度，年底前完成。</p><p>二、结果纳入年度考核，逾期通报批评。</p>"


class Pages:
    """A site whose pages are written down: path → (body, media type, further headers); all others are not there."""

    def __init__(self, **pages: str) -> None:
        self.site = Site(Content(posts=0))
        for path, body in pages.items():
            self.put(path, body)

    def put(self, path: str, body: str | bytes, media_type: str = "text/html; charset=utf-8", **headers: str) -> None:
        data = body.encode() if isinstance(body, str) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.site.faults.put_first(path, lambda _: Answer(data, media_type, headers=dict(named)))

    def __enter__(self) -> Pages:
        self.site.__enter__()
        return self

    def __exit__(self, *given: object) -> None:
        self.site.__exit__(*given)


def _post(inside: str, title: str = TITLE, beside: str = "") -> str:
    return (
        f"<html><head><meta charset='utf-8'><title>{title}</title></head><body><h1>{title}</h1>"
        f"<div class='info'>发布日期：2025-11-22</div><div class='TRS_Editor'>{inside}</div>{beside}</body></html>"
    )


def _list(*links: str) -> str:
    rows = "".join(f'<li><a href="{link}">{TITLE}</a><span>2025-11-22</span></li>' for link in links)
    return f"<html><head><meta charset='utf-8'></head><body><ul class='l'>{rows}</ul></body></html>"


def _library(folder: Path, site: Site, path: str, kind: str = "page", css: Css | None = None) -> Library:
    return Library(folder / "library", source(site.url + path, kind, css=css or Css()))


PARTS = [
    "第一条　为了规范示例摊区，制定本办法，示例摊区每日清场。",
    "第二条　示例摊位费每季度公示一次。",
    "第三条　拒不改正的，收回摊位。",
]


def test_a_post_of_several_pages_is_one_document(tmp_path: Path) -> None:
    with Pages() as pages:
        for number, part in enumerate(PARTS):
            call = f'<script>createPageHTML(3, {number}, "t20251122_7", "html");</script>'
            pages.put(
                f"/a/t20251122_7{f'_{number}' if number else ''}.html", _post(f"<p>{part}</p>", "示例摊区办法", call)
            )
        library = _library(tmp_path, pages.site, "/a/t20251122_7.html")
        assert library.refresh().new == 1
        (document,) = library.corpus.documents()
        assert [part for part in PARTS if part.partition("　")[2] in document.text] == PARTS
        assert document.provenance.listed["其余各页"].count(".html") == 2
        assert library.refresh(full=True).unchanged == 1
        from kb.ingest.rederive import rederive

        assert not list(rederive(library.corpus, library.settings))
        pages.put("/a/t20251122_7_2.html", _post("<p>第三条　拒不改正的，处以罚款并收回摊位。</p>", "示例摊区办法"))
        assert library.refresh(full=True).changed == 1


def test_a_page_that_cannot_be_had_keeps_the_whole_post_back(tmp_path: Path) -> None:
    with Pages() as pages:
        links = "<div class='pages'><a href='x.html'>1</a> <a href='x_2.html'>2</a> <a href='x_2.html'>下一页</a></div>"
        pages.put("/a/x.html", _post(f"<p>{PARTS[0]}</p>", beside=links))
        pages.put("/a/x_2.html", "<html><title>页面不存在</title><body>您访问的页面不存在</body></html>")
        tally = _library(tmp_path, pages.site, "/a/x.html").refresh()
        assert (tally.new, tally.failed) == (0, 1) and "没有取全" in tally.notes[0]


def test_the_next_post_is_no_further_page(tmp_path: Path) -> None:
    with Pages() as pages:
        pages.put("/a/x.html", _post(TEXT, beside="<a href='y.html'>下一页</a><a href='z_1.html'>下一篇</a>"))
        library = _library(tmp_path, pages.site, "/a/x.html")
        assert library.refresh().new == 1 and not pages.site.asked("/a/y.html")


def test_every_file_is_taken_or_named(tmp_path: Path) -> None:
    links = "".join(f"<p><a href='f{n}.txt'>附件{n}：示例表{n}</a></p>" for n in range(40))
    more = (
        "<p>附件：<a href='/down.do?id=9'>点击下载</a></p><p><a href=\"javascript:download('77')\">附件：示例脚本表.xls</a></p>"
        "<p><a href='b.rar'>示例底图.rar</a></p><p><a href='gone.pdf'>附件：示例标准</a></p><p><a href='page.pdf'>附件：示例网页</a></p>"
    )
    with Pages() as pages:
        pages.put("/a/x.html", _post(TEXT + links + more))
        for n in range(40):
            pages.put(f"/a/f{n}.txt", f"示例表{n}\n一、示例事项{n}按月报送。\n", "text/plain; charset=utf-8")
        name = "attachment; filename*=UTF-8''%E7%A4%BA%E4%BE%8B%E5%90%8D%E5%86%8C.txt"
        pages.put("/down.do*", "示例名册\n一、示例人员名单。\n", "application/octet-stream", Content_Disposition=name)
        pages.put("/a/b.rar", b"Rar!\x1a\x07\x01\x00" + bytes(60), "application/octet-stream")
        pages.put("/a/page.pdf", "<html><body>请先登录</body></html>")
        library = _library(tmp_path, pages.site, "/a/x.html")
        library.refresh()
        document = next(each for each in library.corpus.documents() if not each.provenance.attached_to)
        files = {each.name: each for each in document.provenance.attachments}
        assert len(files) == 45 and all(files[f"附件{n}：示例表{n}"].document for n in range(40))
        assert files["示例名册.txt"].document
        assert "脚本" in files["附件：示例脚本表.xls"].reason
        assert "不能读取" in files["示例底图.rar"].reason
        assert files["附件：示例标准"].reason and files["附件：示例网页"].reason
        held = [each.id for each in library.corpus.documents()]
        library.refresh(full=True)
        assert [each.id for each in library.corpus.documents()] == held


def test_sessions_schemes_and_columns_are_one_place(tmp_path: Path) -> None:
    with Pages() as pages:
        pages.put("/l.html", _list("/s.jsp;jsessionid=AAA?id=1", "/x/t20251122_1.html", "/y/t20251122_1.html"))
        pages.put("/s.jsp*", _post(TEXT.replace("示例工作", "示例会议")))
        for column in "xy":
            pages.put(f"/{column}/t20251122_1.html", _post(TEXT))
        library = _library(tmp_path, pages.site, "/l.html", "listing", LIST)
        assert library.refresh().new == 2
        pages.put("/l.html", _list("/s.jsp;jsessionid=BBB?id=1", "/y/t20251122_1.html", "/x/t20251122_1.html"))
        tally = library.refresh(full=True)
        assert (tally.new, tally.changed, tally.gone, tally.unchanged) == (0, 0, 0, 2)
        (both,) = (each for each in library.corpus.documents() if "也见于" in each.provenance.listed)
        assert both.provenance.listed["也见于"].endswith("/y/t20251122_1.html")


def test_a_document_stands_as_long_as_one_of_its_places_does(tmp_path: Path) -> None:
    with Pages() as pages:
        pages.put("/l.html", _list("/x/t20251122_1.html", "/y/t20251122_1.html", "/z.html"))
        pages.put("/z.html", _post(TEXT.replace("示例工作", "示例会议")))
        for column in "xy":
            pages.put(f"/{column}/t20251122_1.html", _post(TEXT))
        library = _library(tmp_path, pages.site, "/l.html", "listing", LIST)
        assert library.refresh().new == 2
        pages.site.faults.put_first("/x/*", faults.status(404))
        pages.put("/l.html", _list("/y/t20251122_1.html", "/z.html"))
        assert library.refresh(full=True).gone == 0
        pages.put("/y/t20251122_1.html", _post(TEXT.replace("按月", "按季")))
        tally = library.refresh(full=True)
        assert (tally.changed, tally.new, tally.gone) == (1, 0, 0)


def test_two_places_whose_texts_part_are_two_documents(tmp_path: Path) -> None:
    with Pages() as pages:
        pages.put("/l.html", _list("/x/t1.html", "/y/t1.html"))
        for column in "xy":
            pages.put(f"/{column}/t1.html", _post(TEXT))
        library = _library(tmp_path, pages.site, "/l.html", "listing", LIST)
        assert library.refresh().new == 1
        pages.put("/y/t1.html", _post(TEXT.replace("按月", "按季")))
        tally = library.refresh(full=True)
        assert (tally.new, tally.changed) == (1, 0) and len(list(library.corpus.documents())) == 2


def test_a_list_that_gives_less_than_it_says_is_an_alarm(tmp_path: Path) -> None:
    from dataclasses import replace

    from kb.upkeep.status import status

    with Pages() as pages:
        pages.put("/l.html", _list("/x.html").replace("</ul>", "</ul><p>共24条 第1/3页</p>"))
        pages.put("/x.html", _post(TEXT))
        library = _library(tmp_path, pages.site, "/l.html", "listing", LIST)
        for _ in range(3):
            tally = library.refresh()
            assert not tally.ok and "24 篇中只列出 1 篇" in tally.short
        (told,) = status(library.settings.sources, library.corpus)
        assert "24 篇中只列出 1 篇" in told.alarm
        library.source = replace(library.source, missing=23)
        assert library.refresh(full=True).ok
        pages.put("/l.html", _list("/x.html").replace("</ul>", "</ul><p>共1条</p>"))
        library.source = replace(library.source, missing=0)
        assert library.refresh(full=True).ok


def _zip(**files: str) -> bytes:
    import io
    import zipfile

    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as packed:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name.encode("gb18030").decode("cp437"))
            entry.flag_bits = 0
            packed.writestr(entry, text.encode())
    return box.getvalue()


def test_the_files_in_an_archive_are_attachments(tmp_path: Path) -> None:
    with Pages() as pages:
        pages.put("/a/x.html", _post(f"{TEXT}<p><a href='t.zip'>附件：示例图则</a></p>"), ETag='"1"')
        data = _zip(**{"a.txt": "示例台账\n一、示例事项按月报送。\n", "b.rar": "Rar!\x1a\x07\x01"})
        pages.put("/a/t.zip", data, "application/octet-stream", ETag='"2"')
        library = _library(tmp_path, pages.site, "/a/x.html")
        library.refresh()
        document = next(each for each in library.corpus.documents() if not each.provenance.attached_to)
        archive, text, packed = document.provenance.attachments
        assert "2 个文件" in archive.reason and archive.snapshot
        assert text.document and "不能读取" in packed.reason
        assert "示例事项按月报送" in library.corpus.read(text.document).text
        before = library.files()
        tally = library.refresh(full=True)
        assert library.files() == before
        assert (tally.changed, tally.unchanged) == (0, 1)
        from kb.ingest.rederive import rederive

        assert not list(rederive(library.corpus, library.settings))


def test_what_passes_makes_no_version_and_no_second_file(tmp_path: Path) -> None:
    files = "<p><a href='f.txt?t={0}'>附件：示例表</a></p><p>浏览次数：{1}</p><p>下一篇：示例{1}</p>"
    with Pages() as pages:
        pages.put("/a/f.txt*", "示例表\n一、示例事项按月报送。\n", "text/plain; charset=utf-8")
        library = _library(tmp_path, pages.site, "/a/x.html")
        for visit in (1700000000123, 1800000000456):
            pages.put("/a/x.html", _post(TEXT + files.format(visit, visit % 1000)))
            tally = library.refresh(full=True)
        assert (tally.changed, tally.unchanged) == (0, 1)
        assert len(list(library.corpus.documents())) == 2
