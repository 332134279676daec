"""List pages by CSS selectors, and what a source proposes for an address."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from kb.config.sources import Css, Source, parse
from kb.fetch.network.pace import Hosts
from kb.upkeep.propose import as_toml, propose
from kb.upkeep.trial import try_source
from tests.ingest.refreshing import Hasty, Library, source
from tests.site import Content, Site

_CSS = Css(item="ul.news > li", next="a.next")


def _listing(site: Site, **given: str) -> Source:
    return source(f"{site.url}/list/index.html", "listing", css=Css(**{"item": _CSS.item, "next": _CSS.next, **given}))


def test_a_list_is_followed_to_its_end_and_then_only_looked_at(tmp_path: Path) -> None:
    with Site(Content(posts=45)) as site:
        library = Library(tmp_path / "library", _listing(site))
        assert library.refresh().new == 45
        assert len(site.asked("/list/*")) == 3
        assert library.refresh().unchanged == 45
        assert len(site.asked("/list/*")) == 4
        post = site.content.listed()[30]
        document = next(
            each for each in library.corpus.documents() if each.provenance.origin.endswith(post.portal_path)
        )
        assert (document.metadata.title, document.metadata.published) == (post.title, post.day)


def test_the_named_body_is_the_text(tmp_path: Path) -> None:
    with Site(Content(posts=2)) as site:
        library = Library(tmp_path / "library", _listing(site, body="h1.title"))
        library.refresh()
        assert {each.text.strip() for each in library.corpus.documents()} == {
            post.title for post in site.content.listed()
        }


def test_selectors_that_find_nothing_are_an_error_in_words(tmp_path: Path) -> None:
    with Site(Content(posts=2)) as site:
        tally = Library(tmp_path / "library", _listing(site, item="table.gone tr")).refresh()
        assert "table.gone tr" in tally.error


@pytest.mark.parametrize(
    ("path", "kind"),
    [("", "gkmlpt"), ("/gkmlpt/index#721", "gkmlpt"), ("/feed.xml", "feed"), ("/atom.xml", "feed"),
     ("/sitemap.xml", "sitemap"), ("/list/index.html", "listing"), ("/content/post_2400003.html", "page")],
)  # fmt: skip
def test_an_address_is_recognised_and_what_is_proposed_works(path: str, kind: str, tmp_path: Path) -> None:
    with Site(Content(posts=25)) as site:
        library = Library(tmp_path / "library", source(site.url))
        hosts = Hosts(Hasty())
        found = propose(site.url + path, library.settings, allow_private=True, hosts=hosts)
        assert found.kind == kind
        (again,) = parse(tomllib.loads(as_toml(found))["source"], as_toml(found), "kb.toml")
        assert not again.problem and (again.kind, again.url, again.css) == (found.kind, found.url, found.css)
        trial = try_source(again, library.settings, limit=3, hosts=hosts)
        assert trial.items and trial.documents and not trial.problem
        assert not library.corpus.root.exists()
