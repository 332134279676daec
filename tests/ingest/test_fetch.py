"""Fetching with manners, from a real server on loopback; waits run on a clock that only the test moves."""

from __future__ import annotations

import json
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import pytest
import trustme

from kb.base.errors import KbError, UsageError
from kb.fetch.network import transport
from kb.fetch.network.fetch import Fetcher
from kb.fetch.network.fetch_errors import (
    BadAddressError,
    BusyError,
    CertificateError,
    DnsError,
    FetchError,
    PrivateAddressError,
    RedirectError,
    RobotsError,
    StatusError,
    TimedOutError,
    TooLargeError,
    UnreachableError,
)
from kb.fetch.network.fetched import Manners
from kb.fetch.network.pace import Hosts
from tests.site import Content, Site, faults
from tests.site.answer import Answer

OWN = Manners(allow_private=True, contact="mailto:shili@example.cn")
PAGE = "/list/index.html"


class HandClock:
    """A clock that stands still but for sleeping; the wall clock can be set without it."""

    def __init__(self) -> None:
        self.elapsed = 1000.0
        self.wall = datetime(2026, 3, 1, tzinfo=UTC)
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds

    def now(self) -> datetime:
        return self.wall


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(Content(posts=30)) as site:
        yield site


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def fetcher(clock: HandClock) -> Iterator[Fetcher]:
    with Fetcher(OWN, Hosts(clock), chance=lambda: 0.5) as fetcher:
        yield fetcher


def shown(error: pytest.ExceptionInfo[FetchError]) -> str:
    """The sentence for people: one, Chinese, on one line."""
    sentence = str(error.value)
    assert isinstance(error.value, KbError)
    assert sentence.endswith("。")
    assert "\n" not in sentence
    return sentence


