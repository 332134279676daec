"""Files on disk → text: .txt .md .html as they are, all others converted in a child process that is kept on a leash."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kb.base.errors import UnreadableError
from kb.config.settings import Settings
from kb.corpus import markdown
from kb.ingest.formats import convert, site_markdown
from kb.ingest.formats.charset import decode
from kb.ingest.formats.extract import extract_html
from kb.structure.extracted import Extracted

_LINE_END = re.compile(r"\r\n|[\n\r\f\v]")
_HTML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|meta|table)\b", re.IGNORECASE)
LINK = "是链接，没有跟随：它可能指向不该公开的文件；确实要收录，请用它指向的文件本身。"
# Not text: byte order marks in the middle of a file, zero-width spaces, the end-of-file mark of DOS.
_INVISIBLE = "\ufeff\u200b\x1a"


def load(path: Path, settings: Settings) -> bytes:
    """Read a file's bytes. Raises UnreadableError when it cannot be read, is a link, empty or larger than the limit."""
    try:
        if path.is_symlink():
            raise UnreadableError(LINK)
        if not path.is_file():
            raise UnreadableError("不是普通文件，或者已经不在：请检查路径。")
        size = path.stat().st_size
        data = path.read_bytes() if size <= settings.max_bytes else b""
    except OSError as error:
        raise UnreadableError(f"打不开（{error.strerror}）：请检查文件权限和磁盘。") from error
    if size > settings.max_bytes:
        raise UnreadableError(too_large(size, settings))
    if not data.strip():
        raise UnreadableError("是空文件：没有可以收录的文字。")
    return data


def too_large(size: int, settings: Settings) -> str:
    """Say that a file, or what it unpacks to, is too large."""
    limit = settings.max_bytes // 1_000_000
    return f"太大（{size / 1_000_000:.0f} MB，上限 {limit} MB）：请拆分，或在 kb.toml 里调高 ingest.max_megabytes。"


def read(data: bytes, suffix: str, settings: Settings) -> Extracted:
    """Read the bytes of a file by its suffix (one of `SUFFIXES`). Raises UnreadableError with the reason."""
    extracted = _READERS[suffix.lower()](data, settings)
    if not extracted.text:
        raise UnreadableError("里面没有文字：没有可以收录的内容。")
    return extracted


def lines_of(text: str) -> str:
    """Bring plain text into the form of a document's text: a paragraph a line, no blank lines, no layout at the ends."""
    stripped = (line.strip().strip(_INVISIBLE).strip() for line in _LINE_END.split(text))
    return "".join(f"{line}\n" for line in stripped if line)


def _plain(data: bytes, settings: Settings) -> Extracted:  # noqa: ARG001
    text, encoding = decode(data)
    if site_markdown.is_one(text := _LINE_END.sub("\n", text)):
        return replace(site_markdown.extract(text), encoding=encoding)
    return Extracted(lines_of(text), "text/plain", encoding=encoding)


def _markdown(data: bytes, settings: Settings) -> Extracted:  # noqa: ARG001
    text, encoding = decode(data)
    text = _LINE_END.sub("\n", text)
    generated = re.search(r"^:::", text, re.MULTILINE) and site_markdown.is_one(text)
    return replace(site_markdown.extract(text) if generated else markdown.extract(text), encoding=encoding)


def _html(data: bytes, settings: Settings) -> Extracted:  # noqa: ARG001
    return extract_html(data)


def _word(data: bytes, settings: Settings) -> Extracted:
    """Read what is called .doc: a legacy Word file, or the DOCX or HTML that programs save under that name."""
    if data.startswith(b"PK"):
        return convert.docx(data, settings)
    return _html(data, settings) if _HTML.match(data) else convert.office(data, settings)


def _sheets(data: bytes, settings: Settings) -> Extracted:
    """Read a spreadsheet; programs also save HTML tables as .xls."""
    return _html(data, settings) if _HTML.match(data) else convert.sheets(data, settings)


_READERS: dict[str, Callable[[bytes, Settings], Extracted]] = {
    ".txt": _plain,
    ".md": _markdown,
    ".markdown": _markdown,
    ".html": _html,
    ".htm": _html,
    ".docx": convert.docx,
    ".pdf": convert.pdf,
    ".ofd": convert.ofd,
    **dict.fromkeys((".doc", ".wps", ".rtf"), _word),
    **dict.fromkeys((".xlsx", ".xls", ".et", ".ods"), _sheets),
}
SUFFIXES = frozenset(_READERS)
"""The kinds of files that can be read."""
