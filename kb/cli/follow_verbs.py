"""The verbs that deal with who follows what: follow list, add, remove, send, try."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import click

from kb.base.errors import UsageError
from kb.cli.terminal import FAILED, JSON, ChineseGroup, existing, group, print_json, say, verb
from kb.config.settings import Settings, is_mail_address
from kb.corpus.folder import Corpus
from kb.search.open.engines import chosen_engine
from kb.search.query.conditions import FACETS, Condition, Field, condition

if TYPE_CHECKING:
    from kb.upkeep.follow.subscriptions import Rhythm, Subscription, Target

ROBOT_SECRET = "KB_ROBOT_SECRET"
"""The environment variable with what a robot of 钉钉 signs with: on a command line others could read it."""

_WITHIN: tuple[Field, ...] = ("document", "within", "date", "article")
_STATES = {"asked": "等待确认", "active": "有效"}


@group.group(name="follow", cls=ChineseGroup, options_metavar="[选项]", subcommand_metavar="命令 …")
def follow_group() -> None:
    """订阅：谁用邮件或群机器人跟踪什么；把新的消息寄出去。"""


@verb("list", follow_group)
@JSON
def _list(config: Settings, as_json: bool) -> int:
    """列出全部订阅：寄到哪里、跟踪什么、上次何时寄、最近有什么问题。"""
    from kb.upkeep.follow.subscriptions import RHYTHMS, Subscriptions

    kept = Subscriptions(config.follow)
    found, waiting = kept.all(), len(kept.letters())
    if as_json:
        print_json({"subscriptions": [_as_json(each) for each in found], "waiting": waiting, "mail": config.mail.host})
        return 0
    for each in found:
        click.echo(
            f"{each.number}　{_STATES[each.state]}　{_shown(each)}　{each.target.label}　{RHYTHMS[each.rhythm]}　上次 {each.sent or '—'}"
        )
        if each.trouble:
            click.echo(f"    {each.trouble}")
    click.echo(f"{len(found):,} 个订阅，{waiting:,} 封信等着寄。")
    if not config.mail.host:
        say("没有设置邮件服务器（kb.toml 里的 mail.host）：网页上只提供 Atom。见 docs/feeds.md。")
    return 0


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be followed, as it was given."""

    search: str
    document: str
    everything: bool


@verb("add", follow_group)
@click.option("--search", metavar="检索式", default="", help="跟踪一个检索：检索式，或者检索结果页的网址")
@click.option("--document", metavar="文件", default="", help="跟踪一份文件")
@click.option("--all", "everything", is_flag=True, help="跟踪全库的变化")
@click.option(
    "--robot",
    metavar="网址",
    default="",
    help=f"企业微信或钉钉群机器人的网址；钉钉加签的密钥写在环境变量 {ROBOT_SECRET} 里",
)
@click.option("--keyword", metavar="词", default="", help="机器人要求消息里有的关键词")
@click.option("--mail", metavar="邮箱", default="", help="寄到一个邮箱：先寄确认信，收信的人确认了才算")
@click.option("--weekly", is_flag=True, help="每周至多一次；默认每天至多一次")
def _add(
    config: Settings, search: str, document: str, everything: bool, robot: str, keyword: str, mail: str, weekly: bool
) -> int:
    """加一个订阅。群机器人只能由管理员在这里加，加了就算；邮箱要收信的人确认。"""
    from kb.upkeep.follow.delivery import ask, send_confirmations
    from kb.upkeep.follow.subscriptions import Subscription, Subscriptions

    target = _target(config, _Wanted(search, document, everything))
    rhythm: Rhythm = "weekly" if weekly else "daily"
    if bool(robot) == bool(mail):
        raise UsageError("请写 --robot 网址 或 --mail 邮箱 之一。")
    if mail:
        if not (config.mail.host and is_mail_address(mail) and config.mail.writes_to(mail)):
            raise UsageError(
                "邮箱的写法不对，不在 mail.domains 里，或者 kb.toml 里还没有设置 mail.host：见 docs/feeds.md。"
            )
        asked = ask(config, Subscription("mail", mail, target, rhythm), "kb follow add")
        problems = send_confirmations(config)
        for sentence in problems:
            say(sentence)
        kept = Subscriptions(config.follow)
        refused = next((each.trouble for each in kept.all() if each.number == asked.number), "")
        if asked.number in {letter.subscription for letter in kept.letters()}:
            say(f"给 {mail} 的确认信还没有寄出，kb follow send 会再寄：对方确认之后才算订阅。")
            return FAILED
        if refused:
            say(f"给 {mail} 的确认信没有寄出，不会再寄（{refused}）：请核对邮箱，再加一次。")
            return FAILED
        say(f"确认信已寄给 {mail}：对方确认之后才算订阅。")
        return FAILED if problems else 0
    if not robot.startswith(("http://", "https://")) or not config.address:
        raise UsageError(
            "--robot 应当是 http(s):// 开头的网址，kb.toml 里还要写 serve.address（消息里的链接由它开头）。"
        )
    secret = os.environ.get(ROBOT_SECRET, "")
    added = Subscriptions(config.follow).add(
        Subscription("robot", robot, target, rhythm, secret=secret, keyword=keyword)
    )
    say(f"已加上 {added.number} 号订阅：{target.label}。从现在起有新的消息，kb follow send 就送到 {_shown(added)}。")
    return 0