class TestAnswers:
    def test_a_page_comes_with_all_that_an_archive_needs(self, site: Site, fetcher: Fetcher) -> None:
        post = site.content.listed()[0]
        got = fetcher.get(f"{site.url}{post.path}#top")
        assert post.title in got.body.decode()
        assert (got.status, got.reason, got.ok, got.not_modified) == (200, "OK", True, False)
        assert (got.url, got.final_url) == (f"{site.url}{post.path}#top", site.url + post.path)
        assert got.address == f"127.0.0.1:{site.port}"
        assert got.time == "2026-03-01T00:00:00+00:00"
        assert not got.certificate_checked
        assert got.header("content-type") == "text/html; charset=utf-8"
        assert [name for name, _ in got.response_headers][:3] == ["Server", "Date", "Content-Type"]
        assert (
            dict(got.request_headers).items()
            == {
                name: value
                for name, value in dict(got.request_headers).items()
                if site.requests[-1].headers[name.lower()] == value
            }.items()
        )

    def test_the_user_agent_says_who_and_how_to_reach_us(self, site: Site, fetcher: Fetcher) -> None:
        fetcher.get(site.url)
        agents = {request.headers["user-agent"] for request in site.requests}
        assert len(agents) == 1
        assert agents.pop().startswith("kb/")
        assert all("(+mailto:shili@example.cn)" in request.headers["user-agent"] for request in site.requests)

    @pytest.mark.parametrize("contact", ["a\r\nX-Evil: 1", "站长", "a) (b"])
    def test_a_contact_that_cannot_stand_in_a_header_is_refused(self, contact: str) -> None:
        with pytest.raises(UsageError, match="联系方式"):
            Fetcher(replace(OWN, contact=contact))

    def test_what_did_not_change_is_not_sent_again(self, site: Site, fetcher: Fetcher) -> None:
        post = site.content.listed()[0]
        first = fetcher.get(site.url + post.path)
        again = fetcher.get(site.url + post.path, conditional=first.validators)
        assert (again.status, again.not_modified, again.body) == (304, True, b"")
        assert again.validators == first.validators
        site.content.edit(post)
        changed = fetcher.get(site.url + post.path, conditional=again.validators)
        assert (changed.status, changed.not_modified) == (200, False)
        assert changed.validators != first.validators

    def test_validators_are_for_their_own_address(self, site: Site, fetcher: Fetcher) -> None:
        first, second = site.content.listed()[:2]
        validators = fetcher.get(site.url + first.path).validators
        fetcher.get(site.url + second.path, conditional=validators)
        assert "if-none-match" not in site.requests[-1].headers

    @pytest.mark.parametrize("code", [200, 400, 403, 404, 410, 412, 521])
    def test_what_the_caller_judges_comes_at_the_first_try(self, site: Site, fetcher: Fetcher, code: int) -> None:
        site.faults.put(PAGE, faults.challenge(code))
        got = fetcher.get(site.url + PAGE)
        assert got.status == code
        assert b"<script>" in got.body
        assert len(site.asked(PAGE)) == 1

    def test_no_cookie_is_kept(self, site: Site, fetcher: Fetcher) -> None:
        site.faults.put(PAGE, faults.challenge())
        fetcher.get(site.url + PAGE)
        fetcher.get(site.url + PAGE)
        assert all("cookie" not in request.headers for request in site.requests)

    def test_bytes_come_as_they_are_whatever_the_label_says(self, site: Site, fetcher: Fetcher) -> None:
        post = site.content.listed()[0]
        site.faults.put(post.path, faults.mislabelled("gb2312"))
        assert post.title in fetcher.get(site.url + post.path).body.decode("gb18030")

    def test_no_proxy_is_taken_from_the_environment(
        self, site: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert fetcher.get(site.url).ok

    def test_a_connection_that_closes_with_the_last_byte(self, site: Site, fetcher: Fetcher) -> None:
        site.faults.put(PAGE, faults.status(200, "示例", Connection="close"))
        got = fetcher.get(site.url + PAGE)
        assert (got.body.decode(), got.address) == ("示例", f"127.0.0.1:{site.port}")

    def test_addresses_in_chinese_are_asked_in_ascii(self, site: Site, fetcher: Fetcher) -> None:
        assert fetcher.get(f"{site.url}/附件 1.pdf?名=值").status == 404
        assert site.requests[-1].path == "/%E9%99%84%E4%BB%B6%201.pdf?%E5%90%8D=%E5%80%BC"


class TestRobots:
    def test_what_is_forbidden_is_not_asked_for(self, site: Site, fetcher: Fetcher) -> None:
        site.content.robots = "User-agent: *\nDisallow: /\n\nUser-agent: kb\nDisallow: /list/\nAllow: /list/index_2"
        with pytest.raises(RobotsError) as error:
            fetcher.get(site.url + PAGE)
        assert "robots.txt 不许" in shown(error)
        assert not site.asked(PAGE)
        assert fetcher.get(site.url + "/list/index_2.html").ok

    @pytest.mark.parametrize("code", [401, 403, 404])
    def test_none_allows_all(self, site: Site, fetcher: Fetcher, code: int) -> None:
        site.faults.put("/robots.txt", faults.status(code, "User-agent: *\nDisallow: /"))
        assert fetcher.get(site.url + PAGE).ok

    @pytest.mark.parametrize("code", [500, 503, 429, 521])
    def test_one_that_cannot_be_had_forbids_for_now(
        self, site: Site, clock: HandClock, fetcher: Fetcher, code: int
    ) -> None:
        site.faults.put("/robots.txt", faults.status(code))
        for _ in range(3):
            with pytest.raises(RobotsError) as error:
                fetcher.get(site.url + PAGE)
            assert f"取不到（{code}）" in shown(error)
        assert not site.asked(PAGE)
        assert len(site.asked("/robots.txt")) <= OWN.tries
        site.faults.clear()
        clock.elapsed += 301
        assert fetcher.get(site.url + PAGE).ok

    def test_it_is_asked_for_once_a_day(self, site: Site, clock: HandClock, fetcher: Fetcher) -> None:
        for _ in range(3):
            fetcher.get(site.url + PAGE)
        assert len(site.asked("/robots.txt")) == 1
        clock.elapsed += 24 * 3600
        site.content.robots = "User-agent: *\nDisallow: /list/"
        with pytest.raises(RobotsError):
            fetcher.get(site.url + PAGE)

    def test_500_kib_are_read_and_the_rest_is_left(self, site: Site, fetcher: Fetcher) -> None:
        filler = "# 示例\n" * 60_000
        site.content.robots = f"User-agent: *\nDisallow: /list/\n{filler}Disallow: /content/"
        with pytest.raises(RobotsError):
            fetcher.get(site.url + PAGE)
        assert fetcher.get(site.url + site.content.listed()[0].portal_path).ok

    def test_its_delay_is_kept(self, site: Site, clock: HandClock, fetcher: Fetcher) -> None:
        site.content.robots = "User-agent: *\nCrawl-delay: 7"
        for _ in range(3):
            fetcher.get(site.url + PAGE)
        assert clock.slept == [7, 7, 7]

    def test_a_delay_beyond_patience_is_said_not_waited(self, site: Site, clock: HandClock, fetcher: Fetcher) -> None:
        site.content.robots = "User-agent: *\nCrawl-delay: 86400"
        with pytest.raises(BusyError) as error:
            fetcher.get(site.url + PAGE)
        assert "86400 秒" in shown(error)
        assert clock.slept == []

    def test_a_redirect_to_what_is_forbidden_is_not_followed(self, site: Site, fetcher: Fetcher) -> None:
        site.faults.put(PAGE, faults.redirect("/admin/secret"))
        with pytest.raises(RobotsError):
            fetcher.get(site.url + PAGE)
        assert not site.asked("/admin/*")

    def test_endless_redirects_of_it_allow_all(self, site: Site, fetcher: Fetcher) -> None:
        site.faults.put("/robots.txt", faults.redirect("/robots.txt"))
        assert fetcher.get(site.url + PAGE).ok

    def test_sitemaps_are_told(self, site: Site, fetcher: Fetcher) -> None:
        assert fetcher.robots(site.url).sitemaps == (f"{site.url}/sitemap.xml",)


class TestPace:
    def test_a_pause_stands_between_two_requests(self, site: Site, clock: HandClock) -> None:
        with Fetcher(replace(OWN, delay=2.5), Hosts(clock)) as fetcher:
            for _ in range(3):
                fetcher.get(site.url + PAGE)
        assert clock.slept == [2.5, 2.5, 2.5]

    def test_time_that_passed_anyway_counts(self, site: Site, clock: HandClock, fetcher: Fetcher) -> None:
        fetcher.get(site.url + PAGE)
        clock.slept.clear()
        clock.elapsed += 0.75
        fetcher.get(site.url + PAGE)
        assert clock.slept == [0.25]

    @pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)])
    def test_a_wall_clock_that_jumps_does_no_harm(
        self, site: Site, clock: HandClock, fetcher: Fetcher, jump: timedelta
    ) -> None:
        fetcher.get(site.url + PAGE)
        clock.wall += jump
        fetcher.get(site.url + PAGE)
        assert clock.slept == [1, 1]
        assert len(site.asked("/robots.txt")) == 1

    def test_sources_of_one_host_take_turns(self, site: Site) -> None:
        hosts = Hosts()

        def fetch_some(number: int) -> None:
            with Fetcher(replace(OWN, delay=0.01), hosts) as fetcher:
                for page in range(5):
                    fetcher.get(f"{site.url}/source-{number}/{page}")

        with ThreadPoolExecutor(4) as threads:
            list(threads.map(fetch_some, range(4)))
        requests = sorted(site.requests, key=lambda request: request.began)
        pauses = [later.began - earlier.began for earlier, later in pairwise(requests)]
        assert len(site.asked("/source-*")) == 20
        assert min(pauses) >= 0.01


