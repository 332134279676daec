"""Tell those who follow something what is new, and send what waits to be sent.

A letter is kept, with its Message-ID, before it is sent, and is let go when the server has taken it: so nothing is lost, and only what
is killed between the two is sent again, as the very same letter (at least once). Robots know no such name.
"""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace

from kb.base import clock, storage
from kb.base.errors import KbError, StorageError, UsageError
from kb.config.secret import secret
from kb.config.settings import Mail, Settings
from kb.corpus.folder import Corpus
from kb.fetch.network.transport import trusting
from kb.law.store import Store
from kb.search.contract.engine import Engine
from kb.upkeep import alarms, robots
from kb.upkeep.findings import Finding
from kb.upkeep.follow.digest import Desk, compose
from kb.upkeep.follow.letters import confirmation, digest_letter, robot_words, trial
from kb.upkeep.follow.news import gather
from kb.upkeep.follow.subscriptions import Letter, Subscription, Subscriptions

PASSWORD = "KB_MAIL_PASSWORD"
"""An environment variable; with `_FILE` behind its name, it names the file that holds it."""

REFUSALS = 5
"""Letters refused for good, one after the other, after which nothing more is sent there."""

_SECONDS = 20
_LOCK = "sending.lock"
_SENDING = 60.0  # seconds


@dataclass(slots=True)
class Report:
    """What was done: messages `sent`, subscriptions with `nothing` new, those that are not `due` yet, and what went wrong."""

    sent: int = 0
    nothing: int = 0
    not_due: int = 0
    problems: list[str] = field(default_factory=list)


def send(settings: Settings, corpus: Corpus, engine: Engine) -> Report:
    """Write what is new to everybody who is due, and send all that waits. Raises StorageError where another process is sending."""
    kept, report = Subscriptions(settings.follow), Report()
    if not (settings.mail.host or kept.active()):
        return report
    with _alone(settings):
        kept.forget_unconfirmed()
        _send_letters(settings, kept, report)  # what was written earlier goes first: its news are told by it
        try:
            waiting = gather(corpus, Store(settings.index), engine, kept)
            report.problems += [waiting] if waiting else []
            _write(settings, corpus, engine, kept, report)
        except KbError as error:
            report.problems.append(f"没有写新的订阅信，下次再写：{error}")
        _send_letters(settings, kept, report)
        kept.forget_told()
    report.problems = list(dict.fromkeys(report.problems))
    _alarm(settings, report)
    return report


def ask(settings: Settings, wanted: Subscription, client: str) -> Subscription:
    """Keep what a reader asks for, and write the letter by which they confirm it. Raises TooOftenError and StorageError."""
    kept = Subscriptions(settings.follow)
    asked = kept.ask(wanted, client)
    kept.write(Letter(asked.number, "confirm", confirmation(asked, settings)))
    return asked


def send_confirmations(settings: Settings) -> list[str]:
    """Send the letters by which something is confirmed; return what went wrong: those that cannot be sent wait for the next time."""
    report = Report()
    try:
        with _alone(settings):
            _send_letters(settings, Subscriptions(settings.follow), report, only="confirm")
    except KbError as error:
        report.problems.append(f"{error}还没有寄出的信，下次再寄。")
    return report.problems


