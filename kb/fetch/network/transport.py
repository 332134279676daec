"""One request and its answer over the wire, nothing more: no redirects, cookies, proxies or second tries.

httpcore (the engine under httpx) speaks HTTP; its network backend is the place to decide whom we connect to and how long
we wait, which httpx does not let out. The address that is checked is the one that is connected to; the name stays in the
Host header and in TLS.
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import certifi
import httpcore

from kb.fetch.network import body
from kb.fetch.network.addresses import Resolver, is_allowed, resolve
from kb.fetch.network.fetch_errors import (
    CertificateError,
    DnsError,
    PrivateAddressError,
    TimedOutError,
    TooLargeError,
    UnreachableError,
)
from kb.fetch.network.fetched import Manners
from kb.fetch.network.pace import Clock
from kb.fetch.network.urls import Form, Target

Headers = tuple[tuple[str, str], ...]

_LEGACY_SERVER_CONNECT = getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)  # named since Python 3.12
_REFUSALS = {
    errno.ECONNREFUSED: "对方拒绝连接",
    errno.ECONNRESET: "对方断开了连接",
    errno.EHOSTUNREACH: "网络不通",
    errno.ENETUNREACH: "网络不通",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request. Headers as sent and as received, in order; the body decompressed."""

    status: int
    reason: str
    request_headers: Headers
    headers: Headers
    body: bytes
    address: str

    def header(self, name: str) -> str:
        """Return the first header of this name (lower case), or ""."""
        return next((value for key, value in self.headers if key.lower() == name), "")


