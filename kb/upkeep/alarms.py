"""Tell somebody what needs a look, and when it does no more: by a command that gets the words, or by a webhook."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from kb.base import clock, leash
from kb.base.errors import refusal
from kb.upkeep import findings, robots
from kb.upkeep.findings import Finding

TOLD = f"{findings.RUN}/alarms.json"
"""What has been told, below the corpus."""
_DAY, _WEEK = timedelta(hours=23), timedelta(days=7, hours=-1)  # cron is not to the minute
_DAILY = timedelta(days=7)

_SECONDS = 60


def tell(to: str, found: Sequence[Finding], root: Path, now: datetime) -> str:
    """Send what was found to a command or an address: when there is something new, of another content, known to somebody,
    or over; and again what nobody knows of while it lasts, each day for a week, then each week.

    Answers what went wrong, "" when nothing did; then it is told again the next time. Raises StorageError.
    """
    path = root / TOLD
    told = _told(path)
    open_ = [each for each in found if not each.acknowledged]
    if told.keys() <= {each.name for each in open_} and not any(
        _is_due(told.get(each.name), each, now) for each in open_
    ):
        return ""
    there = {each.name for each in found}
    over = sorted({record.get("title", name) for name, record in told.items() if name not in there})
    known = [each for each in found if each.acknowledged and each.name in told]
    words = _words(open_, known, over, {each.title for each in found})
    is_address = to.startswith(("http://", "https://"))
    problem = _post(to, words, open_, over) if is_address else _run(to, words)
    if not problem:
        findings.write(path, {each.name: _record(told.get(each.name), each, now) for each in open_})
    return problem


def _is_due(told: dict[str, str] | None, finding: Finding, now: datetime) -> bool:
    if told is None or told.get("content") != finding.content:
        return True
    first, last = (findings.trusted(told.get(key, ""), now) for key in ("first", "last"))
    if not (first and last):
        return True
    begun, before = datetime.fromisoformat(first), datetime.fromisoformat(last)
    return now - before >= (_DAY if now - begun < _DAILY else _WEEK)


def _record(told: dict[str, str] | None, finding: Finding, now: datetime) -> dict[str, str]:
    at = clock.stamp(now)
    same = told is not None and told.get("content") == finding.content
    first = findings.trusted(told.get("first", ""), now) if told and same else ""
    return {"title": finding.title, "content": finding.content, "first": first or at, "last": at}


def _told(path: Path) -> dict[str, dict[str, str]]:
    """Return what was told last; what cannot be read was not told."""
    return {name: told for name, told in findings.read(path).items() if isinstance(told, dict)}


def beat(url: str) -> str:
    """Tell a dead man's switch outside that a run came to its end; answer what went wrong, "" when nothing did."""
    problem = robots.ping(url, "心跳")
    return f"{problem}：请检查网络和 kb.toml 里的 refresh.heartbeat。" if problem else ""


def _words(open_: Sequence[Finding], known: Sequence[Finding], over: Sequence[str], left: set[str]) -> str:
    """Say what is open, what somebody knows of by now, and whose trouble is over; `left` is who still has one."""
    if titles := {each.title for each in open_}:
        head = f"政策文库：{len(titles)} 处需要查看"
    elif left:
        head = f"政策文库：没有别的需要查看的，有人知道的 {len(left)} 处还没有恢复"
    else:
        head = "政策文库：一切恢复正常"
    ended = (f"{title}：{'另一处' if title in left else ''}已恢复" for title in over)
    return "\n".join(
        (
            head,
            *(f"{each.title}：{each.told}" for each in open_),
            *ended,
            *(f"{each.title}：{each.told}" for each in known),
        )
    )


def _run(command: str, words: str) -> str:
    """Run a command as a shell would, the words on its stdin."""
    try:
        code, said = leash.run_command(command, f"{words}\n".encode(), _SECONDS)
    except TimeoutError:
        return f"报警的命令（{command}）没有成功：{_SECONDS} 秒内没有结束。请检查 kb.toml 里的 refresh.alarm。"
    except OSError as error:
        return f"报警的命令（{command}）没有成功：{refusal(error)}。请检查 kb.toml 里的 refresh.alarm。"
    if code:
        words = " ".join(said.decode("utf-8", "replace").split())[:200]
        return f"报警的命令（{command}）没有成功，退出码 {code}：{words or '没有说明'}。请检查 kb.toml 里的 refresh.alarm。"
    return ""


def _post(url: str, words: str, open_: Sequence[Finding], over: Sequence[str]) -> str:
    """Post the words to a robot, the alarms beside them."""
    beside = {"alarms": findings.by_title(open_), "over": over, "findings": findings.as_json(open_)}
    problem = robots.send(url, words, "警报", beside)
    return f"{problem}：请检查网络和 kb.toml 里的 refresh.alarm。" if problem else ""
