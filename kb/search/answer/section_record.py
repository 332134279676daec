"""From documents to what the index holds of each section, on all processors when there is much to do."""

from __future__ import annotations

import multiprocessing
import signal
import zlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from itertools import chain, count, islice
from typing import Any, NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from kb.base.errors import KbError, NotFoundError, StorageError, UnreadableError, unforeseen
from kb.base.model import Document, Listing, Section
from kb.base.workers import end_with_parent, processors
from kb.chinese.identity import fold
from kb.law.records import act, in_force_from, numbers_inside
from kb.search.answer.suggestions import readings
from kb.search.contract.engine import Source
from kb.search.query.analysis import terms

FIELDS = ("document", "title", "path", "text", "place", "heading", "reading", "bare")
"""The fields a section is found by: its document's id; folded title, heading path and own text, as terms; the anchors of
the sections it stands in, its own among them. And what is offered to who types: its heading as it stands, and how the
words of headings and titles are read. And whether it is bare: no more than a title, heading, preamble or signature."""

LONGEST_HEADING = 60
"""Characters of a heading that is worth offering while somebody types."""


VALIDITY = "有效性"
"""The label under which a site's list says whether a document still holds."""

_FRAME = {"title", "preamble", "signature"}
_PROCESSORS = processors()
_MANY = 200
_AHEAD = 4
_BATCH = 10_000
_LABELS = 10_000
_FAST = 1


class Stored(NamedTuple):
    """What is kept of a section to show it: the fields of a hit, its own text, and what lists of documents show."""

    document: str
    title: str
    issuer: str
    date: str
    anchor: str
    number: str
    path: tuple[str, ...]
    text: str
    source: str
    document_number: str
    kind: str
    validity: str
    version: str
    since: str
    dated: str
    inside: str
    published: str = ""
    act: str = ""

    @property
    def listing(self) -> Listing:
        """What lists show of its document."""
        return Listing(
            self.document,
            self.source,
            self.title,
            self.issuer,
            self.document_number,
            self.kind,
            self.date,
            self.validity,
            self.version,
            self.since,
            self.dated,
            self.inside,
            self.published,
            self.act,
        )


_UNPACKED = msgspec.msgpack.Decoder(Stored)


class Postings(NamedTuple):
    """The terms of one field, section after section: their places in `terms`, how often each, how many a section has."""

    terms: list[str]
    numbers: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    sizes: NDArray[np.int64]


class Batch(NamedTuple):
    """Some sections of a document, analysed: postings by field, folded text in UTF-8, and what is kept, packed."""

    postings: dict[str, Postings]
    folded: list[bytes]
    stored: list[bytes]


class _Told(NamedTuple):
    """What a document tells that is the same for all its sections, and not in its metadata: see `Listing`."""

    inside: str
    since: str
    act: str


Made = TypeVar("Made")
Analyse = Callable[[str, Document], Made]
_source: Source
_analyse: Analyse[Any]


def analyse(key: str, document: Document) -> list[Batch]:
    """Analyse every section of a document, in the order of the text; `key` is its id, or "ID@VERSION" for an older version."""
    paths = document.paths()
    return [_batch(key, document, some) for some in iter(lambda: list(islice(paths, _BATCH)), [])]


def is_bare(anchor: str, folded: str, label: str) -> bool:
    """Tell whether a section is no more than a title, heading, preamble or signature, by its folded text."""
    return anchor in _FRAME or folded == fold(label)


def pack(thing: Any) -> bytes:
    """Return something as it is kept, which nothing is searched in."""
    return zlib.compress(msgspec.msgpack.encode(thing), _FAST)


def unpack(stored: bytes) -> Stored:
    """Return what was kept of a section."""
    return _UNPACKED.decode(zlib.decompress(stored))


