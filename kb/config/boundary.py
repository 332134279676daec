"""Who the library is for: one word of the settings, and the parts that it sets together.

A part that the settings name by itself holds instead of the mode's. What contradicts itself is refused before anything is served.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from kb.base.errors import KbError, UsageError

if TYPE_CHECKING:
    from kb.config.settings import Mail, Settings


@dataclass(frozen=True, slots=True)
class Boundary:
    """What is open to whom. The words of each part are the keys of `PARTS`."""

    mode: str
    host_check: str
    details: str
    caching: str
    files: str
    readers: str

    @property
    def is_for_everybody(self) -> bool:
        """Whether what is in the library may go to anybody who asks for it."""
        return self.mode != "confidential" and self.readers == "none"


MODES: Mapping[str, Boundary] = {
    each.mode: each
    for each in (
        Boundary("local", "near", "all", "shared", "umask", "none"),
        Boundary("public", "named", "near", "shared", "umask", "none"),
        Boundary("intranet", "near", "all", "private", "umask", "none"),
        Boundary("confidential", "named", "readers", "none", "private", "none"),
    )
}
_TOLD = {
    "local": "只给本机用",
    "public": "公开给互联网",
    "intranet": "给一个单位的内网",
    "confidential": "内容保密",
}
PARTS: Mapping[str, Mapping[str, str]] = {
    "host_check": {
        "near": "本机的名称和内网的 IP 地址也可以用来访问",
        "named": "只能用 address、hosts 写明的名称和本机的回环地址访问",
    },
    "details": {
        "all": "运行状态给所有读者看",
        "near": "运行状态只给本机和 monitors 看",
        "readers": "运行状态只给登录了的读者看",
    },
    "caching": {
        "shared": "中间的缓存可以保存页面",
        "private": "只有读者自己的浏览器可以保存页面",
        "none": "谁也不保存页面",
    },
    "files": {
        "umask": "写出的文件按系统的习惯给权限",
        "private": "文件只有运行它的用户可读（0600、0700）",
    },
    "readers": {
        "none": "读者不登录",
        "password": "读者用名称和密码或令牌登录",
        "proxy": "读者由前面的代理认定，程序可以用令牌",
    },
}
"""What each word of each part means, as the operator is told."""


def chosen(mode: str, parts: Mapping[str, str]) -> Boundary:
    """Return the boundary of a mode with the parts that are named by themselves ("" for those that are not)."""
    boundary = replace(MODES[mode], **{name: word for name, word in parts.items() if word})
    named = {name for name, word in parts.items() if word}
    if boundary.readers == "none" and boundary.details == "readers" and "details" not in named:
        boundary = replace(boundary, details="near")
    if boundary.readers != "none" and boundary.caching == "shared" and "caching" not in named:
        boundary = replace(boundary, caching="private")
    return boundary


def told(boundary: Boundary) -> str:
    """Return one sentence for the operator: the mode, and what it means part by part."""
    parts = [PARTS[each.name][getattr(boundary, each.name)] for each in fields(boundary) if each.name in PARTS]
    return f"mode = {boundary.mode}（{_TOLD[boundary.mode]}）：{'；'.join(parts)}。"


def check(settings: Settings, host: str) -> None:
    """Refuse to listen on `host` with settings that contradict one another. Raises UsageError with one sentence."""
    if problem := _problem(settings, is_loopback(host)):
        raise UsageError(problem)


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches what listens there."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") in ("localhost", "localhost.localdomain")


def _problem(settings: Settings, only_here: bool) -> str:
    boundary = settings.boundary
    if boundary.readers == "proxy" and not settings.reader_proxies:
        return 'readers = "proxy" 还要在 reader_proxies 里写明哪些地址的代理可以说读者是谁。'
    if boundary.readers == "none" and boundary.details == "readers":
        return 'details = "readers" 时要有读者登录：请设置 readers，或把 details 改为 "near"。'
    if boundary.readers != "none" and "*" in settings.origins:
        return '读者要登录时，origins 不能是 ["*"]：请写明哪些网站，或者留空。'
    if boundary.readers != "none" and boundary.caching == "shared":
        return (
            '读者要登录时，caching 不能是 "shared"，否则中间的缓存会把页面给没有登录的人：请改为 "private" 或 "none"。'
        )
    if boundary.mode == "confidential" and settings.proxy == "*":
        return 'mode = "confidential" 时 proxy 不能是 "*"，否则谁都可以冒充别的访问者：请写明代理的地址。'
    if problem := letters_problem(settings.mail, boundary):
        return problem
    if boundary.readers == "password" and settings.readers_file and (problem := _nobody(settings.readers_file)):
        return problem
    return "" if only_here else _problem_outside(settings, boundary)


def letters_problem(mail: Mail, boundary: Boundary) -> str:
    """Say why letters may not be sent, "" where they may: what is not for everybody goes to named domains only."""
    if not mail.host or mail.domains or boundary.is_for_everybody:
        return ""
    return "这个文库不是给所有人看的：设置了 mail.host，还要在 mail.domains 里写明可以寄到哪些域名的邮箱。"


def _problem_outside(settings: Settings, boundary: Boundary) -> str:
    """Say what is wrong with settings by which others reach the port."""
    if boundary.mode == "local":
        return (
            'mode = "local" 只能监听本机的地址（127.0.0.1）：要给别人用，请写明 mode = "intranet"、"public" 或 '
            '"confidential"（也可以用 --mode），怎样选见 docs/security.md。'
        )
    if boundary.mode == "confidential" and boundary.readers == "none":
        return 'mode = "confidential" 监听别人到得了的地址时，读者必须登录：请设置 readers = "password" 或 "proxy"。'
    if boundary.mode == "confidential" and not settings.address.startswith("https://"):
        return (
            'mode = "confidential" 监听别人到得了的地址时，address 要写明读者用的 https:// 网址，密码才不会明文传送。'
        )
    if boundary.mode == "public" and not settings.address:
        return 'mode = "public" 要在 address 里写明读者看到的网址，例如 "https://kb.example.cn"。'
    return ""


def _nobody(path: Path) -> str:
    """Say why nobody could sign in, "" where somebody can."""
    from kb.config import readers  # not for every command: it loads the library that hashes passwords

    try:
        return "" if readers.listed(path) else "读者要登录，但还没有读者：请先运行 kb user add 名称。"
    except KbError as error:
        return str(error)
