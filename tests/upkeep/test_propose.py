"""What `kb source add` and `kb source try` make of an address, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.base.errors import KbError
from kb.config.sources import Css
from kb.fetch.network.pace import Hosts
from kb.upkeep.propose import propose
from kb.upkeep.trial import try_source
from tests.ingest.refreshing import Hasty, Library, source
from tests.upkeep.test_posts import TEXT, TITLE, Pages, _list, _post

MENU = "<div class='menu'>" + "".join(f"<a href='/m{n}'>示例信息公开专栏之{n}</a>" for n in range(90)) + "</div>"
SHELL = (
    "<html><head><title>示例栏目</title><script src='/app.js'></script></head><body><div id='app'></div></body></html>"
)


def _proposed(folder: Path, pages: Pages, path: str) -> object:
    library = Library(folder / "library", source(pages.site.url))
    return propose(pages.site.url + path, library.settings, allow_private=True, hosts=Hosts(Hasty()))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/zw/list.html", SHELL),
        (
            "/",
            f"<html><body>{MENU}<p>示例市位于示例江畔，辖三区两县，是示例省重要的港口城市和历史文化名城。</p></body></html>",
        ),
        ("/index.html", _list("/a.html", "/b.html", "/c.html")),
        ("/zw/nav.html", f"<html><body>{MENU}</body></html>"),
    ],
    ids=["shell", "home", "box on the home page", "menu"],
)
def test_where_no_family_is_recognised_nothing_is_proposed(path: str, body: str, tmp_path: Path) -> None:
    with Pages() as pages:
        pages.put("*", body.replace("<html>", "<html><meta charset='utf-8'>"))
        with pytest.raises(KbError, match="没有"):
            _proposed(tmp_path, pages, path)


def test_a_document_is_one_page(tmp_path: Path) -> None:
    with Pages() as pages:
        pages.put("/a/x.html", _post(TEXT, beside=MENU))
        found = _proposed(tmp_path, pages, "/a/x.html")
        assert (found.kind, found.delay) == ("page", 2.0)  # type: ignore[attr-defined]


def test_a_list_is_told_from_the_menu(tmp_path: Path) -> None:
    with Pages() as pages:
        pages.put("/l/list.html", _list("/a.html", "/b.html", "/c.html").replace("<ul", f"{MENU}<ul"))
        found = _proposed(tmp_path, pages, "/l/list.html")
        assert found.css.item == 'ul[class~="l"] > li'  # type: ignore[attr-defined]


def test_a_trial_says_what_would_be_missed_and_keeps_nothing(tmp_path: Path) -> None:
    with Pages() as pages:
        pages.put("/l.html", _list("/a.html", "/b.html").replace("</ul>", "</ul>共24条"))
        pages.put("/a.html", _post(f"{TEXT}<p><a href='x.rar'>附件：示例图</a></p>"))
        pages.put("/x.rar", b"Rar!\x1a\x07\x01\x00" + bytes(60), "application/octet-stream")
        library = Library(
            tmp_path / "library", source(f"{pages.site.url}/l.html", "listing", css=Css(item="ul.l > li"))
        )
        trial = try_source(library.source, library.settings, hosts=Hosts(Hasty()))
        assert ([item.title for item, _ in trial.items], trial.total) == ([TITLE, TITLE], 24)
        assert [each.metadata.title for each in trial.documents] == [TITLE]
        assert [file.name for file in trial.files] == ["附件：示例图"] and trial.files[0].reason
        assert any("24 条" in each for each in trial.misses) and any("404" in each for each in trial.misses)
        assert not library.corpus.root.exists()