@verb("remove", follow_group)
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(1), metavar="编号…")
def _remove(config: Settings, numbers: tuple[int, ...]) -> int:
    """移除订阅，忘掉它的地址。编号见 kb follow list。"""
    from kb.upkeep.follow.subscriptions import Subscriptions

    kept = Subscriptions(config.follow)
    found = {each.number: each for each in kept.all()}
    missing = [str(number) for number in numbers if number not in found]
    for number in numbers:
        if number in found:
            kept.leave(found[number])
            say(f"已移除 {number} 号订阅。")
    if missing:
        say(f"没有编号为 {'、'.join(missing)} 的订阅：请看 kb follow list。")
    return FAILED if missing else 0


@verb("send", follow_group)
@JSON
def _send(config: Settings, as_json: bool) -> int:
    """把上次以来的消息寄给订阅的人，上次没寄出的再寄；没有新的就不寄。scripts/refresh 在更新之后运行它。

    有没寄出的，或者索引没有跟上，退出码是 1。
    """
    from kb.upkeep.follow.delivery import send

    engine = chosen_engine(config)
    try:
        report = send(config, Corpus(config.corpus), engine)
    finally:
        engine.close()
    if as_json:
        print_json(asdict(report))
    else:
        click.echo(
            f"订阅：寄出 {report.sent:,} 封；没有新消息的 {report.nothing:,} 个，没到时候的 {report.not_due:,} 个。"
        )
        for sentence in report.problems:
            say(sentence)
    return FAILED if report.problems else 0


@verb("try", follow_group)
@click.argument("recipient", metavar="邮箱")
def _try(config: Settings, recipient: str) -> int:
    """往一个邮箱试寄一封信，看 kb.toml 里 [mail] 的设置对不对。"""
    from kb.upkeep.follow.delivery import send_trial

    if not config.mail.host:
        raise UsageError("kb.toml 里还没有设置 mail.host：见 docs/feeds.md。")
    if not is_mail_address(recipient):
        raise UsageError(f"“{recipient[:80]}”不是邮箱地址。")
    send_trial(config, recipient)
    say(f"邮件服务器收下了，请看 {recipient} 收到没有。")
    return 0


def _target(config: Settings, wanted: _Wanted) -> Target:
    """Return what is to be followed. Raises UsageError, NotFoundError and BadIndexError."""
    from kb.upkeep.follow.subscriptions import Target

    if sum(map(bool, (wanted.search, wanted.document, wanted.everything))) != 1:
        raise UsageError("请写 --search 检索式、--document 文件 或 --all 之一。")
    if wanted.everything:
        return Target("all", "/changes")
    if wanted.document:
        title = existing(Corpus(config.corpus)).read(wanted.document).metadata.title
        return Target("document", f"/d/{quote(wanted.document, safe='')}", wanted.document, title=title)
    target = _search(wanted.search)
    engine = chosen_engine(config)
    try:
        engine.search(target.query, limit=1, conditions=target.conditions)
    finally:
        engine.close()
    return target


def _search(given: str) -> Target:
    """Return the search that is typed, or that a page of results shows whose address is given. Raises UsageError."""
    from kb.upkeep.follow.subscriptions import Target

    if not given.startswith(("http://", "https://", "/search?")):
        return Target("search", f"/search?{urlencode({'q': given})}", given)
    asked = parse_qs(urlsplit(given).query)
    chosen = [Condition(field, tuple(asked[field]), whole=True) for field in FACETS if field in asked]
    typed = [condition(field, asked[field][0]) for field in _WITHIN if field in asked]
    query, read = asked.get("q", [""])[0], [each for each in typed if each]
    if len(read) < len(typed) or not (query or chosen or read):
        raise UsageError(f"看不懂这个网址（{given[:80]}）：请从检索结果页的地址栏复制。")
    kept = {name: values for name, values in asked.items() if name in ("q", *FACETS, *_WITHIN)}
    return Target("search", f"/search?{urlencode(kept, doseq=True)}", query, (*chosen, *read))


def _shown(subscription: Subscription) -> str:
    """Return where it goes, without what a robot's address keeps secret."""
    from kb.upkeep.robots import host

    return subscription.recipient if subscription.channel == "mail" else f"机器人 {host(subscription.recipient)}"


def _as_json(subscription: Subscription) -> dict[str, object]:
    kept = ("number", "state", "channel", "rhythm", "begun", "sent", "refused", "trouble")
    told = {name: getattr(subscription, name) for name in kept}
    return {**told, "to": _shown(subscription), "follows": asdict(subscription.target)}
