"""The files in a .zip that a post offers: each is an attachment of its own. Nothing is written to the disk."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from kb.base.errors import UnreadableError

_MOST_FILES = 200
_UTF8 = 0x800


def is_archive(data: bytes) -> bool:
    """Tell a plain .zip from the documents that are packed as one (.docx, .ofd, .ods)."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            names = {entry.filename for entry in packed.infolist()}
    except (zipfile.BadZipFile, ValueError, EOFError):
        return False
    return not names & {"[Content_Types].xml", "OFD.xml", "mimetype"}


def members(data: bytes, most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of the files in a .zip. Raises UnreadableError when it cannot be unpacked, or not within limits."""
    left = most_bytes
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            if len(entries) > _MOST_FILES:
                raise UnreadableError(f"压缩包里有 {len(entries)} 个文件，超过 {_MOST_FILES} 个的上限，没有解开。")
            for entry in entries:
                with packed.open(entry) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise UnreadableError(f"压缩包解开之后超过 {most_bytes // 1_000_000} MB 的上限，没有解完。")
                yield _name(entry), content
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise UnreadableError(f"压缩包解不开（{error}）。") from error
    except RuntimeError as error:  # what zipfile says of a password
        raise UnreadableError("压缩包有密码，没有解开。") from error


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a file's name, which Chinese systems write in GBK without saying so."""
    if entry.flag_bits & _UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename
