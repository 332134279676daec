"""What citations cost: finding them, keeping them, keeping up with a change, asking; beside a plain regular expression.

    python benchmarks/citations.py --corpus DIR [--json]

DIR is a folder of the corpus format (made by `kb import laws`). The plain pass looks for 《…》 and 第…条 in the same sections and
resolves nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kb.corpus.folder import Corpus
from kb.law.find import find
from kb.law.resolve import Resolver
from kb.law.standing import validities
from kb.law.store import Store

_PLAIN = re.compile(r"《[^《》\n]{2,100}》|第[一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="a corpus folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    given = parser.parse_args()
    if not given.corpus.is_dir():
        sys.exit(f"找不到 {given.corpus}：请检查路径。")
    with tempfile.TemporaryDirectory(prefix="kb-citations-") as scratch:
        report = measure(Corpus(given.corpus), Store(Path(scratch)))
    print(json.dumps(report) if given.json else "\n".join(f"{name:>24} {value}" for name, value in report.items()))


def measure(corpus: Corpus, store: Store) -> dict[str, Any]:
    """Return the figures; times are seconds."""
    documents = list(corpus.documents())
    texts = [section.text for document in documents for section in document.walk()]
    plain, plain_seconds = timed(lambda: sum(len(_PLAIN.findall(text)) for text in texts))
    found, seconds = timed(lambda: sum(len(find(document)) for document in documents))
    _, build = timed(lambda: store.update(corpus))
    _, nothing_new = timed(lambda: store.update(corpus))
    with store.reading() as reader:
        resolver = Resolver(reader)
        known = list(reader.documents())
        resolved, resolving = timed(
            lambda: sum(each.target is not None for document in known for each in resolver.citations(document))
        )
        _, standing = timed(lambda: validities(reader, "2026-01-01"))
    return {
        "documents": len(documents),
        "sections": len(texts),
        "plain pass, matches": plain,
        "plain pass, seconds": plain_seconds,
        "citations": found,
        "finding, seconds": seconds,
        "store anew, seconds": build,
        "store unchanged, seconds": nothing_new,
        "resolved": resolved,
        "resolving all, seconds": resolving,
        "standing of all, seconds": standing,
        "store, megabytes": round(store.path.stat().st_size / 1e6, 1),
    }


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    answer = work()
    return answer, round(time.perf_counter() - started, 2)


if __name__ == "__main__":
    main()
