"""Random text for everything that reads text: none may crash, none may take longer than its time.

    python benchmarks/fuzz.py [--minutes N] [--only WORD] [--seed N]

The readers are those of queries, outlines, citations in a text, front matter and the head of a law (its account of itself).
The texts are made of what each looks for, repeated, nested, cut and mixed; what went wrong is printed with the text and the
seed that made it, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable

from kb.base.errors import KbError
from kb.base.model import Document, Metadata, Provenance, Section
from kb.corpus import front_matter
from kb.law.find import find
from kb.law.quoted import marked
from kb.law.statements import statements
from kb.search.answer.snippets import snippet
from kb.search.query.query import readings
from kb.structure import metadata, outline
from kb.structure.extracted import Extracted

_SECONDS = 5.0  # of processor time; texts have 20,000 characters at most
_LONGEST = 20_000
_PIECES = {
    "query": [
        *'*?~()（）"“”「」-|:：.,，。、 \n\t法条第一2',
        *(
            " OR ",
            " AND ",
            " NOT ",
            " -",
            '"~5',
            "~99999999999",
            "标题:",
            "日期:2021..",
            "条:12",
            "文号:",
            "行政复议",
            "zhengfu",
            "１２",
            "\u3000",
        ),
    ],
    "text": [
        *'《》〈〉“”‘’"（）()〔〕[]【】、，。；：:;.-—～至到和及第条款项之的法一十百零〇1０ \n\t\u3000\u200b\U00020000',
        *(
            "第一章　总则\n",
            "第十二条　",
            "第3条",
            "第一百零一条之一",
            "（一）",
            "一、",
            "1.",
            "1.1.1 ",
            "附件1\n",
            "附件：",
            "《民法典》",
            "《某某办法》（2019年修正）",
        ),
        *(
            "中华人民共和国",
            "本法",
            "该条例第三款",
            "前款",
            "同时废止",
            "自2021年1月1日起施行",
            "2021年13月45日",
            "某政发〔2021〕12号",
            "国务院令第999号",
            "一百亿",
        ),
        *(
            "规定：“",
            "抄送：",
            "主题词：",
            "某市人民政府文件\n",
            "签发人：",
            "（此件公开发布）\n",
            "有效期五年",
            "以下简称",
            "第一条至第九百条",
        ),
    ],
    "front": [
        *":-[]{}#&*!|>'\"%@`\n ,?~=<\t",
        *(
            "---\n",
            "title: ",
            "date: 2021-02-30\n",
            "- ",
            "  ",
            "&a [*a, *a]",
            "!!python/object:os.system ",
            "<<: *a\n",
            "retrieved: ",
            "sha256: ",
            "metadata:\n",
            "provenance:\n",
        ),
        *(
            "null",
            "true",
            "1e999",
            "0x",
            "2021-01-01T00:00:00Z",
            "repairs:\n",
            "account:\n",
            "\u0000",
            "\ufeff",
            "示例",
        ),
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, metavar="N", help="for each reader (10)")
    parser.add_argument("--only", default="", metavar="WORD", help="only the readers whose name contains this")
    parser.add_argument("--seed", type=int, default=int(time.time()), metavar="N", help="where to begin")
    given = parser.parse_args()
    bad = 0
    for name, (pieces, read) in _readers().items():
        if given.only in name:
            bad += _fuzzed(name, _PIECES[pieces], read, given.minutes * 60, given.seed)
    sys.exit(int(bad > 0))


def _readers() -> dict[str, tuple[str, Callable[[str], object]]]:
    """Return what reads text, by name, with the kind of pieces that it looks for."""

    def query(text: str) -> None:
        for each in readings(text[:2_000]):
            snippet("经营者应当自收到通知之日起十五日内，提出行政复议申请（第一条）。" * 20, each)

    def head(text: str) -> None:
        front_matter.load(text, name="示例")

    def document(text: str) -> object:
        """A law as it comes: its outline, what it says of itself, what it cites."""
        sections = outline.parse(text)
        found = metadata.find(text, sections, Extracted(text, "text/plain"), "示例")
        made = Document("a", text, found, Provenance("", "", "", "text/plain"), sections)
        return list(statements(made)), find(made)

    def memo(text: str) -> None:
        made = Document("a", text, Metadata(""), Provenance("", "", "", "text/plain"), (Section("", "", "", text),))
        find(made, memo=True)
        marked(text)

    return {
        "query": ("query", query),
        "outline": ("text", outline.parse),
        "citations": ("text", memo),
        "front matter": ("front", head),
        "account": ("text", document),
    }


def _fuzzed(name: str, pieces: list[str], read: Callable[[str], object], seconds: float, seed: int) -> int:
    until, tried, bad, worst = time.monotonic() + seconds, 0, 0, 0.0
    while time.monotonic() < until:
        text = _made(random.Random(f"{name} {seed + tried}"), pieces)
        began = time.process_time()
        wrong = ""
        try:
            read(text)
        except KbError:
            pass
        except Exception:  # noqa: BLE001  whatever it is, it is what is looked for
            wrong = traceback.format_exc()
        took = time.process_time() - began
        worst = max(worst, took)
        if took > _SECONDS:
            wrong = f"took {took:.1f} s"
        if wrong:
            bad += 1
            print(f"{name}, seed {seed + tried}: {wrong[-1500:]}\n{text[:300]!r} ({len(text)})\n", flush=True)
        tried += 1
    print(f"{name}: {tried:,} 段文字，{bad} 处不对，最久 {worst:.2f} 秒", flush=True)
    return bad


def _made(chance: random.Random, pieces: list[str]) -> str:
    """Return a text: few pieces or many, some repeated, some nested in themselves, some of it cut out."""
    longest = chance.choice((20, 200, 2_000, _LONGEST))
    some = chance.sample(pieces, chance.randint(1, min(len(pieces), 12)))
    text = ""
    while len(text) < longest:
        match chance.randrange(6):
            case 0:
                text += chance.choice(some) * chance.choice((2, 30, 3_000))
            case 1:
                text += "".join(chance.choices(some, k=3)) * chance.choice((2, 300))
            case 2:
                opening, closing = chance.choice(("（）", "《》", "“”", "()", "[]", "{}"))
                depth = chance.choice((3, 300))
                text += opening * depth + chance.choice(some) + closing * depth
            case 3:
                text += chr(chance.choice((chance.randrange(0x20, 0xD800), chance.randrange(0xE000, 0x20000))))
            case _:
                text += "".join(chance.choices(some, k=chance.randint(1, 20)))
    start = chance.randrange(max(1, len(text) - longest + 1))
    return text[start : start + longest]


if __name__ == "__main__":
    main()
