"""Addresses of articles under damage: every law outlined as it is, and with its numbers changed.

    python benchmarks/outline.py [--sample N] [--json]

Takes every Nth statute of ../shared/data/laws.tar.xz: the blank after 第X条 taken away, a colon in its place, the number
alone on its line, and one of a hundred numbers damaged (a figure misread, lost or another one, 第 or 条 lost). Counts the
articles that keep their address, and those that get one that is none of the law's or another article's.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from kb.structure import outline

ARCHIVE = Path(__file__).parents[2] / "shared" / "data" / "laws.tar.xz"
BLANKS = " \t\u3000\u2002\u2003\xa0"
ARTICLE = re.compile(rf"(?m)^(第[零〇○一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)*)([{BLANKS}]+)")
Change = Callable[[re.Match[str]], str]


def laws(sample: int) -> Iterator[tuple[str, dict[int, int]]]:
    """Yield text and heading levels of the statutes, as the ingest hands them on."""
    with tarfile.open(ARCHIVE) as archive:
        members = sorted((each for each in archive if each.name.endswith(".md")), key=lambda each: each.name)
        for member in members[::sample]:
            file = archive.extractfile(member)
            if file:
                yield _plain(file.read().decode())


def _plain(markdown: str) -> tuple[str, dict[int, int]]:
    lines: list[str] = []
    levels: dict[int, int] = {}
    for line in markdown.split("\n"):
        text = line.strip(BLANKS)
        if text and not text.startswith("<!--"):
            marks = len(text) - len(text.lstrip("#"))
            if marks:
                levels[len(lines)] = marks
            lines.append(text.lstrip("#").strip(BLANKS))
    return "".join(f"{line}\n" for line in lines), levels


def damage(rng: random.Random) -> Change:
    """Make a change that damages one number of a hundred, in one of seven ways."""

    def change(found: re.Match[str]) -> str:
        number, blank = found[1], found[2]
        if rng.random() >= 0.01 or "之" in number:
            return found[0]
        figures = number[1:-1]
        at = rng.randrange(len(figures))
        before, after = figures[:at], figures[at + 1 :]
        ways = [
            f"第{before}X{after}条",
            f"第{before}□{after}条",
            f"第{before}{rng.choice('一二三四五六七八九十')}{after}条",
        ]
        ways += [f"第{figures}", f"{figures}条", f"笫{figures}条"]
        ways += [f"第{before}{after}条"] if len(figures) > 1 else []
        return rng.choice(ways) + blank

    return change


CHANGES: dict[str, Change] = {
    "no blank": lambda found: found[1],
    "colon": lambda found: f"{found[1]}：",
    "line of its own": lambda found: f"{found[1]}\n",
    "damaged": damage(random.Random(2012)),
}


def places(text: str, levels: dict[int, int]) -> dict[str, str]:
    """Return anchor → what the article says, without its number."""
    sections = outline.parse(text, levels)
    walked = (section for top in sections for section in top.walk())
    return {s.anchor: s.text.removeprefix(s.number).strip(f"{BLANKS}：\n") for s in walked if "art-" in s.anchor}


def measure(sample: int) -> dict[str, dict[str, float]]:
    """Answer, for each change, articles, those that kept their address, those invented, and seconds."""
    found: dict[str, dict[str, float]] = {}
    for text, levels in laws(sample):
        before = places(text, levels)
        for name, change in CHANGES.items():
            started = time.process_time()
            after = places(ARTICLE.sub(change, text), {} if "line" in name else levels)
            row = found.setdefault(name, {"articles": 0, "kept": 0, "invented": 0, "seconds": 0.0})
            row["seconds"] += time.process_time() - started
            row["articles"] += len(before)
            row["kept"] += sum(after.get(anchor) == said for anchor, said in before.items())
            row["invented"] += sum(before.get(anchor) != said for anchor, said in after.items())
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=10, help="every Nth law")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not ARCHIVE.exists():
        print(f"没有 {ARCHIVE}：跳过。")
        return 0
    found = measure(options.sample)
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return 0
    for name, row in found.items():
        share = row["kept"] / max(1, row["articles"])
        print(
            f"{name:16} {row['articles']:7.0f} articles  kept {share:.4%}  invented {row['invented']:.0f}  {row['seconds']:.1f} s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
