"""robots.txt by RFC 9309: what a site asks of robots, read by protego."""

from __future__ import annotations

from protego import Protego

from kb.fetch.network.fetched import PRODUCT

MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: a limit of at least 500 KiB; what stands after it is not read


class Robots:
    """The rules of one origin. `Robots(b"")` allows everything."""

    def __init__(self, body: bytes) -> None:
        self._rules = Protego.parse(body[:MAX_BYTES].decode("utf-8-sig", errors="replace"))

    def allows(self, url: str) -> bool:
        """Say whether we may ask for `url`."""
        return self._rules.can_fetch(url, PRODUCT)

    @property
    def delay(self) -> float:
        """The seconds that the site wants between two requests, 0 when it does not say."""
        return self._rules.crawl_delay(PRODUCT) or 0.0

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The addresses of the site's sitemaps."""
        return tuple(self._rules.sitemaps)
