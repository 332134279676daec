"""DOCX and PDF → text, in a child process on a leash: bounded time and memory, no network, no files, no programs.

Such files come from anywhere and the libraries that read them are large: what goes wrong in there ends a child and one
sentence, never the ingest.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from kb.errors import UnreadableError
from kb.ingest.extracted import Extracted
from kb.settings import Settings

_MEMORY = 2 << 30
_START = "import sys; sys.path[:] = {path!r}; from kb.ingest.convert import child; child({name!r}, {seconds}, {limit})"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def docx(data: bytes, settings: Settings) -> Extracted:
    """Convert a Word file. Raises UnreadableError."""
    return _converted("docx", data, settings, _DOCX, f"python-docx {version('python-docx')}")


def pdf(data: bytes, settings: Settings) -> Extracted:
    """Convert a PDF file. Raises UnreadableError."""
    return _converted("pdf", data, settings, "application/pdf", f"pypdf {version('pypdf')}")


def _converted(name: str, data: bytes, settings: Settings, media_type: str, converter: str) -> Extracted:
    answer = _run(name, data, settings)
    if "error" in answer:
        raise UnreadableError(answer["error"])
    return Extracted(
        text=answer["text"],
        media_type=media_type,
        title=answer["title"],
        levels={int(line): level for line, level in answer["levels"].items()},
        converter=converter,
        notes=tuple(answer["notes"]),
    )


def _run(name: str, data: bytes, settings: Settings) -> dict[str, Any]:
    """Run a converter over the bytes in a child process and answer what it says."""
    code = _START.format(path=sys.path, name=name, seconds=settings.timeout, limit=settings.max_bytes)
    try:
        ended = subprocess.run(
            [sys.executable, "-I", "-c", code], input=data, capture_output=True, timeout=settings.timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableError(_too_slow(settings)) from error
    if ended.returncode == -24:  # SIGXCPU
        raise UnreadableError(_too_slow(settings))
    if ended.returncode or not ended.stdout:
        raise UnreadableError("转换它的程序意外终止（文件可能已损坏，或需要太多内存）：请检查这个文件。")
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def _too_slow(settings: Settings) -> str:
    limit = f"{settings.timeout:.0f} 秒"
    return f"转换超过了时限（{limit}）：请拆分这个文件，或在 kb.toml 里调高 ingest.timeout_seconds。"


def child(name: str, seconds: float, limit: int) -> None:
    """Be the child process: read the file from stdin, write the answer (JSON) to stdout.

    `seconds` of processor time and `limit` bytes of unpacked content and of text are the most it may use.
    """
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
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
    if name == "pdf":
        from kb.ingest import pdf

        return pdf.convert
    from kb.ingest import word

    return word.convert


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what no converter needs: sockets and other programs."""
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "ctypes.")):
        raise PermissionError(f"{event} {arguments}")
