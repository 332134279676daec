"""The verbs for the readers who sign in: kb user add, remove, list, feed."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from urllib.parse import urlencode

import click

from kb.base.errors import UsageError
from kb.cli.terminal import JSON, ChineseGroup, group, print_json, say, verb
from kb.config import readers
from kb.config.settings import Settings


@group.group("user", cls=ChineseGroup, options_metavar="[选项]", subcommand_metavar="命令 …")
def _user() -> None:
    """管理要登录的读者：密码、令牌、订阅的地址。"""


@verb("add", _user)
@click.argument("name", metavar="名称")
@click.option("--token", is_flag=True, help="发给程序用的令牌，只显示这一次；已有的令牌照旧有效")
@click.option("--generate", is_flag=True, help="由程序定一个密码，只显示这一次")
def _add(config: Settings, name: str, token: bool, generate: bool) -> int:
    """增加一位读者，或给已有的换密码。密码在终端上输入，或从标准输入读第一行。"""
    path = _path(config)
    if token:
        click.echo(readers.add_token(path, name))
        say(f"这是 {name} 的新令牌，以后不能再看：请求里写 Authorization: Bearer 令牌，或作为密码。")
        return 0
    password = secrets.token_urlsafe(15) if generate else _typed()
    is_new = readers.set_password(path, name, password)
    if generate:
        click.echo(password)
    say(f"{'已增加读者' if is_new else '已换密码：'}{name}。")
    if config.boundary.readers == "none":
        say('设置里还没有要求登录：请在 kb.toml 的 [serve] 里写 readers = "password"。')
    return 0


@verb("remove", _user)
@click.argument("name", metavar="名称")
def _remove(config: Settings, name: str) -> int:
    """去掉一位读者：密码、令牌和订阅的地址立即失效。"""
    readers.remove(_path(config), name)
    say(f"已去掉读者 {name}。")
    return 0


@verb("list", _user)
@JSON
def _list(config: Settings, as_json: bool) -> int:
    """列出读者：何时增加，有没有密码，有几个令牌。"""
    found = readers.listed(_path(config))
    if as_json:
        told = [
            {"name": name, "added": each.added, "password": bool(each.password), "tokens": len(each.tokens)}
            for name, each in found.items()
        ]
        print_json(told)
        return 0
    for name, each in found.items():
        click.echo(f"{name}　{each.added}　{'有密码' if each.password else '没有密码'}　{len(each.tokens)} 个令牌")
    if not found:
        say("还没有读者：用 kb user add 名称 增加。")
    return 0


@verb("feed", _user)
@click.argument("name", metavar="名称")
@click.option("--renew", is_flag=True, help="换一个；原来的地址立即失效")
def _feed(config: Settings, name: str, renew: bool) -> int:
    """显示一位读者私有的订阅地址：订阅软件不会登录，谁有这个地址谁就能读这些订阅。"""
    path = _path(config)
    if renew:
        readers.renew_feed(path, name)
    click.echo(f"{config.address}/changes.atom?{urlencode({'key': readers.feed_key(path, name)})}")
    return 0


def _path(config: Settings) -> Path:
    assert config.readers_file is not None  # `load` always names one
    return config.readers_file


def _typed() -> str:
    """Return the password that somebody types twice, or the first line of what is not a terminal. Raises UsageError."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    once, again = (click.prompt(asked, hide_input=True, err=True) for asked in ("密码", "再输入一次"))
    if once != again:
        raise UsageError("两次输入的密码不一样：请重新运行。")
    return str(once)
