"""The one module that knows Whoosh: segments on disk, written and read as arrays.

Whoosh gives immutable segments, a term dictionary, stored fields and a table of contents that changes in one step.
Its posting lists are made of Python objects, so its codec is exchanged, at the place Whoosh has for that: a section
comes in as one bag of terms, a posting list goes out as section numbers and counts that numpy reads where they lie.
"""

from __future__ import annotations

import os
import pickle
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from io import BytesIO
from itertools import count, takewhile
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np
import whoosh
from numpy.typing import NDArray
from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3TermsReader
from whoosh.columns import VarBytesColumn
from whoosh.fields import FieldType, Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import BufferFile, StructFile
from whoosh.formats import Existence
from whoosh.index import FileIndex
from whoosh.reading import SegmentReader
from whoosh.writing import SegmentWriter

from kb.base.deadline import checked
from kb.base.errors import BadIndexError
from kb.search.answer.section_record import Batch
from kb.search.embedded.generations import REBUILD

Numbers = NDArray[np.int64]
Integers = NDArray[np.integer[Any]]

SEGMENT_LIMIT = 65_536
"""Sections in a segment at most: their numbers fit 16 bits, and what a writer holds in memory is bounded."""

LENGTHS = ""
"""The term under which a field keeps the length (number of terms) of each section's text."""

_ONE = struct.Struct("<HB")
_LIST = struct.Struct("<IQB")
_EMPTY = _LIST.pack(0, 0, 0)
_REMEMBERED = 4096
_FEW_SEGMENTS = 10


def library() -> str:
    """Name the installed library and its version: an index is written anew when it changes."""
    return f"Whoosh {whoosh.versionstring()}"


class _Terms(FieldType):  # type: ignore[misc]
    """A field that sections are found by. Its postings go to the pool whole, not value by value."""

    def __init__(self) -> None:
        self.format = Existence()
        self.analyzer = self.vector = self.column_type = None
        self.indexed = True
        self.scorable = self.stored = self.unique = False


class _Kept(FieldType):  # type: ignore[misc]
    """A column of bytes."""

    def __init__(self) -> None:
        self.format = self.analyzer = self.vector = None
        self.column_type = VarBytesColumn()
        self.indexed = self.scorable = self.unique = self.stored = False

    def to_column_value(self, value: bytes) -> bytes:
        """Return the bytes to keep."""
        return value


_FOLDED, _STORED = _Kept(), _Kept()


class _Mapped(BufferFile):  # type: ignore[misc]
    """A file mapped into memory: many threads read it at once, and it outlives its name in the folder."""

    def __init__(self, path: Path) -> None:
        self._name, self.is_real, self.is_closed, self.onclose = path.name, False, False, None
        with path.open("rb") as file:
            self.file = mmap(file.fileno(), 0, access=ACCESS_READ) if path.stat().st_size else BytesIO()
        self._buf = self.file if isinstance(self.file, mmap) else b""

    def read_pickle(self) -> object:
        """Return the object that Whoosh wrote here, if it is of a kind that Whoosh writes. Raises BadIndexError."""
        return _KnownKinds(self.file).load()


class _KnownKinds(pickle.Unpickler):
    """Reads what Whoosh pickles, and nothing that runs other code: an index may come from another machine."""

    def find_class(self, module: str, name: str) -> object:
        """Return a class that Whoosh's table of contents names. Raises BadIndexError for any other."""
        if (module, name) not in _KINDS:
            raise BadIndexError(f"索引里有不属于它的内容（{module}.{name}），没有运行它：{REBUILD}。")
        return super().find_class(module, name)


_KINDS = {
    ("whoosh.codec.whoosh3", "W3Segment"),
    (__name__, "ArrayCodec"),
    ("builtins", "set"),
    ("collections", "defaultdict"),
    ("builtins", "int"),
}