def send_trial(settings: Settings, recipient: str) -> None:
    """Send one letter, to see that the settings are right. Raises KbError."""
    with _server(settings.mail) as server:
        refused = _handed(server, settings.mail, recipient, trial(recipient, settings))
    if refused:
        raise StorageError(f"邮件服务器没有收下：{refused.sentence}。")


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why a letter was not taken; `gone`: its server says that it never will be."""

    sentence: str
    gone: bool


def _write(settings: Settings, corpus: Corpus, engine: Engine, kept: Subscriptions, report: Report) -> None:
    """Write a letter for everybody who is due and of whom none waits, and tell the robots at once."""
    waiting = {letter.subscription for letter in kept.letters()}
    today = clock.today()
    with Store(settings.index).reading() as reader:
        desk = Desk(corpus, engine, reader)
        for each in kept.active():
            news = kept.news(each.told)
            if each.number in waiting or each.refused >= REFUSALS:
                continue
            if not news or not each.due(today):
                report.nothing += not news
                report.not_due += bool(news)
                continue
            try:
                digest = compose(each.target, news, desk)
            except UsageError as error:  # a query that was understood once
                report.problems.append(f"{each.number} 号订阅（{each.target.label}）检索不了：{error}")
                continue
            upto = news[-1].number
            if digest is None:
                kept.update(replace(each, told=upto))
                report.nothing += 1
            elif each.channel == "mail":
                kept.write(Letter(each.number, "digest", digest_letter(each, digest, settings), upto))
            else:
                kept.write(Letter(each.number, "digest", robot_words(each, digest, settings).encode(), upto))


def _send_letters(settings: Settings, kept: Subscriptions, report: Report, only: str = "") -> None:
    """Send what waits; a server that does not answer is asked once, and everything for it waits on."""
    letters = [letter for letter in kept.letters() if only in ("", letter.purpose)]
    owned = [(letter, kept.subscription_of(letter)) for letter in letters]
    for letter, to in owned:
        if to and to.channel == "robot":
            _tell_robot(kept, letter, to, report)
        elif to is None:
            kept.drop(letter)
    mails = [(letter, to) for letter, to in owned if to and to.channel == "mail"]
    if not mails:
        return
    if not settings.mail.host:
        report.problems.append(f"有 {len(mails)} 封信等着寄，可是 kb.toml 里没有设置 mail.host。")
        return
    try:
        with _server(settings.mail) as server:
            for letter, to in mails:
                _mail(kept, server, settings.mail, letter, to, report)
    except KbError as error:
        report.problems.append(f"{error}还没有寄出的信，下次再寄。")


def _mail(
    kept: Subscriptions, server: smtplib.SMTP, mail: Mail, letter: Letter, to: Subscription, report: Report
) -> None:
    allowed = mail.writes_to(to.recipient)
    refused = (
        _handed(server, mail, to.recipient, letter.message) if allowed else _Refused("它不在 mail.domains 里", True)
    )
    if refused is None:
        kept.taken(letter, clock.today())
        report.sent += 1
        return
    failed = replace(
        to, trouble=f"{clock.today()}：{refused.sentence}", refused=to.refused + 1 if refused.gone else to.refused
    )
    kept.update(failed)
    if letter.purpose == "confirm" and refused.gone:  # mistyped, as a rule: nothing for the operator
        kept.drop(letter)
        return
    report.problems.append(f"{to.number} 号订阅的信没有寄出：{refused.sentence}。")
    if failed.refused >= REFUSALS:
        kept.drop(letter)
        report.problems.append(
            f"{to.number} 号订阅的邮箱连续拒收 {REFUSALS} 次，不再寄：请用 kb follow remove {to.number} 移除。"
        )


def _tell_robot(kept: Subscriptions, letter: Letter, to: Subscription, report: Report) -> None:
    url = robots.signed(to.recipient, to.secret, int(time.time() * 1000))
    problem = robots.send(url, letter.message.decode(), "订阅")
    if not problem:
        kept.taken(letter, clock.today())
        report.sent += 1
        return
    kept.update(replace(to, trouble=f"{clock.today()}：{problem}"))
    report.problems.append(f"{to.number} 号订阅：{problem}，下次再送。")


def _handed(server: smtplib.SMTP, mail: Mail, recipient: str, message: bytes) -> _Refused | None:
    """Hand a letter to the server; return why it did not take it. Raises StorageError where the connection is gone."""
    try:
        server.sendmail(mail.sender, [recipient], message)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        return _Refused(f"{code} {_said(said)}", code >= 500)
    except smtplib.SMTPSenderRefused as error:
        raise StorageError(
            f"邮件服务器 {mail.host} 不接受发件人 {mail.sender}（{error.smtp_code} {_said(error.smtp_error)}）。"
        ) from error
    except smtplib.SMTPResponseException as error:
        return _Refused(f"{error.smtp_code} {_said(error.smtp_error)}", error.smtp_code >= 500)
    except (smtplib.SMTPException, OSError) as error:
        raise StorageError(f"邮件服务器 {mail.host} 断开了连接。") from error
    return None


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Let one process send at a time; another one is waited for, for a minute. Raises StorageError."""
    storage.make_folder(settings.follow)
    until = time.monotonic() + _SENDING
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(storage.lock(settings.follow / _LOCK))
                break
            except StorageError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
        yield


@contextmanager
def _server(mail: Mail) -> Iterator[smtplib.SMTP]:
    """Open the connection to the mail server, encrypted as the settings say or not at all. Raises StorageError and UsageError."""
    password = _password() if mail.user else ""
    with _in_words(mail):
        if mail.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SECONDS, context=trusting())
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)
    try:
        with _in_words(mail):
            if mail.security == "starttls":
                server.starttls(context=trusting())
            if mail.user:
                server.login(mail.user, password)
        yield server
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


@contextmanager
def _in_words(mail: Mail) -> Iterator[None]:
    """Turn what keeps a connection from being made into StorageError with one sentence."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise _unreached(mail, f"拒绝了用户名或密码（{_said(error.smtp_error)}）") from error
    except smtplib.SMTPNotSupportedError as error:
        raise _unreached(mail, "不支持所设置的加密或登录") from error
    except ssl.SSLCertVerificationError as error:
        raise _unreached(mail, "的证书不可信") from error
    except ssl.SSLError as error:
        raise _unreached(mail, "的加密有问题，连接没有建立") from error
    except OSError as error:  # those of smtplib among them
        raise _unreached(mail, f"连不上或不应答{robots.why(error)}") from error


def _unreached(mail: Mail, why: str) -> StorageError:
    return StorageError(f"邮件服务器 {mail.host}:{mail.port} {why}：请检查 kb.toml 里的 [mail]。")


def _password() -> str:
    """Return the password. Raises UsageError."""
    password = secret(PASSWORD)
    if not password:
        raise UsageError(f"设置了 mail.user，可是环境变量 {PASSWORD} 里没有密码。")
    if not password.isascii():
        raise UsageError("邮件服务器的密码里只能有英文字母、数字和符号：请换一个密码。")
    return password


def _said(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())[:200]


def _alarm(settings: Settings, report: Report) -> None:
    """Tell whom the settings name for alarms when sending begins or ceases to fail."""
    if settings.alarm:
        found = [Finding("follow/failed", "订阅", " ".join(report.problems))] if report.problems else []
        failed = alarms.tell(settings.alarm, found, settings.follow, clock.now())
        report.problems += [failed] if failed else []
