"""How hits are asked for in order, or by their score alone, and how the answers are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kb.search.cluster.queries import Part
from kb.search.cluster.weighing import WINDOW, Candidate
from kb.search.contract.engine import Order

_TOLD = ("key", "number_in_text", "edition")
_FIRST: dict[Order, list[Part]] = {"relevance": [], "date": [{"date": "desc"}], "rank": [{"authority": "desc"}]}


def in_order(order: Order) -> Part:
    """Equal ones come best first, then in the order of their documents' keys, then of the text.

    A section's id is its edition and number: these stand in the columns that are sorted by, ids among what is kept, which
    would have to be unpacked.
    """
    sort = [*_FIRST[order], {"_score": "desc"}, *_TOLD]
    return {"sort": sort, "track_total_hits": True, "stored_fields": "_none_"}


def by_score() -> Part:
    """The best first, equal ones anyhow: to compare keys takes the cluster longer than to find the best.

    Where there are more, which of those that are as good as the last are listed is chance; so `hits` leaves these out.
    """
    return {"docvalue_fields": list(_TOLD), "track_total_hits": True, "stored_fields": "_none_"}


def hits(answer: Any) -> tuple[int, list[Candidate]]:
    """Read the answer to a search that is `in_order`, or `by_score`: how much is found, and what is listed, in order."""
    total, candidates = answer["hits"]["total"]["value"], candidates_of(answer)
    return total, candidates if total <= len(candidates) or _is_sorted(answer) else _without_last(candidates)


def best_of(answers: Iterable[Any]) -> list[Candidate]:
    """Read the answers to `Scorer.best_asked`: each section with its highest score, in no order.

    Of what is only in order of score, all that must be among the best.
    """
    best: dict[str, Candidate] = {}
    last = 0.0
    for answer in answers:
        candidates = candidates_of(answer)
        if len(candidates) == WINDOW and not _is_sorted(answer):
            last = max(last, candidates[-1].score)
        for one in candidates:
            if one.id not in best or one.score > best[one.id].score:
                best[one.id] = one
    return [one for one in best.values() if one.score > last]


def _without_last(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return all but the last and those that are as good."""
    return [one for one in candidates if one.score > candidates[-1].score]


def _is_sorted(answer: Any) -> bool:
    return any("sort" in hit for hit in answer["hits"]["hits"])


def candidates_of(answer: Any) -> list[Candidate]:
    """Read what an answer lists, in order."""
    found = []
    for hit in answer["hits"]["hits"]:
        if "sort" in hit:
            *_, score, key, number, edition = hit["sort"]
        else:
            score, (key, number, edition) = hit["_score"], (hit["fields"][name][0] for name in _TOLD)
        found.append(Candidate(f"{edition}-{number}", key, number, score))
    return found if _is_sorted(answer) else sorted(found, key=best_first)


def best_first(one: Candidate) -> tuple[float, str, int]:
    """Return the key to sort sections by."""
    return -one.score, one.key, one.number
