"""Zip archives of XML (.docx, .xlsx, .ods, .ofd): what is checked before any library reads one."""

from __future__ import annotations

import io
import re
import zipfile

from kb.base.errors import UnreadableError

_BLOCK = 1 << 16
_DTD = tuple(word.encode(codec) for word in ("<!DOCTYPE", "<!ENTITY") for codec in ("ascii", "utf-16-le", "utf-16-be"))


def check(data: bytes, limit: int, kind: str) -> None:
    """Refuse what is no zip archive, unpacks to more than `limit` bytes whatever it declares, or brings XML entities.

    `kind` names the format in the sentence. Raises UnreadableError.
    """
    size = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(part.file_size for part in archive.infolist())
            if size > limit:
                raise UnreadableError(_bomb(size, limit))
            size = 0
            for part in archive.infolist():
                size += _check_part(archive, part, limit - size, kind)
                if size > limit:
                    raise UnreadableError(_bomb(size, limit))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise UnreadableError(broken(kind)) from error


def has(data: bytes, part: str) -> bool:
    """Return whether bytes are a zip archive with a part whose name starts with `part`."""
    return any(name.lstrip("/").startswith(part) for name in _names(data))


def mimetype(data: bytes) -> str:
    """Return what an archive's first part, stored under the name "mimetype", calls it (OpenDocument, EPUB)."""
    found = re.match(rb"PK\x03\x04.{22}\x08\0..mimetype([\w./+-]{1,99}?)(?=PK)", data, re.DOTALL)
    return found[1].decode("ascii") if found else ""


def _names(data: bytes) -> list[str]:
    if not data.startswith(b"PK"):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return []


def broken(kind: str) -> str:
    """Say that a file is not what its name says."""
    return f"不是完好的 {kind}：请用 Word、WPS 之类的软件重新保存。"


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, limit: int, kind: str) -> int:
    """Read a part block by block, at most a block past `limit`; return its true size."""
    size, tail = 0, b""
    xml = part.filename.lower().endswith((".xml", ".rels"))
    with archive.open(part) as file:
        while size <= limit and (block := file.read(_BLOCK)):
            size += len(block)
            if xml and any(word in tail + block for word in _DTD):
                raise UnreadableError(f"这个 {kind} 带有 XML 实体定义（正常的没有），不予读取：请重新保存。")
            tail = block[-32:]
    return size


def _bomb(size: int, limit: int) -> str:
    return f"解压后太大（至少 {size / 1e6:.0f} MB，上限 {limit // 1_000_000} MB）：可能是压缩炸弹，请检查这个文件。"
