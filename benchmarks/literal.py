"""Is anything literal missed? Strings from the laws, each searched and compared with a plain scan of every section.

    python benchmarks/literal.py --place DIR [--strings N] [--json]

DIR is what `benchmarks/search.py --place DIR` left. A third of the strings cross a border of jieba's words, others are cut anywhere,
begin with figures or Latin letters, or are numbers of documents and articles; 2 to 20 characters. For each, the total and the sections
must be those of the scan, every snippet must show the string, and highlights must cover it and nothing else.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path

from kb.base.model import Hit
from kb.chinese.identity import fold
from kb.corpus.folder import Corpus
from kb.search.contract.engine import MAX_LIMIT, Engine
from kb.search.open.engines import open_engine
from kb.search.query.analysis import words

NUMBERED = re.compile(
    r"〔\d{4}〕\d+号|第[一二三四五六七八九十百]{2,6}条(?:之[一二三])?|[A-Za-z]{2,}\S{2,6}|\d{2,}\S{2,6}"
)
QUOTES = '"“”「」'
_END = "\x00"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--place", type=Path, required=True, metavar="DIR", help="where search.py kept corpus and index"
    )
    parser.add_argument("--strings", type=int, default=2_000, metavar="N", help="how many strings (2,000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    given = parser.parse_args()
    corpus, engine = Corpus(given.place / "corpus"), open_engine(given.place / "index")
    places, texts = [], []
    for document in corpus.documents():
        for section in document.walk():
            places.append((document.id, section.anchor))
            texts.append(section.text)
    scan, draw = Scan(places, texts), random.Random(17)
    usable = (string for string in drawn(draw, texts) if fold(string) and not set(string) & set(QUOTES))
    strings = list(islice(usable, given.strings))
    wrong = [sentence for string in strings for sentence in compared(engine, scan, string)]
    report = {"sections": len(texts), "strings": len(strings), "wrong": len(wrong), **scan.seconds}
    print(json.dumps(report) if given.json else "\n".join(f"{name:>10} {value}" for name, value in report.items()))
    print("\n".join(wrong[:20]), file=sys.stderr, end="\n" if wrong else "")
    sys.exit(1 if wrong else 0)


class Scan:
    """Finds a string by looking at all text there is."""

    def __init__(self, places: list[tuple[str, str]], texts: list[str]) -> None:
        folded = [fold(text) for text in texts]
        self._places, self._whole = places, _END.join(folded)
        self._starts = list(accumulate((len(text) + 1 for text in folded), initial=0))
        self.seconds = {"scan seconds": 0.0, "search seconds": 0.0}

    def containing(self, string: str) -> set[tuple[str, str]]:
        needle, found, start = fold(string), set(), -1
        started = time.perf_counter()
        while (start := self._whole.find(needle, start + 1)) >= 0:
            section = bisect_right(self._starts, start) - 1
            found.add(self._places[section])
            start = self._starts[section + 1] - 1
        self.seconds["scan seconds"] += time.perf_counter() - started
        return found


def drawn(draw: random.Random, texts: list[str]) -> Iterator[str]:
    long = [text for text in texts if len(text) > 25]
    while True:
        text = draw.choice(long)
        length, start = draw.randint(2, 20), draw.randrange(len(text) - 20)
        yield text[start : start + length]
        if numbered := NUMBERED.findall(text):
            yield draw.choice(numbered)
        cut = words(fold(text))
        if len(cut) > 3:
            border = draw.randrange(1, len(cut) - 1)
            before, after = "".join(cut[:border]), "".join(cut[border:])
            yield before[-draw.randint(1, 10) :] + after[: draw.randint(1, 10)]


def compared(engine: Engine, scan: Scan, string: str) -> Iterator[str]:
    """Yield what is wrong with the answer for a string, in sentences."""
    expected = scan.containing(string)
    started = time.perf_counter()
    limit = min(max(len(expected), 10), MAX_LIMIT)
    results = engine.search(f'"{string}"', limit)
    scan.seconds["search seconds"] += time.perf_counter() - started
    found = {(hit.document, hit.anchor) for hit in results.hits}
    if results.total != len(expected) or not found <= expected or (len(expected) <= limit and found != expected):
        yield f"{string!r}: {results.total} found, {len(expected)} there"
    for hit in results.hits:
        if not _shown(hit, fold(string)):
            yield f"{string!r}: not shown as it stands in {hit.url}: {hit.snippet!r} {hit.highlights}"
            return


def _shown(hit: Hit, string: str) -> bool:
    """Return whether the snippet has the string, and highlights cover runs of it and nothing else."""
    marked = [fold(hit.snippet[start:end]) for start, end in hit.highlights]
    return bool(marked) and all(text.startswith(string) and text.endswith(string) for text in marked)


if __name__ == "__main__":
    main()
