"""Tell somebody when sources begin or cease to need a look: by a command that gets the words, or by a webhook."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpcore

from kb.base import leash, storage
from kb.fetch.network.transport import trusting
from kb.upkeep.state import FOLDER

TOLD = f"{FOLDER}/.told.json"
"""Which alarms have been told, below the corpus. No source's name begins with a dot."""

_SECONDS = 60
_TIMEOUT = dict.fromkeys(("connect", "read", "write", "pool"), _SECONDS / 2)


def tell(to: str, alarms: Mapping[str, str], root: Path) -> str:
    """Send the alarms (whom they concern → sentence) to a command or an address, when others are concerned than last time.

    Answers what went wrong, "" when nothing did; then they are told again the next time. Raises StorageError.
    """
    path = root / TOLD
    before = _told(path)
    if alarms.keys() == before:
        return ""
    over = sorted(before - alarms.keys())
    send = _post if to.startswith(("http://", "https://")) else _run
    problem = send(to, alarms, over)
    if not problem:
        storage.make_folder(path.parent)
        storage.write_atomic(path, json.dumps(sorted(alarms), ensure_ascii=False).encode())
    return problem


def _told(path: Path) -> set[str]:
    """Return whom the alarms told last concern; what cannot be read was not told."""
    try:
        return set(json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return set()


def _words(alarms: Mapping[str, str], over: Sequence[str]) -> str:
    head = f"政策文库：{len(alarms)} 处需要查看" if alarms else "政策文库：一切恢复正常"
    return "\n".join(
        (head, *(f"{name}：{alarm}" for name, alarm in alarms.items()), *(f"{name}：已恢复" for name in over))
    )


def _run(command: str, alarms: Mapping[str, str], over: Sequence[str]) -> str:
    """Run a command as a shell would, the words on its stdin."""
    try:
        code, said = leash.run_command(command, f"{_words(alarms, over)}\n".encode(), _SECONDS)
    except TimeoutError:
        return f"报警的命令（{command}）没有成功：{_SECONDS} 秒内没有结束。请检查 kb.toml 里的 refresh.alarm。"
    except OSError as error:
        return f"报警的命令（{command}）没有成功：{error}。请检查 kb.toml 里的 refresh.alarm。"
    if code:
        words = " ".join(said.decode("utf-8", "replace").split())[:200]
        return f"报警的命令（{command}）没有成功，退出码 {code}：{words or '没有说明'}。请检查 kb.toml 里的 refresh.alarm。"
    return ""


def _post(url: str, alarms: Mapping[str, str], over: Sequence[str]) -> str:
    """Post the words as JSON, in the form that robots of 企业微信 and 钉钉 take; the alarms stand beside them."""
    content = {"msgtype": "text", "text": {"content": _words(alarms, over)}, "alarms": alarms, "over": over}
    try:
        with httpcore.ConnectionPool(ssl_context=trusting()) as pool:
            answer = pool.request(
                "POST",
                url,
                headers={"Content-Type": "application/json"},
                content=json.dumps(content, ensure_ascii=False).encode(),
                extensions={"timeout": _TIMEOUT},
            )
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError, ValueError) as error:
        return f"警报送不到 {_host(url)}（{error or type(error).__name__}）：请检查网络和 kb.toml 里的 refresh.alarm。"
    return (
        ""
        if answer.status < 300
        else f"{_host(url)} 没有收下警报（{answer.status}）：请检查 kb.toml 里的 refresh.alarm。"
    )


def _host(url: str) -> str:
    """Name an address without what follows the host: there robots keep their keys."""
    return "/".join(url.split("/")[:3])
