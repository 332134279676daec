"""The cookies that a redirect sets, for the rest of that one fetch: old servers send a visitor back to the same address
with one. None is kept for later, and none that a script would have to make."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

from kb.fetch.network.urls import Target


class Cookies:
    """The cookies of one fetch, by host."""

    def __init__(self) -> None:
        self._by_host: dict[str, dict[str, str]] = {}

    def take(self, target: Target, headers: tuple[tuple[str, str], ...]) -> None:
        """Remember what an answer of a host sets; what is no cookie is ignored."""
        for name, value in headers:
            if name.lower() == "set-cookie":
                try:
                    found = SimpleCookie(value)
                except CookieError:
                    continue
                self._by_host.setdefault(target.host, {}).update({key: each.coded_value for key, each in found.items()})

    def header(self, target: Target) -> str:
        """Return the Cookie header for a host, "" when it set none."""
        return "; ".join(f"{key}={value}" for key, value in self._by_host.get(target.host, {}).items())
