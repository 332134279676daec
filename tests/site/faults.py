"""What goes wrong with sites. A fault changes an answer; it is switched on for paths that match a pattern (fnmatch).

site.faults.put("/gkmlpt/content/*", faults.challenge(521))
site.faults.put("/feed.xml", faults.cut(), times=1)      # the first request only, then the site is well again
site.faults.clear()
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from threading import Lock

from tests.site.answer import Answer

Fault = Callable[[Answer], Answer]
METADATA_SERVICE = "http://169.254.169.254/latest/meta-data/"
_MEGABYTE = 1_000_000
_SCRIPT = (
    "<html><head><script>var _0x1a2b='示例';document.cookie='__jsl_clearance=示例;path=/';"
    "location.href=location.pathname+location.search;</script></head><body></body></html>"
)
_LOGIN = (
    '<html><title>用户登录（示例）</title><body><form action="/login" method="post">用户名<input name="user">'
    '密码<input type="password" name="password"><button>登录</button></form></body></html>'
)


class Faults:
    """Which faults are on."""

    def __init__(self) -> None:
        self._on: list[tuple[str, Fault, float]] = []
        self._lock = Lock()

    def put(self, pattern: str, fault: Fault, times: int | None = None) -> None:
        """Switch a fault on for paths (with query) that match; for the next `times` requests, or until cleared."""
        with self._lock:
            self._on.append((pattern, fault, float("inf") if times is None else times))

    def put_first(self, pattern: str, fault: Fault) -> None:
        """Switch a fault on that comes before those that are on."""
        with self._lock:
            self._on.insert(0, (pattern, fault, float("inf")))

    def clear(self) -> None:
        """The site is well again."""
        with self._lock:
            self._on.clear()

    def apply(self, path: str, answer: Answer) -> Answer:
        """Let the first fault that is on for the path have its way."""
        with self._lock:
            for place, (pattern, fault, times) in enumerate(self._on):
                if times > 0 and fnmatchcase(path, pattern):
                    self._on[place] = (pattern, fault, times - 1)
                    return fault(answer)
        return answer


def slow(pause: float = 0.05) -> Fault:
    """Drip: one byte, then `pause` seconds, from the first header on."""

    def fault(answer: Answer) -> Answer:
        answer.pause = pause
        return answer

    return fault


def cut(keep: int = 20) -> Fault:
    """Close the connection after `keep` bytes of the body; before the first header when negative."""

    def fault(answer: Answer) -> Answer:
        answer.keep = keep
        return answer

    return fault


def status(code: int, body: str = "示例错误页", **headers: str) -> Fault:
    """Another status, with headers (underscores for hyphens): `status(429, Retry_After="2")`."""

    def fault(_: Answer) -> Answer:
        return Answer(
            body.encode(), status=code, headers={key.replace("_", "-"): value for key, value in headers.items()}
        )

    return fault


def challenge(code: int = 521) -> Fault:
    """A page for robots, a script only: with 521, 412 or 403, or 200."""
    return status(code, _SCRIPT, Set_Cookie="__jsluid_h=shili; path=/")


def login() -> Fault:
    """A login form in place of the page, with 200."""
    return status(200, _LOGIN)


def empty() -> Fault:
    """200 and nothing."""
    return status(200, "")


def mislabelled(label: str = "gb2312") -> Fault:
    """The page in GBK bytes (with characters that GB 2312 has not), in header and meta tag declared as `label`."""

    def fault(answer: Answer) -> Answer:
        if isinstance(answer.body, bytes):
            text = re.sub('charset="?utf-8', f'charset="{label}', answer.body.decode(), count=1)
            answer.body = text.replace("示例文字", "示例文字镕堃").encode("gb18030")
        answer.media_type = f"text/html; charset={label}"
        return answer

    return fault


def redirect(to: str, code: int = 302) -> Fault:
    """To another address, relative or absolute."""
    return status(code, "", Location=to)


def to_metadata_service() -> Fault:
    """A redirect to where clouds keep their secrets."""
    return redirect(METADATA_SERVICE)


def huge(size: int = 2_000_000_000, *, announced: bool = True) -> Fault:
    """A body of 2 GB, which says so or does not."""

    def chunks() -> Iterator[bytes]:
        block = b"<p>0</p>" * (_MEGABYTE // 8)
        for _ in range(size // _MEGABYTE):
            yield block

    return lambda _: Answer(chunks(), length=size if announced else None)


def bomb(size: int = 2_000_000_000) -> Fault:
    """A small body in gzip that unpacks to `size` bytes: one member of 10 MB of zeros, again and again."""
    member = gzip.compress(bytes(10 * _MEGABYTE), mtime=0)

    def fault(_: Answer) -> Answer:
        return Answer(member * (size // (10 * _MEGABYTE)), headers={"Content-Encoding": "gzip"})

    return fault