class _Storage(FileStorage):  # type: ignore[misc]
    """A folder whose files are read through memory maps. Remembers what it opened for writing, to close it whatever happens."""

    def __init__(self, folder: str, created: list[StructFile] | None = None) -> None:
        super().__init__(folder)
        self._created = [] if created is None else created

    def create_file(self, name: str, **options: Any) -> StructFile:
        """Open a new file for writing."""
        self._created.append(super().create_file(name, **options))
        return self._created[-1]

    def temp_storage(self, name: str) -> _Storage:
        """Make a folder inside this one."""
        storage: _Storage = _Storage(str(Path(self.folder, name)), self._created).create()
        return storage

    def close_created(self) -> None:
        """Close every file that is still open for writing; what is in it is of no use then."""
        for created in self._created:
            with suppress(OSError):
                created.file.close()

    def open_file(self, name: str, **_: Any) -> _Mapped:
        """Open an existing file for reading."""
        return _Mapped(Path(self.folder, name))

    def list(self) -> list[str]:
        """Name the files. Whoosh's own answers that there are none when it cannot look."""
        return os.listdir(self.folder)  # noqa: PTH208 — names, not paths


class _Pool:
    """Gathers the postings of one segment as arrays; takes the place of Whoosh's sorting pool."""

    def __init__(self) -> None:
        self.fields: dict[str, _Gathered] = defaultdict(_Gathered)

    def add(self, field: str, terms: Iterable[str], numbers: Integers, sections: Integers, counts: Integers) -> None:
        """Take postings: the term at each of `numbers` in `terms` stands in a section so many times."""
        self.fields[field].add(terms, numbers, sections, counts)

    def iter_postings(self) -> _Pool:
        """Return what the field writer gets: this pool."""
        return self

    def cleanup(self) -> None:
        """Forget everything."""
        self.fields.clear()


class _Gathered:
    """The postings of one field: parallel chunks of term numbers, sections and counts."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        self._terms: list[NDArray[np.uint32]] = []
        self._sections: list[NDArray[np.uint16]] = []
        self._counts: list[NDArray[np.uint8]] = []

    def add(self, terms: Iterable[str], numbers: Integers, sections: Integers, counts: Integers) -> None:
        own = np.fromiter(map(self._numbers.__getitem__, terms), np.uint32)
        self._terms.append(own[numbers])
        self._sections.append(sections.astype(np.uint16))
        self._counts.append(counts.astype(np.uint8))

    def lists(self) -> Iterator[tuple[bytes, NDArray[np.uint16], NDArray[np.uint8]]]:
        """Yield (term in UTF-8, sections ascending, counts), in the order of the terms' bytes."""
        terms = np.concatenate(self._terms)
        order = np.argsort(terms, kind="stable")  # a term's sections came in ascending order
        sections, counts = np.concatenate(self._sections)[order].astype("<u2"), np.concatenate(self._counts)[order]
        ends = np.cumsum(np.bincount(terms, minlength=len(self._numbers))).tolist()
        for term, number in sorted((term.encode(), number) for term, number in self._numbers.items()):
            start = ends[number - 1] if number else 0
            yield term, sections[start : ends[number]], counts[start : ends[number]]

    def lengths(self) -> NDArray[np.uint32]:
        """Return how many terms each section has, repeated ones counted."""
        weights = np.concatenate(self._counts).astype(np.float64)
        return np.bincount(np.concatenate(self._sections), weights).astype("<u4")


