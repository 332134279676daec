"""Web addresses: one spelling for each, and none that we would be wrong to ask."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from kb.base.lazy_re import lazy_re
from kb.fetch.network.fetch_errors import BadAddressError

PORTS = {"http": 80, "https": 443}
_KEPT = "%/:=&?~+!$,;'@()*"
_HOST = lazy_re(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")  # a name, or an IPv6 address
_SESSION = lazy_re(
    r";(?:jsessionid|phpsessid|sid)=[^?#/;]*|(?<=[?&])(?:jsessionid|phpsessid|aspsessionid\w*|sessionid|session_id)=[^&#]*"
    r"|(?<=[?&])(?:_|t|ts|timestamp|r|rnd|rand|random|nocache)=(?:0\.\d{6,}|\d{10,})(?=&|#|$)",
    re.IGNORECASE,
)
_CREDENTIALS = lazy_re(r"//[^/?#]*@")


class Target(NamedTuple):
    """An address in the parts that go over the wire; `host` is ASCII, without the brackets of IPv6."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and, where it is not the scheme's own, port: what the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority: what a robots.txt speaks for."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The whole address."""
        return self.origin + self.path


class Form(NamedTuple):
    """What a request gives with it (POST): the bytes and what they are."""

    media_type: str
    body: bytes


def form_of(text: str) -> Form:
    """Make a form of its text: a JSON object, or name=value pairs joined by &."""
    kind = "application/json" if text.lstrip().startswith(("{", "[")) else "application/x-www-form-urlencoded"
    return Form(f"{kind}; charset=UTF-8", text.encode())


def parse(url: str) -> Target:
    """Take an address apart, its fragment left off, other scripts encoded (IDNA, percent signs).

    Raises BadAddressError for anything but http and https with a host and without a name or password in it.
    """
    shown = without_credentials(url)
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = parts.port
        path = quote(parts.path, _KEPT) or "/"
        query = f"?{quote(parts.query, _KEPT)}" if parts.query else ""
    except (ValueError, UnicodeError) as error:
        raise BadAddressError(f"网址 {shown} 写得不对：请检查主机名和端口。", shown) from error
    if parts.scheme not in PORTS:
        raise BadAddressError(f"网址 {shown} 不能抓取：只支持 http:// 和 https:// 开头的网址。", shown)
    if "@" in parts.netloc:
        raise BadAddressError(f"网址 {shown} 带有用户名或密码，不予抓取：请去掉 @ 之前的部分。", shown)
    if not _HOST.fullmatch(host) or port == 0:
        raise BadAddressError(f"网址 {shown} 的主机名或端口不对：请写完整的网址。", shown)
    return Target(parts.scheme, host, port or PORTS[parts.scheme], path + query)


def join(base: str, location: bytes) -> str:
    """Return where a Location header leads. Bytes outside ASCII are kept as they came, percent-encoded.

    Raises BadAddressError when that is no address.
    """
    try:
        return urljoin(base, quote(location.strip(), _KEPT + "#[]"))
    except ValueError as error:
        raise BadAddressError(f"{base} 转到的网址写得不对：请核对网址。", base) from error


def absolute(base: str, link: str) -> str:
    """Return where a link of a page leads, as browsers read it: blanks about it are none of it, backslashes are slashes.

    The number of a session, which old servers write into every link, is left out. One that is no address stays as it is, for `parse` to refuse.
    """
    path, mark, rest = re.sub(r"[\t\r\n]", "", link.strip()).partition("?")
    if not re.match(r"(?!https?:)[A-Za-z][\w+.-]+:", path):
        path = path.replace("\\", "/")
    try:
        return without_session(urljoin(base, f"{path}{mark}{rest}"))
    except ValueError:
        return link


def without_session(url: str) -> str:
    """Take the number of a session, or of this very visit, out of an address: it is another one each time."""
    return re.sub("&&+", "&", _SESSION.sub("", url)).replace("?&", "?").rstrip("?&") if _SESSION.search(url) else url


def place_of(url: str) -> str:
    """Name the place of an address on the web, whether it is written http or https, www or mobile."""
    rest = without_session(url).partition("#")[0].partition("://")[2]
    host, slash, path = rest.partition("/")
    return re.sub(r"^(?:www|m|wap|mobile|3g)\.|:(?:80|443)$", "", host.lower()) + (slash or "/") + path


def without_credentials(url: str) -> str:
    """Take a user's name and password out of an address, so that it can be shown and stored."""
    return _CREDENTIALS.sub("//", url, count=1)
