"""What every engine behind kb.search.contract.engine must do. Subclass `Conformance` and say how an engine is opened."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.base.errors import BadIndexError, UsageError
from kb.base.model import Document, Results
from kb.search.answer.origins import MAX_PASTE
from kb.search.contract.engine import MAX_LIMIT, SECTIONS_SHOWN, Engine, Order
from kb.search.query.conditions import Condition
from kb.search.query.query import MAX_DEPTH, MAX_QUERY
from tests.search.shelf import Shelf, document, of_sections, section

# The same text in several guises; what an oracle that knows nothing of the program's own folding compares.
PLAIN = {
    "復": "复",
    "議": "议",
    "（": "(",
    "〔": "(",
    ")": ")",
    "）": ")",
    "〕": ")",
    "Ａ": "a",
    "A": "a",
    "１": "1",
    "，": ",",
}
CHARACTERS = "行政复议法復議（）〔〕()Ａa1１，,。\n　"


CATALOGUE = Shelf(
    of_sections(
        "a",
        section("s-1", "行政事项的示例通知"),
        section("s-2", "其他示例"),
        title="关于示例事项的通知",
        issuer="濠江区示例局",
        document_number="示例府〔2021〕75号",
        kind="通知",
        date="2021-11-22",
    ),
    of_sections(
        "b",
        section("s-1", "行政事项的办理"),
        title="示例市办事办法",
        issuer="示例市政府",
        kind="办法",
        date="2022-03-01",
    ),
    of_sections(
        "c",
        section(
            "ch-1", "第一章　总则的示例", section("art-2", "第二条　行政示例", number="第二条"), heading="总则的示例"
        ),
        section("ch-2", "第二章　示例附则", section("art-3", "第三条　示例的施行", number="第三条"), heading="附则"),
        title="中华人民共和国示例法",
        issuer="示例市政府",
        kind="法",
        date="2020-01-01",
        source="laws",
    ),
)


SENTENCE = "示例机关应当自受理申请之日起六十日内作出示例决定"
OTHER = "示例费用由申请人承担并且应当及时缴纳"

# Documents with many and few sections that match, some with only like words.
GROUPED = Shelf(
    of_sections(
        "a",
        *(section(f"s-{number}", f"行政许可{'的示例' * number}") for number in range(1, 7)),
        kind="办法",
        date="2021-01-01",
    ),
    of_sections("b", section("s-1", "行政许可"), section("s-2", "许可证怎样办理"), kind="通知", date="2022-01-01"),
    of_sections("c", section("s-1", "许可的示例，由行政机关办理"), kind="办法", date="2020-01-01"),
    of_sections("d", section("s-1", "示例"), section("s-2", "办理行政许可"), kind="法", date="2019-01-01"),
    of_sections(
        "e", section("s-1", "怎样办理许可"), section("s-2", "行政许可"), section("s-3", "行政许可"), kind="通知"
    ),
)


WEAK = "行政许可，这里另有别的说明"
# The sections of one document stand before all others, more of them than an engine looks at closely.
LONG = Shelf(
    of_sections("a", *(section(f"s-{number}", f"行政许可{number}") for number in range(1, 701))),
    document("b", WEAK, WEAK),
    document("c", WEAK),
    document("d", *["无关"] * 900),
)


def dated(id: str, date: str, *texts: str, title: str) -> Document:
    sections = [section(f"s-{number}", text) for number, text in enumerate(texts, start=1)]
    return of_sections(id, *sections, title=title, date=date)


Asked = tuple[str, Callable[[str], bool]]
"""A query as typed, and what a section's text must be for it."""


def near(words: tuple[str, str], distance: int, text: str) -> bool:
    """Tell whether two words stand in a text with so many characters between them at most."""
    spans = [[m.span() for m in re.finditer(f"(?={re.escape(word)})", text)] for word in words]
    reach = distance + sum(map(len, words))
    return any(max(a + len(words[0]), b + len(words[1])) - min(a, b) <= reach for a, _ in spans[0] for b, _ in spans[1])


@st.composite
def leaves(draw: st.DrawFn) -> Asked:
    """A string, a quoted one, a distance, a wildcard, with what it means."""
    first, second = draw(st.text("甲乙丙", min_size=1, max_size=3)), draw(st.sampled_from("丁甲"))
    match draw(st.sampled_from(["word", "quoted", "near", "star", "mark"])):
        case "word":
            return first, lambda text: first in text
        case "quoted":
            return f'"{first}"', lambda text: first in text
        case "near" if first != second and second not in first and first not in second:
            distance = draw(st.integers(0, 4))
            return f'"{first} {second}"~{distance}', lambda text: near((first, second), distance, text)
        case "star":
            return f"{first}*{second}", lambda text: bool(re.search(f"{first}.*{second}", text))
        case _:
            return f"{first}?{second}", lambda text: bool(re.search(f"{first}.{second}", text))


@st.composite
def queries(draw: st.DrawFn) -> Asked:
    """Leaves joined by blanks, OR, minus and brackets; the first is always wanted."""
    parts: list[Asked] = [draw(leaves())]
    for _ in range(draw(st.integers(0, 3))):
        (one, is_one), (other, is_other) = draw(leaves()), draw(leaves())
        parts.append(
            draw(
                st.sampled_from(
                    [
                        (one, is_one),
                        (f"-{one}", lambda text, a=is_one: not a(text)),
                        (f"{one} OR {other}", lambda text, a=is_one, b=is_other: a(text) or b(text)),
                        (f"-({one} OR {other})", lambda text, a=is_one, b=is_other: not (a(text) or b(text))),
                        (f"({one} -{other})", lambda text, a=is_one, b=is_other: a(text) and not b(text)),
                    ]
                )
            )
        )
    return " ".join(typed for typed, _ in parts), lambda text: all(matches(text) for _, matches in parts)


def plain(text: str) -> str:
    """Blanks go, but for one that parts two numbers or two Latin words on one line."""
    same = "".join(PLAIN.get(c, c) for c in text)
    return re.sub("[\n　]", "", re.sub("(?<=[0-9])　+(?=[0-9])|(?<=[a-z])　+(?=[a-z])", " ", same))


def places(results: Results) -> list[tuple[str, str]]:
    return [(hit.document, hit.anchor) for hit in results.hits]


