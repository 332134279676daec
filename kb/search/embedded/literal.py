"""Which sections contain what a query asks for: the terms of the index tell the few that may, their text decides."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from kb.base import deadline
from kb.search.embedded.arrays import ArrayCache, common, nbytes, without
from kb.search.embedded.codec import Numbers, Reader
from kb.search.query.analysis import bigrams
from kb.search.query.matching import AllOf, AnyOf, Exact, Near, Node, Not, Wildcard, leaves, looks, test

# Looking for a string in a section's text costs as much as reading that many postings.
_WORTH = 100
# Memory for the sections of strings, in bytes for each section there is.
_CACHED = 250
_COUNTED = 50_000


class Literal:
    """Finds sections of one state of the index by their text. Many threads may use one."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._sections = ArrayCache[str, Numbers](_CACHED * reader.size)
        self._frequency = lru_cache(_COUNTED)(lambda pair: reader.frequency("text", pair))

    def matching(self, node: Node, within: Numbers | None = None) -> Numbers:
        """Return the sections, or those of some, whose text matches, ascending.

        A text is looked at once, and only if it has the strings; what these alone decide is settled then.
        """
        nodes = node.nodes if isinstance(node, AllOf) else (node,)
        found = self._having_all(nodes, within)
        unsettled = tuple(filter(looks, nodes))
        if not unsettled:
            return found
        matches = test(AllOf(unsettled))
        return self._reader.having(found, lambda text: matches(text.decode()))

    def _having_strings(self, node: Node) -> Numbers:
        """Return the sections that have the strings a node asks for, ascending: where it asks for more than strings, too many."""
        match node:
            case Exact(string):
                return self.containing(string)
            case Near(strings) | Wildcard(strings):
                return self._having_all(map(Exact, strings))
            case AllOf(nodes):
                return self._having_all(nodes)
            case AnyOf(nodes):
                found = np.zeros(self._reader.size, bool)
                for each in nodes:
                    found[self._having_strings(each)] = True
                return np.flatnonzero(found)
            case Not():
                return self._having_all([node])

    def _having_all(self, nodes: Iterable[Node], within: Numbers | None = None) -> Numbers:
        """Intersect: the longest strings first, which are found in few sections, and exclusions last."""
        found = within
        for node in sorted(
            nodes, key=lambda node: (isinstance(node, Not), not isinstance(node, Exact), -_length(node))
        ):
            if isinstance(node, Not):
                if not looks(node):
                    others = np.flatnonzero(self._reader.live) if found is None else found
                    found = without(others, self._having_strings(node.of))
            else:
                having = self._having_strings(node)
                found = having if found is None else common(found, having)
            if found is not None and not len(found):
                break
        return np.flatnonzero(self._reader.live) if found is None else found

    def containing(self, string: str) -> Numbers:
        """Return the sections whose text contains a folded string, ascending."""
        deadline.check()
        return self._sections.get(string, lambda: self._containing(string), nbytes)

    def _containing(self, string: str) -> Numbers:
        """Find a string: one or two characters are terms; of a longer one all pairs must occur, then the text decides."""
        if len(string) <= 2:
            return self._reader.postings("text", string)[0]
        pairs = {pair: self._frequency(pair) for pair in bigrams(string)}
        rarest, *others = sorted(pairs, key=pairs.__getitem__)
        candidates = self.containing(rarest)
        for pair in others:
            if len(candidates) * _WORTH < pairs[pair]:  # looking at the texts is cheaper now
                break
            candidates = common(candidates, self.containing(pair))
        as_word = self._reader.postings("text", string)[0]  # there it stands for sure
        needle = string.encode()
        others_having = self._reader.having(without(candidates, as_word), lambda text: needle in text)
        return np.sort(np.concatenate((as_word, others_having)))


def _length(node: Node) -> int:
    return max((len(string) for leaf in leaves(node) for string in leaf.strings), default=0)
