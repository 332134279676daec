"""One document from two sites: both are kept, known as copies, and neither citations nor repeals depend on which is meant."""

from __future__ import annotations

import pytest

from kb.law.resolve import Resolver
from kb.law.standing import Standings
from kb.search.embedded.whoosh_engine import WhooshEngine
from tests.law.laws import Shelf
from tests.law.test_law_pages import page, serving

NOTICE = "示例市关于印发示例停车办法的通知\n示例停车办法\n第一条　为了示例，制定本办法。\n第二条　每次收费1.5元。\n"
CITING = "示例区停车细则\n第一条　根据《示例停车办法》第二条、《示例市关于印发示例停车办法的通知》制定。\n"
REPEAL = "示例市关于废止文件的决定\n决定废止《示例市关于印发示例停车办法的通知》（示府〔2020〕1号）。\n"
NUMBER = {"document_number": "示府〔2020〕1号", "date": "2020-03-01", "kind": "通知"}


def two(shelf: Shelf, other: str = NOTICE, **facts: str) -> None:
    """Put a notice of two sites on the shelf; the one whose id comes later was fetched first."""
    shelf.put("一站", other, "甲", **{**NUMBER, "retrieved": "2026-02-02T00:00:00Z", **facts})
    shelf.put("二站", NOTICE, "乙", **NUMBER, issuer="示例市人民政府")
    shelf.put("细则", CITING, date="2021-01-01")
    shelf.update()


def copies(shelf: Shelf, id: str) -> list[str]:
    with shelf.store.reading() as reader:
        known = reader.document(id)
        assert known
        return [each.id for each in reader.copies(known)]


def test_copies_know_each_other_whatever_their_blanks_and_width(shelf: Shelf) -> None:
    two(shelf, NOTICE.replace("　", " ").replace("，", ","))
    assert (copies(shelf, "一站"), copies(shelf, "二站"), copies(shelf, "细则")) == (["二站"], ["一站"], [])


@pytest.mark.parametrize(
    ("old", "new", "facts"),
    [("1.5元", "15元", {}), ("", "", {"document_number": "示府〔2020〕2号"}), ("办法。", "办法〓", {})],
)
def test_another_text_or_number_is_another_document(shelf: Shelf, old: str, new: str, facts: dict[str, str]) -> None:
    two(shelf, NOTICE.replace(old, new) if old else NOTICE, **facts)
    assert copies(shelf, "一站") == []


def test_texts_alike_without_number_are_copies_only_of_one_day(shelf: Shelf) -> None:
    two(shelf, document_number="", date="")
    assert copies(shelf, "一站") == []
    for id, source in (("甲公告", "甲"), ("乙公告", "乙")):
        shelf.put(id, "示例公告\n照办。\n", source, date="2020-01-01")
    shelf.put("次年公告", "示例公告\n照办。\n", date="2021-01-01")
    shelf.update()
    assert copies(shelf, "甲公告") == ["乙公告"]
    assert copies(shelf, "次年公告") == []


def test_a_citation_means_the_copy_that_was_fetched_first_and_is_told_at_both(shelf: Shelf) -> None:
    two(shelf)
    with shelf.store.reading() as reader:
        resolver = Resolver(reader)
        known = {id: reader.document(id) for id in ("一站", "二站", "细则")}
        meant = [each.target and each.target.document.id for each in resolver.citations(known["细则"])]
        assert meant == ["二站", "二站"]
        for id in ("一站", "二站"):
            assert [citing.id for citing, _ in resolver.cited_by(known[id])] == ["细则", "细则"]


def test_a_repeal_ends_every_copy(shelf: Shelf) -> None:
    two(shelf)
    shelf.put("决定", REPEAL, date="2022-01-01")
    shelf.update()
    with shelf.store.reading() as reader:
        standings = Standings(reader)
        for id in ("一站", "二站"):
            known = reader.document(id)
            assert known
            assert standings.of(known, "2023-01-01").status == "已废止"


def test_the_page_of_a_copy_names_the_other(shelf: Shelf) -> None:
    two(shelf)
    client = serving(shelf)
    for id, other in (("一站", "二站"), ("二站", "一站")):
        (told,) = page(client, f"/d/{id}").select('dt:-soup-contains("同一文件的另一份") + dd')
        assert other in client.get(str(told.a["href"])).request.path  # type: ignore[index]
    assert [client.get(f"/api/v1/documents/{id}/standing").json["copies"] for id in ("一站", "细则")] == [["二站"], []]  # type: ignore[index]
    assert not page(client, "/d/细则").select('dt:-soup-contains("同一文件的另一份")')


def test_a_search_lists_the_copy_that_was_fetched_first(shelf: Shelf) -> None:
    two(shelf)
    engine = WhooshEngine(shelf.store.path.parent, shelf.store)
    engine.update(shelf.corpus)
    found = engine.search("每次收费1.5元")
    assert [hit.document for hit in found.hits] == ["二站"] and "副本" in "".join(found.notes)
    assert [hit.document for hit in engine.search("每次收费1.5元 来源:甲").hits] == ["一站"]


def test_lists_of_documents_show_copies_once_unless_a_source_is_chosen(shelf: Shelf) -> None:
    two(shelf)
    client = serving(shelf)

    def listed(address: str) -> list[str]:
        return [str(link["href"]) for link in page(client, address).select("ol.documents a")]

    copy, first = "/d/%E4%B8%80%E7%AB%99", "/d/%E4%BA%8C%E7%AB%99"
    for address in ("/", "/documents", "/issuers/示例市人民政府"):
        assert (first in listed(address), copy in listed(address)) == (True, False)
        assert "另有 1 份副本" in page(client, address).get_text()
    assert listed("/documents?source=甲") == [copy]
    assert "另有 1 份副本" not in page(client, "/documents?source=甲").get_text()
    total = len(listed("/documents"))
    assert f"{total} 份文件" in page(client, "/documents").get_text()
    counts = [int(each.get_text()) for each in page(client, "/browse/year").select(".count")]
    assert sum(counts) == total
    assert client.get("/api/v1/documents").json["total"] == total + 1  # type: ignore[index]