class TestTrouble:
    @pytest.mark.parametrize("code", [429, 500, 502, 503])
    def test_it_waits_longer_each_time_and_gives_up(
        self, site: Site, clock: HandClock, fetcher: Fetcher, code: int
    ) -> None:
        site.faults.put(PAGE, faults.status(code))
        with pytest.raises(StatusError) as error:
            fetcher.get(site.url + PAGE)
        assert error.value.code == code
        assert str(code) in shown(error)
        assert clock.slept == [1, 1, 2, 4]
        assert len(site.asked(PAGE)) == OWN.tries

    def test_waits_are_spread(self, site: Site, clock: HandClock) -> None:
        site.faults.put(PAGE, faults.status(503))
        chances = iter([0.0, 0.999, 0.5, 0.1, 0.9])
        with Fetcher(OWN, Hosts(clock), chance=lambda: next(chances)) as fetcher, pytest.raises(StatusError):
            fetcher.get(site.url + PAGE)
        assert clock.slept[1:] == pytest.approx([1, 2.998, 4])

    def test_trouble_that_passes_is_not_seen(self, site: Site, fetcher: Fetcher) -> None:
        site.faults.put(PAGE, faults.status(503), times=1)
        site.faults.put(PAGE, faults.cut(), times=1)
        site.faults.put(PAGE, faults.cut(keep=-1), times=1)
        assert b"</html>" in fetcher.get(site.url + PAGE).body

    def test_it_comes_back_when_the_site_says(self, site: Site, clock: HandClock, fetcher: Fetcher) -> None:
        site.faults.put(PAGE, faults.status(429, Retry_After="33"), times=1)
        assert fetcher.get(site.url + PAGE).ok
        assert clock.slept == [1, 33]

    def test_a_date_to_come_back_at_is_measured_by_the_sites_clock(
        self, site: Site, clock: HandClock, fetcher: Fetcher
    ) -> None:
        clock.wall = datetime(1999, 1, 1, tzinfo=UTC)
        until = format_datetime(datetime.now(UTC) + timedelta(seconds=40), usegmt=True)
        site.faults.put(PAGE, faults.status(503, Retry_After=until), times=1)
        assert fetcher.get(site.url + PAGE).ok
        assert clock.slept[1] == pytest.approx(40, abs=2)

    @pytest.mark.parametrize("value", ["soon", "-5", "", "Wed, 99 Foo 2026", "١"])
    def test_nonsense_to_come_back_at_is_a_plain_backoff(
        self, site: Site, clock: HandClock, fetcher: Fetcher, value: str
    ) -> None:
        site.faults.put(PAGE, faults.status(503, Retry_After=value.encode().decode("latin-1")), times=1)
        assert fetcher.get(site.url + PAGE).ok
        assert clock.slept == [1, 1]

    def test_a_wait_beyond_patience_ends_it_for_the_whole_host(
        self, site: Site, clock: HandClock, fetcher: Fetcher
    ) -> None:
        site.faults.put(PAGE, faults.status(429, Retry_After="3600"), times=1)
        with pytest.raises(StatusError) as error:
            fetcher.get(site.url + PAGE)
        assert error.value.retry_after == 3600
        with pytest.raises(BusyError) as busy:
            fetcher.get(site.url + "/other")
        assert "3600 秒" in shown(busy)
        assert clock.slept == [1]
        assert not site.asked("/other")
        clock.elapsed += 3600
        assert fetcher.get(site.url + PAGE).ok

    def test_a_cut_page_is_never_half_a_page(self, site: Site, fetcher: Fetcher) -> None:
        site.faults.put(PAGE, faults.cut())
        with pytest.raises(UnreachableError) as error:
            fetcher.get(site.url + PAGE)
        assert "中断" in shown(error)

    def test_nobody_there(self, clock: HandClock, fetcher: Fetcher) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        with pytest.raises(UnreachableError) as error:
            fetcher.get(url)
        assert "连不上 127.0.0.1" in shown(error)
        tried = len(clock.slept)
        with pytest.raises(UnreachableError):
            fetcher.get(url + "other")
        assert len(clock.slept) == tried, "a host that is not there is not tried again for every page"

    def test_something_else_than_http(self, fetcher: Fetcher) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as threads:
            server.settimeout(5)

            def greet() -> None:
                for _ in range(OWN.tries):
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(4096)
                        connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")

            greeting = threads.submit(greet)
            with pytest.raises(UnreachableError):
                fetcher.get(f"http://127.0.0.1:{server.getsockname()[1]}/")
            greeting.result()

    def test_an_unknown_name(self, clock: HandClock) -> None:
        def no_such(host: str, port: int) -> tuple[str, ...]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        with Fetcher(OWN, Hosts(clock), resolver=no_such) as fetcher, pytest.raises(DnsError) as error:
            fetcher.get("http://meiyou.example/")
        assert "meiyou.example" in shown(error)
        assert clock.slept == []

    def test_a_resolver_that_does_not_answer_is_asked_again(self, site: Site, clock: HandClock) -> None:
        failures = [socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")] * 2

        def tired(host: str, port: int) -> tuple[str, ...]:
            if failures:
                raise failures.pop()
            return ("127.0.0.1",)

        with Fetcher(OWN, Hosts(clock), resolver=tired) as fetcher:
            assert fetcher.get(f"http://shili.example:{site.port}/").ok
        assert site.requests[-1].headers["host"] == f"shili.example:{site.port}"


class TestLimits:
    @pytest.mark.parametrize("fault", [faults.huge(), faults.huge(announced=False), faults.bomb()])
    def test_too_much_is_not_read_to_its_end(self, site: Site, clock: HandClock, fault: faults.Fault) -> None:
        site.faults.put(PAGE, fault)
        with Fetcher(replace(OWN, max_bytes=3_000_000), Hosts(clock)) as fetcher:
            with pytest.raises(TooLargeError) as error:
                fetcher.get(site.url + PAGE)
            assert "3 MB" in shown(error)
            assert len(site.asked(PAGE)) == 1
            assert site.asked(PAGE)[0].sent < 20_000_000
            assert fetcher.get(site.url + "/feed.xml").ok

    def test_a_body_at_the_limit_is_whole(self, site: Site, clock: HandClock, fetcher: Fetcher) -> None:
        whole = fetcher.get(site.url + PAGE).body
        with Fetcher(replace(OWN, max_bytes=len(whole)), Hosts(clock)) as exact:
            assert exact.get(site.url + PAGE).body == whole
        with Fetcher(replace(OWN, max_bytes=len(whole) - 1), Hosts(clock)) as less, pytest.raises(TooLargeError):
            less.get(site.url + PAGE)

    def test_a_site_that_drips_is_left_after_the_total_time(self, site: Site) -> None:
        site.faults.put(PAGE, faults.slow(pause=0.02))
        manners = replace(OWN, delay=0.0, read_timeout=5.0, total_timeout=0.3, tries=1)
        began = time.monotonic()
        with Fetcher(manners) as fetcher, pytest.raises(TimedOutError) as error:
            fetcher.get(site.url + PAGE)
        assert "太慢" in shown(error)
        assert time.monotonic() - began < 2

    def test_a_site_that_falls_silent_is_left_after_the_time_between_bytes(self, site: Site) -> None:
        site.faults.put(PAGE, faults.slow(pause=5.0))
        with Fetcher(replace(OWN, delay=0.0, read_timeout=0.2, tries=1)) as fetcher, pytest.raises(TimedOutError):
            fetcher.get(site.url + PAGE)

    def test_retries_end_with_patience(self, site: Site, clock: HandClock) -> None:
        site.faults.put(PAGE, faults.status(503))
        manners = replace(OWN, tries=99, patience=20)
        with Fetcher(manners, Hosts(clock)) as fetcher, pytest.raises(StatusError):
            fetcher.get(site.url + PAGE)
        assert sum(clock.slept) <= 20 + OWN.delay


class TestPacked:
    @pytest.mark.parametrize("bits", [15, -15])
    def test_deflate_that_nobody_asked_for_is_read(self, site: Site, fetcher: Fetcher, bits: int) -> None:
        def fault(given: Answer) -> Answer:
            squeeze = zlib.compressobj(wbits=bits)
            data = squeeze.compress("示例文字".encode() * 500) + squeeze.flush()
            return replace(given, body=data, headers={"Content-Encoding": "deflate"})

        site.faults.put(PAGE, fault)
        assert fetcher.get(site.url + PAGE).body.decode() == "示例文字" * 500

    def test_deflate_that_breaks_off_is_no_page(self, site: Site, fetcher: Fetcher) -> None:
        def fault(given: Answer) -> Answer:
            return replace(given, body=zlib.compress(b"x" * 5000)[:-8], headers={"Content-Encoding": "deflate"})

        site.faults.put(PAGE, fault)
        with pytest.raises(UnreachableError):
            fetcher.get(site.url + PAGE)


class TestRedirects:
    def test_they_are_followed_and_told(self, site: Site, fetcher: Fetcher) -> None:
        site.faults.put("/old", faults.redirect("/older?x=1#y", 301))
        site.faults.put("/older?x=1", faults.redirect(site.url + PAGE, 308))
        got = fetcher.get(site.url + "/old")
        assert (got.url, got.final_url, got.status) == (site.url + "/old", site.url + PAGE, 200)
        again = fetcher.get(site.url + "/old", conditional=got.validators)
        assert again.not_modified

    @pytest.mark.parametrize("to", [PAGE, "/second"])
    def test_a_circle_is_named(self, site: Site, fetcher: Fetcher, to: str) -> None:
        site.faults.put(PAGE, faults.redirect(to))
        site.faults.put("/second", faults.redirect(PAGE))
        with pytest.raises(RedirectError) as error:
            fetcher.get(site.url + PAGE)
        assert "回到了自己" in shown(error)

    def test_a_chain_without_end_is_left(self, site: Site, fetcher: Fetcher) -> None:
        for hop in range(50):
            site.faults.put(f"/hop-{hop}", faults.redirect(f"/hop-{hop + 1}"))
        with pytest.raises(RedirectError) as error:
            fetcher.get(site.url + "/hop-0")
        assert "不再跟下去" in shown(error)
        assert len(site.asked("/hop-*")) == OWN.max_redirects + 1

    @pytest.mark.parametrize("to", ["file:///etc/passwd", "http://[::1", "http://a:b@127.0.0.1/", "gopher://a/"])
    def test_elsewhere_than_the_web_is_refused(self, site: Site, fetcher: Fetcher, to: str) -> None:
        site.faults.put(PAGE, faults.redirect(to))
        with pytest.raises(BadAddressError) as error:
            fetcher.get(site.url + PAGE)
        assert "a:b" not in shown(error)

    def test_raw_bytes_in_the_location_are_kept(self, site: Site, fetcher: Fetcher) -> None:
        site.faults.put(PAGE, faults.redirect("/示例".encode("gbk").decode("latin-1")))
        assert fetcher.get(site.url + PAGE).final_url == site.url + "/%CA%BE%C0%FD"


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        ["ftp://example.cn/", "file:///etc/passwd", "example.cn", "http:///x", "http://a b/", "http://a:99999/", ""],
    )
    def test_what_is_no_web_address_is_refused(self, fetcher: Fetcher, url: str) -> None:
        with pytest.raises(BadAddressError) as error:
            fetcher.get(url)
        shown(error)

    def test_passwords_are_neither_used_nor_shown(self, site: Site, fetcher: Fetcher) -> None:
        with pytest.raises(BadAddressError) as error:
            fetcher.get(site.url.replace("//", "//zhang:mima@"))
        assert "mima" not in shown(error) + error.value.url
        assert not site.requests

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"])
    def test_this_machine_is_not_asked_unless_the_source_says_so(self, site: Site, clock: HandClock, host: str) -> None:
        manners = replace(OWN, allow_private=False)
        with Fetcher(manners, Hosts(clock)) as fetcher, pytest.raises(PrivateAddressError) as error:
            fetcher.get(f"http://{host}:{site.port}/")
        assert "allow_private" in shown(error)
        assert not site.requests

    def test_a_redirect_to_a_metadata_service_is_refused_whatever_the_source_says(
        self, site: Site, fetcher: Fetcher
    ) -> None:
        site.faults.put(PAGE, faults.to_metadata_service())
        with pytest.raises(PrivateAddressError) as error:
            fetcher.get(site.url + PAGE)
        assert "169.254.169.254" in shown(error)

    def test_the_address_that_was_checked_is_the_one_connected_to(self, site: Site, clock: HandClock) -> None:
        """DNS rebinding: a public address for whoever looks first, this machine for whoever connects."""
        answers = iter([("203.0.113.7", "127.0.0.1"), ("127.0.0.1",)])
        resolver = lambda host, port: next(answers)  # noqa: E731
        with Fetcher(replace(OWN, allow_private=False), Hosts(clock), resolver=resolver) as fetcher:
            for _ in range(2):
                with pytest.raises(PrivateAddressError):
                    fetcher.get(f"http://rebinding.example:{site.port}/")
                clock.elapsed += 301
        assert not site.requests