class _FieldWriter(W3FieldWriter):  # type: ignore[misc]
    """Writes a pool's posting lists: one section is kept beside its term, more go to the postings file."""

    def add_postings(self, schema: Schema, _: None, pool: _Pool) -> None:
        for field, gathered in sorted(pool.fields.items()):
            self.start_field(field, schema[field])
            self._prefix = struct.pack("!H", self._fieldid)
            lengths = gathered.lengths()
            self._add(LENGTHS.encode(), len(lengths), 0, lengths.tobytes())
            for term, sections, counts in gathered.lists():
                if len(sections) == 1:
                    self._tindex.add(self._prefix + term, _ONE.pack(sections[0], counts[0]))
                else:
                    times = counts.tobytes()
                    repeated = times.count(1) < len(times)
                    self._add(term, len(sections), repeated, sections.tobytes() + (times if repeated else b""))
            self.finish_field()

    def _add(self, term: bytes, number: int, repeated: int, data: bytes) -> None:
        self._tindex.add(self._prefix + term, _LIST.pack(number, self._postfile.tell(), repeated))
        self._postfile.write(data)


class _TermsReader(W3TermsReader):  # type: ignore[misc]
    """Reads what `_FieldWriter` wrote."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        # A query asks for a term's frequency, for its sections, and often for both again in its next reading.
        self._about = lru_cache(_REMEMBERED)(self._looked_up)

    def postings(self, field: str, term: str) -> tuple[Numbers, Numbers]:
        """Return (sections ascending, counts); both empty when the term does not occur."""
        return self._decode(self._about(field, term))

    def frequency(self, field: str, term: str) -> int:
        """Return how many sections have a term, deleted ones among them."""
        value = self._about(field, term)
        return 1 if len(value) == _ONE.size else int(_LIST.unpack(value)[0])

    def _looked_up(self, field: str, term: str) -> bytes:
        """Return what is kept beside a term: its one section, or where its list is."""
        found: bytes = self._tindex.get(self._keycoder(field, term.encode()), _EMPTY)
        return found

    def lengths(self, field: str, sections: int) -> Numbers:
        """Return the number of terms of each of the segment's sections."""
        number, offset, _ = _LIST.unpack(self._looked_up(field, LENGTHS))
        lengths = np.zeros(sections, np.int64)
        lengths[:number] = np.frombuffer(self._postfile.get(offset, 4 * number), "<u4")
        return lengths

    def lists(self, field: str) -> Iterator[tuple[str, Numbers, Numbers]]:
        """Yield (term, sections, counts) of every posting list of a field."""
        prefix = self._keycoder(field, b"")
        for key, value in self._tindex.items_from(prefix):
            if not key.startswith(prefix):
                return
            if key != prefix:
                yield key[len(prefix) :].decode(), *self._decode(value)

    def starting(self, field: str, start: str) -> Iterator[str]:
        """Yield the terms of a field that start with something, ascending."""
        name = self._keycoder(field, b"")
        prefix = name + start.encode()
        for key in takewhile(lambda key: key.startswith(prefix), self._tindex.keys_from(prefix)):
            if key != name:
                yield key[len(name) :].decode()

    def _decode(self, value: bytes) -> tuple[Numbers, Numbers]:
        if len(value) == _ONE.size:
            section, times = _ONE.unpack(value)
            return np.array([section], np.int64), np.array([times], np.int64)
        number, offset, repeated = _LIST.unpack(value)
        data = self._postfile.get(offset, (3 if repeated else 2) * number)
        sections = np.frombuffer(data, "<u2", number).astype(np.int64)
        counts = np.frombuffer(data, np.uint8, number, 2 * number) if repeated else np.ones(number)
        return sections, counts.astype(np.int64)


class ArrayCodec(W3Codec):  # type: ignore[misc]
    """Whoosh's codec with posting lists as arrays. Pickled into the table of contents by name."""

    length_stats = False

    def field_writer(self, storage: Any, segment: Any) -> _FieldWriter:
        """Make the writer of a new segment's postings."""
        return _FieldWriter(self, storage, segment)

    def terms_reader(self, storage: Any, segment: Any) -> _TermsReader:
        """Open a segment's terms and postings."""
        name = segment.make_filename(self.TERMS_EXT)
        postings = segment.open_file(storage, self.POSTS_EXT)
        return _TermsReader(self, storage.open_file(name), storage.file_length(name), postings)


