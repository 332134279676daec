"""Years of daily refreshes with nothing new: what a refresh costs, and what is on the disk, on the first day and on the last.

    python benchmarks/years.py [--sources 40] [--documents 20000] [--days 1000] [--minutes N] [--full-days 365] [--json]

The sites stand on loopback, in a process of their own. Each day is a `kb refresh` in a process of its own, with KB_TODAY: what it
takes of time, of the processors and of memory is that process's, with all that it started. It stops after so many minutes.
The weekly reading of every byte is among the days; `--full-days` says how often every page is asked for again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from threading import Event, Thread

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
_FIRST_DAY = date(2026, 1, 1)
_EACH = 20
Day = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=40, metavar="N")
    parser.add_argument("--documents", type=int, default=20_000, metavar="N", help="of all sources together")
    parser.add_argument("--days", type=int, default=1000, metavar="N")
    parser.add_argument("--minutes", type=float, default=1e9, metavar="N", help="stop the days after so many")
    parser.add_argument("--full-days", type=int, default=365, metavar="N")
    parser.add_argument("--json", action="store_true", help="print all days as JSON")
    parser.add_argument("--sites", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.sites:
        _serve(given.sources, given.documents // given.sources)
        return
    with tempfile.TemporaryDirectory(prefix="kb-years-") as folder, _sites(given) as urls:
        place = Path(folder)
        sources = "".join(
            f'[[source]]\nname = "s{number}"\nkind = "gkmlpt"\nurl = "{url}"\ndelay = 0\nallow_private = true\n'
            f"full_days = {given.full_days}\n\n"
            for number, url in enumerate(urls)
        )
        (place / "kb.toml").write_text(sources, encoding="utf-8")
        filled = _refresh(place, _FIRST_DAY)
        days, until = [], time.monotonic() + given.minutes * 60
        for number in range(1, given.days + 1):
            if time.monotonic() > until:
                break
            day = _refresh(place, _FIRST_DAY + timedelta(days=number))
            days.append(day | (_disk(place) if number == 1 or number % _EACH == 0 else {}))
    print(json.dumps({"fill": filled, "days": days}, indent=1)) if given.json else _print(filled, days)


def _serve(sources: int, posts: int) -> None:
    from tests.site.content import FIRST_ID, Content
    from tests.site.server import Site

    for number in range(sources):
        site = Site(Content(posts, first=FIRST_ID + number * posts))
        Thread(target=site.serve, daemon=True).start()
        print(site.url, flush=True)
    Event().wait()


@contextmanager
def _sites(given: argparse.Namespace) -> Iterator[list[str]]:
    size = ["--sources", str(given.sources), "--documents", str(given.documents)]
    command = [sys.executable, __file__, "--sites", *size]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield [process.stdout.readline().strip() for _ in range(given.sources)]
        finally:
            process.kill()


def _refresh(place: Path, day: date) -> Day:
    """Refresh on a day; nothing may go wrong."""
    started = time.monotonic()
    command = [sys.executable, "-m", "kb", "--config", str(place / "kb.toml"), "refresh"]
    environment = {**os.environ, "KB_TODAY": day.isoformat(), "PYTHONPATH": str(ROOT)}
    with (place / "said").open("wb") as said:
        pid = os.posix_spawn(
            sys.executable,
            command,
            environment,
            file_actions=[(os.POSIX_SPAWN_DUP2, said.fileno(), 1), (os.POSIX_SPAWN_DUP2, said.fileno(), 2)],
        )
        _, status, used = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{day}: {(place / 'said').read_text()}")
    return {
        "seconds": time.monotonic() - started,
        "processor": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1024,
    }


def _disk(place: Path) -> Day:
    """What is on the disk: megabytes of the memory of the sources, the corpus and the index, and the number of files."""
    folders = {"state": "corpus/.state", "corpus": "corpus", "index": "index"}
    sizes = {
        name: sum(path.lstat().st_size for path in (place / folder).rglob("*") if path.is_file()) / 1e6
        for name, folder in folders.items()
    }
    return {**sizes, "files": sum(1 for path in place.rglob("*") if path.is_file())}


def _print(filled: Day, days: list[Day]) -> None:
    print(f"第一次：{filled['seconds']:,.0f} 秒，处理器 {filled['processor']:,.0f} 秒，内存 {filled['memory']:,.0f} MB")
    tenth = max(1, len(days) // 10)
    for name, some in (("前十分之一", days[:tenth]), ("末十分之一", days[-tenth:])):
        told = "，".join(
            f"{label} {median(day[key] for day in some):,.1f}（最多 {max(day[key] for day in some):,.1f}）"
            for key, label in (("seconds", "秒"), ("processor", "处理器秒"), ("memory", "内存 MB"))
        )
        print(f"{name}（{len(some)} 天）：{told}")
    measured = [(number, day) for number, day in enumerate(days, start=1) if "state" in day]
    for number, day in (measured[0], measured[-1]):
        print(
            f"第 {number} 天：更新的记录 {day['state']:,.2f} MB，语料库 {day['corpus']:,.1f} MB，"
            f"索引 {day['index']:,.1f} MB，{day['files']:,.0f} 个文件"
        )


if __name__ == "__main__":
    main()
