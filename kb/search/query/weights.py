"""What makes a section answer better or worse than its words say, the same for both engines: `scoring` says how it adds up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from kb.base.lazy_re import lazy_re
from kb.base.model import Listing
from kb.chinese.places import UNITS
from kb.search.query import ranking
from kb.search.query.authority import LAW, LOCAL, authority
from kb.search.query.lexicon import other_words
from kb.search.query.ranking import Floats, Ints

# Questions over the laws keep 0.770 of 0.771 recall in the first 100, and one section of 370.
SHARE, LEAST_SHARE = 0.25, 0.1

FAR_BEHIND = 0.1
"""The share of the best score below which a section's document and nearness add nothing that would bring it forward."""

SENTENCE, _LOOKED_AT = 7, 300
"""Characters of a query that is more than a name, and those of a long one that are looked at."""
LIFTED, NEARLY, NEAR = 30, 0.4, 0.6
"""How many sections are looked at, with what share of the best score at least, and what they can gain."""

NAME, HEADED = 12, 1.5
"""Characters of a string that may be what a heading says, and what sections under it gain."""

_OTHER_WORDS = 0.7
DOCUMENT = 0.15
BARE = 0.6
REPLACED = 0.97
"""What a section that is only a heading, and one of a text that was replaced, keep of their score."""

ENDED = ("失效", "废止", "届满")
"""Words of a source's own mark of validity (有效性) for what no longer holds."""

STANDING = (0.55, 0.55, 0.55, 0.45, 0.7, 0.65, 0.8, 1.0)
"""What a section keeps of its score by the rank of its document (`authority`)."""

_BASIC, _AMENDING = 1.0, 0.7
_CONGRESS = "全国人民代表大会"
_AMENDS = lazy_re(r"修正案|关于(?:修改|修订|废止).*的决定|确定罪名")


WORDS, PREFERRED, TOGETHER, AHEAD = 0.2, 0.3, 0.05, 0.35
"""By meaning: what the share of the best score by words, standing, and the other sections of a document count for, beside
the cosine, which is 1 at most; and how far behind the best of all a section may be that speaks for its document."""

NEAREST, LIKE, LIKE_AT_LEAST = 1_000, 0.15, 0.4
"""By meaning: sections that are found at most, and what their cosine must be: how far from the best, and at least."""


def runs_of(whole: str) -> set[str]:
    """Return the runs of three characters of a sentence that nearness looks for in a text."""
    return {whole[start : start + 3] for start in range(min(len(whole), _LOOKED_AT) - 2)}


def other_terms(strings: Sequence[str], own: Mapping[str, float]) -> dict[str, float]:
    """Return the terms of other words for those of the strings: the more of them, the less each counts."""
    weights: dict[str, float] = {}
    for alternatives in other_words(strings):
        share = _OTHER_WORDS / len(alternatives) ** 0.5
        for term, weight in ranking.terms(alternatives).items():
            if term not in own:
                weights[term] = max(weights.get(term, 0.0), share * weight)
    return weights


def preference(listing: Listing) -> float:
    """Return what the sections of a document keep of their score, whatever else there is.

    The basic laws (立法法, article 10) are made by the National People's Congress itself, other laws by its standing
    committee. What amends a law says in pieces what the law says whole.
    """
    rank = authority(listing)
    kept = _BASIC if rank >= LAW and listing.issuer == _CONGRESS else STANDING[rank]
    return kept * (_AMENDING if _AMENDS.search(listing.title) else 1.0)


def replaced(listings: Sequence[Listing]) -> Iterator[int]:
    """Yield the documents that no longer hold: older versions, later texts of law have their title, their source says so."""
    newest: defaultdict[str, str] = defaultdict(str)
    for listing in listings:
        newest[listing.title] = max(newest[listing.title], listing.date)
    for number, listing in enumerate(listings):
        older = authority(listing) > 1 and listing.date < newest[listing.title]
        if older or listing.version or any(word in listing.validity for word in ENDED):
            yield number


def standings(listings: Sequence[Listing]) -> Floats:
    """Return what the sections of each document keep of their score by its rank, and by whether it was replaced."""
    kept = np.array([preference(listing) for listing in listings] or [1.0], np.float32)
    kept[list(replaced(listings))] *= REPLACED
    return kept


def places(listings: Sequence[Listing]) -> dict[str, list[int]]:
    """Return the local rules of each place: 上海 → the documents that 上海市… made."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, listing in enumerate(listings):
        if place := place_of(listing):
            found[place].append(number)
    return dict(found)


def joined(share: Floats, likeness: Floats, standing: Floats, documents: Ints) -> Floats:
    """Return the scores of some sections by words and meaning: from their shares of the best score by words, their
    cosines, what they keep of their score, and the numbers of their documents.
    """
    found = WORDS * share + likeness + PREFERRED * standing
    ahead = np.maximum(found - (found.max(initial=0) - AHEAD), 0)
    whole: Floats = (found + TOGETHER * ranking.together(ahead, documents)).astype(np.float32)
    return whole


_PLACE = lazy_re(rf"([\u4e00-\u9fff]{{2,7}}?)(?:{UNITS})")


def place_of(listing: Listing) -> str:
    """Return the place whose local rule a document is: 上海 for what 上海市… made; "" for anything else."""
    if authority(listing) != LOCAL:
        return ""
    named = _PLACE.match(listing.title) or _PLACE.match(listing.issuer)
    return named[1] if named else ""
