"""What is written to those who follow something: letters, in plain text and simple HTML, and words for a group's robot.

Whatever a reader typed, or a document is called, stands in a header on one line at most, as an encoded word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup

from kb.base import clock
from kb.config.settings import Settings
from kb.search.contract.engine import SECTIONS_SHOWN
from kb.upkeep.follow.digest import Digest, Item, Run
from kb.upkeep.follow.subscriptions import RHYTHMS, Subscription, Target

NAME = "政策文库"
_SUBJECT = 60
_ROBOT_BYTES = 2000
"""企业微信 takes 2,048 bytes in one message."""

_MARKS = {"inserted": "〔增：{}〕", "deleted": "〔删：{}〕", "marked": "{}", "same": "{}"}
_TAGS = {
    "inserted": '<ins style="background:#dff3e2">{}</ins>',
    "deleted": '<del style="background:#fbe3e1">{}</del>',
    "marked": "<mark>{}</mark>",
    "same": "{}",
}
_PAGE = (
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{}</title></head>'
    '<body style="font:16px/1.7 sans-serif;max-width:42em;margin:1em auto;padding:0 1em">{}</body></html>'
)


def confirmation(asked: Subscription, settings: Settings) -> bytes:
    """Return the letter that asks whoever has an address whether it was they who asked.

    It repeats nothing that was typed: nobody may write to a stranger through it.
    """
    what = asked.target.label if asked.target.kind != "search" else "一个检索（内容见下面的网页）"
    link = _link(settings, "confirm", asked)
    lines = [
        f"有人在政策文库（{settings.address}）用这个邮箱订阅了{what}，{RHYTHMS[asked.rhythm]}。",
        "如果是您，请在三天之内打开下面的网页，按“确认订阅”：",
        link,
        "如果不是您，不用理会：没有确认就不会再寄信给您。",
    ]
    body = Markup("").join(
        Markup('<p><a href="{0}">{0}</a></p>').format(line) if line == link else Markup("<p>{}</p>").format(line)
        for line in lines
    )
    return _letter(asked, settings, "请确认您的订阅", "\n\n".join(lines), body)


def digest_letter(told: Subscription, digest: Digest, settings: Settings) -> bytes:
    """Return the letter with what is new."""
    leave, page = _link(settings, "leave", told), settings.address + told.target.path
    subject = f"{told.target.label}：{len(digest.items) + digest.more} 份文件有消息"
    more = f"另有 {digest.more:,} 份文件没有列出，见 {page}" if digest.more else ""
    foot = f"您收到这封信，是因为订阅了{told.target.label}（{RHYTHMS[told.rhythm]}）。"
    foot += f"一份文件最多列出 {SECTIONS_SHOWN} 节，其余的打开文件就看到。" if told.target.kind == "search" else ""
    text = "\n".join(
        [
            *_plain(digest, settings),
            *([more, ""] if more else []),
            "——",
            foot,
            f"看现在的全部：{page}",
            f"退订：{leave}",
        ]
    )
    body = Markup("").join(_html(digest.items, settings))
    body += Markup("<p>{}</p>").format(more) if more else Markup("")
    body += Markup(
        '<hr><p style="color:#555;font-size:14px">{} <a href="{}">看现在的全部</a> · <a href="{}">退订</a></p>'
    ).format(foot, page, leave)
    return _letter(told, settings, subject, text, body, leave)


def trial(recipient: str, settings: Settings) -> bytes:
    """Return a letter that tells the operator that letters arrive."""
    nobody = Subscription("mail", recipient, Target("all", ""), "daily")
    said = f"这是政策文库（{settings.address}）的一封试寄的信：收到它，说明 kb.toml 里 [mail] 的设置可以用。"
    return _letter(nobody, settings, "试寄", said, Markup("<p>{}</p>").format(said))


def robot_words(told: Subscription, digest: Digest, settings: Settings) -> str:
    """Return the same for a robot, cut to what it takes; what is cut off is said."""
    page = settings.address + told.target.path
    whole = len(digest.items) + digest.more
    head = f"{told.keyword} " if told.keyword else ""
    words = f"{head}{NAME}：{told.target.label}，{whole} 份文件有消息"
    for place, item in enumerate(digest.items):
        block = "\n".join(_block(item, settings)).rstrip()
        left = f"\n\n另有 {whole - place} 份没有列出，见 {page}"
        if len(f"{words}\n\n{block}{left}".encode()) > _ROBOT_BYTES:
            short = "\n".join([f"《{item.title}》", *item.happened, _whole(item.path, settings)])
            if len(f"{words}\n\n{short}{left}".encode()) > _ROBOT_BYTES:
                return words + left
            block = short
        words += f"\n\n{block}"
    return words + (f"\n\n另有 {digest.more} 份没有列出，见 {page}" if digest.more else "")


def _letter(to: Subscription, settings: Settings, subject: str, text: str, body: Markup, leave: str = "") -> bytes:
    host = urlsplit(settings.address).hostname or "localhost"
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(NAME, addr_spec=settings.mail.sender)
    message["To"] = Address(addr_spec=to.recipient)
    message["Subject"] = _line(f"{NAME}：{subject}")
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=host)
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "zh-CN"
    if leave:
        message["List-Id"] = f"<follow-{to.number}.{host}>"
        message["List-Unsubscribe"] = f"<{leave}>"
        if leave.startswith("https://"):  # RFC 8058 wants nothing less
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text, cte="base64")
    message.add_alternative(str(Markup(_PAGE).format(_line(subject), body)), subtype="html", cte="base64")
    # A long address is folded away from its name, which is right and yet not read everywhere.
    return message.as_bytes().replace(b"List-Unsubscribe:\r\n <", b"List-Unsubscribe: <", 1)


def _line(text: str) -> str:
    """Return a text as one line that a header can hold."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _SUBJECT else f"{line[:_SUBJECT]}…"


