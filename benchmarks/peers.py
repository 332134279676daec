"""Other search engines over the same sections, asked the same: what `benchmarks/search.py` compares with.

Each builds an index in a folder and answers the numbers of the best sections. The words are jieba's in all of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kb.chinese.identity import fold
from kb.search.query import ranking
from kb.search.query.analysis import terms, words
from kb.search.query.query import parse


@dataclass(frozen=True, slots=True)
class Passage:
    """A section as it is indexed; `kind` is its document's 文种."""

    title: str
    path: str
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, of a `group`, as typed; a 文种 it is narrowed to, "" for none; the first hit wanted, from 0."""

    group: str
    query: str
    kind: str = ""
    offset: int = 0


class Peer(Protocol):
    """An engine to compare with. `name` as it stands in the tables."""

    name: str

    def __init__(self, folder: Path) -> None: ...

    def build(self, passages: Iterable[Passage]) -> None:
        """Index the passages, numbered as they come."""

    def search(self, asked: Asked) -> list[int]:
        """Return ten sections, best first."""


def own_words(query: str) -> list[str]:
    """Return the words of a query as the engines are asked for them."""
    return [word for string in parse(query).required for word in words(string) if any(map(str.isalnum, word))]


class Usual:
    """Whoosh as usually written: three TEXT fields, jieba's ChineseAnalyzer, its own scorer and query parser."""

    name = "Whoosh 通常写法"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._searcher: Any = None

    def build(self, passages: Iterable[Passage]) -> None:
        import jieba
        from jieba.analyse import ChineseAnalyzer
        from whoosh.fields import ID, NUMERIC, TEXT, Schema
        from whoosh.index import create_in

        jieba.setLogLevel("ERROR")
        jieba.dt.tmp_dir = str(self._folder)  # a private place for its cached dictionary
        text = TEXT(analyzer=ChineseAnalyzer())
        schema = Schema(number=NUMERIC(stored=True), title=text, path=text, text=text, kind=ID)
        writer = create_in(self._folder, schema).writer(limitmb=512)
        for number, each in enumerate(passages):
            writer.add_document(number=number, title=each.title, path=each.path, text=each.text, kind=each.kind or "无")
        writer.commit()

    def search(self, asked: Asked) -> list[int]:
        from whoosh.index import open_dir
        from whoosh.qparser import MultifieldParser, OrGroup
        from whoosh.query import Term

        if self._searcher is None:
            index = open_dir(self._folder)
            self._searcher = index.searcher()
            self._parser = MultifieldParser(["title", "path", "text"], index.schema, group=OrGroup)
        query = self._parser.parse(asked.query)
        narrowed = Term("kind", asked.kind) if asked.kind else None
        hits = self._searcher.search(query, limit=asked.offset + 10, filter=narrowed)
        return [hit["number"] for hit in hits[asked.offset :]]


class Fts5:
    """SQLite's full-text index, asked for any of the words, or the phrase where the query is quoted; bm25 weighs fields."""

    tokenizer, name = "unicode61", "SQLite FTS5（结巴词）"

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / "fts5.db")

    def build(self, passages: Iterable[Passage]) -> None:
        columns = f"title, path, text, kind UNINDEXED, content='', tokenize='{self.tokenizer}'"
        self._database.execute(f"CREATE VIRTUAL TABLE section USING fts5({columns})")
        self._database.execute("CREATE TABLE kind (number INTEGER PRIMARY KEY, kind TEXT)")
        for number, each in enumerate(passages):
            row = (number, *map(self.prepared, (each.title, each.path, each.text)), each.kind)
            self._database.execute("INSERT INTO section (rowid, title, path, text, kind) VALUES (?, ?, ?, ?, ?)", row)
            self._database.execute("INSERT INTO kind VALUES (?, ?)", (number, each.kind))
        self._database.execute("INSERT INTO section (section) VALUES ('optimize')")
        self._database.commit()

    def prepared(self, text: str) -> str:
        return " ".join(words(fold(text)))

    def matched(self, asked: Asked) -> str:
        if parse(asked.query).exact:
            return f'"{" ".join(own_words(asked.query))}"'
        return " OR ".join(f'"{word}"' for word in own_words(asked.query))

    def search(self, asked: Asked) -> list[int]:
        matched = self.matched(asked)
        if not matched.strip('"'):
            return []
        joined = "JOIN kind ON kind.number = section.rowid AND kind.kind = ?" if asked.kind else ""
        found = self._database.execute(
            f"SELECT section.rowid FROM section {joined} WHERE section MATCH ? "
            "ORDER BY bm25(section, 1.5, 1.5, 1.0) LIMIT 10 OFFSET ?",
            (*([asked.kind] if asked.kind else []), matched, asked.offset),
        )
        return [row[0] for row in found]


class Fts5Trigram(Fts5):
    """The same by runs of three characters: every query is a string, as typed; shorter ones than three find nothing."""

    tokenizer, name = "trigram", "SQLite FTS5（三元字）"

    def prepared(self, text: str) -> str:
        return fold(text)

    def matched(self, asked: Asked) -> str:
        strings = [string.replace('"', '""') for string in parse(asked.query).required if len(string) > 2]
        return " AND ".join(f'"{string}"' for string in strings)


class Tantivy:
    """Tantivy, with the very terms and weights of this engine: words and pairs of characters over three fields."""

    name = "Tantivy"

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._library, fields = tantivy, tantivy.SchemaBuilder()
        for name in ranking.FIELDS:
            fields.add_text_field(name, stored=False, tokenizer_name="whitespace", index_option="freq")
        fields.add_text_field("kind", stored=False, tokenizer_name="raw", index_option="basic")
        fields.add_integer_field("number", stored=False, fast=True)
        self._schema = fields.build()
        self._index = tantivy.Index(self._schema, path=str(folder))
        self._searcher: Any = None

    def build(self, passages: Iterable[Passage]) -> None:
        writer = self._index.writer(300_000_000, 1)
        for number, each in enumerate(passages):
            parts = {"title": each.title, "path": each.path, "text": each.text}
            told = {name: " ".join(_printable(part)) for name, part in parts.items()}
            writer.add_document(self._library.Document(**told, kind=each.kind or "无", number=number))
        writer.commit()
        writer.wait_merging_threads()

    def search(self, asked: Asked) -> list[int]:
        if self._searcher is None:
            self._index.reload()
            self._searcher = self._index.searcher()
        kinds, every = self._library.Query, self._library.Occur
        should = [
            (every.Should, kinds.boost_query(kinds.term_query(self._schema, name, term, "freq"), weight * field.weight))
            for term, weight in ranking.terms(parse(asked.query).required).items()
            for name, field in ranking.FIELDS.items()
        ]
        query = kinds.boolean_query(should)
        if asked.kind:
            narrowed = kinds.term_query(self._schema, "kind", asked.kind, "basic")
            query = kinds.boolean_query([(every.Must, query), (every.Must, narrowed)])
        return [address.doc for _, address in self._searcher.search(query, 10, offset=asked.offset, count=False).hits]


def _printable(text: str) -> Iterator[str]:
    return (term for term in terms(fold(text)) if not any(map(str.isspace, term)))


PEERS: tuple[type[Peer], ...] = (Usual, Fts5, Fts5Trigram, Tantivy)
