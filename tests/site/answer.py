"""An answer before it goes over the wire, where faults can still get at it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Answer:
    """`body` is bytes, or chunks that never stand in memory together.

    `pause` is the seconds between two bytes, `keep` how many bytes of the body go out before the connection is cut,
    `length` the Content-Length that is claimed (None: the true one, or none for chunks).
    """

    body: bytes | Iterable[bytes] = b""
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    keep: int | None = None
    length: int | None = None

    @property
    def etag(self) -> str:
        """A validator made of the body."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"' if isinstance(self.body, bytes) else ""


def missing() -> Answer:
    """The site's page for what it does not have."""
    return Answer("<html><title>404</title><body>您访问的页面不存在（示例）</body></html>".encode(), status=404)