class _Segment:
    """An immutable segment, opened; `first` is the number of its first section among all."""

    def __init__(self, storage: _Storage, segment: Any, first: int) -> None:
        codec = segment.codec()
        self.id, self.first, self.size = segment.segment_id(), first, segment.doc_count_all()
        self.terms: _TermsReader = codec.terms_reader(storage, segment)
        columns = codec.per_document_reader(storage, segment)
        self.folded = columns.column_reader("folded", _FOLDED.column_type)
        self.stored = columns.column_reader("stored", _STORED.column_type)
        self.deleted = np.fromiter(segment.deleted_docs(), np.int64)


class Reader:
    """One state of the index, open for reading from many threads. Sections are numbered from 0 across segments.

    Damaged files show as exceptions of any kind: callers verify the files first.
    """

    def __init__(self, folder: Path, fields: Iterable[str]) -> None:
        storage = _Storage(str(folder))
        self._segments: list[_Segment] = []
        self.size = 0
        for segment in _open(storage, fields)._segments():
            self._segments.append(_Segment(storage, segment, self.size))
            self.size += self._segments[-1].size
        self.live = np.ones(self.size, bool)
        for opened in self._segments:
            self.live[opened.first + opened.deleted] = False

    def postings(self, field: str, term: str) -> tuple[Numbers, Numbers]:
        """Return the sections whose `field` has `term`, ascending, and how often; deleted ones are left out."""
        found = [(opened.first, *opened.terms.postings(field, term)) for opened in self._segments]
        sections = _joined(first + sections for first, sections, _ in found)
        counts = _joined(counts for _, _, counts in found)
        live = self.live[sections]
        return (sections, counts) if live.all() else (sections[live], counts[live])

    def lists(self, field: str) -> Iterator[tuple[str, Numbers]]:
        """Yield (term, sections) of a field, segment by segment, deleted sections left out."""
        for opened in self._segments:
            for term, sections, _ in opened.terms.lists(field):
                numbers = opened.first + sections
                if len(numbers := numbers[self.live[numbers]]):
                    yield term, numbers

    def starting(self, field: str, start: str = "") -> Iterator[str]:
        """Yield the terms of a field that start with something, each once, those of deleted sections among them."""
        return iter(dict.fromkeys(term for opened in self._segments for term in opened.terms.starting(field, start)))

    def lengths(self, field: str) -> Numbers:
        """Return the number of terms of `field`, for every section."""
        return _joined(opened.terms.lengths(field, opened.size) for opened in self._segments)

    def frequency(self, field: str, term: str) -> int:
        """Return in how many sections `field` has `term`, deleted ones among them: an upper bound."""
        return sum(opened.terms.frequency(field, term) for opened in self._segments)

    def having(self, sections: Numbers, accepts: Callable[[bytes], bool]) -> Numbers:
        """Return those of the sections (ascending) whose folded text, in UTF-8, is accepted."""
        found = []
        for opened in self._segments:
            inside = sections[(sections >= opened.first) & (sections < opened.first + opened.size)]
            texts, first = opened.folded, opened.first
            found += [section for section in checked(inside.tolist()) if accepts(texts[section - first])]
        return np.array(found, np.int64)

    def folded(self, section: int) -> bytes:
        """Return a section's folded text, in UTF-8."""
        opened = self._of(section)
        text: bytes = opened.folded[section - opened.first]
        return text

    def stored(self, section: int) -> bytes:
        """Return what was kept of a section."""
        opened = self._of(section)
        kept: bytes = opened.stored[section - opened.first]
        return kept

    def _of(self, section: int) -> _Segment:
        return next(opened for opened in reversed(self._segments) if opened.first <= section)


