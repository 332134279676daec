"""Which machines a source may make us speak to: the public Internet, or one's own network when it says so.

The rule is applied to the address that is then connected to, so a name that resolves to one address when looked at and
to another when used (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

Resolver = Callable[[str, int], tuple[str, ...]]

# IANA special-purpose registries, as far as `is_global` of Python 3.11 does not know them.
_NOT_PUBLIC = tuple(
    map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
)
_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
# RFC 1918, RFC 6598, RFC 4193 and this machine. Link-local addresses are never a site's.
_OWN_NETWORK = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "::1/128", "fc00::/7"),
    )
)
# Metadata services of clouds that stand outside 169.254.0.0/16: Azure, Alibaba, Oracle, AWS.
_METADATA = frozenset(map(ip_address, ("168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")))


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Ask the system for the addresses of a host, best first. Raises OSError (socket.gaierror) when there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[4][0]) for address in found))


def is_allowed(address: str, *, allow_private: bool) -> bool:
    """Say whether a source may make us connect to this IP address."""
    ip = _unwrapped(ip_address(address))
    if ip in _METADATA:
        return False
    return _is_public(ip) or (allow_private and any(ip in network for network in _OWN_NETWORK))


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    special = ip.is_multicast or not ip.is_global or any(ip in network for network in _NOT_PUBLIC)
    if special:
        return False
    return not ip.is_reserved if ip.version == 4 else ip in _GLOBAL_UNICAST


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address in the dress of IPv6 (mapped, or behind NAT64) is judged as what it leads to."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip
