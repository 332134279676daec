"""Which machines a source may make us speak to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.fetch.network.addresses import is_allowed

PUBLIC = ("113.96.104.1", "8.8.8.8", "2400:3200::1", "2001:4860:4860::8888", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8")
OWN = ("127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "::1")
OWN += ("fd12:3456::1", "::ffff:10.0.0.1", "64:ff9b::192.168.1.1")
NEVER = ("169.254.169.254", "169.254.1.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1")
NEVER += ("168.63.129.16", "100.100.100.200", "192.0.0.192", "192.88.99.1", "198.18.0.1", "203.0.113.7", "192.0.2.1")
NEVER += ("::", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "fd00:ec2::254", "2002:7f00:1::", "2001::1", "3fff::1")
NEVER += ("::127.0.0.1", "64:ff9b:1::a00:1", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "2001:db8::1")


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internet_is_allowed(address: str) -> None:
    assert is_allowed(address, allow_private=False)


@pytest.mark.parametrize("address", OWN)
def test_ones_own_network_needs_permission(address: str) -> None:
    assert not is_allowed(address, allow_private=False)
    assert is_allowed(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_special_addresses_are_never_asked(address: str) -> None:
    assert not is_allowed(address, allow_private=False)
    assert not is_allowed(address, allow_private=True)


@given(st.ip_addresses(v=4))
def test_no_dress_of_ipv6_changes_the_judgement(address: IPv4Address) -> None:
    plain = is_allowed(str(address), allow_private=False)
    for prefix in ("::ffff:", "64:ff9b::"):
        assert is_allowed(f"{prefix}{address}", allow_private=False) == plain


@given(st.ip_addresses(v=6))
def test_every_address_is_judged_and_permission_never_takes_away(address: IPv6Address) -> None:
    assert is_allowed(str(address), allow_private=True) >= is_allowed(str(address), allow_private=False)