class _Deadline:
    """When the present request must be over; one for all connections of a transport, which serves one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._end = float("inf")

    def start(self, seconds: float) -> None:
        self._end = self._clock.monotonic() + seconds

    def limit(self, timeout: float | None) -> float:
        """Return the seconds that one operation may take. Raises httpcore.TimeoutException when none are left."""
        left = self._end - self._clock.monotonic()
        if left <= 0:
            raise httpcore.TimeoutException
        return left if timeout is None else min(left, timeout)


class _Stream(httpcore.NetworkStream):
    """A connection whose every operation ends by the deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.limit(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.limit(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit = self._deadline.limit(timeout)
        try:
            return _Stream(self._stream.start_tls(ssl_context, server_hostname, limit), self._deadline)
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLError):
                raise _tls_failure(server_hostname or "", error.__cause__) from error
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, deadline: _Deadline, resolver: Resolver, allow_private: bool) -> None:
        self._deadline = deadline
        self._resolver = resolver
        self._allow_private = allow_private
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._addresses(host, port):
            limit = self._deadline.limit(timeout)
            try:
                stream = self._network.connect_tcp(address, port, limit, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure or httpcore.ConnectError("no address")

    def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        try:
            found = self._resolver(host, port)
        except OSError as error:
            sentence = f"找不到主机 {host}：请检查网址里的主机名和本机的域名解析（DNS）。"
            raise DnsError(sentence, host, passing=error.errno == socket.EAI_AGAIN) from error
        allowed = tuple(address for address in found if is_allowed(address, allow_private=self._allow_private))
        if found and not allowed:
            raise PrivateAddressError(_private_sentence(host, found[0]), host)
        return allowed


def _private_sentence(host: str, address: str) -> str:
    if is_allowed(address, allow_private=True):
        return f"主机 {host} 指向内部地址 {address}，不予访问：确是自己网内的站点，请在来源里设 allow_private = true（kb source add 加上 --allow-private）。"
    return f"主机 {host} 指向本机专用的特殊地址 {address}，任何来源都不得访问：请核对网址。"


class Transport:
    """One source's connections, kept open between requests. For one thread."""

    def __init__(self, manners: Manners, clock: Clock, resolver: Resolver = resolve) -> None:
        self._manners = manners
        self._deadline = _Deadline(clock)
        self._pool = httpcore.ConnectionPool(
            ssl_context=_ssl_context(manners.insecure, manners.legacy_tls),
            max_connections=8,
            keepalive_expiry=30,
            network_backend=_Backend(self._deadline, resolver, manners.allow_private),
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def send(self, target: Target, headers: Headers, limit: body.Limit, form: Form | None = None) -> Answer:
        """Ask for `target`, with a form by POST, and read the answer within `limit`.

        Raises DnsError, PrivateAddressError, UnreachableError, CertificateError, TimedOutError, TooLargeError.
        """
        self._deadline.start(self._manners.total_timeout)
        try:
            return self._send(target, headers, limit, form)
        except (DnsError, PrivateAddressError, CertificateError) as error:
            error.url = target.url
            raise
        except httpcore.TimeoutException as error:
            raise TimedOutError(f"{target.url} 太慢，没有在时限之内答完：可以稍后再试。", target.url) from error
        except body.TooLarge as error:
            sentence = f"{target.url} 的内容超过 {limit.size / 1_000_000:g} MB 的上限，没有读完：确实需要，请调高上限。"
            raise TooLargeError(sentence, target.url) from error
        except httpcore.ConnectError as error:
            sentence = f"连不上 {target.authority}（{_why(error)}）：请检查网络和网址，可以稍后再试。"
            raise UnreachableError(sentence, target.url) from error
        except (httpcore.ProtocolError, httpcore.NetworkError, body.Garbled) as error:
            sentence = f"{target.url} 的回答中断或不完整（{error}）：可以稍后再试。"
            raise UnreachableError(sentence, target.url) from error

    def _send(self, target: Target, headers: Headers, limit: body.Limit, form: Form | None) -> Answer:
        if form:
            headers = (*headers, ("Content-Type", form.media_type), ("Content-Length", str(len(form.body))))
        url = httpcore.URL(
            scheme=target.scheme.encode(),
            host=target.host.encode(),
            port=target.port,
            target=target.path.encode(),
        )
        timeouts = {"connect": self._manners.connect_timeout}
        timeouts |= {"read": self._manners.read_timeout, "write": self._manners.read_timeout}
        with self._pool.stream(
            "POST" if form else "GET",
            url,
            headers=list(headers),
            content=form.body if form else None,
            extensions={"timeout": timeouts},
        ) as response:
            # Before the body: the connection may be closed with its last byte.
            address = _address(response.extensions["network_stream"].get_extra_info("server_addr"))
            received = tuple((key.decode("latin-1"), value.decode("latin-1")) for key, value in response.headers)
            by_name = {key.lower(): value for key, value in reversed(received)}
            announced = by_name.get("content-length", "")
            if announced.isdigit() and int(announced) > limit.size and not limit.cut:
                raise body.TooLarge
            return Answer(
                status=response.status,
                reason=response.extensions["reason_phrase"].decode("latin-1"),
                request_headers=headers,
                headers=received,
                body=body.read(
                    response.iter_stream(),
                    by_name.get("content-encoding", ""),
                    limit,
                    page=_is_page(by_name.get("content-type", "text/html")),
                ),
                address=address,
            )


def _is_page(media_type: str) -> bool:
    """Return whether an answer is said to be text: what is packed there was packed on the way."""
    return (
        media_type.strip()
        .lower()
        .startswith(("text/", "application/json", "application/javascript", "application/xhtml", "application/xml"))
    )


def _address(server: tuple[Any, ...]) -> str:
    host, port = server[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def trusting() -> ssl.SSLContext:
    """Trust what the system trusts and, for machines without a store, certifi's authorities."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


@cache
def _ssl_context(insecure: bool, legacy: bool) -> ssl.SSLContext:
    """Return what all sources with such manners share: reading the authorities takes a tenth of a second."""
    context = trusting()
    if legacy:
        context.options |= _LEGACY_SERVER_CONNECT
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _tls_failure(host: str, error: ssl.SSLError) -> CertificateError:
    if isinstance(error, ssl.SSLCertVerificationError):
        sentence = f"{host} 的证书不可信（{error.verify_message}）：确认无误的话，可在来源里设 verify = false。"
    else:
        sentence = f"与 {host} 建立加密连接失败（{error.reason}）：对方的 TLS 太旧或不完整，可试试 http:// 的网址，或在来源里设 legacy_tls = true。"
    return CertificateError(sentence, host)


def _why(error: httpcore.ConnectError) -> str:
    """Say in Chinese why a connection was not made, where the system's number tells; else as it was said."""
    numbers = (each.errno for each in error.args if isinstance(each, OSError))
    return _REFUSALS.get(next(numbers, None) or 0, str(error))
