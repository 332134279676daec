"""Outline every statute of the shared collection and compare its articles with a count of their own.

    python -m tests.ingest.sweep_outline [FOLDER_OF_MARKDOWN]

Prints texts, characters, seconds and F1, and names every statute whose text is not conserved or whose articles differ.
"""

from __future__ import annotations

import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from kb.base.model import Section
from kb.structure import outline

ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "laws.tar.xz"
BLANKS = " \t\u3000\u2002\u2003\xa0"
NOT_LAWS = {"README.md", "_index.md", "法律法规模版.md"}


def statutes(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.md") if path.name not in NOT_LAWS)


def read_markdown(path: Path) -> tuple[str, dict[int, int]]:
    """Text and heading levels of a statute, as the ingest hands them on: no blank lines, marks and comments off."""
    lines: list[str] = []
    levels: dict[int, int] = {}
    for line in path.read_text(encoding="utf-8").split("\n"):
        text = line.strip(BLANKS)
        if text and not text.startswith("<!--"):
            marks = len(text) - len(text.lstrip("#"))
            if marks:
                levels[len(lines)] = marks
            lines.append(text.lstrip("#").strip(BLANKS))
    return "".join(f"{line}\n" for line in lines), levels


def printed_articles(text: str) -> Counter[str]:
    """Count 第…条 at the starts of lines with a blank after it, character by character and not by the parser's rules."""
    found: Counter[str] = Counter()
    for line in text.split("\n"):
        end = line.find("条") + 1
        if line[:1] != "第" or not 2 < end <= 10:
            continue
        while line[end : end + 1] == "之" and line[end + 1 : end + 2] in "一二三四五六七八九十":
            end += 2
        number = "".join(line[:end].split())
        if line[end : end + 1] in BLANKS and all(c in "第条之零〇○一二三四五六七八九十百千－" for c in number):
            found[number] += 1
    return found


def outlined_articles(sections: Iterable[Section]) -> Counter[str]:
    numbers = ("".join(section.number.split()) for top in sections for section in top.walk())
    return Counter(number for number in numbers if number.startswith("第") and "条" in number)


def f1(pairs: Iterable[tuple[Counter[str], Counter[str]]]) -> float:
    """F1 of (found, expected) counts, over all of them together."""
    right = found_all = expected_all = 0
    for found, expected in pairs:
        right += (found & expected).total()
        found_all += found.total()
        expected_all += expected.total()
    return 2 * right / (found_all + expected_all)


def problems(text: str, sections: tuple[outline.Section, ...]) -> list[str]:
    """Name what an outline breaks of its promises; [] when it keeps them."""
    walked = [section for top in sections for section in top.walk()]
    broken = {
        "text lost or changed": "".join(section.text for section in walked) != text,
        "an anchor occurs twice": len({section.anchor for section in walked}) != len(walked),
        "a section without text": any(not section.text for section in walked),
        "marks do not give the tree back": outline.rebuild(text, outline.marks(sections)) != sections,
        "a part outside its article": any(
            not 0 <= part.start < part.end <= len(section.text) for section in walked for part in section.parts
        ),
    }
    return [name for name, is_broken in broken.items() if is_broken]


def sweep(folder: Path) -> int:
    texts = [(path, *read_markdown(path)) for path in statutes(folder)]
    start = time.perf_counter()
    outlines = [outline.parse(text, levels) for _, text, levels in texts]
    seconds = time.perf_counter() - start
    pairs, failed = [], 0
    for (path, text, _), sections in zip(texts, outlines, strict=True):
        found, expected = outlined_articles(sections), printed_articles(text)
        pairs.append((found, expected))
        broken = problems(text, sections)
        failed += bool(broken)
        if broken or found != expected:
            print(f"{path.name}: {'; '.join(broken)} not found {dict(expected - found)} added {dict(found - expected)}")
    print(f"{len(texts)} texts, {sum(len(text) for _, text, _ in texts):,} characters, {seconds:.1f} s")
    print(
        f"articles: F1 {f1(pairs):.6f} of {sum(expected.total() for _, expected in pairs):,}; broken promises: {failed}"
    )
    return failed


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(sweep(Path(sys.argv[1])))
    with tempfile.TemporaryDirectory() as folder, tarfile.open(ARCHIVE) as tar:
        tar.extractall(folder, filter="data")
        sys.exit(sweep(Path(folder)))