def _link(settings: Settings, page: str, subscription: Subscription) -> str:
    return f"{settings.address}/follow/{page}?{urlencode({'s': subscription.number, 't': subscription.token})}"


def _whole(path: str, settings: Settings) -> str:
    return f"{settings.address}{path}" if path else ""


def _plain(digest: Digest, settings: Settings) -> Iterator[str]:
    for item in digest.items:
        yield from _block(item, settings)
        yield ""


def _block(item: Item, settings: Settings) -> Iterator[str]:
    yield f"《{item.title}》"
    yield from (f"· {each}" for each in item.happened)
    yield from filter(None, (item.facts, item.standing, _whole(item.path, settings)))
    for piece in item.pieces:
        yield f"  {piece.label}"
        yield f"    {_text(piece.runs)}"
        yield f"    {_whole(piece.path, settings)}"
    if item.more:
        yield f"  另有 {item.more} 处"


def _text(runs: Iterable[Run]) -> str:
    return " ".join("".join(_MARKS[run.kind].format(run.text) for run in runs).split())


def _html(items: Iterable[Item], settings: Settings) -> Iterator[Markup]:
    for item in items:
        title = (
            Markup('<a href="{}">{}</a>').format(_whole(item.path, settings), item.title)
            if item.path
            else Markup.escape(item.title)
        )
        yield Markup('<h2 style="font-size:18px;margin:1.5em 0 .25em">{}</h2><ul>{}</ul>').format(
            title, Markup("").join(Markup("<li>{}</li>").format(each) for each in item.happened)
        )
        yield Markup('<p style="color:#555;font-size:14px">{}</p>').format(
            Markup("<br>").join(filter(None, (item.facts, item.standing)))
        )
        for piece in item.pieces:
            runs = Markup("").join(Markup(_TAGS[run.kind]).format(run.text) for run in piece.runs)
            yield Markup('<p><a href="{}">{}</a><br>{}</p>').format(_whole(piece.path, settings), piece.label, runs)
        if item.more:
            yield Markup("<p>另有 {} 处</p>").format(item.more)
