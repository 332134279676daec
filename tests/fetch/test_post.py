"""Asking with a form: the manners of every request, and no other host gets what was meant for one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from kb.fetch.network.fetch import Fetcher
from kb.fetch.network.fetch_errors import PrivateAddressError, RedirectError, RobotsError
from kb.fetch.network.fetched import Manners
from kb.fetch.network.urls import form_of

OWN = Manners(allow_private=True, delay=0)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.asked.append(f"{self.command} {self.path}")  # type: ignore[attr-defined]
        leads = {"/same": (307, "/echo"), "/moved": (302, "/echo"), "/away": (307, "http://localhost:1/echo")}
        if self.path in leads:
            self.send_response(leads[self.path][0])
            self.send_header("Location", leads[self.path][1])
            data = b""
        else:
            self.send_response(200)
            is_rules = self.path == "/robots.txt"
            told = f"{self.command} {self.headers.get('Content-Type')} {body}"
            data = (b"User-agent: *\nDisallow: /closed\n") if is_rules else told.encode()
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[tuple[str, list[str]]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.asked = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", server.asked  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a=1&b=%E7%A4%BA", "POST application/x-www-form-urlencoded; charset=UTF-8 a=1&b=%E7%A4%BA"),
        ('{"a": "示例"}', 'POST application/json; charset=UTF-8 {"a": "示例"}'),
    ],
)
def test_a_form_goes_as_what_it_is(site: tuple[str, list[str]], text: str, told: str) -> None:
    with Fetcher(OWN) as fetcher:
        assert fetcher.post(f"{site[0]}/echo", form_of(text)).body.decode() == told


def test_a_redirect_on_the_host_is_followed_with_or_without_the_form(site: tuple[str, list[str]]) -> None:
    with Fetcher(OWN) as fetcher:
        assert fetcher.post(f"{site[0]}/same", form_of("a=1")).body.decode().endswith(" a=1")
        assert fetcher.post(f"{site[0]}/moved", form_of("a=1")).body.decode() == "GET None "


def test_no_other_host_gets_it(site: tuple[str, list[str]]) -> None:
    with Fetcher(OWN) as fetcher, pytest.raises(RedirectError, match="另一台主机"):
        fetcher.post(f"{site[0]}/away", form_of("a=1"))


def test_robots_and_private_addresses_hold(site: tuple[str, list[str]]) -> None:
    with Fetcher(OWN) as fetcher, pytest.raises(RobotsError):
        fetcher.post(f"{site[0]}/closed", form_of("a=1"))
    assert not any("closed" in each for each in site[1])
    with Fetcher(replace(OWN, allow_private=False)) as fetcher, pytest.raises(PrivateAddressError):
        fetcher.post(f"{site[0]}/echo", form_of("a=1"))
