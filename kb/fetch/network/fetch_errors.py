"""What can go wrong between us and a site, each with its own name. None of them says that a page is gone.

A 404 is an answer (`Fetched.status`); these are the cases where there is no answer to judge.
"""

from __future__ import annotations

from kb.base.errors import KbError


class FetchError(KbError):
    """An address could not be fetched this time. `url` is the one that failed (of a redirect: the hop)."""

    exit_code = 7
    status = 502

    def __init__(self, message: str, url: str) -> None:
        super().__init__(message)
        self.url = url


class BadAddressError(FetchError):
    """The address is none that we fetch: another scheme, no host, a password in it."""


class DnsError(FetchError):
    """The host's name does not resolve. `passing` when it was the resolver that did not answer."""

    def __init__(self, message: str, url: str, *, passing: bool = False) -> None:
        super().__init__(message, url)
        self.passing = passing


class PrivateAddressError(FetchError):
    """The host is inside a private network or this machine, and the source does not say that it may be."""


class UnreachableError(FetchError):
    """The connection was refused, reset or cut, or what came was not HTTP."""


class CertificateError(FetchError):
    """The site's certificate does not prove that it is the site, or TLS failed."""


class TimedOutError(FetchError):
    """A limit of time passed: to connect, between two bytes, or in all."""


class TooLargeError(FetchError):
    """The body is over the limit of size, before or after decompression."""


class RobotsError(FetchError):
    """The site's robots.txt forbids the address, or cannot be had, which means the same for now (RFC 9309)."""


class RedirectError(FetchError):
    """Redirects lead in a circle, too far, or nowhere."""


class StatusError(FetchError):
    """The site kept answering 429 or 5xx. `code` is its last status, `retry_after` the seconds it asked us to wait."""

    def __init__(self, message: str, url: str, code: int, retry_after: float = 0.0) -> None:
        super().__init__(message, url)
        self.code = code
        self.retry_after = retry_after


class BusyError(FetchError):
    """The site wants us to wait longer than one refresh has patience for; no request was made. `wait` is in seconds."""

    def __init__(self, message: str, url: str, wait: float) -> None:
        super().__init__(message, url)
        self.wait = wait
