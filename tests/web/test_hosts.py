"""Which hosts a request may be for: links begin with them, and strangers' pages give themselves away by them."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from kb.config.settings import Settings
from kb.web.site.app import create_app
from kb.web.site.hosts import Hosts
from tests.web.conftest import REPORT

STRANGE = "stranger.example"


@pytest.mark.parametrize("host", [STRANGE, f"{STRANGE}:8000", f"localhost.{STRANGE}", f"localhost@{STRANGE}", f"localhost,{STRANGE}", f"{STRANGE}/", "8.8.8.8", "[2001:4860::1]:80", "a b", "a:b:c", "公"])  # fmt: skip
def test_a_strange_host_is_refused_in_plain_words_and_stands_in_no_link(settings: Settings, host: str) -> None:
    client = create_app(settings).test_client()
    sent = host.encode().decode("latin-1")
    for path in (
        "/",
        f"/d/{REPORT}",
        "/sitemap.xml",
        "/changes.atom",
        "/search.csv?q=行政",
        "/healthz",
        "/static/icon.svg",
    ):
        answer = client.get(path, headers={"Host": sent})
        assert answer.status_code == 400 and "serve" in answer.text and "hosts" in answer.text, path
        assert f"//{STRANGE}" not in answer.text and STRANGE not in str(answer.headers), path
    answer = client.get(f"/api/v1/documents/{REPORT}/citation", headers={"Host": sent})
    assert answer.status_code == 400 and answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("host", ["localhost:8000", "LOCALHOST", "localhost.", "kb.localhost", "127.0.0.1:8000", "127.0.0.1", "[::1]:8000", "192.168.1.7:8000", "10.1.2.3", "172.20.0.3", "[fd00::1]:8000", socket.gethostname(), ""])  # fmt: skip
def test_this_machine_and_private_addresses_are_known(settings: Settings, host: str) -> None:
    answer = create_app(settings).test_client().get("/sitemap.xml", headers={"Host": host})
    assert answer.status_code == 200
    assert not host or f"http://{host.lower()}/d/" in answer.text.lower()


def test_names_that_the_settings_tell_are_accepted(settings: Settings) -> None:
    named = replace(settings, hosts=("kb.example.cn", "8.8.8.8"), address="https://public.example.cn", host="kb-host")
    for host in ("kb.example.cn", "KB.example.cn:8443", "8.8.8.8:80", "public.example.cn", "kb-host:8000"):
        assert Hosts(named).accepts(host), host
    assert not Hosts(named).accepts("a.kb.example.cn")
    assert Hosts(replace(settings, hosts=("*",))).accepts(STRANGE)


def test_a_proxy_may_name_any_host_and_nobody_else_may(settings: Settings) -> None:
    proxied = Hosts(replace(settings, proxy="10.0.0.1"))
    assert proxied.accepts(STRANGE, "10.0.0.1") and not proxied.accepts(STRANGE, "10.0.0.2")
    assert Hosts(replace(settings, proxy="*")).accepts(STRANGE, "10.0.0.2")