class TestCertificates:
    @pytest.fixture
    def authority(self) -> trustme.CA:
        return trustme.CA()

    @pytest.fixture
    def secure(self, authority: trustme.CA) -> Iterator[Site]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        with Site(Content(posts=3), tls=context) as site:
            yield site

    def test_one_that_nobody_vouches_for_is_refused(self, secure: Site, clock: HandClock, fetcher: Fetcher) -> None:
        with pytest.raises(CertificateError) as error:
            fetcher.get(secure.url)
        assert "verify = false" in shown(error)
        assert not secure.requests
        assert clock.slept == [], "a bad certificate does not mend by waiting"

    def test_the_sources_exception_is_recorded(self, secure: Site, clock: HandClock) -> None:
        with Fetcher(replace(OWN, insecure=True), Hosts(clock)) as fetcher:
            got = fetcher.get(secure.url)
        assert got.ok
        assert not got.certificate_checked

    @pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
    def test_an_old_server_is_spoken_to_only_where_the_source_says_so_and_that_is_recorded(
        self, authority: trustme.CA, clock: HandClock
    ) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
        authority.issue_cert("localhost").configure_cert(context)
        with Site(Content(posts=1), tls=context) as site:
            with Fetcher(replace(OWN, insecure=True), Hosts(clock)) as fetcher:
                with pytest.raises(CertificateError) as error:
                    fetcher.get(site.url)
                assert "legacy_tls = true" in shown(error)
            with Fetcher(replace(OWN, insecure=True, legacy_tls=True), Hosts(clock)) as fetcher:
                got = fetcher.get(site.url)
        assert got.ok and got.legacy_tls

    def test_a_good_one_is_checked_against_the_name_not_the_number(
        self, secure: Site, authority: trustme.CA, clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transport, "_ssl_context", transport._ssl_context.__wrapped__)  # nothing is remembered
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        with Fetcher(OWN, Hosts(clock)) as fetcher:
            assert fetcher.get(secure.url).certificate_checked
            with pytest.raises(CertificateError):
                fetcher.get(secure.url.replace("localhost", "127.0.0.1"))

    def test_https_asked_of_plain_http(self, site: Site, fetcher: Fetcher) -> None:
        with pytest.raises(CertificateError) as error:
            fetcher.get(site.url.replace("http:", "https:"))
        assert "http://" in shown(error)


