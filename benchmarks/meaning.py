"""What finding by meaning adds, in five folds, and how the turning of questions is learnt.

    python benchmarks/meaning.py --corpus DIR --questions FILE --place DIR [--national] [--json] [--make FILE]

Takes corpus, questions and place of `benchmarks/questions.py`; the place has vectors (`scripts/environment semantic`, then
`kb index`). Asks all questions by words only, by meaning with the questions as they are, and with each fold turned
by what was learnt from the four others: `random` folds, and `apart` ones, of which no two share a right answer.
`--national` leaves out local rules, as STARD does, whose 55,348 articles are national ones: by words, and random folds only.
`--make` learns from all questions and writes what `kb/search/data/` carries for the model.

What is learnt is a ridge regression from the vector q of a question to the vector of an article that answers it:
q + q·W + m, with W = (Q'Q + λI)⁻¹ Q'(A − Q − m) and m the mean of A − Q. λ was chosen on these folds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from questions import books_in, found, judged, named, prepared, read_questions, right_answers

from kb.config import settings
from kb.corpus.folder import Corpus
from kb.law.store import Store
from kb.search.meaning.encoder import INSTALLED, Encoder
from kb.search.meaning.vectors import passage
from kb.search.open.engines import open_engine
from kb.search.query.conditions import Condition
from kb.search.query.query import parse

Floats = NDArray[np.float32]
FOLDS = 5
RIDGE = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="a folder of laws")
    parser.add_argument("--questions", type=Path, required=True, metavar="FILE", help="questions, a JSON object a line")
    parser.add_argument("--place", type=Path, required=True, metavar="DIR", help="where corpus, index and vectors are")
    parser.add_argument("--national", action="store_true", help="leave out local rules")
    parser.add_argument("--make", type=Path, metavar="FILE", help="learn from all questions and write it here")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    given = parser.parse_args()
    chosen = settings.load(None, given.place)
    measured = Measured(given.corpus, given.questions, given.place, Encoder(chosen.model or INSTALLED, 2))
    if given.national:
        measured.conditions = (Condition("kind", ("地方性法规",), whole=True, exclude=True),)
    if given.make:
        np.save(given.make, learnt(*measured.pairs(range(len(measured.asked)))).astype(np.float16))
        return
    report = measured.report()
    print(json.dumps(report) if given.json else "\n".join(f"{name:>22} {value}" for name, value in report.items()))


def learnt(questions: Floats, answers: Floats) -> Floats:
    """Return m, then the rows of W."""
    away = answers - questions
    mean = away.mean(0)
    turned = np.linalg.solve(questions.T @ questions + RIDGE * np.eye(questions.shape[1]), questions.T @ (away - mean))
    return np.vstack([mean, turned]).astype(np.float32)


class Measured:
    """The questions of a file, asked of the engine of a place."""

    conditions: tuple[Condition, ...] = ()

    def __init__(self, laws: Path, questions: Path, place: Path, encoder: Encoder) -> None:
        self.asked = read_questions(questions)
        self._engine, self._stems = prepared(laws, place)
        books = books_in(laws, self._stems.values())
        self._right = [right_answers(each, books) for each in self.asked]
        chosen = settings.load(None, place)
        self._by_words = open_engine(chosen.index, Store(chosen.index))
        self._vectors = self._engine._searcher().vectors.found
        if not self._vectors:
            sys.exit(f"{place} 没有向量：请先运行 scripts/environment semantic 和 kb index。")
        self._questions = encoder.encode([parse(each["query"]).asked or each["query"] for each in self.asked])
        self._answers = self._encoded(Corpus(chosen.corpus), encoder)

    def pairs(self, numbers: Iterable[int]) -> tuple[Floats, Floats]:
        """Return the vectors of some questions, once for each right answer, and those of the answers."""
        found = [(number, name) for number in numbers for name in sorted(self._right[number]) if name in self._answers]
        return self._questions[[number for number, _ in found]], np.array([self._answers[name] for _, name in found])

    def report(self) -> dict[str, Any]:
        """Return the mean figures of each way."""
        every = range(len(self.asked))
        shipped, self._vectors.turned = self._vectors.turned, None
        report = {} if self.conditions else {"meaning, as asked": self._means(self._ask(every))}
        for name, folds in (("random", self._random()), ("apart", self._apart()))[: 1 if self.conditions else 2]:
            rows: list[dict[str, float]] = []
            for fold in range(FOLDS):
                self._vectors.turned = learnt(*self.pairs(number for number in every if folds[number] != fold))
                rows += self._ask(number for number in every if folds[number] == fold)
            report[f"meaning, {name} folds"] = self._means(rows)
        self._vectors.turned = shipped
        self._engine = self._by_words
        return {"words": self._means(self._ask(every)), **report, "questions": len(self.asked)}

    def _ask(self, numbers: Iterable[int]) -> list[dict[str, float]]:
        self._engine._searcher().find.cache_clear()
        self._vectors._asked.cache_clear()
        return [
            judged(found(self._engine, self._stems, self.asked[number]["query"], self.conditions), self._right[number])
            for number in numbers
        ]

    @staticmethod
    def _means(rows: list[dict[str, float]]) -> dict[str, float]:
        return {name: round(sum(row[name] for row in rows) / len(rows), 4) for name in rows[0]}

    def _random(self) -> list[int]:
        return [int(fold) for fold in np.random.default_rng(0).permutation(len(self.asked)) % FOLDS]

    def _apart(self) -> list[int]:
        """Return a fold for each question: those that share an answer, if only by way of others, are in one."""
        above: dict[object, object] = {}

        def top(one: object) -> object:
            while above.setdefault(one, one) != one:
                one = above[one]
            return one

        for number, right in enumerate(self._right):
            for name in right:
                above[top(number)] = top(name)
        tops = [top(number) for number in range(len(self.asked))]
        different = list(dict.fromkeys(tops))
        order = np.random.default_rng(0).permutation(len(different))
        folds = {different[place]: number % FOLDS for number, place in enumerate(order)}
        return [folds[each] for each in tops]

    def _encoded(self, corpus: Corpus, encoder: Encoder) -> dict[str, Floats]:
        """Return the vector of each right answer that is there, by name."""
        wanted, texts = set[str]().union(*self._right), dict[str, str]()
        documents = defaultdict(list)
        for document, stem in self._stems.items():
            documents[stem].append(document)
        for document in {each for name in wanted for each in documents.get(name.split(" ", 1)[0], [])}:
            for section in corpus.read(document).walk():
                name = named(self._stems[document], section.number)
                if name in wanted and section.anchor.startswith("art-"):
                    texts.setdefault(name, passage(section.text))
        return dict(zip(texts, encoder.encode(list(texts.values())), strict=True))


if __name__ == "__main__":
    main()
