"""What the operator's figures may tell whoever makes the present request."""

from __future__ import annotations

from flask import current_app, g, request

from kb.config.boundary import is_loopback
from kb.web.context.gate import Gate, among

EXTENSION = "kb-gate"
_FORWARDED = ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP")
"""What proxies add. A server that takes some of it away says so by "kb.forwarded"."""


def gate() -> Gate:
    """The gate of the application that answers the present request."""
    found: Gate = current_app.extensions[EXTENSION]
    return found


def sees_details() -> bool:
    """Whether the present request may be told what is wrong and how much is asked for."""
    if not gate().is_open and "reader" not in g:
        return False
    return current_app.config["DETAILS"] != "near" or is_near()


def is_near() -> bool:
    """Whether the present request comes from this machine or a monitor: from who runs the program, and can type its commands."""
    monitors = current_app.config["MONITORS"]
    client = request.remote_addr or ""
    forwarded = request.environ.get("kb.forwarded") or any(name in request.headers for name in _FORWARDED)
    return among(client, monitors) or (is_loopback(client) and not forwarded)


def told_alarm(alarm: str) -> str:
    """Return what the present reader may know of an alarm: that there is one, at least."""
    return alarm if not alarm or sees_details() else "最近没有更新成功；已收录的文件不受影响。"
