"""Tell somebody when sources begin or cease to need a look: by a command that gets the words, or by a webhook."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from kb.base import leash, storage
from kb.upkeep import robots
from kb.upkeep.state import FOLDER

TOLD = f"{FOLDER}/.told.json"
"""Which alarms have been told, below the corpus. No source's name begins with a dot."""

_SECONDS = 60


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
    """Post the words to a robot, the alarms beside them."""
    problem = robots.send(url, _words(alarms, over), "警报", {"alarms": alarms, "over": over})
    return f"{problem}：请检查网络和 kb.toml 里的 refresh.alarm。" if problem else ""
