"""DOCX, PDF, OFD, spreadsheets and legacy Word files → text, in a child process on a leash: bounded time and memory, no
network, no files, no programs.

Such files come from anywhere and the libraries that read them are large: what goes wrong in there ends a child and one
sentence, never the ingest.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from kb.base.errors import UnreadableError
from kb.config.settings import Settings
from kb.ingest.formats import leash, legacy
from kb.structure.extracted import Extracted

_START = "import sys; sys.path[:] = {path!r}; from kb.ingest.formats.convert import child; child({name!r}, {seconds}, {limit})"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def docx(data: bytes, settings: Settings) -> Extracted:
    """Convert a Word file. Raises UnreadableError."""
    return _converted("docx", data, settings, _DOCX, f"python-docx {version('python-docx')}")


def pdf(data: bytes, settings: Settings) -> Extracted:
    """Convert a PDF file, scanned pages too where OCR is switched on and installed. Raises UnreadableError."""
    recognise = settings.ocr and find_spec("rapidocr") and find_spec("pypdfium2")
    return _converted("pdf-ocr" if recognise else "pdf", data, settings, "application/pdf")


def sheets(data: bytes, settings: Settings) -> Extracted:
    """Convert a spreadsheet. Raises UnreadableError."""
    excel = "application/vnd.ms-excel"
    return _converted("sheets", data, settings, excel, f"python-calamine {version('python-calamine')}")


def ofd(data: bytes, settings: Settings) -> Extracted:
    """Convert an OFD file. Raises UnreadableError."""
    return _converted("ofd", data, settings, "application/ofd", f"lxml {version('lxml')}")


def office(data: bytes, settings: Settings) -> Extracted:
    """Convert a legacy Word file by way of LibreOffice. Raises UnreadableError."""
    extracted = docx(legacy.to_docx(data, settings), settings)
    return replace(extracted, media_type="application/msword", converter=f"{_office()} + {extracted.converter}")


@cache
def _office() -> str:
    answer = subprocess.run(["soffice", "--version"], capture_output=True, text=True, check=False)
    return " ".join(answer.stdout.split()[:2]) or "LibreOffice"


def _converted(name: str, data: bytes, settings: Settings, media_type: str, converter: str = "") -> Extracted:
    code = _START.format(path=sys.path, name=name, seconds=settings.timeout, limit=settings.max_bytes)
    answer = json.loads(leash.run(code, data, settings))
    if "error" in answer:
        raise UnreadableError(answer["error"])
    return Extracted(
        text=answer["text"],
        media_type=media_type,
        title=answer["title"],
        levels={int(line): level for line, level in answer["levels"].items()},
        converter=answer.get("converter", converter),
        notes=tuple(answer["notes"]),
    )


def child(name: str, seconds: float, limit: int) -> None:
    """Be the child process: read the file from stdin, write the answer (JSON) to stdout.

    `seconds` of processor time and `limit` bytes of unpacked content and of text are the most it may use.
    """
    leash.limit(seconds, 0)
    answer: Mapping[str, Any]
    try:
        convert = _converter(name)
        sys.addaudithook(_refuse)
        answer = convert(sys.stdin.buffer.read(), limit)
        if len(answer["text"].encode()) > limit:
            answer = {"error": "转换出来的文字太多，超过了上限：请拆分，或在 kb.toml 里调高 ingest.max_megabytes。"}
    except UnreadableError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": "转换它需要太多内存：请拆分或简化这个文件。"}
    sys.stdout.write(json.dumps(answer))


def _converter(name: str) -> Callable[[bytes, int], Mapping[str, Any]]:
    """Load a converter's library; only the child does."""
    if name == "pdf-ocr":
        from kb.ingest.formats import ocr, pdf

        return partial(pdf.convert, recognise=ocr.recognise)
    module = {"docx": "word"}.get(name, name)
    converter: Callable[[bytes, int], Mapping[str, Any]] = import_module(f"kb.ingest.formats.{module}").convert
    return converter


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what no converter needs: sockets and other programs."""
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "ctypes.")):
        raise PermissionError(f"{event} {arguments}")
