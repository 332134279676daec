"""Honest readers beside a hostile one, for half an hour: nobody who is honest meets an error or waits three times as long as alone.

    python benchmarks/soak.py --place DIR [--minutes N] [--readers N]

DIR has `corpus/` and `index/`. Eight readers search, read, ask for the law around what they read and take files away, at the
pace of people; first alone for a fifth of the time, then beside a hostile one who makes the requests of `hostile.py` in turn,
four at once. Each has an address of its own (127.0.0.x), as in a network. A 503 that says when to come again is no error for
what is heavy: a file, a long text. All of them stand for somebody at another machine: each reader is a process that gets a
processor as soon as an answer is there, where that may be asked for, and the hostile one gives way to the others. Which attacks
the readers felt most is told at the end.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote, urlencode

import hostile
import numpy as np
from hostile import PLAIN, Request

_PAUSE = 0.5  # seconds between an answer and the next question, about
_ATTACKERS = 4
_ROUND = 5.0  # seconds for each kind of attack


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--place", type=Path, required=True, metavar="DIR", help="a folder with corpus/ and index/")
    parser.add_argument("--minutes", type=float, default=30, metavar="N", help="for how long (30)")
    parser.add_argument("--readers", type=int, default=8, metavar="N", help="honest readers (8)")
    given = parser.parse_args()
    seconds = given.minutes * 60
    with hostile.serving(given.place) as (port, _):
        asked = honest(given.place)
        time.sleep(3)
        context = multiprocessing.get_context("fork")
        at_work = context.RawValue("i", 0)
        _readers(port, asked, given.readers, 10, at_work)  # everything is opened
        alone, _ = _readers(port, asked, given.readers, seconds / 5, at_work)
        attacks: dict[str, Any] = {**hostile.requests(given.place), **hostile.RUDE}
        process = context.Process(target=_hostile, args=(port, attacks, at_work, seconds), daemon=True)
        process.start()
        beside, felt = _readers(port, asked, given.readers, seconds * 4 / 5, at_work)
        process.kill()
    bad = False
    print(f"{'':12}{'问':>8}{'中位 ms':>10}{'p99 ms':>10}{'旁边有人攻击':>8}{'中位 ms':>10}{'p99 ms':>10}  答复")
    for kind, (times, statuses) in sorted(beside.items()):
        before = alone[kind][0]
        p99 = float(np.percentile(before, 99)), float(np.percentile(times, 99))
        wrong = {each: count for each, count in statuses.items() if each != 200 and not (each == 503 and kind in HEAVY)}
        slow = kind not in HEAVY and p99[1] > 3 * p99[0]
        bad = bad or bool(wrong) or slow
        figures = f"{len(before):>8}{np.median(before):>10.1f}{p99[0]:>10.1f}{len(times):>8}{np.median(times):>10.1f}{p99[1]:>10.1f}"
        print(f"{kind:12}{figures}  {dict(statuses)} {'出错' if wrong else ''}{'太慢' if slow else ''}")
    for took, name in sorted(((_p95(felt, number), name) for number, name in enumerate(attacks)), reverse=True)[:8]:
        print(f"p95 {took:>8.1f} ms  {name}")
    sys.exit(int(bad))


def _p95(felt: list[tuple[int, float]], number: int) -> float:
    """Return how long (ms) what is not heavy took during an attack, at most, in 95 of 100."""
    return float(np.percentile([took for each, took in felt if each == number] or [0.0], 95))


HEAVY = ("file", "memo")


def honest(place: Path) -> dict[str, list[Request]]:
    """Return what readers ask for, by kind."""
    ids = sorted(path.stem for path in (place / "corpus").glob("*/*.md"))
    some = random.Random(7).sample(ids, min(len(ids), 60))
    memo = "《民法典》第五百六十三条、第五百六十四条，《公司法》第二十一条。" * 20
    return {
        "search": [Request("/search?" + urlencode({"q": each})) for each in PLAIN],
        "interface": [Request("/api/v1/search?" + urlencode({"q": each, "limit": 10})) for each in PLAIN],
        "read": [Request(f"/d/{quote(id)}") for id in some],
        "law": [Request(f"/api/v1/documents/{quote(id)}/standing") for id in some],
        "health": [Request("/healthz")],
        "file": [Request(f"/d/{quote(id)}.docx") for id in some[:10]],
        "memo": [Request("/cite-check", urlencode({"text": memo}).encode(), {"Content-Type": hostile.FORM})],
    }


def _readers(
    port: int, asked: dict[str, list[Request]], readers: int, seconds: float, at_work: Any
) -> tuple[dict[str, tuple[list[float], Counter[int]]], list[tuple[int, float]]]:
    """Let readers ask for so long; return by kind how long each answer took (ms), and the statuses; and beside which attack
    each answer came that is not heavy.
    """
    context = multiprocessing.get_context("fork")
    found: dict[str, tuple[list[float], Counter[int]]] = {kind: ([], Counter()) for kind in asked}
    felt = []
    pipes = [context.Pipe(duplex=False) for _ in range(readers)]
    until = time.monotonic() + seconds
    for number, (_, sending) in enumerate(pipes):
        context.Process(target=_read, args=(port, asked, number, until, at_work, sending), daemon=True).start()
    for receiving, _ in pipes:
        for kind, status, took, attack in receiving.recv():
            found[kind][0].append(took)
            found[kind][1][status] += 1
            if kind not in HEAVY:
                felt.append((attack, took))
    return found, felt


def _read(
    port: int, asked: dict[str, list[Request]], number: int, until: float, at_work: Any, sending: Connection
) -> None:
    """Be a reader; send what was asked for, the status, the milliseconds and the number of the attack, for each answer."""
    with suppress(PermissionError):  # only root may have what others wait for
        os.nice(-10)
    answers = []
    chance = random.Random(number)
    while time.monotonic() < until:
        kind = chance.choices(list(asked), (8, 4, 6, 2, 1, 1, 1))[0]
        status, took = _ask(port, chance.choice(asked[kind]), f"127.0.0.{number + 10}")
        answers.append((kind, status, 1000 * took, at_work.value))
        time.sleep(chance.uniform(0, 2 * _PAUSE))
    sending.send(answers)


def _ask(port: int, request: Request, source: str) -> tuple[int, float]:
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(source, 0))
    try:
        connection.request(request.verb, request.path, request.body or None, request.headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, time.monotonic() - began
    except (OSError, http.client.HTTPException) as error:
        print(f"{request.path[:60]}：{error!r}，{time.monotonic() - began:.1f} 秒", file=sys.stderr)
        return 0, time.monotonic() - began
    finally:
        connection.close()


def _hostile(port: int, attacks: dict[str, Any], at_work: Any, seconds: float) -> None:
    os.nice(15)
    until = time.monotonic() + seconds
    kinds = list(enumerate(attacks.values()))
    random.Random(1).shuffle(kinds)
    while time.monotonic() < until:
        for number, each in kinds:
            at_work.value = number
            end = min(until, time.monotonic() + _ROUND)
            threads = [
                Thread(target=_work, args=(port, each, end, number), daemon=True) for number in range(_ATTACKERS)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(max(0.0, end - time.monotonic()) + 1)


def _work(port: int, each: Any, end: float, number: int) -> None:
    turn = number
    while time.monotonic() < end:
        if callable(each):
            with suppress(OSError):
                each(port, end, number)
            return
        status, _ = hostile.ask(port, each[turn % len(each)], max(0.5, end - time.monotonic()))
        turn += 1
        if status not in (200, 206, 304):
            time.sleep(0.02)


if __name__ == "__main__":
    main()
