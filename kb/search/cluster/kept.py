"""What the index keeps and cannot search: packed, so that the cluster stores and sends it without reading it."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from kb.search.answer.section_record import Stored, pack, unpack
from kb.search.cluster.mapping import KEPT

ASKED = {"stored_fields": [KEPT]}
"""What asks for it with a search."""


def packed(thing: Any) -> str:
    """Return something as it is kept."""
    return encoded(pack(thing))


def encoded(data: bytes) -> str:
    """Return what is packed already as it is kept."""
    return base64.b64encode(data).decode()


def kept(hit: Mapping[str, Any]) -> Any:
    """Return what is kept of a document that was found; None where nothing is."""
    data = _data(hit)
    return msgspec.msgpack.decode(zlib.decompress(data)) if data else None


def stored(hit: Mapping[str, Any]) -> Stored:
    """Return what is kept of a section that was found."""
    return unpack(_data(hit))


def _data(hit: Mapping[str, Any]) -> bytes:
    (told,) = hit.get("fields", {}).get(KEPT, [""])
    return base64.b64decode(told)
