"""The server: a thread that answers from the pages, lets faults have their way, and writes down what was asked."""

from __future__ import annotations

import gzip
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Self

from tests.site.answer import Answer
from tests.site.content import Content
from tests.site.faults import Faults
from tests.site.pages import Habits, Pages


@dataclass(slots=True)
class Asked:
    """One request: its path with query, its headers (lower case), when it came and when the answer had gone (monotonic
    seconds, infinite until then), how many bytes of the body went out."""

    path: str
    headers: dict[str, str]
    status: int
    began: float
    ended: float = float("inf")
    sent: int = 0


class Site:
    """A site on loopback: `content` is what it holds, `faults` what goes wrong, `requests` what was asked of it.

    With `tls`, it answers https at https://localhost:PORT.
    """

    def __init__(
        self,
        content: Content | None = None,
        habits: Habits | None = None,
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.content = content or Content()
        self.faults = Faults()
        self.requests: list[Asked] = []
        self.closing = Event()
        self._server = _Server(("127.0.0.1", port), self)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self.port: int = self._server.server_address[1]
        self.url = f"https://localhost:{self.port}" if tls else f"http://127.0.0.1:{self.port}"
        self.pages = Pages(self.content, habits or Habits(), self.url)

    def __enter__(self) -> Self:
        Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        """Answer until closed."""
        self._server.serve_forever(poll_interval=0.02)

    def asked(self, pattern: str = "*") -> list[Asked]:
        """Answer the requests so far whose path matches, in the order in which they came."""
        return [request for request in self.requests if fnmatchcase(request.path, pattern)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], site: Site) -> None:
        super().__init__(address, _Handler)
        self.site = site

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    timeout = 60
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        site = self.server.site
        answer = self._conditional(site.faults.apply(self.path, site.pages.answer(self.path)))
        headers = {key.lower(): value for key, value in self.headers.items()}
        self._asked = Asked(self.path, headers, answer.status, time.monotonic())
        site.requests.append(self._asked)
        try:
            self._send(answer)
        except OSError:
            self.close_connection = True
        finally:
            self._asked.ended = time.monotonic()

    def _conditional(self, answer: Answer) -> Answer:
        """304 when the client has this very page."""
        if answer.status != 200 or not isinstance(answer.body, bytes):
            return answer
        answer.headers.setdefault("ETag", answer.etag)
        if self.headers.get("If-None-Match") == answer.headers["ETag"]:
            answer.status, answer.body = 304, b""
        elif "gzip" in self.headers.get("Accept-Encoding", "") and "Content-Encoding" not in answer.headers:
            answer.headers["Content-Encoding"] = "gzip"
            answer.body = gzip.compress(answer.body, compresslevel=1, mtime=0)
        return answer

    def _send(self, answer: Answer) -> None:
        if answer.keep is not None and answer.keep < 0:
            self.close_connection = True
            return
        self.send_response(answer.status)
        length = len(answer.body) if isinstance(answer.body, bytes) else answer.length
        headers = {"Content-Type": answer.media_type, **answer.headers}
        headers |= {"Content-Length": str(length)} if length is not None else {"Connection": "close"}
        for key, value in headers.items():
            self.send_header(key, value)
        if answer.pause and isinstance(answer.body, bytes):
            self._drip(b"".join(self._headers_buffer) + b"\r\n" + answer.body, answer.pause)
            return
        self.end_headers()
        self._write([answer.body] if isinstance(answer.body, bytes) else answer.body, answer.keep)

    def _write(self, chunks: Iterable[bytes], keep: int | None) -> None:
        for chunk in chunks:
            if self.server.site.closing.is_set():
                break
            self._asked.sent += self.wfile.write(chunk if keep is None else chunk[:keep])
        self.close_connection = self.close_connection or keep is not None
        self.wfile.flush()

    def _drip(self, data: bytes, pause: float) -> None:
        self.close_connection = True
        self._headers_buffer: list[bytes] = []
        for byte in data:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            self._asked.sent += 1
            if self.server.site.closing.wait(pause):
                return

    def log_message(self, format: str, *args: Any) -> None:
        """The list of requests is the log."""
