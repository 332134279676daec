"""Send words to the robot of a chat group (企业微信, 钉钉), or to anything else that takes JSON at an address."""

from __future__ import annotations

import base64
import errno
import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import quote_plus

import httpcore

from kb.fetch.network.transport import trusting

_TIMEOUT = dict.fromkeys(("connect", "read", "write", "pool"), 30)
_SHOWN = 200
_REFUSED = {
    errno.ECONNREFUSED: "对方拒绝连接",
    errno.ECONNRESET: "对方断开了连接",
    errno.EHOSTUNREACH: "网络不通",
    errno.ENETUNREACH: "网络不通",
    errno.ETIMEDOUT: "没有及时应答",
}


def send(url: str, words: str, what: str, beside: Mapping[str, object] | None = None) -> str:
    """Post words as JSON, in the form that both robots take, with other fields `beside` them.

    Return why `what` (警报, 订阅) did not arrive, "" when it did. A robot that refuses answers 200, and says why in its JSON.
    """
    content = {"msgtype": "text", "text": {"content": words}, **(beside or {})}
    return _asked("POST", url, json.dumps(content, ensure_ascii=False).encode(), what)


def ping(url: str, what: str) -> str:
    """Ask for an address, as one does of a dead man's switch; return why `what` did not arrive, "" when it did."""
    return _asked("GET", url, b"", what)


def _asked(method: str, url: str, content: bytes, what: str) -> str:
    headers = [("Content-Type", "application/json")] if content else []
    try:
        with httpcore.ConnectionPool(ssl_context=trusting()) as pool:
            answer = pool.request(
                method, url, headers=headers, content=content or None, extensions={"timeout": _TIMEOUT}
            )
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError, ValueError) as error:
        return f"{what}送不到 {host(url)}{why(error)}"
    if answer.status >= 300:
        return f"{host(url)} 没有收下{what}（{answer.status}）"
    refused = _refusal(answer.content)
    return f"{host(url)} 没有收下{what}（{refused}）" if refused else ""


def why(error: Exception) -> str:
    """Say in Chinese, in brackets, why somebody else's machine was not reached, "" where nothing tells."""
    if isinstance(error, (TimeoutError, httpcore.TimeoutException)):
        return "（没有及时应答）"
    for each in (error, *error.args):
        if isinstance(each, socket.gaierror):
            return "（找不到这个主机）"
        if isinstance(each, ssl.SSLError):
            return "（证书不可信，或者加密有问题）"
        if isinstance(each, OSError) and each.errno in _REFUSED:
            return f"（{_REFUSED[each.errno]}）"
    return ""


def signed(url: str, secret: str, milliseconds: int) -> str:
    """Return the address of a robot of 钉钉 that asks for signatures (加签), signed for a moment; where there is no secret, as it is."""
    if not secret:
        return url
    told = f"{milliseconds}\n{secret}".encode()
    sign = quote_plus(base64.b64encode(hmac.new(secret.encode(), told, hashlib.sha256).digest()))
    return f"{url}{'&' if '?' in url else '?'}timestamp={milliseconds}&sign={sign}"


def host(url: str) -> str:
    """Name an address without what follows the host: there robots keep their keys."""
    return "/".join(url.split("/")[:3])


def _refusal(content: bytes) -> str:
    """Return what a robot says of its refusal, "" where it does not refuse; who is no robot may say anything."""
    try:
        said = json.loads(content)
    except ValueError:
        return ""
    code = said.get("errcode", 0) if isinstance(said, dict) else 0
    return f"errcode {code}：{str(said.get('errmsg', ''))[:_SHOWN]}" if code else ""
