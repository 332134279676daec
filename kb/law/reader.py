"""The store of citations, read: what documents there are, what they are called, what they name and say of themselves."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.law.records import Cited, Edition
from kb.law.statements import Statement
from kb.law.terms import Term

_KNOWN = "number, id, source, title, document_number, issuer, kind, date, effective, copy, retrieved"
_FOUND = 'document, anchor, start, "end", text, kind, name, place, key, also, relation, sentence, edition'


@dataclass(frozen=True, slots=True)
class Known:
    """A document as the store knows it. `date` (ISO 8601) is when its text was made, or published where that is not known.

    Documents of one `copy` (see `kb.law.records.copy_key`) are copies of one another; `retrieved` tells which was there first.
    """

    number: int
    id: str
    source: str
    title: str
    document_number: str
    issuer: str
    kind: str
    date: str
    effective: str
    copy: str = ""
    retrieved: str = ""

    def is_copy_of(self, other: Known) -> bool:
        """Return whether both are one document, kept once or from two places."""
        return self.number == other.number or bool(self.copy and self.copy == other.copy)


@dataclass(frozen=True, slots=True)
class Found:
    """A citation as it is kept: see `kb.law.find.Citation`; `document` is the number of the citing one.

    `sentence` is the one it stands in, kept where it has a `relation`; `edition` the text of the law that the author names.
    """

    document: int
    anchor: str
    start: int
    end: int
    text: str
    kind: str
    name: str
    place: str
    key: str
    also: str
    relation: str
    sentence: str
    edition: str = ""

    @classmethod
    def of(cls, document: int, cited: Cited) -> Found:
        """Return a citation that was just found in a text of a document, as it would be kept."""
        each = cited.citation
        place = (each.anchor, each.start, each.end, each.text, each.kind, each.name, each.place)
        return cls(document, *place, cited.key, cited.also, cited.relation, cited.sentence, each.edition)


@dataclass(frozen=True, slots=True)
class Called:
    """A document that has a name: `anchor` is the part of it that is called so, "" for the whole; low ranks are sure."""

    document: int
    anchor: str
    rank: int


class Reader:
    """Answers from an open store."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._documents: dict[int, Known] = {}

    def document(self, id: str) -> Known | None:
        """Find a document by its id."""
        row = self._database.execute(f"SELECT {_KNOWN} FROM document WHERE id = ?", (id,)).fetchone()
        return Known(*row) if row else None

    def by_number(self, number: int) -> Known:
        """Return the document with a number that the store gave out."""
        if number not in self._documents:
            row = self._database.execute(f"SELECT {_KNOWN} FROM document WHERE number = ?", (number,)).fetchone()
            self._documents[number] = Known(*row)
        return self._documents[number]

    def documents(self) -> Iterator[Known]:
        """Yield every document, by id."""
        for row in self._database.execute(f"SELECT {_KNOWN} FROM document ORDER BY id"):
            yield Known(*row)

    def copies(self, document: Known) -> list[Known]:
        """Return the other copies of a document, in the order in which they were fetched."""
        query = f"SELECT {_KNOWN} FROM document WHERE copy = ? AND copy != '' AND number != ? ORDER BY retrieved, id"
        return [Known(*row) for row in self._database.execute(query, (document.copy, document.number))]

    def called(self, key: str) -> list[Called]:
        """Return the documents that have a name, the surest first."""
        rows = self._database.execute("SELECT document, anchor, rank FROM name WHERE key = ? ORDER BY rank", (key,))
        return [Called(*row) for row in rows]

    def names(self, document: int) -> list[tuple[str, int]]:
        """Return (key, rank) of a document's names."""
        return list(self._database.execute("SELECT key, rank FROM name WHERE document = ?", (document,)))

    def editions(self, document: int) -> list[Edition]:
        """Return the texts of a document, the newest first."""
        query = "SELECT version, made, since, anchors FROM edition WHERE document = ?"
        rows = self._database.execute(query, (document,))
        found = [Edition(version, made, since, _unpacked(anchors)) for version, made, since, anchors in rows]
        return sorted(found, key=lambda each: (not each.version, each.since or each.made), reverse=True)

    def horizon(self, today: str, source: str = "") -> str:
        """Return the day up to which a source's documents, or all, can tell what happened: that of the newest made by today."""
        among = " AND source = ?" if source else ""
        given = (today, source) if source else (today,)
        found = self._database.execute(f"SELECT max(date) FROM document WHERE date <= ?{among}", given).fetchone()[0]
        return str(found or "")

    def of_series(self) -> list[Known]:
        """Return the documents that begin a numbered series: those whose title ends in （一）."""
        query = f"SELECT {_KNOWN} FROM document WHERE title LIKE '%（一）' OR title LIKE '%(一)'"
        return [Known(*row) for row in self._database.execute(query)]

    def citations(self, document: int, relation: str = "") -> list[Found]:
        """Return what a document cites, in the order of its text; all, or that of a relation."""
        query = (
            f"SELECT {_FOUND} FROM citation WHERE document = ?{' AND relation = ?' if relation else ''} ORDER BY rowid"
        )
        given = (document, relation) if relation else (document,)
        return [Found(*row) for row in self._database.execute(query, given)]

    def naming(self, keys: Sequence[str], *relations: str) -> list[Found]:
        """Return every citation that names something by one of these keys, all or those of some relations."""
        marks = ",".join("?" * len(keys))
        among = f" AND relation IN ({','.join('?' * len(relations))})" if relations else ""
        query = " UNION ".join(
            f"SELECT {_FOUND} FROM citation WHERE {column} IN ({marks}) AND {column} != ''{among}"
            for column in ("key", "also")
        )
        return [Found(*row) for row in self._database.execute(query, (*keys, *relations) * 2)]

    def statements(self, document: int) -> list[Statement]:
        """Return what a document says of its own standing."""
        query = "SELECT what, day, anchor, sentence FROM statement WHERE document = ?"
        return [Statement(*row) for row in self._database.execute(query, (document,))]

    def terms(self, document: int) -> list[Term]:
        """Return the words that a document defines, in the order of its text."""
        query = 'SELECT anchor, term, meaning, start, "end", scope FROM term WHERE document = ? ORDER BY rowid'
        return [Term(*row) for row in self._database.execute(query, (document,))]

    def defining(self, term: str) -> list[tuple[Known, Term]]:
        """Return every definition of a word, the newest document first."""
        query = 'SELECT document, anchor, term, meaning, start, "end", scope FROM term WHERE term = ?'
        found = [(self.by_number(row[0]), Term(*row[1:])) for row in self._database.execute(query, (term,))]
        return sorted(found, key=lambda each: (each[0].date, each[0].id), reverse=True)

    def related(self, *relations: str) -> list[Found]:
        """Return every citation by which some document repeals, amends … another."""
        marks = ",".join("?" * len(relations))
        query = f"SELECT {_FOUND} FROM citation WHERE relation IN ({marks}) AND relation != ''"
        return [Found(*row) for row in self._database.execute(query, relations)]

    def revision(self) -> int:
        """Return a number that changes with every change of the store."""
        number: int = self._database.execute("SELECT number FROM revision").fetchone()[0]
        return number

    def lacking(self) -> list[tuple[str, str, int, int, str]]:
        """Return (key, a name as printed, citations, citing documents, body) of everything that is named and not there.

        A title that begins with 关于 leaves out its issuer: `body`, that of the citing document, keeps those apart, and joins
        them with what names it; "" where all do.

        The number after a title, 《…》（国发〔2019〕5号）, is no name of its own; what was not understood is none at all.
        """
        query = (
            "SELECT min(key), min(name), count(*), count(DISTINCT document), max(CASE WHEN key LIKE '关于%' THEN issuer ELSE '' END)"
            " FROM citation JOIN document ON document.number = citation.document WHERE key != '' AND citation.kind != 'unmarked'"
            " AND NOT (citation.kind = 'number' AND also != '') AND NOT EXISTS (SELECT 1 FROM name WHERE name.key = citation.key)"
            " AND NOT EXISTS (SELECT 1 FROM name WHERE name.key = citation.also) GROUP BY CASE WHEN key LIKE '关于%' THEN issuer || key ELSE key END"
        )
        return list(self._database.execute(query))


def _unpacked(packed: bytes) -> dict[str, str]:
    lines = zlib.decompress(packed).decode().split("\n")
    return {anchor: digest for anchor, _, digest in (line.partition("\t") for line in lines) if anchor}
