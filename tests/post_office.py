"""A real mail server on loopback: what it took, and how it is to behave."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword


class PostOffice:
    """`taken` are the letters that it took, `envelopes` (from, to) of each; `answer` is what it says to the next ones instead of taking them."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answer = ""
        self.refuses = ""
        self.port = 0
        self.on_taken: Callable[[], object] | None = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.refuses and address == self.refuses:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer:
            return self.answer
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        if self.on_taken:
            self.on_taken()
        return "250 taken"

    def last(self) -> EmailMessage:
        return self.taken[-1]


@contextmanager
def post_office(
    port: int = 0, context: ssl.SSLContext | None = None, login: tuple[str, str] | None = None
) -> Iterator[PostOffice]:
    """Open one: with `context` it speaks STARTTLS, and with `login` it takes letters only from that user."""

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == login
        return AuthResult(success=right, handled=right)

    office = PostOffice()
    chosen: dict[str, Any] = {"tls_context": context, "require_starttls": bool(context)}
    if login:
        chosen |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": bool(context)}
    controller = Controller(office, hostname="127.0.0.1", port=port or _free(), **chosen)
    controller.start()
    office.port = controller.port
    try:
        yield office
    finally:
        controller.stop()


def _free() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain(letter: EmailMessage) -> str:
    """The text of a letter."""
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html(letter: EmailMessage) -> str:
    """The HTML of a letter."""
    part = letter.get_body(("html",))
    assert part is not None
    return str(part.get_content())