class TestSite:
    """The site that plays: what others rely on."""

    def test_pages_0_and_1_are_the_same_and_twins_have_one_address(self, site: Site, fetcher: Fetcher) -> None:
        site.content.add(200)
        pages = [
            json.loads(fetcher.get(f"{site.url}/gkmlpt/api/all/0?page={page}").body)["articles"] for page in range(4)
        ]
        assert pages[0] == pages[1]
        articles = [article for page in pages[1:] for article in page]
        assert len({article["id"] for article in articles}) == 234
        assert len({article["url"] for article in articles}) == 230

    def test_a_withdrawn_post_is_a_404_and_out_of_the_lists(self, site: Site, fetcher: Fetcher) -> None:
        post = site.content.listed()[4]
        site.content.withdraw(post)
        assert fetcher.get(site.url + post.path).status == 404
        assert post not in site.content.listed(post.category)


class TestCookies:
    def test_a_redirect_to_itself_that_sets_a_cookie_is_passed_with_it(self, site: Site, fetcher: Fetcher) -> None:
        post = site.content.listed()[0]
        site.faults.put(
            post.path, faults.status(302, "", Location=post.path, **{"Set-Cookie": "visited=1; path=/"}), times=1
        )
        assert post.title in fetcher.get(site.url + post.path).body.decode()
        assert [request.headers.get("cookie") for request in site.asked(post.path)] == [None, "visited=1"]
        fetcher.get(site.url + post.path)
        assert "cookie" not in site.requests[-1].headers, "a cookie lives as long as its fetch"

    def test_one_that_never_ends_is_an_error(self, site: Site, fetcher: Fetcher) -> None:
        post = site.content.listed()[0]
        site.faults.put(post.path, faults.status(302, "", Location=post.path, **{"Set-Cookie": "visited=1; path=/"}))
        with pytest.raises(RedirectError):
            fetcher.get(site.url + post.path)