def literal(results: Results) -> list[tuple[str, str]]:
    found = [(hit.document, hit.anchor) for hit in results.hits if hit.literal]
    assert len(found) == results.total
    return found


class Conformance:
    """Tests through the protocol alone."""

    def open(self, folder: Path) -> Engine:
        raise NotImplementedError

    @pytest.fixture
    def engine(self, tmp_path: Path) -> Engine:
        return self.open(tmp_path / "index")

    @pytest.mark.parametrize(
        ("text", "query", "shown"),
        [
            ("申请行政复议的，应当受理。", "政复议的", "政复议的"),  # across words
            ("应当履行法定职\n责，不得推诿。", "职责，不得", "职\n责，不得"),  # across paragraphs
            ("第一条　为了规范执法\n制定本法。", "规范执法制定", "规范执法\n制定"),
            ("第一条　为了规范执法", "第一条为了", "第一条　为了"),  # number and text
            ("第一条　为了规范执法", "第一条　为了规范", "第一条　为了规范"),  # the same, pasted
            ("申请行政复议", "行政復議", "行政复议"),
            ("申請行政復議", "行政复议", "行政復議"),
            ("汕濠府〔2020〕75号", "〔2020〕75号", "〔2020〕75号"),
            ("汕濠府〔2020〕75号", "(2020)75", "〔2020〕75"),
            ("汕濠府[2020]75号", "〔２０２０〕７５号", "[2020]75号"),
            ("替换ＯＡ终端", "oa终端", "ＯＡ终端"),
            ("第一百三十三条之一　醉酒驾驶", "第一百三十三条之一", "第一百三十三条之一"),
            ("坚持“一国两制”方针", "坚持“一国两制”方针", "坚持“一国两制”方针"),
            ("坚持「一国两制」方针", '坚持"一国两制"方针', "坚持「一国两制」方针"),
            ("处以罚款", "罚", "罚"),
            ("完。", "。", "。"),
            ("𠮷野家示例", "𠮷野家", "𠮷野家"),
            ("Supply Chain 管理", '"supply chain"', "Supply Chain"),
            ("48场(次)", "场(次)", "场(次)"),
        ],
    )
    def test_a_string_is_found_in_any_guise(self, engine: Engine, text: str, query: str, shown: str) -> None:
        engine.update(Shelf(document("a", text), document("b", "与此无关的示例文字")))
        results = engine.search(query)
        assert (results.total, places(results)) == (1, [("a", "s-1")])
        hit = results.hits[0]
        assert hit.literal and [hit.snippet[start:end] for start, end in hit.highlights] == [shown]

    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(st.lists(st.text(CHARACTERS, max_size=12), min_size=1, max_size=4), min_size=1, max_size=5),
        st.lists(st.text(CHARACTERS, min_size=1, max_size=5).filter(plain), min_size=5, max_size=15),
    )
    def test_total_is_what_a_plain_scan_counts(
        self, tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], queries: list[str]
    ) -> None:
        engine = self.open(tmp_path_factory.mktemp("index"))
        engine.update(Shelf(*(document(f"d{number}", *sections) for number, sections in enumerate(texts))))
        sections = {
            (f"d{number}", f"s-{place}"): plain(text)
            for number, sections in enumerate(texts)
            for place, text in enumerate(sections, start=1)
        }
        for query in queries:
            expected = {place for place, text in sections.items() if plain(query) in text}
            results = engine.search(f'"{query}"')
            assert (results.total, set(places(results))) == (len(expected), expected)
            for hit in results.hits:
                shown = [plain(hit.snippet[start:end]) for start, end in hit.highlights]
                assert shown and all(text.startswith(plain(query)) for text in shown)

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(st.lists(st.text("甲乙丙丁", max_size=9), min_size=1, max_size=4), min_size=1, max_size=4),
        st.lists(queries(), min_size=3, max_size=8),
    )
    def test_any_query_finds_what_a_plain_reading_of_it_finds(
        self, tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], asked: list[Asked]
    ) -> None:
        engine = self.open(tmp_path_factory.mktemp("index"))
        engine.update(Shelf(*(document(f"d{number}", *sections) for number, sections in enumerate(texts))))
        sections = {
            (f"d{number}", f"s-{place}"): text
            for number, sections in enumerate(texts)
            for place, text in enumerate(sections, start=1)
        }
        for query, matches in asked:
            expected = {place for place, text in sections.items() if matches(text)}
            results = engine.search(query, limit=100)
            assert (results.total, set(literal(results))) == (len(expected), expected), query

    def test_only_the_sections_own_text_counts(self, engine: Engine) -> None:
        child = section("ch-1-art-1", "第一条　目的")
        engine.update(Shelf(of_sections("a", section("ch-1", "第一章　总则", child, heading="总则"))))
        assert literal(engine.search("总则")) == [("a", "ch-1")]

    def test_words_must_all_occur_and_excluded_ones_must_not(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", "申请行政复议", "申请行政诉讼", "申请行政复议或者诉讼")))
        assert sorted(literal(engine.search("申请 复议"))) == [("a", "s-1"), ("a", "s-3")]
        assert places(engine.search("申请 复议 -诉讼")) == [("a", "s-1")]
        assert literal(engine.search('申请 -"行政复议"')) == [("a", "s-2")]

    def test_a_quoted_string_that_stands_nowhere_finds_nothing_and_says_so(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", "申请行政复议")))
        results = engine.search('"复议申请"')
        assert (results.total, results.related, results.hits) == (0, 0, ())
        assert "没有一节包含 “复议申请”" in results.notes[0]

    @pytest.mark.parametrize(
        ("query", "offered"),
        [
            ("行政复议之决定", ("行政复议决定", 2)),
            ("信息之公开", ("信息的公开", 1)),
            ("信息公开条例", ("信息公开", 1)),
            ("(信息)的公开", ("信息的公开", 1)),
            ("第12条", ("第十二条", 1)),
            ("申请行政复议决定", ("行政复议决定", 2)),
            ('"行政复议决议"', ("行政复议决", 2)),
            ("双随机一公开", ("双随机、一公开", 1)),
            ("双随机，一公开", ("双随机、一公开", 1)),
            ("示府〔二〇二一〕五号", ("示府(2021)5号", 1)),
            ("示府2021 5号", ("示府(2021)5号", 1)),
        ],
    )
    def test_nothing_found_offers_the_nearest_strings_with_their_counts(
        self, engine: Engine, query: str, offered: tuple[str, int]
    ) -> None:
        texts = (
            "第十二条 行政复议决定",
            "行政复议决定书",
            "信息的公开",
            "信息公开",
            "双随机、一公开",
            "按示府〔2021〕5号办",
        )
        engine.update(Shelf(document("a", *texts)))
        results = engine.search(query)
        assert results.total == 0 and offered in [(one.text, one.total) for one in results.nearest]
        for one in results.nearest:
            assert engine.search(f'"{one.text}"').total == one.total

    @pytest.mark.parametrize("query", ["xingzhengfuyi", "xing zheng fu yi", "XZFY", "行政复意", "行政負議"])
    def test_a_misspelt_word_or_pinyin_gets_a_suggestion_from_titles_and_headings(
        self, engine: Engine, query: str
    ) -> None:
        texts = [section("s-1", "第一章 行政复议", heading="行政复议"), section("s-2", "申请行政复议")]
        engine.update(Shelf(of_sections("a", *texts, title="示例办法")))
        results = engine.search(query)
        assert (results.total, [(one.text, one.total) for one in results.suggestions]) == (0, [("行政复议", 2)])

    def test_pinyin_finds_nothing_by_itself_and_what_is_found_gets_no_suggestion(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", "行政复议", "行政附议", title="行政复议办法")))
        assert not engine.search("xingzheng").hits
        found = engine.search("行政附议")
        assert (found.total, found.nearest, found.suggestions) == (1, (), ())

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("复议 OR 诉讼", "1234"),
            ("(复议 OR 诉讼) 期限", "24"),
            ("期限 -(复议 OR 诉讼)", "5"),
            ("申请 -复议 -诉讼", ""),
            ('"申请 期限"~6', "24"),
            ('"期限 申请"~5', "2"),
            ("申请*复议", "12"),
            ("申请?政", "123"),
            ("申请??复议", "12"),
            ('"申请" OR 期限', "12345"),
            ("的", "245"),
        ],
    )
    def test_operators(self, engine: Engine, query: str, found: str) -> None:
        texts = ["申请行政复议", "申请行政复议的期限", "申请行政诉讼", "申请诉讼有一定的期限", "办理的期限"]
        engine.update(Shelf(document("a", *texts)))
        assert sorted(literal(engine.search(query))) == [("a", f"s-{number}") for number in found]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("的*" * 5 + "龘", ""),
            ("龘*" + "的*" * 20 + "的", "1"),
            ("、*" * 30 + "金刚石", "3"),
            ("、*" * 30 + "金刚砂", ""),
            ("的*的?的*" * 6 + "龘", ""),
            ("的" + "?" * 300 + "的", "12"),
            (" OR ".join(f"{'的*' * number}龘" for number in range(1, 8)), ""),
            ('"的 龘 金刚石"~99', ""),
            ('"的 龘"~0 OR "、 金刚石"~0', "13"),
            ('"的 龘"~30', "12"),
            ("法一" + "第一款" * 38 + "x", ""),
            ("的 " + " ".join(f"-龘{number}*的" for number in range(8)), "12"),
            (" OR ".join("的、龘金刚石" * 60), "123"),
        ],
    )
    def test_a_query_that_could_match_in_many_ways_is_answered(self, engine: Engine, query: str, found: str) -> None:
        texts = ["龘" + "的" * 500, "的" * 500 + "法" * 30 + "龘", "一、" * 300 + "金刚石，一、" + "一、" * 300]
        engine.update(Shelf(document("a", *texts)))
        results = engine.search(query)
        assert results.total == len(found) and sorted(literal(results)) == [("a", f"s-{number}") for number in found]

    @pytest.mark.parametrize("query", ["(NOT " * 300 + "a" + ")" * 300, "(a OR (" * 180 + "b" + ")" * 360])
    def test_a_query_that_is_nested_deep_is_refused_in_words(self, engine: Engine, query: str) -> None:
        engine.update(Shelf(document("a", "行政")))
        with pytest.raises(UsageError, match="最多套"):
            engine.search(query)

    def test_a_query_that_is_nested_as_deep_as_may_be_is_answered(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", "行政复议", "行政", "诉讼")))
        query = "(行政 -(复议 OR " * (MAX_DEPTH // 3) + "法" + "))" * (MAX_DEPTH // 3)
        assert literal(engine.search(query)) == [("a", "s-2")]

    def test_what_an_operator_matched_is_highlighted(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", "申请行政复议，期限六十日。申请诉讼另有规定，诉讼期限六个月。")))

        def shown(query: str) -> list[str]:
            hit = engine.search(query).hits[0]
            return [hit.snippet[start:end] for start, end in hit.highlights]

        assert shown("行政*期限") == ["行政复议，期限"]
        assert shown('"诉讼 期限"~0') == ["诉讼", "期限"]
        assert shown("六十日 OR 没有的") == ["六十日"]

    def test_conditions_in_the_query_and_beside_it(self, engine: Engine) -> None:
        engine.update(CATALOGUE)
        assert places(engine.search("标题:办法 行政")) == [("b", "s-1")]
        assert places(engine.search("行政 -标题:办法 机关:濠江")) == [("a", "s-1")]
        assert {hit.document for hit in engine.search("行政 文号:75").hits} == {"a"}
        assert {hit.document for hit in engine.search("行政 日期:2021-06..2022").hits} == {"a", "b"}
        assert {hit.document for hit in engine.search("行政 日期:..2020").hits} == {"c"}
        assert {hit.document for hit in engine.search("行政 文种:通知 OR 文种:办法").hits} == {"a", "b"}
        chosen = (Condition("issuer", ("示例市政府",), whole=True), Condition("year", ("2022", "2020"), whole=True))
        assert {hit.document for hit in engine.search("行政", conditions=chosen).hits} == {"b", "c"}
        assert not engine.search("行政 标题:没有的题名").hits

    def test_a_search_inside_one_document_one_source_one_chapter_one_article(self, engine: Engine) -> None:
        engine.update(CATALOGUE)
        assert {hit.anchor for hit in engine.search("示例 文件:c").hits} == {"ch-1", "art-2", "ch-2", "art-3"}
        assert {hit.anchor for hit in engine.search("示例 文件:c 章节:ch-1").hits} == {"ch-1", "art-2"}
        assert places(engine.search("示例 条:第三条")) == places(engine.search("条:3")) == [("c", "art-3")]
        assert {hit.document for hit in engine.search("示例 来源:laws").hits} == {"c"}

    def test_conditions_alone_list_documents(self, engine: Engine) -> None:
        engine.update(CATALOGUE)
        results = engine.search("机关:示例市政府", order="date")
        assert (results.total, places(results)) == (2, [("b", "s-1"), ("c", "ch-1")])
        assert engine.search("", conditions=(Condition("kind", ("通知",), whole=True),)).total == 1

    def test_older_versions_are_found_on_request(self, engine: Engine) -> None:
        shelf = Shelf(document("a", "甲乙", "甲丁"))
        shelf.documents["a@2020-01-01-0123abcd"] = document("a", "甲丙", "丙")
        engine.update(shelf)
        assert [engine.search(text).total for text in ("甲", "丙", "甲 版本:全部", "丙 版本:旧", "乙 版本:旧")] == [
            2,
            0,
            3,
            2,
            0,
        ]
        assert [engine.search(text).searched for text in ("甲", "甲 版本:全部")] == [2, 4]
        assert not engine.search("丙乙甲").suggestions and all(
            not hit.version for hit in engine.search("怎样甲丙").hits
        )
        old = engine.search("丙", conditions=(Condition("version", ("all",)),)).hits[0]
        assert (old.document, old.version) == ("a", "2020-01-01-0123abcd")
        assert old.url == f"/d/a/versions/2020-01-01-0123abcd#{old.anchor}"
        assert [listing.id for listing in engine.documents()] == ["a"]
        stats = engine.stats()
        assert (stats.documents, stats.sections, stats.versions) == (1, 2, 1)

    @pytest.mark.parametrize(
        ("day", "found"),
        [
            ("2019-12-31", []),
            ("2020-01-01", [("a", "2020-01-01-0123abcd", "第二条　甲旧")]),
            ("2021-06-30", [("a", "2020-01-01-0123abcd", "第二条　甲旧")]),
            ("2021-07-01", [("a", "", "第二条　甲新"), ("b", "", "甲")]),
        ],
    )
    def test_a_day_is_searched_in_the_texts_that_held_then(
        self, engine: Engine, day: str, found: list[tuple[str, str, str]]
    ) -> None:
        def text(id: str, line: str, since: str) -> Document:
            article = section("art-2", line, number="第二条")
            return of_sections(id, article, title=f"示例{id}法", date=since, effective=since)

        shelf = Shelf(text("a", "第二条　甲新", "2021-07-01"), text("b", "甲", "2021-03-01"))
        shelf.documents["a@2020-01-01-0123abcd"] = text("a", "第二条　甲旧", "2020-01-01")
        engine.update(shelf)
        if day == "2021-06-30":
            found = [*found, ("b", "", "甲")]
        results = engine.search("甲", conditions=(Condition("on", (day,)),))
        assert sorted((hit.document, hit.version, hit.snippet) for hit in results.hits) == found
        assert results.total == results.searched == len(found)
        assert engine.search(f"甲 时点:{day}").total == len(found)
        chosen = engine.search("示例a法第2条", conditions=(Condition("on", (day,)),)).hits
        for hits in (chosen, engine.search(f"示例a法第2条 时点:{day}").hits):
            assert [hit.version for hit in hits if hit.direct] == [version for id, version, _ in found if id == "a"]

    def test_facets_count_what_choosing_them_finds(self, engine: Engine) -> None:
        engine.update(CATALOGUE)
        for query in ("行政", "示例", "怎样办理行政事项", "机关:示例市政府"):
            free = engine.search(query)
            for field, values in free.facets.items():
                for value in values:
                    chosen = (Condition(field, (value.value,), whole=True),)
                    results = engine.search(query, conditions=chosen)
                    assert results.listed == value.total, (query, field, value)
                    # The other values of the facet stay, so that one of them can be chosen instead.
                    again = {each.value: (each.total, each.chosen) for each in results.facets[field]}
                    assert again == {each.value: (each.total, each.value == value.value) for each in values}

    def test_the_names_of_one_issuer_are_one_value_of_the_facet(self, engine: Engine) -> None:
        named = ["濠江区司法局", "汕头市濠江区司法局"]
        engine.update(Shelf(*(of_sections(name, section("s-1", "示例"), issuer=name) for name in named)))
        assert [(each.value, each.total) for each in engine.search("示例").facets["issuer"]] == [(named[1], 2)]
        for name in named:
            assert engine.search("示例", conditions=(Condition("issuer", (name,), whole=True),)).total == 2
            assert engine.search(f"示例 机关:{name}").total == 2
        assert {hit.issuer for hit in engine.search("示例").hits} == set(named)

    def test_orders(self, engine: Engine) -> None:
        engine.update(CATALOGUE)
        assert [hit.document for hit in engine.search("行政", order="date").hits] == ["b", "a", "c"]
        assert [hit.document for hit in engine.search("行政", order="rank").hits] == ["c", "b", "a"]
        whole = engine.search("示例", order="date", limit=50).hits
        pages = [engine.search("示例", 2, offset, order="date").hits for offset in range(0, len(whole), 2)]
        assert [hit for page in pages for hit in page] == list(whole)

    @pytest.mark.parametrize(
        ("query", "place"),
        [
            ("示例法第2条", ("c", "art-2")),
            ("中华人民共和国示例法第二条", ("c", "art-2")),
            ("《示例法》第三条第一款", ("c", "art-3")),
            ("示例法3", ("c", "art-3")),
            ("示例法 3", ("c", "art-3")),
            ("示例法", ("c", "ch-1")),
            ("示例府〔2021〕75号", ("a", "s-1")),
            ("示例府(2021)75号", ("a", "s-1")),
            ("示例府﹝2021﹞75号", ("a", "s-1")),
            ("示例府〔二〇二一〕七十五号", ("a", "s-1")),
            ("示例府2021 75号", ("a", "s-1")),
            ("文种:法 示例法第2条", ("c", "art-2")),
            ("示例市办事办法", ("b", "s-1")),
        ],
    )
    def test_a_query_that_names_a_place_goes_there_first(
        self, engine: Engine, query: str, place: tuple[str, str]
    ) -> None:
        engine.update(CATALOGUE)
        results = engine.search(query, limit=50)
        first, *others = results.hits
        assert (first.document, first.anchor) == place and first.direct and not any(hit.direct for hit in others)
        assert results.listed == len(results.hits) == len(set(places(results)))
        assert [hit.literal for hit in others] == sorted((hit.literal for hit in others), reverse=True)

    def test_a_place_that_is_named_must_meet_the_conditions(self, engine: Engine) -> None:
        engine.update(CATALOGUE)
        chosen = [(Condition("kind", (kind,), whole=True),) for kind in ("法", "通知")]
        assert [hit.anchor for hit in engine.search("示例法第2条", conditions=chosen[0]).hits if hit.direct] == [
            "art-2"
        ]
        assert not any(hit.direct for hit in engine.search("示例法第2条", conditions=chosen[1]).hits)

    def test_the_newest_of_several_texts_with_one_title_is_meant(self, engine: Engine) -> None:
        texts = [("old", "2019-01-01"), ("new", "2023-01-01"), ("older", "2001-01-01")]
        engine.update(Shelf(*(dated(id, date, "第一条　示例", title="示例条例") for id, date in texts)))
        assert engine.search("示例条例").hits[0].document == "new"

    def test_short_names_of_laws_are_understood(self, engine: Engine) -> None:
        article = section("art-26", "第二十六条　示例")
        engine.update(Shelf(of_sections("x", article, title="中华人民共和国行政诉讼法")))
        assert [(hit.anchor, hit.direct) for hit in engine.search("行诉法26").hits] == [("art-26", True)]
        assert "行诉法26” 所指的地方" in engine.search("行诉法26").notes[-1]
        absent = engine.search("行诉法27")
        assert not absent.hits and "没有这一条" in absent.notes[-1]

    @pytest.mark.parametrize(
        ("typed", "text", "kind"),
        [
            ("示例法", "中华人民共和国示例法", "title"),
            ("示例法第三条", "中华人民共和国示例法第三条", "place"),
            ("办事", "示例市办事办法", "title"),
            ("总", "总则的示例", "heading"),
            ("的示", "总则的示例", "heading"),
            ("zongz", "总则", "word"),
            ("ZZ", None, None),
            ("", None, None),
        ],
    )
    def test_suggestions_while_typing(self, engine: Engine, typed: str, text: str | None, kind: str | None) -> None:
        engine.update(CATALOGUE)
        found = engine.suggest(typed)
        assert [(one.text, one.kind) for one in found[:1]] == ([(text, kind)] if text else [])
        assert len({one.text for one in found}) == len(found) <= 8

    def test_a_question_finds_what_has_its_words_and_says_so(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", "申请人可以申请行政复议", "渔业资源"), document("b", "道路交通")))
        results = engine.search("怎样申请行政复议？")
        assert (results.total, results.related, places(results)) == (0, 1, [("a", "s-1")])
        assert not results.hits[0].literal and results.hits[0].highlights
        assert "词语相近" in results.notes[0]

    def test_literal_hits_come_before_those_with_like_words_and_are_counted_apart(self, engine: Engine) -> None:
        texts = ["申请行政复议", "行政复议的申请", "渔业资源", "行政复议"]
        engine.update(Shelf(document("a", *texts, "申请行政复议的期限"), document("b", *["渔业资源"] * 20)))
        results = engine.search("申请行政复议")
        assert (results.total, results.related, results.searched) == (2, 2, 25)
        assert [hit.literal for hit in results.hits] == [True, True, False, False]
        assert set(places(results)[:2]) == {("a", "s-1"), ("a", "s-5")}
        assert set(places(results)[2:]) == {("a", "s-2"), ("a", "s-4")}
        assert {*places(engine.search("申请行政复议 -期限"))} == {("a", "s-1"), ("a", "s-2"), ("a", "s-4")}

    def test_one_common_word_of_many_is_not_related(self, engine: Engine) -> None:
        common = [f"应当遵守规定{number}" for number in range(30)]
        engine.update(Shelf(document("a", "申请行政复议应当书面提出", *common)))
        results = engine.search("怎样书面提出行政复议应当规定")
        assert (results.related, places(results)) == (1, [("a", "s-1")])

    def test_pages_run_through_literal_and_related_hits(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", *["申请行政复议", "行政复议的申请"] * 5), document("b", *["渔业资源"] * 20)))
        whole = engine.search("申请行政复议", limit=100)
        assert (whole.total, whole.related, whole.listed) == (5, 5, len(whole.hits))
        for size in (1, 3, 4):
            pages = [engine.search("申请行政复议", size, offset) for offset in range(0, 12, size)]
            assert [hit for page in pages for hit in page.hits] == list(whole.hits)
            assert {(page.total, page.related) for page in pages} == {(5, 5)}

    @pytest.mark.parametrize("query", ["的 龘", "的 -和 龘"])
    def test_what_only_has_what_all_have_is_not_related(self, engine: Engine, query: str) -> None:
        engine.update(Shelf(document("a", *["示例的规定"] * 400, *["和示例的规定"] * 3)))
        assert engine.search(query).related == 0

    @pytest.mark.parametrize("best", [0, 150])
    def test_more_equal_ones_than_are_looked_at_again_come_once_and_in_order(self, engine: Engine, best: int) -> None:
        """Literal and related ones; `best`: so many of each stand before those that are equal."""
        equal = ["现在申请行政复议的示例", "行政复议的申请和示例"]
        better = [["申请行政复议"] * best, ["行政复议的申请"] * best]
        alike = [document(id, *equal * 140, *better[0], *better[1]) for id in ("c", "a", "b")]
        engine.update(Shelf(*alike, document("d", *["渔业资源"] * 4 * 3 * (140 + best))))
        paged = []
        for offset in range(0, 3 * 2 * (140 + best), 60):
            page = engine.search("申请行政复议", 60, offset)
            assert (page.total, page.related) == (3 * (140 + best), 3 * (140 + best))
            paged += places(page)
        assert sorted(set(paged)) == sorted(paged) and len(paged) == 3 * 2 * (140 + best)
        evens, odds = [[(id, f"s-{n}") for id in "abc" for n in range(start, 281, 2)] for start in (1, 2)]
        assert [place for place in paged if place in set(evens)] == evens
        assert [place for place in paged if place in set(odds)] == odds
        assert set(paged[: 3 * (140 + best)]) >= set(evens)

    def test_what_a_heading_says_comes_first(self, engine: Engine) -> None:
        texts = [
            section("s-1", "另见行政复议的规定和其他规定"),
            section("s-2", "行政复议\n依照本法。", heading="行政复议"),
        ]
        engine.update(Shelf(of_sections("a", *texts)))
        assert places(engine.search("行政复议"))[0] == ("a", "s-2")

    def test_snippet_shows_the_match_in_a_long_text(self, engine: Engine) -> None:
        text = "示例文字。" * 100 + "就在这里行政\n复议申请" + "后面的文字。" * 100
        engine.update(Shelf(document("a", text)))
        hit = engine.search("行政复议").hits[0]
        [(start, end)] = hit.highlights
        assert hit.snippet[start:end] == "行政\n复议" and hit.snippet in text and len(hit.snippet) <= 120

    def test_a_hit_says_where_it_stands(self, engine: Engine) -> None:
        child = section("ch-1-art-1", "第一条　目的")
        parent = section("ch-1", "第一章　总则", child, heading="第一章　总则")
        engine.update(Shelf(of_sections("某 法", parent, title="示例法")))
        hit = engine.search("目的").hits[0]
        assert (hit.document, hit.title, hit.issuer, hit.date) == ("某 法", "示例法", "示例机关", "2020-01-01")
        assert (hit.anchor, hit.heading_path, hit.url) == (
            "ch-1-art-1",
            ("第一章　总则",),
            "/d/%E6%9F%90%20%E6%B3%95#ch-1-art-1",
        )

    def test_pages_follow_one_another(self, engine: Engine) -> None:
        engine.update(Shelf(document("b", *["同样的文字"] * 6), document("a", *["同样的文字"] * 6)))
        whole = engine.search("文字", limit=100)
        paged = [place for offset in range(0, 15, 4) for place in places(engine.search("文字", limit=4, offset=offset))]
        assert whole.total == 12 and paged == places(whole)
        assert paged == [("a", f"s-{n}") for n in range(1, 7)] + [("b", f"s-{n}") for n in range(1, 7)]
        assert engine.search("文字", limit=0).total == 12 and not engine.search("文字", offset=12).hits

    @pytest.mark.parametrize(
        ("query", "sentence"),
        [
            ("", "请输入要查找的文字"),
            (" \u3000\n", "请输入要查找的文字"),
            ("\x00\ufffc", "请输入要查找的文字"),
            ("-行政", "只有要排除的词"),
            ("政" * 100_000, f"超过了上限 {MAX_QUERY:,}"),
        ],
    )
    def test_queries_that_cannot_be_searched(self, engine: Engine, query: str, sentence: str) -> None:
        engine.update(Shelf(document("a", "行政")))
        with pytest.raises(UsageError, match=sentence):
            engine.search(query)

    @pytest.mark.parametrize("query", ["！？……", '"', '""', "-", "--", "*", "\\", "(", "\ud800", "a" * MAX_QUERY])
    def test_odd_queries_are_searched_as_they_are(self, engine: Engine, query: str) -> None:
        engine.update(Shelf(document("a", "行政")))
        results = engine.search(query)
        assert results.total == 0 and "没有一节包含" in results.notes[-1]

    def test_unbalanced_quotes_are_plain_text_with_a_note(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", "申请行政复议")))
        results = engine.search('"行政复议')
        assert results.total == 1 and "引号没有成对" in results.notes[0]

    @pytest.mark.parametrize(("limit", "offset"), [(-1, 0), (MAX_LIMIT + 1, 0), (1, -1)])
    def test_pages_out_of_range(self, engine: Engine, limit: int, offset: int) -> None:
        with pytest.raises(UsageError, match="limit"):
            engine.search("行政", limit=limit, offset=offset)

    def test_no_index_yet(self, engine: Engine) -> None:
        for call in (lambda: engine.search("行政"), engine.stats):
            with pytest.raises(BadIndexError, match="kb index"):
                call()
        assert "kb index" in engine.check({})[0]

    def test_an_empty_corpus_is_an_index_without_sections(self, engine: Engine) -> None:
        engine.update(Shelf())
        assert engine.search("行政").total == 0
        assert (engine.stats().documents, engine.stats().sections) == (0, 0)
        assert engine.check({}) == []

    def test_only_what_changed_is_read(self, engine: Engine) -> None:
        shelf = Shelf(document("a", "甲"), document("b", "乙"), document("c", "丙"))
        seen: list[tuple[int, int]] = []
        outcome = engine.update(shelf, progress=lambda done, all: seen.append((done, all)))
        assert outcome.added == 3 and seen[-1] == (3, 3)
        shelf.read_ids.clear()
        shelf.put(document("b", "乙乙"))
        del shelf.documents["c"]
        shelf.put(document("d", "丁"))
        outcome = engine.update(shelf)
        assert (outcome.added, outcome.changed, outcome.removed, outcome.unchanged) == (1, 1, 1, 1)
        assert sorted(shelf.read_ids) == ["b", "d"]
        assert [engine.search(text).total for text in ("甲", "乙乙", "丙", "丁")] == [1, 1, 0, 1]
        assert engine.stats().documents == engine.stats().sections == 3

    def test_nothing_changed_is_no_new_state(self, engine: Engine) -> None:
        shelf = Shelf(document("a", "甲"))
        engine.update(shelf)
        before = engine.stats()
        assert engine.update(shelf).unchanged == 1 and engine.stats() == before

    def test_a_document_that_cannot_be_read_keeps_its_state(self, engine: Engine) -> None:
        shelf = Shelf(document("a", "甲"), document("b", "乙"))
        engine.update(shelf)
        shelf.unreadable = {"a", "new"}
        shelf.put(document("new", "新"))
        shelf.put(document("b", "乙二"))
        outcome = engine.update(shelf)
        assert len(outcome.problems) == 2 and outcome.changed == 1 and outcome.added == 0
        assert [engine.search(text).total for text in ("甲", "乙二", "新")] == [1, 1, 0]
        assert "新增 1 个文件、修改 1 个文件" in engine.check(shelf.fingerprints())[0]

    def test_check_tells_what_is_stale(self, engine: Engine) -> None:
        shelf = Shelf(document("a", "甲"), document("b", "乙"))
        engine.update(shelf)
        assert engine.check(shelf.fingerprints()) == []
        shelf.put(document("c", "丙"))
        del shelf.documents["a"]
        [problem] = engine.check(shelf.fingerprints())
        assert "新增 1 个文件、删除 1 个文件" in problem and "kb index" in problem

    def test_a_change_shows_to_who_has_the_index_open(self, tmp_path: Path) -> None:
        reader, writer = self.open(tmp_path / "index"), self.open(tmp_path / "index")
        shelf = Shelf(document("a", "甲乙丙"))
        writer.update(shelf)
        assert reader.search("甲乙").total == 1
        during: list[int] = []
        shelf.put(document("b", "甲乙丁"))
        writer.update(shelf, progress=lambda *_: during.append(reader.search("甲乙").total))
        assert during == [1] and reader.search("甲乙").total == 2

    def test_many_threads_search_while_the_index_changes(self, tmp_path: Path) -> None:
        reader, writer = self.open(tmp_path / "index"), self.open(tmp_path / "index")
        shelf = Shelf(document("a", "甲乙丙", "甲丁"))
        writer.update(shelf)
        changing = Event()
        changing.set()

        def watch() -> set[tuple[int, int]]:
            seen = set()
            while changing.is_set():
                results = reader.search("甲")
                seen.add((results.total, len(results.hits)))
            return seen

        with ThreadPoolExecutor(4) as pool:
            watching = [pool.submit(watch) for _ in range(4)]
            for number in range(6):
                shelf.put(document(f"b{number}", "甲戊"))
                writer.update(shelf)
            changing.clear()
            seen = set().union(*(future.result() for future in watching))
        assert seen <= {(number, number) for number in range(2, 9)} and reader.search("甲").total == 8

    def test_rebuild_starts_from_nothing_and_answers_the_same(self, engine: Engine) -> None:
        shelf = Shelf(document("a", "甲乙"), document("b", "甲丙"))
        engine.update(shelf)
        before = engine.search("甲").hits
        shelf.read_ids.clear()
        engine.update(shelf, rebuild=True)
        assert sorted(shelf.read_ids) == ["a", "b"] and engine.search("甲").hits == before

    @settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.lists(st.tuples(st.integers(0, 5), st.lists(st.text("甲乙丙丁", max_size=6), max_size=3)), max_size=4),
            max_size=14,
        )
    )
    def test_changes_in_any_order_answer_like_a_rebuild(
        self, tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[int, list[str]]]]
    ) -> None:
        changed = self.open(tmp_path_factory.mktemp("index"))
        shelf = Shelf()
        for changes in rounds:
            for number, texts in changes:
                if texts:
                    shelf.put(document(f"d{number}", *texts))
                else:
                    shelf.documents.pop(f"d{number}", None)
            changed.update(shelf)
        rebuilt = self.open(tmp_path_factory.mktemp("index"))
        rebuilt.update(shelf)
        changed.update(shelf)
        for query in ("甲", "甲乙", "乙丙丁", "甲 丁", "丁 -甲", "怎样丙丁甲乙"):
            assert self.answer(changed, query) == self.answer(rebuilt, query)

    @staticmethod
    def answer(engine: Engine, query: str) -> tuple[object, ...]:
        results = engine.search(query, limit=100)
        return results.total, results.related, results.hits, results.notes

    @pytest.mark.parametrize("order", ["relevance", "date", "rank"])
    @pytest.mark.parametrize("query", ["行政许可", "行政许可 示例", "行政许可怎样办理", '"行政许可"'])
    def test_hits_grouped_by_document(self, engine: Engine, query: str, order: Order) -> None:
        engine.update(GROUPED)
        plain = engine.search(query, 1000, order=order)
        first_class = [hit for hit in plain.hits if hit.literal]
        of: dict[str, list[str]] = {}
        for hits in (first_class, [hit for hit in plain.hits if not hit.literal]):
            known = set(of)
            for hit in hits:
                if hit.document not in known:
                    of.setdefault(hit.document, []).append(hit.anchor)
        expected = [(id, anchor) for id, anchors in of.items() for anchor in anchors[:SECTIONS_SHOWN]]
        grouped = engine.search(query, 1000, order=order, group="document")
        assert places(grouped) == expected and grouped.group == "document"
        assert (grouped.total, grouped.related) == (plain.total, plain.related)
        assert (grouped.documents, grouped.literal_documents) == (len(of), len({hit.document for hit in first_class}))
        pages = [engine.search(query, 2, start, order=order, group="document") for start in range(0, len(of) + 2, 2)]
        assert [place for page in pages for place in places(page)] == expected
        assert sum(value.total for value in grouped.facets["kind"]) == len(of)
        assert dict(grouped.sections) == {id: len(anchors) for id, anchors in of.items()}
        assert all(set(page.sections) == {hit.document for hit in page.hits} for page in pages)

    def test_documents_behind_a_long_one_are_listed_and_counted(self, engine: Engine) -> None:
        engine.update(LONG)
        self.behind_a_long_one(engine, "行政许可")

    def behind_a_long_one(self, engine: Engine, query: str) -> None:
        pages = [engine.search(query, 1, start, group="document") for start in range(3)]
        assert [len(page.hits) for page in pages] == [3, 2, 1] and {page.documents for page in pages} == {3}
        assert [dict(page.sections) for page in pages] == [{"a": 700}, {"b": 2}, {"c": 1}]
        assert places(engine.search(query, 3, group="document")) == [place for page in pages for place in places(page)]

    def test_facets_of_documents_count_documents(self, engine: Engine) -> None:
        engine.update(GROUPED)
        grouped = engine.search("行政许可", group="document")
        for value in grouped.facets["kind"]:
            chosen = (Condition("kind", (value.value,), whole=True),)
            narrowed = engine.search("行政许可", conditions=chosen, group="document")
            assert narrowed.documents == value.total
            assert {one.value: one.total for one in narrowed.facets["kind"]} == {
                one.value: one.total for one in grouped.facets["kind"]
            }

    def test_a_page_of_sections_counts_no_documents(self, engine: Engine) -> None:
        engine.update(GROUPED)
        assert engine.search("行政许可").documents == 0 == engine.search("行政许可").literal_documents

    def test_the_foot_of_a_page_in_a_paste_excludes_nothing(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", SENTENCE, "其他"), document("b", "与此无关的示例文字")))
        results = engine.search(f"{SENTENCE[:9]}\n- 12 -\n{SENTENCE[9:]}")
        assert (results.total, places(results)) == (1, [("a", "s-1")]) and "“- 12 -”" in results.notes[-1]
        hit = results.hits[0]
        assert [hit.snippet[start:end] for start, end in hit.highlights] == [SENTENCE]

    def test_of_several_pieces_it_is_said_which_are_not_there(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", f"第一条　{SENTENCE}。", f"第二条　{OTHER}。"), document("b", "无关")))
        results = engine.search(f"第一条　{SENTENCE}。\n第二条　{OTHER}。\n第三条　这一条哪里也没有。")
        assert (results.total, set(places(results))) == (2, {("a", "s-1"), ("a", "s-2")})
        assert "没有找到的有 1 段" in results.notes[-1] and "第三条" in results.notes[-1]

    def test_blanks_join_before_they_part(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", "自2021年1月1日起施行", "2021年的示例自1月起"), document("b", "示例 2021")))
        joined = engine.search("自 2021 年 1 月 1 日起施行")
        assert joined.total == 1 and places(joined)[0] == ("a", "s-1")
        parted = engine.search("示例自 2021 年")
        assert (parted.total, places(parted)[0]) == (1, ("a", "s-2")) and "按空格分开找的" in parted.notes[-1]

    @pytest.mark.parametrize(
        ("slip", "distance", "differs"),
        [
            (SENTENCE.replace("受理", "受"), 1, ""),
            (SENTENCE.replace("作出", "做出"), 1, ""),
            (SENTENCE.replace("六十", "三十"), 1, "数字"),
            (SENTENCE.replace("应当", "可以"), 2, "应当"),
        ],
    )
    def test_the_nearest_wording_is_offered_with_its_place(
        self, engine: Engine, slip: str, distance: int, differs: str
    ) -> None:
        engine.update(Shelf(document("a", "其他", f"前文。{SENTENCE}；后文。"), document("b", "与此无关的示例文字")))
        results = engine.search(slip)
        near = results.nearest[0]
        assert (results.total, near.text, near.document, near.anchor) == (0, SENTENCE, "a", "s-2")
        assert (near.distance, near.total) == (distance, 1) and differs in "".join(near.differs)
        assert bool(near.differs) == bool(differs)
        assert "".join(each.text for each in near.difference if each.kind != "deleted") == SENTENCE

    @pytest.mark.parametrize(
        "named",
        [
            "示例法第一百零七条",
            "《示例办法》第九条第二款",
            "示例条例（试行） 第12条",
            "示府〔2021〕17号",
            "示府2021 17号",
            "示例部令第708号",
            "有例条例第九十条",
        ],
    )
    def test_what_is_named_is_not_nearly_something_else(self, engine: Engine, named: str) -> None:
        texts = (
            "依照示例法第一百零一条",
            "按《示例办法》第七条第二款办",
            "示府〔2022〕17号",
            "示例部令第707号",
            "示例条例试行第11条",
        )
        engine.update(Shelf(document("a", *texts), document("b", "第一条 其他", title="有例条例")))
        results = engine.search(named)
        assert (results.total, results.nearest) == (0, ())

    def test_nothing_is_offered_as_near_that_does_not_differ(self, engine: Engine) -> None:
        engine.update(
            Shelf(
                *(
                    of_sections(kind, section("s-1", text), kind=kind)
                    for kind, text in (("通知", SENTENCE), ("办法", OTHER))
                )
            )
        )
        results = engine.search(SENTENCE, conditions=(Condition("kind", ("办法",), whole=True),))
        assert results.total == 0 and all(each.distance or not each.document for each in results.nearest)

    @pytest.mark.parametrize(
        "typed", ["示例法修正案十二", "示例法修正案12", "示例法修正案（十二）", "《示例法修正案（十二）》"]
    )
    def test_a_serial_is_found_with_and_without_its_brackets(self, engine: Engine, typed: str) -> None:
        engine.update(
            Shelf(
                document("a", "一、其他", title="示例法修正案"),
                document("b", "一、其他", title="示例法修正案（十二）"),
                document("c", "一、其他", title="示例法修正案（二）"),
            )
        )
        results = engine.search(typed)
        assert [hit.document for hit in results.hits if hit.direct] == ["b"]

    def test_each_sentence_of_a_text_is_traced(self, engine: Engine) -> None:
        engine.update(
            Shelf(
                document("a", f"第一条　{SENTENCE}。{OTHER}。", "其他", title="示例办法"),
                document("b", f"前文，{OTHER}。", title="示例通知"),
            )
        )
        text = f"{SENTENCE}。\n- 3 -\n{OTHER.replace('应当及时', '可以')}；这一句哪里也没有出现过。好的。"
        found = engine.origins(text)
        assert [one.status for one in found] == ["found", "changed", "not found", "too short"]
        assert [text[one.start : one.end] for one in found] == [one.text for one in found]
        assert [(place.document, place.anchor) for place in found[0].places] == [("a", "s-1")]
        nearest = found[1].nearest
        assert nearest and nearest.document in "ab" and "应当" in "".join(nearest.differs)

    def test_a_text_is_traced_to_the_document_of_its_other_sentences(self, engine: Engine) -> None:
        engine.update(Shelf(document("a", f"{OTHER}。"), document("b", f"{SENTENCE}。{OTHER}。")))
        first, second = engine.origins(f"{SENTENCE}。{OTHER}。")
        assert (first.total, second.total) == (1, 2)
        assert [place.document for place in (*first.places, second.places[0])] == ["b", "b"]

    @pytest.mark.parametrize(("text", "sentence"), [(" \n", "请粘贴"), ("政" * (MAX_PASTE + 1), "超过了上限")])
    def test_texts_that_cannot_be_traced(self, engine: Engine, text: str, sentence: str) -> None:
        engine.update(Shelf(document("a", "行政")))
        with pytest.raises(UsageError, match=sentence):
            engine.origins(text)
