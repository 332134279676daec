"""What became of a corpus file that is not as it was written: edited by a person, or damaged, and in which way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Literal

from kb.base.errors import UnreadableError
from kb.corpus import front_matter, markdown
from kb.corpus.ledger import Entry
from kb.structure import yaml_head

Damage = Literal["", "edited", "damaged", "zeroed", "emptied", "truncated", "re-encoded", "deleted"]

SAID: dict[Damage, str] = {
    "edited": "与写入时不一致：手工修改或损坏（文件头还在，读得通）",
    "damaged": "已损坏，不像手工修改（文件头不见了，或读不通）",
    "zeroed": "里有空字节：这是损坏（多半是断电或磁盘出错），不是手工修改",
    "emptied": "里什么也没有了：这是损坏（多半是断电或磁盘出错），不是手工修改",
    "truncated": "从中途断了，后面的不见了：这是损坏（多半是断电或磁盘出错），不是手工修改",
    "re-encoded": "被改存成了另一种文字编码，文字没有变",
    "deleted": "不见了，没有人说过要删除它",
}
_ENCODINGS = ("gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "big5")
_MISTAKEN = ("latin-1", "cp1252", "gb18030")


def judge(data: bytes, known: Entry | None = None) -> Damage:
    """Say what became of a file's bytes, "" where they are as they were written, or nobody ever sealed them.

    `known` is what the ledger has of the file.
    """
    if known and hashlib.sha256(data).hexdigest() == known.sha256:
        return ""
    if markdown.is_emptied(data):
        return "zeroed" if b"\0" in data else "emptied"
    text = markdown.plain(data.decode("utf-8", "replace"))
    if front_matter.intact(text):
        return ""
    if as_encoded(data):
        return "re-encoded"
    ours = front_matter.is_ours(text) or bool(known and known.head)
    if "\0" in text:
        return "zeroed" if ours or known else "damaged"
    if front_matter.is_cut(text) or (known and len(data) < known.size and not data.endswith(b"\n")):
        return "truncated"
    if not ours:
        return ""
    return "edited" if _is_text(data, text) else "damaged"


def as_encoded(data: bytes) -> str:
    """Return the text as it was written, where the bytes are it in another encoding, "" where they are not."""
    return next((text for text in _decoded(data) if front_matter.intact(text)), "")


def beside(text: str, original: str) -> Damage:
    """Tell more of a file that looks edited where its original is known: its end is missing, or one bit is another."""
    if original.startswith(text):
        return "truncated"
    was, now = original.encode(), text.encode("utf-8", "replace")
    if len(was) == len(now):
        other = [one ^ two for one, two in zip(was, now, strict=True) if one != two]
        if len(other) == 1 and other[0].bit_count() == 1:
            return "damaged"
    return "edited"


def _decoded(data: bytes) -> Iterator[str]:
    """Yield what bytes may be: text in another encoding, or UTF-8 that was taken for another one and written as it."""
    for encoding in _ENCODINGS:
        with suppress(UnicodeError):
            yield markdown.plain(data.decode(encoding).removeprefix("\ufeff"))
    with suppress(UnicodeError):
        text = data.decode("utf-8")
        for encoding in _MISTAKEN:
            with suppress(UnicodeError):
                yield markdown.plain(text.encode(encoding).decode("utf-8"))


def _is_text(data: bytes, text: str) -> bool:
    """Return whether a person may have left a file so: it is UTF-8, its header is there, and it can be read."""
    try:
        data.decode("utf-8")
        markdown.load(text, "", "")
    except (UnicodeError, UnreadableError):
        return False
    return bool(yaml_head.split(text)[0]) and front_matter.is_ours(text) and "\ufffd" not in text
