"""What every engine that finds by meaning must do. Subclass `ByMeaning` and say how an engine is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.base.errors import NotFoundError, StorageError
from kb.search.contract.engine import Engine
from kb.search.meaning import vectors
from kb.search.meaning.neighbours import Meaning
from kb.search.query.conditions import Condition
from tests.search.conformance import places
from tests.search.shelf import Shelf, document, of_sections, section

_DOGS = document("dogs", "养狗咬伤人，狗主应当承担赔偿责任", title="示例养狗条例")
_ROADS = document("roads", "道路施工应当办理许可证照", title="示例道路条例")


class ByMeaning:
    """Tests through the protocol alone, with vectors of a small model."""

    def open(self, folder: Path, meaning: Meaning | None = None) -> Engine:
        raise NotImplementedError

    def test_other_words_are_found_by_what_they_mean_and_it_is_said(self, tmp_path: Path, model: Path) -> None:
        engine = self.open(tmp_path, Meaning(tmp_path, model))
        engine.update(Shelf(_ROADS, document("dogs", "饲犬", "道路的责任")))
        query = "怎么养狗的"
        assert not self.open(tmp_path).search(query).by_meaning
        before = engine.stats()
        assert (before.meant, bool(before.unmeant)) == (0, True)
        assert before.unmeant in engine.search(query).notes
        assert engine.learn() > 0
        results = engine.search(query)
        assert results.total == 0 and results.by_meaning == sum(hit.by_meaning for hit in results.hits) > 0
        assert places(results)[0] == ("dogs", "s-1") and results.hits[0].by_meaning
        assert any("按意思找到" in note for note in results.notes)
        after = engine.stats()
        assert after.meant and not after.unmeant and after.state != before.state

    def test_literal_hits_stay_first_and_counted(self, tmp_path: Path, model: Path) -> None:
        engine, plain = self.open(tmp_path, Meaning(tmp_path, model)), self.open(tmp_path)
        engine.update(Shelf(_ROADS, document("dogs", "饲犬咬伤人", "狗主应当承担赔偿责任")))
        engine.learn()
        query = "应当承担赔偿责任"
        with_meaning, by_words = engine.search(query), plain.search(query)
        assert with_meaning.total == by_words.total == 1
        assert with_meaning.hits[0].literal and not with_meaning.hits[0].by_meaning
        assert not engine.search(f'"{query}"').by_meaning

    def test_conditions_and_exclusions_apply(self, tmp_path: Path, model: Path) -> None:
        engine = self.open(tmp_path, Meaning(tmp_path, model))
        engine.update(Shelf(_DOGS, _ROADS, document("more", "饲犬的主人应当赔偿")))
        engine.learn()
        every = engine.search("怎么养狗的")
        assert {hit.document for hit in every.hits} >= {"dogs", "more"}
        only = engine.search("怎么养狗的", conditions=[Condition("document", ("more",))])
        assert {hit.document for hit in only.hits} == {"more"}
        assert only.related == sum(hit.document == "more" for hit in every.hits)
        without = engine.search("怎么养狗的 -饲犬")
        assert "more" not in {hit.document for hit in without.hits}

    def test_only_what_is_new_is_computed(self, tmp_path: Path, model: Path) -> None:
        engine, shelf = self.open(tmp_path, Meaning(tmp_path, model)), Shelf(_DOGS, _ROADS)
        engine.update(shelf)
        first = engine.learn()
        assert first == 2 and engine.learn() == 0
        engine.update(shelf, rebuild=True)
        assert engine.learn() == 0 and engine.stats().meant
        shelf.put(document("roads", "道路许可"))
        engine.update(shelf)
        assert engine.learn() == 1
        assert len(list(tmp_path.glob("vectors/*/*.map"))) == 1

    def test_without_the_model_words_answer_and_it_is_said(self, tmp_path: Path) -> None:
        engine = self.open(tmp_path / "index", Meaning(tmp_path / "index", tmp_path / "nowhere"))
        engine.update(Shelf(_DOGS))
        assert engine.search("应当承担赔偿责任").total == 1
        assert "scripts/environment semantic" in engine.stats().unmeant
        with pytest.raises(StorageError, match="scripts/environment semantic"):
            engine.learn()

    def test_like_provisions_are_those_of_other_documents(self, tmp_path: Path, model: Path) -> None:
        engine = self.open(tmp_path, Meaning(tmp_path, model))
        more = document("more", "饲犬咬伤人的，主人应当承担赔偿", "犬咬人", title="示例饲犬条例")
        engine.update(Shelf(_DOGS, _ROADS, more, document("same", "狗", title="示例")))
        with pytest.raises(NotFoundError, match="请运行 kb index"):
            engine.like("dogs", "s-1")
        engine.learn()
        found = engine.like("dogs", "s-1")
        assert found[0].document == "more" and found[0].anchor == "s-1" and found[0].likeness > 0.6
        assert len({each.document for each in found}) == len(found) and "dogs" not in {each.document for each in found}
        assert [each.likeness for each in found] == sorted((each.likeness for each in found), reverse=True)
        with pytest.raises(NotFoundError, match="没有 dogs#s-9"):
            engine.like("dogs", "s-9")

    def test_one_law_has_one_place_among_the_like_its_newest_text(self, tmp_path: Path, model: Path) -> None:
        engine = self.open(tmp_path, Meaning(tmp_path, model))
        text = "饲犬咬伤人的，主人应当承担赔偿责任"
        texts = [
            of_sections(f"t{year}", section("s-1", text), title=title, date=f"{year}-01-01", kind="地方性法规")
            for year, title in ((2001, "示例市养犬条例"), (2011, "示例市养犬条例（修订）"), (2012, "示例县养犬条例"))
        ]
        old = of_sections("t2021", section("s-1", "道路施工"), title="示例市养犬条例", date="2021-01-01")
        engine.update(Shelf(_DOGS, *texts, old))
        engine.learn()
        found = engine.like("dogs", "s-1")
        assert {each.document for each in found} == {"t2011", "t2012"}
        assert {(each.kind, each.rank) for each in found} == {("地方性法规", "地方法规和规章")}
        assert [each.document for each in engine.like("dogs", "s-1", limit=1)] == [found[0].document]

    def test_a_section_without_words_of_its_own_has_none_like_it_and_it_is_said(
        self, tmp_path: Path, model: Path
    ) -> None:
        engine = self.open(tmp_path, Meaning(tmp_path, model))
        engine.update(Shelf(of_sections("dogs", section("ch-1", "养犬", section("s-1", "饲犬咬伤人"), heading="养犬"))))
        engine.learn()
        assert engine.stats().meant == 1
        with pytest.raises(NotFoundError, match="没有自己的文字"):
            engine.like("dogs", "ch-1")
        assert engine.like("dogs", "s-1") == ()

    def test_what_is_meant_is_ordered_paged_and_grouped_with_the_rest(self, tmp_path: Path, model: Path) -> None:
        engine = self.open(tmp_path, Meaning(tmp_path, model))
        dated = [
            of_sections(
                f"d{year}", section("s-1", "饲犬" + "的" * extra), section("s-2", "犬咬人"), date=f"{year}-01-01"
            )
            for extra, year in enumerate((2003, 2001, 2002))
        ]
        engine.update(Shelf(_ROADS, *dated))
        engine.learn()
        query = "怎么养狗的"
        every = engine.search(query)
        assert every.related == len(every.hits) >= every.by_meaning == sum(hit.by_meaning for hit in every.hits) > 0
        paged = [engine.search(query, limit=2, offset=offset).hits for offset in range(0, every.related, 2)]
        assert tuple(hit for page in paged for hit in page) == every.hits
        assert [hit.score for hit in every.hits] == sorted((hit.score for hit in every.hits), reverse=True)
        newest = engine.search(query, order="date")
        assert [hit.date for hit in newest.hits] == sorted((hit.date for hit in every.hits), reverse=True)
        assert {(hit.document, hit.anchor) for hit in newest.hits} == {(hit.document, hit.anchor) for hit in every.hits}
        grouped = engine.search(query, limit=2, group="document")
        documents = list(dict.fromkeys(hit.document for hit in every.hits))
        assert grouped.documents == len(documents) and grouped.by_meaning == every.by_meaning
        assert list(dict.fromkeys(hit.document for hit in grouped.hits)) == documents[:2]
        (year,) = [facet for facet in every.facets["year"] if facet.value == "2003"]
        assert year.total == sum(hit.document == "d2003" for hit in every.hits)
        assert engine.search(f"{query} 年份:2003").related == year.total

    def test_vectors_that_are_partly_missing_are_used_and_the_answer_says_so(self, tmp_path: Path, model: Path) -> None:
        shelf = Shelf(
            *(document(f"d{number:02}", "饲犬" + "狗" * number, title=f"示例{number}") for number in range(20))
        )
        engine = self.open(tmp_path, Meaning(tmp_path, model))
        engine.update(shelf)
        engine.learn()
        shelf.put(document("new", "道路施工", title="示例道路"))
        engine.update(shelf)

        def killed(*_: int) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(vectors, "_append", killed)
            with pytest.raises(KeyboardInterrupt):
                engine.learn()
        results = engine.search("怎么养狗的")
        assert results.by_meaning and any("还有 1 节没有向量" in note for note in results.notes)
        assert engine.stats().meant == 20 and "还有 1 节" in engine.stats().unmeant
        with pytest.raises(NotFoundError, match="还有 1 节没有向量"):
            engine.like("new", "s-1")
        assert engine.learn() == 1 and not engine.stats().unmeant
        assert not any("没有向量" in note for note in engine.search("怎么养狗的").notes)

    def test_of_a_section_without_a_vector_yet_nobody_says_that_it_is_unlike(self, tmp_path: Path, model: Path) -> None:
        """It ranks by its words as one that is just not near enough, not below everything that has a vector."""
        shelf = Shelf(
            *(document(f"d{number:02}", "道路" + "路" * number, title=f"示例{number}") for number in range(20))
        )
        engine = self.open(tmp_path, Meaning(tmp_path, model))
        engine.update(shelf)
        engine.learn()
        shelf.put(document("new", "养狗的许可证照怎么办理", title="示例养狗"))
        engine.update(shelf)

        def killed(*_: int) -> None:
            raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(vectors, "_append", killed)
            with pytest.raises(KeyboardInterrupt):
                engine.learn()
        results = engine.search("谁养狗应当办理许可证照和走路")
        assert places(results)[0] == ("new", "s-1") and not results.hits[0].by_meaning
