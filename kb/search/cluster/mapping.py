"""What the index in the cluster looks like: its names, its fields, its settings, and the version of all that.

An index holds one `section` after another, one `row` for each document or older version, and one `state`, which says
what of them counts. It is named NAME-000007; the alias NAME points at the one that is searched. Nothing here needs a
plug-in: texts are cut into pairs of characters by the `ngram` tokenizer that every OpenSearch has, words by our own
analysis before they are sent.
"""

from __future__ import annotations

from typing import Any

from kb.search.query import analysis
from kb.search.query.conditions import FACETS, Field

LAYOUT = 8
"""Grows whenever what is below or what is kept changes: an index made by another version is written anew, and the alias
moved."""

FORMAT = f"kb {LAYOUT}.{analysis.VERSION}"
READABLE = (FORMAT,)
"""What can be searched: an earlier one that lacks only what need not be told is, until the index is made anew."""

STATE = "state"
"""The id of the document that says what counts."""

FOLDED, ONE = "folded", "folded.one"
"""A section's folded text as pairs of characters, and as single ones; both with positions."""

KEPT = "kept"
"""What cannot be searched: a section or row as it is shown, or what the state is; see `cluster.kept`."""

PARTS: tuple[Field, ...] = ("title", "number", "issuer", "kind", "source", "validity")
"""Fields of a document that a condition may name a part of: kept folded, too, under `folded_…`."""

MOST_LISTED = 1_000_000
"""Hits that can be paged through, and editions that can be excluded."""

_AT_ONCE = (2, 12)
"""The version of OpenSearch from which the segments of a shard can be searched side by side."""

_DOT = "\ue000"
_KEYWORD = {"type": "keyword"}
_SOUGHT = {"type": "keyword", "doc_values": False}  # neither counted nor ordered by
_TEXT = {"type": "text", "norms": False}


def index_name(alias: str, epoch: int) -> str:
    """Name the index that an update makes."""
    return f"{alias}-{epoch:06}"


def views(index: str, epoch: int) -> str:
    """Name the views of the states of an epoch (see `cluster.index_state`)."""
    return f"{index}.{epoch}.*"


def feature(term: str) -> str:
    """Name the feature of a term: a dot would part the field's name."""
    return term.replace(".", _DOT)


def definition(shards: int, version: tuple[int, ...]) -> dict[str, Any]:
    """Return the body that an index is created with, for an OpenSearch of a version (major, minor).

    All processors of a node work at one search, where it can do that. It is refreshed only when an update is complete, and has a replica wherever there is a second node.
    """
    cutters = {
        name: {"type": "ngram", "min_gram": size, "max_gram": size} for name, size in (("pairs", 2), ("ones", 1))
    }
    analyzers = {name: {"type": "custom", "tokenizer": name} for name in cutters}
    return {
        "settings": {
            "number_of_shards": shards,
            "auto_expand_replicas": "0-1",
            "refresh_interval": "-1",
            "max_result_window": MOST_LISTED,
            "max_terms_count": MOST_LISTED,
            **({"search.concurrent_segment_search.enabled": True} if version >= _AT_ONCE else {}),
            "analysis": {"tokenizer": cutters, "analyzer": analyzers},
        },
        "mappings": {
            "_meta": {"made_by": "kb", "format": FORMAT},
            "_source": {"enabled": False},  # to take out of it what need not be kept costs a sixth of all the time
            "dynamic": "strict",
            "properties": {**_both(), **_section(), **_row()},
        },
    }


def _both() -> dict[str, Any]:
    """What sections and rows have: whose they are, and what is kept of them. `edition` is a document in one state, written by one update."""
    return {
        **dict.fromkeys(("key", "edition", "date"), _KEYWORD),
        **dict.fromkeys(("title", "folded_title"), _SOUGHT),
        "present": {"type": "boolean", "doc_values": False},
        KEPT: {"type": "binary", "store": True},
    }


def _section() -> dict[str, Any]:
    """A section. `born` is the epoch of the update that wrote it, `terms` what each of its terms adds to a score."""
    integer = {"type": "integer"}
    sought = (
        *(f"folded_{field}" for field in PARTS),
        "number",
        "document",
        "since",
        "place",
        "local",
        "folded_heading",
    )
    return {
        "born": {"type": "long"},
        "number_in_text": integer,
        **dict.fromkeys(sought, _SOUGHT),
        **dict.fromkeys((*FACETS, "heading", "reading"), _KEYWORD),
        "heading_length": {**integer, "index": False},
        "authority": {"type": "byte", "index": False},
        "terms": {"type": "rank_features"},
        "path": {**_TEXT, "analyzer": "pairs", "index_options": "docs"},
        FOLDED: {**_TEXT, "analyzer": "pairs", "fields": {"one": {**_TEXT, "analyzer": "ones"}}},
    }


def _row() -> dict[str, Any]:
    """A document as lists show it. `listed` is the epoch of the update that wrote it."""
    return {"listed": {"type": "long"}, "title_length": {"type": "integer", "index": False}}