class Writer:
    """Adds and deletes sections in a folder that nobody reads yet; one segment is filled after the other.

    Use it in a `with` statement, and `commit` at its end.
    """

    def __init__(self, folder: Path, fields: Iterable[str]) -> None:
        self._storage = _Storage(str(folder))
        self._index = _open(self._storage, fields)
        self._writer = self._next()
        self._opened = [_Segment(self._storage, segment, 0) for segment in self._writer.segments]

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self._storage.close_created()

    def delete(self, document: str) -> None:
        """Mark the sections of a document as deleted, those that were there before this writer."""
        segments = {segment.segment_id(): segment for segment in self._writer.segments}
        for opened in self._opened:
            for section in opened.terms.postings("document", document)[0]:
                segments[opened.id].delete_document(int(section))

    def replace(self, document: str, batches: Iterable[Batch]) -> None:
        """Put the sections of a document in the place of those it has."""
        self.delete(document)
        for batch in batches:
            self._add(batch)

    def _add(self, batch: Batch) -> None:
        if self._writer.docnum and self._writer.docnum + len(batch.folded) > SEGMENT_LIMIT:
            self._writer.commit(merge=False)
            self._writer = self._next()
        sections = self._writer.docnum + np.arange(len(batch.folded))
        for field, (terms, numbers, counts, sizes) in batch.postings.items():
            self._writer.pool.add(field, terms, numbers, np.repeat(sections, sizes), counts)
        for folded, stored in zip(batch.folded, batch.stored, strict=True):
            self._writer.add_document(folded=folded, stored=stored)

    def commit(self) -> None:
        """Write everything out."""
        self._writer.commit(mergetype=_merge)
        Path(self._storage.folder, "sections_WRITELOCK").unlink()

    def _next(self) -> SegmentWriter:
        writer = SegmentWriter(self._index, codec=ArrayCodec(), compound=False)
        writer.pool = _Pool()
        return writer


def _merge(writer: SegmentWriter, segments: list[Any]) -> list[Any]:
    """Whoosh's merge policy, called at a commit: take worn and too many small segments into the one being written."""
    small = sorted((s for s in segments if s.doc_count() < SEGMENT_LIMIT // 8), key=lambda s: s.doc_count())
    chosen = [s for s in segments if 2 * s.deleted_count() > s.doc_count_all()]
    chosen += [s for s in small[: _FEW_SEGMENTS // 2 + 1] if len(small) > _FEW_SEGMENTS and s not in chosen]
    taken = set()
    for segment in chosen:
        if writer.docnum + segment.doc_count() <= SEGMENT_LIMIT:
            _take(writer, segment)
            taken.add(segment.segment_id())
    return [segment for segment in segments if segment.segment_id() not in taken]


def _take(writer: SegmentWriter, segment: Any) -> None:
    """Copy what is not deleted of a segment into the one being written."""
    opened = _Segment(writer.storage, segment, 0)
    live = np.setdiff1d(np.arange(opened.size), opened.deleted)
    numbers = np.full(opened.size, -1)
    numbers[live] = writer.docnum + np.arange(len(live))
    if len(live):
        writer.write_per_doc(set(writer.schema.names()), SegmentReader(writer.storage, writer.schema, segment))
        writer._added = True
    for field in opened.terms.indexed_field_names():
        for term, sections, counts in opened.terms.lists(field):
            kept = numbers[sections] >= 0
            if kept.any():
                place = np.zeros(kept.sum(), np.int64)
                writer.pool.add(field, [term], place, numbers[sections[kept]], counts[kept])


def _joined(arrays: Iterable[Numbers]) -> Numbers:
    return np.concatenate([np.empty(0, np.int64), *arrays])


def _open(storage: _Storage, fields: Iterable[str]) -> FileIndex:
    schema = Schema(folded=_FOLDED, stored=_STORED, **{field: _Terms() for field in fields})
    if any(name.endswith(".toc") for name in storage.list()):
        return FileIndex(storage, schema=schema, indexname="sections")
    return FileIndex.create(storage, schema, "sections")
