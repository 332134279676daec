"""How people name a document, one of its versions, or a place in it: 行政复议法#art-61, or the address of a page, pasted."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from kb.base.errors import UsageError
from kb.base.lazy_re import lazy_re

_PAGE = lazy_re(r"(?:^|/)d/(?P<path>[^?#]+)(?:\?(?P<query>[^#]*))?(?:#(?P<anchor>.*))?$")
_DIRECTIVE = ":~:"  # what follows tells a browser which words to highlight


@dataclass(frozen=True, slots=True)
class Address:
    """A document by its id; `version` and `anchor` are "" where none is named."""

    id: str
    version: str = ""
    anchor: str = ""

    @classmethod
    def read(cls, text: str) -> Address:
        """Read what somebody typed, or pasted from a page, from a citation, from `kb search`: with a host or without,
        escaped or not. Raises UsageError for a page that shows what was in force on a day: it names no version.
        """
        page = _PAGE.search(text)
        if page is None:
            name, _, anchor = text.partition("#")
            id, _, version = name.partition("@")
            return cls(unquote(id), unquote(version), _plain(anchor))
        if "on" in parse_qs(page["query"] or ""):
            raise UsageError("这个地址显示某一天施行的文本（on=…），命令行里请写明版本：文件@版本，见 kb show --json。")
        id, *rest = map(unquote, page["path"].strip("/").split("/"))
        version = rest[1] if rest[:1] == ["versions"] and len(rest) > 1 else ""
        return cls(id, version, _plain(page["anchor"] or (rest[0] if len(rest) == 1 else "")))

    def __str__(self) -> str:
        version = f"@{self.version}" if self.version else ""
        return self.id + version + (f"#{self.anchor}" if self.anchor else "")


def _plain(anchor: str) -> str:
    return unquote(anchor.partition(_DIRECTIVE)[0])
