"""How well questions are answered: ranks of the articles that answer real questions, asked through the engine.

    python benchmarks/questions.py --corpus DIR --questions FILE [--json] [--place DIR]

Ingests and indexes the laws in the folder DIR into a scratch place (or uses the index and corpus of a place made before;
a kb.toml in it chooses the engine),
asks every question of FILE as a person would (`Engine.search`) and compares with its right answers. FILE has a JSON object a
line: {"query": "…", "relevant": ["file stem 第…条", …]}. The version date in a stem is dropped on both sides, and an
article counts once, at its best rank, whatever version of the law it stands in. A hit that is no article takes a rank too.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kb.base.model import Hit
from kb.chinese.numerals import read
from kb.config import settings
from kb.corpus.folder import Corpus
from kb.ingest import pipeline
from kb.search.contract.engine import MAX_LIMIT, Engine
from kb.search.open.engines import chosen_engine
from kb.search.query.conditions import Condition

DEPTHS = (5, 10, 100)
_PAGE = 200
_TITLE = re.compile(r"^# (?=\S)", re.MULTILINE)
_DATE = re.compile(r"[（(]\d{4}-\d{2}-\d{2}[）)]$")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="a folder of laws")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE", help="questions, a JSON object a line")
    parser.add_argument("--place", type=Path, metavar="DIR", help="keep corpus and index here and use them again")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    given = parser.parse_args()
    for path in (given.corpus, given.questions):
        if not path.exists():
            sys.exit(f"找不到 {path}：请检查路径。")
    with tempfile.TemporaryDirectory(prefix="kb-questions-") as scratch:
        report = measure(given.corpus, given.questions, given.place or Path(scratch))
    print(json.dumps(report) if given.json else "\n".join(f"{name:>10} {value}" for name, value in report.items()))


def measure(laws: Path, questions: Path, place: Path) -> dict[str, Any]:
    """Return the figures; `seconds` is the time of the whole, indexing and all."""
    started = time.perf_counter()
    engine, stems = prepared(laws, place)
    books = books_in(laws, stems.values())
    measured = [
        judged(found(engine, stems, asked["query"]), right_answers(asked, books)) for asked in read_questions(questions)
    ]
    engine.close()
    means = {name: round(sum(one[name] for one in measured) / len(measured), 4) for name in measured[0]}
    return {**means, "questions": len(measured), "seconds": round(time.perf_counter() - started, 1)}


def read_questions(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def prepared(laws: Path, place: Path) -> tuple[Engine, dict[str, str]]:
    """Ingest and index what is not there yet; return the engine and the stem of each document's file, without its date."""
    chosen = settings.load(None, place)
    corpus, engine = Corpus(chosen.corpus), chosen_engine(chosen)
    if not chosen.corpus.is_dir():
        pipeline.ingest([laws], corpus, chosen)
    engine.update(corpus)
    return engine, {document.id: undated(Path(document.provenance.origin).stem) for document in corpus.documents()}


def undated(stem: str) -> str:
    return _DATE.sub("", stem)


def right_answers(asked: dict[str, Any], books: Mapping[str, str]) -> set[str]:
    """Return the names of the articles that answer a question, whatever their version; see `books_in` for `books`."""
    split = (name.rsplit(" ", 1) for name in asked["relevant"])
    return {named(books.get(stem, undated(stem)), number) for stem, number in split}


def books_in(laws: Path, known: Iterable[str]) -> dict[str, str]:
    """Return the law that a file is one book of, by the file's stem: such a file prints two titles, the law's and its own.

    None of those that are documents of their own, whose stems are known.
    """
    alone = set(known)
    books = (path for path in laws.rglob("*.md") if len(_TITLE.findall(path.read_text("utf-8"))) > 1)
    return {path.stem: path.parent.name for path in books if path.stem not in alone}


def named(stem: str, number: str) -> str:
    """Name an article by its law and the value of its number, however that is printed."""
    parsed = read(number)
    return f"{stem} {parsed.style} {parsed.values}" if parsed else f"{stem} {number}"


def found(engine: Engine, stems: dict[str, str], question: str, conditions: Sequence[Condition] = ()) -> list[str]:
    """Return the names of the articles found that meet conditions, best first, each once."""
    names: dict[str, None] = {}
    for hit in _hits(engine, question, conditions):
        stem = stems[hit.document]
        names[named(stem, hit.number) if hit.anchor.startswith("art-") else f"{stem}#{hit.anchor}"] = None
        if len(names) == max(DEPTHS):
            break
    return list(names)


def _hits(engine: Engine, question: str, conditions: Sequence[Condition]) -> Iterator[Hit]:
    for offset in range(0, MAX_LIMIT, _PAGE):
        yield from engine.search(question, _PAGE, offset, conditions=conditions).hits


def judged(names: list[str], right: Iterable[str]) -> dict[str, float]:
    """Return the reciprocal rank of the first right answer of ten, and the parts of the right answers found."""
    right = set(right)
    ranks = [rank for rank, name in enumerate(names, start=1) if name in right]
    first = ranks[0] if ranks and ranks[0] <= 10 else 0
    figures = {"mrr@10": 1 / first if first else 0.0}
    return figures | {f"recall@{depth}": sum(rank <= depth for rank in ranks) / len(right) for depth in DEPTHS}


if __name__ == "__main__":
    main()
