"""Serve the pages with waitress until interrupted."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

from waitress import create_server

from kb.errors import StorageError
from kb.settings import Settings
from kb.web.app import create_app

_THREADS = 8


def serve(settings: Settings, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve on `host` and `port` (0: any free one) and say the address to `on_ready` when requests are answered.

    Raises StorageError when the port is taken or the address is not this machine's.
    """
    try:
        server = create_server(create_app(settings), host=host, port=port, threads=_THREADS, ident=None)
    except (OSError, socket.gaierror, ValueError) as error:
        raise StorageError(_refusal(host, port, error)) from error
    shown = f"[{host}]" if ":" in host else host
    on_ready(f"政策文库：http://{shown}:{server.effective_port}/ （按 Ctrl+C 结束）")
    server.run()


def _refusal(host: str, port: int, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return f"端口 {port} 已被占用：请结束占用它的程序，或用 --port 换一个端口。"
    if code == errno.EACCES:
        return f"没有权限使用端口 {port}：请用 --port 换一个 1024 以上的端口。"
    return f"不能在 {host}:{port} 上提供服务（{error}）：请检查 --host 和 --port。"
