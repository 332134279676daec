"""Bytes → document, the same whether they come from a file, a site or a snapshot."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import unquote

from kb.base.errors import UnreadableError
from kb.base.model import Document, Provenance
from kb.config.settings import Settings
from kb.ingest.formats import files
from kb.ingest.formats.extract import extract_html
from kb.ingest.restore import restore
from kb.structure import metadata, numbering, outline, statute
from kb.structure.extracted import Extracted

_MAGIC = ((b"%PDF", ".pdf"), (b"{\\rtf", ".rtf"), (b"Rar!", ".rar"))
_OLE, _ZIP = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
# What stands in a container when its address does not tell: the name of its main part.
_PARTS = (
    (_ZIP, b"OFD.xml", ".ofd"),
    (_ZIP, b"xl/workbook", ".xlsx"),
    (_ZIP, b"word/", ".docx"),
    (_OLE, "WordDocument".encode("utf-16-le"), ".doc"),
    (_OLE, "Workbook".encode("utf-16-le"), ".xls"),
)
_CONTAINERS = {".docx", ".xlsx", ".ods", ".ofd", ".doc", ".wps", ".xls", ".et"}
_TYPES = {"text/html": ".html", "application/xhtml+xml": ".html", "text/plain": ".txt", "application/pdf": ".pdf"}


@dataclass(frozen=True, slots=True)
class Derived:
    """A document (its id still "") and the files that its page links to, (name, address as found)."""

    document: Document
    attachments: tuple[tuple[str, str], ...] = ()


def document(extracted: Extracted, found: Provenance, source: str, name: str) -> Document:
    """Make a document of what a reader extracted; `found` says where it comes from, `name` what its file is called.

    Raises UnreadableError when nothing but site navigation is in it.
    """
    restored = restore(extracted)
    extracted = restored.extracted
    if not extracted.text:
        raise UnreadableError("除了网站导航之类，里面没有文字：没有可以收录的内容。")
    sections = outline.parse(extracted.text, extracted.levels)
    provenance = replace(
        found,
        media_type=extracted.media_type,
        encoding=extracted.encoding,
        converter=extracted.converter,
        simplified=restored.simplified,
        repairs=restored.repairs,
        furniture=restored.furniture,
        notes=(*extracted.notes, *numbering.notes(sections)),
    )
    return Document("", source, metadata.find(extracted.text, sections, extracted, name), provenance, sections)


def from_web(data: bytes, found: Provenance, source: str, settings: Settings, body: str = "") -> Derived:
    """Make a document of what a site answered: `found` has its exchange and what the list says of it.

    `body` is the CSS selector of the text, where the source's settings name one. Raises UnreadableError.
    """
    headers = found.exchange.response if found.exchange else {}
    content_type = next((value for key, value in headers.items() if key.lower() == "content-type"), "")
    suffix = kind(data, content_type, found.origin)
    if suffix not in files.SUFFIXES:
        raise UnreadableError(f"还不能读取这种文件（{suffix or '没有扩展名'}）：原件已作为快照保存。")
    if suffix in (".html", ".htm"):
        extracted = extract_html(data, content_type=content_type, body=body)
    else:
        extracted = files.read(data, suffix, settings)
    told = {label: value for label, value in found.listed.items() if not extracted.labels.get(label)}
    extracted = replace(
        extracted,
        labels={**extracted.labels, **told},
        hows={**extracted.hows, **dict.fromkeys(told, "list")},
    )
    return Derived(
        document(extracted, found, source, _stem(found.listed.get("附件名称", found.origin))), extracted.attachments
    )


def from_snapshot(present: Document, data: bytes, settings: Settings) -> Document:
    """Derive a document of the corpus once more from the bytes it was made of. Raises UnreadableError."""
    old = present.provenance
    found = Provenance(
        origin=old.origin,
        snapshot=hashlib.sha256(data).hexdigest(),
        retrieved=old.retrieved,
        media_type="",
        exchange=old.exchange,
        listed=old.listed,
        attachments=old.attachments,
        attached_to=old.attached_to,
        withdrawn=old.withdrawn,
    )
    if old.exchange:
        body = next((each.css.body for each in settings.sources if each.name == present.source), "")
        again = from_web(data, found, present.source, settings, body).document
    else:
        suffix = PurePosixPath(old.origin).suffix
        again = document(files.read(data, suffix, settings), found, present.source, _stem(old.origin))
    is_law = present.metadata.found.get("kind") == statute.FOUND
    return replace(statute.standing(again) if is_law else again, id=present.id)


def kind(data: bytes, content_type: str, url: str) -> str:
    """Tell what kind of file bytes are, as a suffix: by their first bytes, the server's type, the address."""
    named = PurePosixPath(_path(url)).suffix.lower()
    for magic, suffix in _MAGIC:
        if data.startswith(magic):
            return suffix
    if data.startswith((_OLE, _ZIP)):
        inside = (suffix for magic, part, suffix in _PARTS if data.startswith(magic) and part in data)
        return named if named in _CONTAINERS else next(inside, named or ".zip")
    if re.match(rb"\s*(?:<!doctype html|<html)", data[:512].removeprefix(b"\xef\xbb\xbf"), re.IGNORECASE):
        return ".html"
    return _TYPES.get(content_type.partition(";")[0].strip().lower(), named)


def _stem(origin: str) -> str:
    return PurePosixPath(_path(origin)).stem


def _path(origin: str) -> str:
    """Answer the path in an address; a file's name is one already, whatever marks it holds."""
    if "://" not in origin:
        return origin
    return unquote(re.sub("[?#].*", "", origin.partition("://")[2], flags=re.DOTALL))
