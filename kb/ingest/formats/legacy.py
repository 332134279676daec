"""DOC, WPS, WPT and RTF → DOCX, by Debian's LibreOffice on a leash; `kb.ingest.formats.word_docx` reads what it writes.

antiword and catdoc are smaller and read the characters as well, but lose automatic numbers (第一条), line breaks inside
paragraphs, and show deleted text: a document must not lose its numbers.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

from kb.base import leash, scratch
from kb.base.errors import UnreadableError
from kb.config.settings import Settings
from kb.ingest.formats import html_page, word_docx
from kb.ingest.formats.registry import Format, Given
from kb.structure.extracted import Extracted

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXT_STREAM = "WordDocument".encode("utf-16-le")
_ENCRYPTED = "这个 Word 文件加了密：请去掉密码，另存为 .docx 后再收录。"
_START = (
    "import os, sys; sys.path[:] = {path!r}; from kb.base import leash; leash.limit({seconds}, {limit}); "
    "os.execv({command!r}[0], {command!r})"
)
# No macros, no active content, no links to other files brought up to date (2: never).
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop>
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
</oor:items>
"""


def read(data: bytes, given: Given) -> Extracted:
    """Read a legacy Word file, or the DOCX or HTML that programs save under its name. Raises UnreadableError."""
    if data.startswith(b"PK"):
        return word_docx.read(data, given)
    if html_page.is_fragment(data):
        return html_page.read(data, given)
    extracted = word_docx.read(to_docx(data, given.settings), given)
    return replace(extracted, media_type="application/msword", converter=f"{_office()} + {extracted.converter}")


@cache
def _office() -> str:
    answer = subprocess.run(["soffice", "--version"], capture_output=True, text=True, check=False)
    return " ".join(answer.stdout.split()[:2]) or "LibreOffice"


def to_docx(data: bytes, settings: Settings) -> bytes:
    """Convert a legacy Word file. Raises UnreadableError, which names the Debian package where LibreOffice is missing."""
    suffix = _checked(data)
    office = shutil.which("soffice")
    if not office:
        raise UnreadableError(
            "读取旧版 Word 文件（.doc、.wps、.rtf）需要 LibreOffice：请安装 apt install libreoffice-writer-nogui，"
            "或另存为 .docx 后再收录。"
        )
    with scratch.folder("office") as folder:
        return _converted(folder, office, suffix, data, settings)


def _checked(data: bytes) -> str:
    """Return the suffix by which LibreOffice takes the file. It would read anything as text: only real files go there."""
    if data.startswith(b"{\\rtf"):
        return ".rtf"
    if not data.startswith(_OLE) or _TEXT_STREAM not in data:
        raise UnreadableError("不是完好的 Word 文件（.doc、.wps、.rtf）：请用 Word 或 WPS 另存为 .docx 后再收录。")
    # MS-DOC 2.5.2: the stream starts with wIdent 0xA5EC and nFib; bit 8 of the flags at byte 10 is fEncrypted.
    for head in re.finditer(rb"\xec\xa5[\xc1\xd9\x01\x0c\x12][\x00\x01].{6}(..)", data, re.DOTALL):
        if head.start() % 64 == 0 and struct.unpack("<H", head[1])[0] & 0x0100:
            raise UnreadableError(_ENCRYPTED)
    return ".doc"


def _converted(folder: Path, office: str, suffix: str, data: bytes, settings: Settings) -> bytes:
    (folder / "profile" / "user").mkdir(parents=True)
    (folder / "profile" / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    (folder / f"file{suffix}").write_bytes(data)
    command = [
        office,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        *("--headless", "--norestore", "--convert-to", "docx:MS Word 2007 XML"),
        *("--outdir", str(folder), str(folder / f"file{suffix}")),
    ]
    code = _START.format(path=sys.path, seconds=settings.timeout, limit=settings.max_bytes, command=command)
    leash.run(code, b"", settings.timeout, {"HOME": str(folder), "TMPDIR": str(folder), "PATH": "/usr/bin:/bin"})
    result = folder / "file.docx"
    if not result.is_file():
        raise UnreadableError(
            "LibreOffice 没能读出这个 Word 文件（可能已损坏）：请用 Word 或 WPS 另存为 .docx 后再收录。"
        )
    return result.read_bytes()


FORMAT = Format(
    "word-legacy",
    {"zh": "旧版 Word", "en": "Word 97–2003, RTF"},
    (".doc", ".wps", ".rtf"),
    read,
    ("application/msword", "application/rtf", "text/rtf"),
    lambda data: data.startswith(b"{\\rtf") or (data.startswith(_OLE[:4]) and _TEXT_STREAM in data),
)
