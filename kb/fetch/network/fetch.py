"""Fetch addresses with manners: robots.txt, one request at a time per host with a pause, patience, limits.

    with Fetcher(Manners(delay=2), hosts) as fetcher:
        page = fetcher.get("https://www.example.gov.cn/gkmlpt/index")
        again = fetcher.get(page.url, conditional=page.validators)   # again.not_modified

Every failure is one FetchError (kb/fetch/network/fetch_errors.py) and never means that a page is gone.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

from kb.fetch.network.addresses import Resolver, resolve
from kb.fetch.network.body import Limit
from kb.fetch.network.cookies import Cookies
from kb.fetch.network.fetch_errors import (
    DnsError,
    FetchError,
    RedirectError,
    RobotsError,
    StatusError,
    TimedOutError,
    UnreachableError,
)
from kb.fetch.network.fetched import Fetched, Manners, Validators
from kb.fetch.network.pace import Hosts
from kb.fetch.network.robots import MAX_BYTES, Robots
from kb.fetch.network.transport import Answer, Headers, Transport
from kb.fetch.network.urls import Form, Target, join, parse, without_credentials

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_SAME_AGAIN = (307, 308)
_CHALLENGE = 521  # a common protection's script page, not trouble of the server: an answer to be judged
_LONGEST_BACKOFF = 60.0


class Fetcher:
    """One source's way to the net; for one thread. Fetchers of one run share `hosts`, so that they take turns."""

    def __init__(
        self,
        manners: Manners | None = None,
        hosts: Hosts | None = None,
        *,
        resolver: Resolver = resolve,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._manners = manners or Manners()
        self._hosts = hosts or Hosts()
        self._clock = self._hosts.clock
        self._chance = chance
        self._agent = self._manners.user_agent
        self._transport = Transport(self._manners, self._clock, resolver)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def get(self, url: str, *, conditional: Validators | None = None) -> Fetched:
        """Fetch `url`, following redirects, with the cookies that they set; with `conditional`, only when it is not as it was then.

        Answers any status but 429 and 5xx (521 is an answer). Raises a FetchError when there is nothing to judge.
        """
        return self._follow(url, conditional, self._ask_politely)

    def post(self, url: str, form: Form) -> Fetched:
        """Ask `url` with a form (POST), with the same manners. A redirect is followed on the same host only, without the form
        unless the site asks for the same request again (307, 308). Raises a FetchError like `get`.
        """

        def ask(target: Target, headers: Headers, give_up: float) -> Answer:
            return self._ask_politely(target, headers, give_up, form if target.url in with_form else None)

        with_form = {parse(url).url}

        def on(target: Target, next: Target, status: int) -> None:
            if (next.host, next.port) != (target.host, target.port):
                raise RedirectError(
                    f"{target.url} 要把提交的内容转到 {next.url}，那是另一台主机，没有跟去。", target.url
                )
            if status in _SAME_AGAIN:
                with_form.add(next.url)
            else:
                with_form.discard(next.url)

        return self._follow(url, None, ask, on)

    def robots(self, url: str) -> Robots:
        """Return the rules of the site that `url` is on. Raises RobotsError or what kept us from having them."""
        target = parse(url)
        known = self._hosts.robots(target)
        if known is None:
            known = self._fetch_robots(target)
            self._hosts.remember(target, known)
        if isinstance(known, FetchError):
            raise known.with_traceback(None)
        return known

    def _follow(
        self,
        url: str,
        conditional: Validators | None,
        ask: Callable[[Target, Headers, float], Answer],
        on: Callable[[Target, Target, int], None] = lambda *_: None,
    ) -> Fetched:
        give_up = self._clock.monotonic() + self._manners.patience
        target, seen, cookies = parse(url), set[tuple[str, str]](), Cookies()
        while len(seen) <= self._manners.max_redirects:
            if (target.url, cookies.header(target)) in seen:
                raise RedirectError(f"{target.url} 转来转去又回到了自己，取不到内容：请核对网址。", target.url)
            seen.add((target.url, cookies.header(target)))
            known = conditional if conditional and conditional.url == target.url else None
            answer = ask(target, self._headers(target, known, cookies.header(target)), give_up)
            cookies.take(target, answer.headers)
            location = answer.header("location")
            if answer.status not in _REDIRECTS or not location:
                return self._fetched(url, target, known, answer)
            following = parse(join(target.url, location.encode("latin-1")))
            on(target, following, answer.status)
            target = following
        raise RedirectError(f"{target.url} 之前已经转了 {len(seen)} 次，不再跟下去：请核对网址。", target.url)

    def _headers(self, target: Target, known: Validators | None, cookie: str = "") -> Headers:
        headers = [
            ("Host", target.authority),
            ("User-Agent", self._agent),
            ("Accept", "*/*"),
            ("Accept-Encoding", "gzip"),
            ("Accept-Language", "zh-CN,zh;q=0.9"),
        ]
        if cookie:
            headers.append(("Cookie", cookie))
        if known and known.etag:
            headers.append(("If-None-Match", known.etag))
        if known and known.last_modified:
            headers.append(("If-Modified-Since", known.last_modified))
        return tuple(headers)

    def _ask_politely(self, target: Target, headers: Headers, give_up: float, form: Form | None = None) -> Answer:
        """Ask when robots.txt allows it, as often as trouble that may pass makes worth while."""
        robots = self.robots(target.url)
        if not robots.allows(target.url):
            raise RobotsError(f"网站的 robots.txt 不许抓取 {target.url}：请换一个来源，或者请网站许可。", target.url)
        delay, limit = max(self._manners.delay, robots.delay), Limit(self._manners.max_bytes)
        return self._ask(target, headers, give_up, delay, limit, form)

    def _ask(
        self,
        target: Target,
        headers: Headers,
        give_up: float,
        delay: float,
        limit: Limit,
        form: Form | None = None,
    ) -> Answer:
        host = self._hosts.host(target)
        for attempt in range(1, self._manners.tries + 1):
            wait = 0.0
            try:
                with host.turn(target, delay, give_up - self._clock.monotonic()):
                    answer = self._transport.send(target, headers, limit, form)
            except (UnreachableError, TimedOutError, DnsError) as error:
                if isinstance(error, DnsError) and not error.passing:
                    raise
                failure: FetchError = error
            else:
                if not _is_trouble(answer.status):
                    return answer
                asked = self._retry_after(answer)
                wait, failure = asked, _status_error(target, answer, asked)
            wait = wait or self._backoff(attempt)
            host.postpone(wait)
            if self._clock.monotonic() + wait > give_up:
                break
        raise failure

    def _backoff(self, attempt: int) -> float:
        """Seconds to wait after a failed attempt (from 1): 1, 2, 4, … give or take a half, so that robots spread."""
        return min(_LONGEST_BACKOFF, 2.0 ** (attempt - 1)) * (0.5 + self._chance())

    def _retry_after(self, answer: Answer) -> float:
        """Return the seconds that the site asks for, 0 when it does not. A date is measured by the site's own clock."""
        value = answer.header("retry-after").strip()
        if value.isascii() and value.isdigit():
            return float(value)
        until = _date(value)
        now = _date(answer.header("date")) or self._clock.now()
        return max(0.0, (until - now).total_seconds()) if until else 0.0

    def _fetch_robots(self, target: Target) -> Robots | FetchError:
        """Fetch an origin's rules (RFC 9309, 2.3.1): 4xx and endless redirects allow all, 5xx forbids for now."""

        def ask(hop: Target, headers: Headers, give_up: float) -> Answer:
            return self._ask(hop, headers, give_up, self._manners.delay, Limit(MAX_BYTES, cut=True))

        try:
            answer = self._follow(f"{target.origin}/robots.txt", None, ask)
        except RedirectError:
            return Robots(b"")
        except StatusError as error:
            return _robots_error(target, error.code)
        except FetchError as error:
            return error
        if answer.status >= 500:
            return _robots_error(target, answer.status)
        return Robots(answer.body if answer.ok else b"")

    def _fetched(self, url: str, target: Target, known: Validators | None, answer: Answer) -> Fetched:
        not_modified = answer.status == 304 and known is not None
        return Fetched(
            url=without_credentials(url),
            final_url=target.url,
            status=answer.status,
            reason=answer.reason,
            request_headers=answer.request_headers,
            response_headers=answer.headers,
            body=answer.body,
            time=self._clock.now().isoformat(timespec="seconds"),
            validators=Validators(
                url=target.url,
                etag=answer.header("etag") or (known.etag if known and not_modified else ""),
                last_modified=answer.header("last-modified") or (known.last_modified if known and not_modified else ""),
            ),
            not_modified=not_modified,
            certificate_checked=target.scheme == "https" and not self._manners.insecure,
            address=answer.address,
            legacy_tls=target.scheme == "https" and self._manners.legacy_tls,
        )


def _is_trouble(status: int) -> bool:
    return status == 429 or (500 <= status <= 599 and status != _CHALLENGE)


def _status_error(target: Target, answer: Answer, retry_after: float) -> StatusError:
    trouble = "嫌访问太多" if answer.status == 429 else "出了故障"
    return StatusError(
        f"{target.url} 所在的网站{trouble}（{answer.status}）：可以稍后再试。", target.url, answer.status, retry_after
    )


def _robots_error(target: Target, status: int) -> RobotsError:
    sentence = f"{target.origin} 的 robots.txt 取不到（{status}），按惯例先当作不许抓取：可以稍后再试。"
    return RobotsError(sentence, target.url)


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
