"""Whether two engines answer the same: asked a sample of queries that are drawn from the corpus itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kb.base.model import Document, Results
from kb.chinese.identity import fold
from kb.corpus.folder import Corpus
from kb.search.contract.engine import MAX_LIMIT, Engine
from kb.search.query.conditions import NAMES

_DOCUMENTS = 20
_LENGTHS = (2, 4, 8)


def sample(corpus: Corpus) -> Iterator[str]:
    """Yield queries: the title and some strings of documents that stand evenly apart in the corpus, quoted and not.

    One string is looked for in the texts of a day, too: it takes long to know how every document stood on it.
    """
    ids = corpus.ids()
    for id in ids[:: max(1, len(ids) // _DOCUMENTS)][:_DOCUMENTS]:
        document = corpus.read(id)
        yield document.metadata.title
        yield from _strings(document)
    if ids and (day := document.metadata.date or document.metadata.published):
        yield f"{document.metadata.title[-2:]} {NAMES['on'][0]}:{day}"


def _strings(document: Document) -> Iterator[str]:
    text = fold(document.text).replace('"', "")
    for number, length in enumerate(_LENGTHS, start=1):
        start = number * len(text) // (len(_LENGTHS) + 1)
        if string := text[start : start + length].strip():
            yield f'"{string}"'
            yield string


def differences(first: Engine, second: Engine, queries: Sequence[str]) -> list[str]:
    """Say which queries two engines answer differently: numbers, literal matches and facets must be the same."""
    found = []
    for query in queries:
        one, other = first.search(query, MAX_LIMIT), second.search(query, MAX_LIMIT)
        told = [what for what, same in _compared(one, other).items() if not same]
        if told:
            found.append(
                f"查询 {query} 的{'、'.join(told)}不同（字面命中 {one.total:,} 与 {other.total:,} 节）："
                "请用 kb index --engine both 使两个索引都与语料库一致。"
            )
    return found


def _compared(one: Results, other: Results) -> dict[str, bool]:
    """Related sections are left out: what is enough alike is a matter of scores, which differ in their last digits."""
    whole = one.total <= MAX_LIMIT
    return {
        "节数": one.searched == other.searched,
        "字面命中": one.total == other.total and (not whole or _literal(one) == _literal(other)),
        "直达": _direct(one) == _direct(other),
        "分面": bool(one.related or other.related) or one.facets == other.facets,
    }


def _literal(results: Results) -> set[tuple[str, str, str]]:
    return {(hit.document, hit.version, hit.anchor) for hit in results.hits if hit.literal}


def _direct(results: Results) -> list[tuple[str, str]]:
    return [(hit.document, hit.anchor) for hit in results.hits if hit.direct]
