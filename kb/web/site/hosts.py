"""Which host a request may say that it is for.

The name in the Host header begins every whole address that is answered, and a page of a stranger's site whose name was made to
lead here (DNS rebinding) shows itself by it. So a name must be this machine's, or one that the operator named. A bare IP
address cannot be rebound: those that lead to this machine or lie in a private network are accepted.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kb.base.lazy_re import lazy_re
from kb.config.boundary import is_loopback
from kb.config.settings import Settings

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

STRANGER = "kb.stranger"
"""Where a request carries the host that was refused."""

ASKED = "kb.asked"
"""Where a request carries the host that it was for, whatever the address of the settings makes of it."""

_WRITTEN = lazy_re(r"(?:\[(?P<six>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[\w.-]{1,253}?)\.?)(?::[0-9]{1,5})?", re.ASCII)
_SHOWN = 80
_PRIVATE = tuple(
    ip_network(each)
    for each in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)


class Hosts:
    """The hosts that the settings let requests be for. `told_by` is the proxy whose word is taken, "*" for anybody's."""

    def __init__(self, settings: Settings) -> None:
        named = [urlsplit(settings.address).hostname or "", settings.host, *settings.hosts]
        self._any = "*" in settings.hosts
        self._near = settings.boundary.host_check == "near"
        self._told_by = settings.proxy
        self._named = {each.lower().strip("[]").rstrip(".") for each in named if each}
        self._own = _own_names() if self._near else {"localhost"}

    def accepts(self, written: str, peer: str = "") -> bool:
        """Whether a Host header, as `written` in a request that `peer` sent, is one of them. None at all is: it names nobody."""
        found = _WRITTEN.fullmatch(written)
        if not written or (self._any and found):
            return True
        if not found:
            return False
        name = (found["six"] or found["name"]).lower()
        if self.is_named(name) or name in self._own or name.endswith(".localhost") or is_loopback(name):
            return True
        return self._near and (self._is_proxy(peer) or _is_near(name))

    def is_named(self, name: str) -> bool:
        """Whether the settings name this host."""
        return name.lower() in self._named

    def _is_proxy(self, peer: str) -> bool:
        return bool(self._told_by) and self._told_by in ("*", peer)


def guarded(hosts: Hosts, answer: WSGIApplication) -> WSGIApplication:
    """Mark the requests that are for other hosts, to be refused; the strange name goes no further than the mark."""

    def answer_here(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        written = environ[ASKED] = environ.get("HTTP_HOST", "")
        if not hosts.accepts(written, environ.get("kb.peer", "")):
            environ |= {"HTTP_HOST": "localhost", STRANGER: written}
        return answer(environ, start)

    return answer_here


def refusal(written: str) -> str:
    """Return the sentence for one who asked for a strange host, and for the operator beside them."""
    return (
        f"这个服务不叫“{written[:_SHOWN]}”：请用它自己的地址访问；如果读者就该用这个名称，请由管理员在 kb.toml 的 [serve] "
        "hosts 里写上它（或用 address、proxy 说明）。"
    )


def _own_names() -> set[str]:
    """Return what this machine calls itself, as asked in its own network; nothing is asked of a name server."""
    name = socket.gethostname().lower().rstrip(".")
    first = name.partition(".")[0]
    return {"localhost", name, first, f"{first}.local"} - {"", ".local"}


@lru_cache(maxsize=1000)
def _is_near(name: str) -> bool:
    """Whether a host is written as an IP address that is not somebody else's in the public internet."""
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return any(address in network for network in _PRIVATE) or _is_own(address)


def _is_own(address: IPv4Address | IPv6Address) -> bool:
    """Whether this machine has the address: only then can a socket be bound to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
            return True
    except OSError:
        return False