def _batch(key: str, document: Document, sections: list[tuple[tuple[Section, ...], Section]]) -> Batch:
    gathered = {field: _Gathered() for field in FIELDS}
    terms_of = lru_cache(_LABELS)(lambda text: list(terms(fold(text))))
    batch = Batch({}, [], [])
    told = _Told(numbers_inside(document), in_force_from(document), act(document))
    for ancestors, section in sections:
        path = tuple(part.label for part in (*ancestors, section) if part.label)
        folded = fold(section.text)
        gathered["document"].add([key])
        gathered["title"].add(terms_of(document.metadata.title))
        gathered["path"].add(chain.from_iterable(map(terms_of, path)))
        gathered["text"].add(terms(folded))
        gathered["place"].add(part.anchor for part in (*ancestors, section))
        offered = [section.heading] if 1 < len(section.heading) <= LONGEST_HEADING else []
        gathered["heading"].add(offered)
        titled = [document.metadata.title] if section is document.sections[0] else []
        gathered["reading"].add(chain.from_iterable(map(readings, (*titled, *offered))))
        gathered["bare"].add(["1"] if is_bare(section.anchor, folded, section.label) else [])
        batch.folded.append(folded.encode())
        batch.stored.append(pack(_stored(key, document, section, path, told)))
    batch.postings.update({field: terms.postings() for field, terms in gathered.items()})
    return batch


class _Gathered:
    """Numbers the terms of a field as they come."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        self._found: list[NDArray[np.uint32]] = []
        self._counts: list[NDArray[np.int64]] = []

    def add(self, terms: Iterable[str]) -> None:
        bag = Counter(terms)
        self._found.append(np.fromiter(map(self._numbers.__getitem__, bag), np.uint32, len(bag)))
        self._counts.append(np.fromiter(bag.values(), np.int64, len(bag)))

    def postings(self) -> Postings:
        counts = np.minimum(np.concatenate(self._counts), 255).astype(np.uint8)
        sizes = np.fromiter(map(len, self._found), np.int64, len(self._found))
        return Postings(list(self._numbers), np.concatenate(self._found), counts, sizes)


def analysed(source: Source, ids: Sequence[str], analyse: Analyse[Made]) -> Iterator[tuple[str, Made | str]]:
    """Yield each document's id and what `analyse` makes of it, or the sentence that says why it cannot be read, in the order of ids.

    Many documents are read and analysed by processes of their own, one for each processor; `source` and `analyse` are
    then pickled. Raises StorageError when such a process ends before its time.
    """
    if len(ids) < _MANY or _PROCESSORS == 1:
        yield from (_read(source, id, analyse) for id in ids)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_PROCESSORS, context, _start_worker, (source, analyse)) as pool:
        try:
            waiting: deque[Future[tuple[str, Made | str]]] = deque()
            for id in ids:
                waiting.append(pool.submit(_work, id))
                if len(waiting) > _AHEAD * _PROCESSORS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise StorageError("分析文件的进程意外结束：可能是内存不足，请腾出内存后再试。") from error
        finally:
            pool.shutdown(cancel_futures=True)


def _start_worker(source: Source, analyse: Analyse[Any]) -> None:
    """Prepare a worker process; it ends when its parent does, however that dies."""
    global _source, _analyse
    _source, _analyse = source, analyse
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def _work(id: str) -> tuple[str, Any]:
    return _read(_source, id, _analyse)


def _read(source: Source, id: str, analyse: Analyse[Made]) -> tuple[str, Made | str]:
    try:
        return id, analyse(id, source.read(id))
    except (UnreadableError, NotFoundError) as error:
        return id, str(error)
    except (KbError, MemoryError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 — one text that we cannot read must not keep all others from being found
        return id, f"{id}：{unforeseen('建立索引', error)}"


def _stored(key: str, document: Document, section: Section, path: tuple[str, ...], told: _Told) -> Stored:
    data = document.metadata
    return Stored(
        document.id,
        data.title,
        data.issuer,
        data.date or data.published,
        section.anchor,
        section.number,
        path,
        section.text,
        document.source,
        data.document_number,
        data.kind,
        document.provenance.listed.get(VALIDITY) or data.labels.get(VALIDITY, ""),
        key.removeprefix(document.id).removeprefix("@"),
        told.since,
        document.provenance.dated,
        told.inside,
        data.published,
        told.act,
    )
