"""Does a paste find what it came from? Passages of the laws, copied badly, and wordings with slips of the pen.

    python benchmarks/paste.py --place DIR [--passages N] [--slips N] [--json]

DIR is what `benchmarks/search.py --place DIR` left. Each passage (20 to 300 characters) is copied in every way of `COPIES`: the section
must be a literal hit. Each slip is a string of 9 to 120 characters in which up to a tenth of the characters were changed, left out or
put in: a wording no further off than the slip must be offered. Told are the shares that are found, and how long an answer takes.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from kb.chinese.identity import fold
from kb.corpus.folder import Corpus
from kb.search.contract.engine import MAX_LIMIT, Engine
from kb.search.open.engines import open_engine

Copy = Callable[[str, random.Random], str]
_RADICALS = str.maketrans(
    "人八力十又口土大女子小工己广心手文方日月木水火父生用田白目示老自色行衣西言足身车里金长门青面革音页风飞食马民见贝",
    "⼈⼋⼒⼗⼜⼝⼟⼤⼥⼦⼩⼯⼰⼴⼼⼿⽂⽅⽇⽉⽊⽔⽕⽗⽣⽤⽥⽩⽬⽰⽼⾃⾊⾏⾐⻄⾔⾜⾝⻋⾥⾦⻓⻔⻘⾯⾰⾳⻚⻛⻜⾷⻢⺠⻅⻉",
)
_FEET = ("- 12 -", "— 12 —", "12", "第 12 页 共 30 页", "12/30", "https://www.example.gov.cn/a.html 1/3")
_UNSEEN = "\u200b\u2060\ufeff\u00ad\ufffc\x07\u202a\ufe0f"


def _wrapped(text: str, width: int) -> str:
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


def _inside(text: str, draw: random.Random, put: str) -> str:
    at = draw.randrange(5, len(text) - 5)
    return text[:at] + put + text[at:]


COPIES: dict[str, Copy] = {
    "as it stands": lambda text, _: text,
    "wrapped lines": lambda text, draw: _wrapped(text, draw.randint(12, 40)),
    "foot of a page": lambda text, draw: _inside(text, draw, f"\n{draw.choice(_FEET)}\n"),
    "radicals": lambda text, _: text.translate(_RADICALS),
    "what is not seen": lambda text, draw: _inside(text, draw, draw.choice(_UNSEEN)),
    "mark of a note": lambda text, draw: _inside(text, draw, draw.choice(("①", "[1]", "［12］", "〔3〕"))),
    "bullet and quotes": lambda text, _: f"• “{_wrapped(text, 30)}”\n",
    "left out": lambda text, _: f"{text[: len(text) // 3]}……{text[2 * len(text) // 3 :]}",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--place", type=Path, required=True, metavar="DIR", help="where search.py kept corpus and index"
    )
    parser.add_argument("--passages", type=int, default=200, metavar="N", help="how many passages (200)")
    parser.add_argument("--slips", type=int, default=2_000, metavar="N", help="how many slips (2,000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    given = parser.parse_args()
    texts = [section.text for document in Corpus(given.place / "corpus").documents() for section in document.walk()]
    engine, draw = open_engine(given.place / "index"), random.Random(23)
    engine.search("预热 示例")
    report: dict[str, object] = {"sections": len(texts)}
    passages = [passage for passage, _ in zip(drawn(texts, draw, 20, 300), range(given.passages), strict=False)]
    for name, copy in COPIES.items():
        report[name] = round(
            sum(found(engine, passage, copy(passage, draw)) for passage in passages) / len(passages), 4
        )
    report |= slips(engine, drawn(texts, draw, 9, 120), given.slips, draw)
    print(json.dumps(report) if given.json else "\n".join(f"{name:>20} {value}" for name, value in report.items()))


def drawn(texts: list[str], draw: random.Random, shortest: int, longest: int) -> Iterator[str]:
    """Yield stretches of sections without line breaks, marks of notes or dots."""
    while True:
        text = draw.choice(texts)
        if len(text) > shortest:
            length = min(draw.randint(shortest, longest), len(text))
            start = draw.randint(0, len(text) - length)
            passage = text[start : start + length].strip()
            if len(fold(passage)) >= shortest and not set(passage) & set('\n…①②③"“”「」*?|-'):
                yield passage


def found(engine: Engine, passage: str, pasted: str) -> bool:
    """Return whether a hit has the passage literally: of one with a gap, its start and its end."""
    results = engine.search(pasted, MAX_LIMIT if len(passage) < 30 else 20)
    return results.total > 0 and any(hit.literal for hit in results.hits)


def slips(engine: Engine, strings: Iterator[str], wanted: int, draw: random.Random) -> dict[str, object]:
    """Ask for slips that stand nowhere; count those for which a wording is offered that is no further off."""
    offered, took, missed = 0, [], []
    while len(took) < wanted:
        string = fold(next(strings))
        edits = draw.randint(1, max(1, len(string) // 10))
        slip = edited(string, edits, draw)
        started = time.perf_counter()
        results = engine.search(slip)
        if results.total or " " in slip:
            continue
        took.append((time.perf_counter() - started) * 1000)
        near = [one for one in results.nearest if one.document and one.distance <= edits]
        offered += bool(near)
        if not near:
            missed.append((string, slip))
    for string, slip in missed[:5]:
        print(f"not offered: {slip} (of {string})")
    middle, last, worst = np.percentile(took, [50, 99, 100])
    return {
        "slips offered": round(offered / wanted, 4),
        "median ms": round(float(middle), 1),
        "p99 ms": round(float(last), 1),
        "worst ms": round(float(worst), 1),
    }


def edited(text: str, edits: int, draw: random.Random) -> str:
    """Change, leave out or put in some characters."""
    for _ in range(edits):
        at, other = draw.randrange(len(text)), draw.choice(text)
        text = draw.choice(
            (text[:at] + text[at + 1 :], text[:at] + other + text[at:], text[:at] + other + text[at + 1 :])
        )
    return text


if __name__ == "__main__":
    main()
