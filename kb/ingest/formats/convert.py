"""Files that need a library to read (DOCX, PDF, OFD, spreadsheets) → text, in a child process on a leash: bounded time and
memory, no network, no files, no programs. Each file has a process of its own, forked from one that has loaded the library.

Such files come from anywhere and the libraries that read them are large: what goes wrong in there ends a child and one
sentence, never the ingest.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from kb.base import forked, leash
from kb.base.errors import UnreadableError
from kb.base.model import Account
from kb.config.settings import Settings
from kb.ingest.formats.account import loaded
from kb.structure.extracted import Extracted

_START = (
    "import sys; sys.path[:] = {path!r}; from kb.ingest.formats.convert import reader; "
    "answer = reader({module!r}, {seconds}, {limit})"
)


def in_child(
    module: str, data: bytes, settings: Settings, media_type: str, converter: str = "", *, may_fork: bool = True
) -> Extracted:
    """Let the function `convert` of a module read a file, in a child process. Raises UnreadableError.

    `convert(data, limit)` answers text, title, levels, notes and, where it has them, labels, account and who read it.
    A library that has threads of its own once it is loaded may not be forked: `may_fork` is false for it.
    """
    code = _START.format(path=sys.path, module=module, seconds=settings.timeout, limit=settings.max_bytes)
    run = forked.run if may_fork else _run_fresh
    answer = json.loads(run(code, data, settings.timeout))
    if "error" in answer:
        raise UnreadableError(answer["error"])
    return Extracted(
        text=answer["text"],
        media_type=media_type,
        title=answer["title"],
        levels={int(line): level for line, level in answer["levels"].items()},
        bold_numbers=frozenset(answer.get("bold_numbers", ())),
        converter=answer.get("converter", converter),
        notes=tuple(answer["notes"]),
        labels=answer.get("labels", {}),
        hows=dict.fromkeys(answer.get("labels", {}), "table"),
        account=loaded(answer["account"]) if "account" in answer else Account(),
    )


def _run_fresh(code: str, data: bytes, seconds: float) -> bytes:
    return leash.run(f"{code}; sys.stdout.buffer.write(answer(sys.stdin.buffer.read()))", data, seconds)


def reader(module: str, seconds: float, limit: int) -> Callable[[bytes], bytes]:
    """Return the function that a child process reads a file with and answers (JSON); what it needs is loaded now.

    `seconds` of processor time and `limit` bytes of unpacked content and of text are the most it may use.
    """
    convert = import_module(module).convert  # only here are the libraries loaded that read the file

    def read(data: bytes) -> bytes:
        leash.limit(seconds, 0)
        sys.addaudithook(_refuse)
        return json.dumps(_answer(convert, data, limit)).encode()

    return read


def _answer(convert: Callable[[bytes, int], Mapping[str, Any]], data: bytes, limit: int) -> Mapping[str, Any]:
    try:
        answer = convert(data, limit)
    except UnreadableError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "转换它需要太多内存：请拆分或简化这个文件。"}
    if len(answer["text"].encode()) > limit:
        return {"error": "转换出来的文字太多，超过了上限：请拆分，或在 kb.toml 里调高 ingest.max_megabytes。"}
    return answer


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what no converter needs: sockets and other programs."""
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "ctypes.")):
        raise PermissionError(f"{event} {arguments}")
