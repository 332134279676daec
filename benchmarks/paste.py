"""Does a paste find what it came from? Passages of the laws, copied badly, and wordings with slips of the pen.

    python benchmarks/paste.py --place DIR [--passages N] [--slips N] [--json]

DIR is what `benchmarks/search.py --place DIR` left. Each passage (20 to 300 characters) is copied in every way of `COPIES`: the section
must be a literal hit. Each slip is a string of 6 to 200 characters, a third of them no longer than 12, in which up to a tenth of the
characters (at least one) were changed, left out, put in or exchanged with the next: the passage it was made of must be offered, but for
what was lost at its ends. Told are the shares that are found, and how long an answer takes, by the clock and by the processor.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

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
LENGTHS, SHORT = ((6, 12), (13, 40), (41, 200)), 8
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
    report |= slips(engine, texts, given.slips, draw)
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


def slips(engine: Engine, texts: list[str], wanted: int, draw: random.Random) -> dict[str, object]:
    """Ask for slips that stand nowhere; count those for which the passage that they were made of is offered."""
    strings = [drawn(texts, draw, shortest, longest) for shortest, longest in LENGTHS]
    took, worked, rows, missed = [], [], [], []
    while len(took) < wanted:
        string = fold(next(draw.choice(strings)))
        edits = draw.randint(1, max(1, len(string) // 10))
        slip = edited(string, edits, draw)
        if fold(slip) != slip:
            continue
        started, work = time.perf_counter(), time.process_time()
        results = engine.search(slip)
        clock, work = time.perf_counter() - started, time.process_time() - work
        if results.total:
            continue
        took.append(clock * 1000)
        worked.append(work * 1000)
        offered = [fold(one.text) for one in results.nearest if one.document]
        rows.append((len(string) <= SHORT, any(Levenshtein.distance(one, string) <= edits for one in offered)))
        if not rows[-1][1]:
            missed.append((string, slip))
    for string, slip in missed[:10]:
        print(f"not offered: {slip} (of {string})")
    found = [was for _, was in rows]
    report: dict[str, object] = {"slips": wanted, "passages offered": round(sum(found) / wanted, 4)}
    short = [was for is_short, was in rows if is_short]
    report["of those of 6 to 8"] = f"{sum(short)} of {len(short)}"
    for name, times in (("ms", took), ("processor ms", worked)):
        middle, last, worst = np.percentile(times, [50, 99, 100])
        report |= {f"median {name}": round(float(middle), 1), f"p99 {name}": round(float(last), 1)}
        report[f"worst {name}"] = round(float(worst), 1)
    return report


def edited(text: str, edits: int, draw: random.Random) -> str:
    """Change, leave out, put in or exchange some characters."""
    for _ in range(edits):
        at, other = draw.randrange(len(text)), draw.choice(text)
        text = draw.choice(
            (
                text[:at] + text[at + 1 :],
                text[:at] + other + text[at:],
                text[:at] + other + text[at + 1 :],
                text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
            )
        )
    return text


if __name__ == "__main__":
    main()
