"""What goes into a fetch and what comes out: plain data, so that tests and archives need no network."""

from __future__ import annotations

from dataclasses import dataclass

from kb import __version__
from kb.base.errors import UsageError

PRODUCT = "kb"


@dataclass(frozen=True, slots=True)
class Manners:
    """How a source is to be asked. Times are in seconds, sizes in bytes.

    `delay` is kept between the end of an answer and the next request to the same host, whoever asks.
    `connect_timeout`, `read_timeout` (between two bytes) and `total_timeout` bound one request; after `patience` no further
    try or redirect of the same page begins. `max_bytes` holds before and after decompression.
    `allow_private` lets the source live in one's own network; `insecure` accepts any certificate, and is recorded;
    `legacy_tls` lets old servers renegotiate as RFC 5746 forbids and speak TLS 1.0, and is recorded.
    `contact` is the address in the user agent to which a site's keeper can write.
    """

    delay: float = 1.0
    connect_timeout: float = 15.0
    read_timeout: float = 30.0
    total_timeout: float = 120.0
    patience: float = 300.0
    tries: int = 4
    max_bytes: int = 50_000_000
    max_redirects: int = 10
    allow_private: bool = False
    insecure: bool = False
    legacy_tls: bool = False
    contact: str = ""

    @property
    def user_agent(self) -> str:
        """`kb/VERSION (+contact)`. Raises UsageError when the contact cannot stand in a header."""
        if not self.contact:
            return f"{PRODUCT}/{__version__}"
        if not (self.contact.isascii() and self.contact.isprintable()) or set(self.contact) & set("()\\"):
            raise UsageError(f"联系方式“{self.contact}”只能是不带括号的英文、数字和符号，例如邮箱或网址。")
        return f"{PRODUCT}/{__version__} (+{self.contact})"


@dataclass(frozen=True, slots=True)
class Validators:
    """What a site gave us to ask later whether a page changed. They hold for `url` alone, the final one."""

    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer. 404, 403, 412 and 521 are answers too: the caller judges `status`.

    `url` is what was asked, `final_url` where it was found. `request_headers` and `response_headers` are those of the
    last hop, as sent and as received, in order. `body` is decompressed (a Content-Encoding header still stands in
    `response_headers`), but not decoded to text. `time` is when the answer had come, ISO 8601 in UTC.
    `not_modified` answers the validators given: the body is empty and the one from last time still holds.
    `legacy_tls` says that the source allows what old servers do with TLS.
    `certificate_checked` is false over plain http and for an insecure source. `address` is the "ip:port" we spoke to.
    """

    url: str
    final_url: str
    status: int
    reason: str
    request_headers: tuple[tuple[str, str], ...]
    response_headers: tuple[tuple[str, str], ...]
    body: bytes
    time: str
    validators: Validators
    not_modified: bool
    certificate_checked: bool
    address: str
    legacy_tls: bool = False

    @property
    def ok(self) -> bool:
        """Whether the site says that the body is the page (2xx)."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str:
        """Return the first response header of this name, in any case of letters, or ""."""
        return next((value for key, value in self.response_headers if key.lower() == name.lower()), "")
