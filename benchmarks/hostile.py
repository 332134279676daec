"""Attacks on `kb serve`, each from a process of its own, while two readers ask for their health check and a plain search.

    python benchmarks/hostile.py --place DIR [--only WORD] [--clients N …] [--seconds N] [--survey] [--json]

DIR has `corpus/` and `index/`. The attacks are the dearest requests that anybody can make of each address, and connections that
misbehave; each is made by 1, 4, 16 and 64 clients at once. It holds when at least 95 of 100 tries of either reader are answered
within two seconds during it, both again within five seconds after it, nothing was answered with 500, and no process of the
server took more than half as much memory again as it took when 400 documents had been searched for and read. --survey only times each request once, with nobody beside it.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import multiprocessing
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import quote, urlencode

WITHIN, AFTER, SHARE, MEMORY = 2.0, 5.0, 0.95, 1.5
PLAIN = ["停车 收费", "行政复议 期限", "物业服务", "食品安全 处罚", "个人信息 同意", "政府采购 投诉", "公积金 提取"]
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    """What a client sends."""

    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    method: str = ""

    @property
    def verb(self) -> str:
        return self.method or ("POST" if self.body else "GET")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--place", type=Path, required=True, metavar="DIR", help="a folder with corpus/ and index/")
    parser.add_argument("--only", default="", metavar="WORD", help="only the attacks whose name contains this")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16, 64], metavar="N", help="clients at once")
    parser.add_argument("--seconds", type=float, default=8, metavar="N", help="how long each attack lasts (8)")
    parser.add_argument("--most", type=float, default=3600, metavar="N", help="begin no attack after so many seconds")
    parser.add_argument("--survey", action="store_true", help="time each request once")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    given = parser.parse_args()
    asked = {name: each for name, each in requests(given.place).items() if given.only in name}
    rude = {name: each for name, each in RUDE.items() if given.only in name}
    until = time.monotonic() + given.most
    bad = 0
    with serving(given.place) as (port, server):
        if given.survey:
            survey(port, asked)
            return
        plans: list[tuple[str, int, Any]] = [
            (name, clients, each) for name, each in {**asked, **rude}.items() for clients in given.clients
        ]
        _use(port, given.place)
        idle = max(memory(server.pid))
        for name, clients, each in plans:
            if time.monotonic() > until:
                print("时间到了，其余的没有做。", file=sys.stderr)
                break
            told = attacked(port, server.pid, each, clients, given.seconds, idle)
            wrong = told.pop("wrong")
            bad += bool(wrong)
            if given.json:
                print(
                    json.dumps({"attack": name, "clients": clients, "wrong": wrong, **told}, ensure_ascii=False),
                    flush=True,
                )
            else:
                print(f"{'不行' if wrong else '可以'}  {name} ×{clients}  {'；'.join(wrong)}  {told}", flush=True)
    sys.exit(1 if bad else 0)


@contextmanager
def serving(place: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    (place / "kb.toml").touch()
    command = [sys.executable, "-m", "kb", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=place, stderr=subprocess.PIPE, text=True, start_new_session=True) as server:
        try:
            assert server.stderr
            line = server.stderr.readline()
            Thread(target=_drained, args=(server.stderr,), daemon=True).start()
            yield int(re.findall(r":(\d+)/", line)[0]), server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
                time.sleep(1)
                os.killpg(server.pid, signal.SIGKILL)


def _drained(stream: Any) -> None:
    for line in stream:
        print(line, end="", file=sys.stderr)


def ask(port: int, request: Request, seconds: float) -> tuple[int, float]:
    """Return the status of an answer, 0 for none, and how long the whole of it took."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request(request.verb, request.path, request.body or None, request.headers)
        answer = connection.getresponse()
        while answer.read1(1 << 16):
            if time.monotonic() - began > seconds:
                return 0, seconds
        return answer.status, time.monotonic() - began
    except (OSError, http.client.HTTPException):
        return 0, time.monotonic() - began
    finally:
        connection.close()


def survey(port: int, asked: dict[str, list[Request]]) -> None:
    for name, each in asked.items():
        for request in each:
            status, took = ask(port, request, 120)
            again = ask(port, request, 120)[1]
            print(f"{took:8.3f} {again:8.3f} s  {status}  {name}  {request.verb} {request.path[:90]}", flush=True)


def _use(port: int, place: Path) -> None:
    """Search and read as people do, so that what a process keeps ready is there before it is weighed."""
    ids = sorted(path.stem for path in (place / "corpus").glob("*/*.md"))
    for id in random.Random(5).sample(ids, min(len(ids), 400)):
        ask(port, Request("/search?" + urlencode({"q": id})), 20)
        ask(port, Request(f"/d/{quote(id)}"), 20)


def attacked(port: int, server: int, each: Any, clients: int, seconds: float, idle: float) -> dict[str, Any]:
    """Attack, with readers beside it; return what was wrong, and the figures."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    process = context.Process(target=_attack, args=(port, each, clients, seconds + 1.5, sending))
    process.start()
    time.sleep(1)
    seen: dict[str, list[tuple[int, float]]] = {"healthz": [], "search": []}
    stop, most = Event(), idle
    threads = [Thread(target=_read, args=(port, door, seen[door], stop)) for door in seen]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.5)
        most = max(most, *memory(server))
    stop.set()
    for thread in threads:
        thread.join()
    got: Counter[int] = receiving.recv() if receiving.poll(5) else Counter()
    process.kill()
    process.join()
    left = time.monotonic()
    again = False
    while not again and time.monotonic() < left + AFTER:
        again = all(_door(port, door, 0)[0] for door in seen)
    wrong = []
    for door, tries in seen.items():
        good = sum(fine for fine, _ in tries)
        if good < SHARE * len(tries):
            wrong.append(f"{door} {good}/{len(tries)}")
    wrong += [] if again else ["之后仍不回答"]
    wrong += ["500"] if 500 in got else []
    wrong += [f"内存 {most:.0f} MB，平时 {idle:.0f}"] if most > MEMORY * idle else []
    worst = {door: round(max((took for _, took in tries), default=0), 2) for door, tries in seen.items()}
    return {"wrong": wrong, "worst": worst, "got": dict(got), "MB": round(most)}


def _read(port: int, door: str, seen: list[tuple[int, float]], stop: Event) -> None:
    turn = 0
    while not stop.is_set():
        began = time.monotonic()
        seen.append(_door(port, door, turn))
        turn += 1
        stop.wait(max(0.0, 0.4 - (time.monotonic() - began)))


def _door(port: int, door: str, turn: int) -> tuple[int, float]:
    query = urlencode({"q": PLAIN[turn % len(PLAIN)], "limit": 3})
    path = "/healthz" if door == "healthz" else f"/api/v1/search?{query}"
    status, took = ask(port, Request(path), WITHIN)
    return int(status == 200 and took <= WITHIN), took


def _attack(port: int, each: Any, clients: int, seconds: float, sending: Any) -> None:
    os.setsid()
    end, got = time.monotonic() + seconds, Counter[int]()

    def work(number: int) -> None:
        if callable(each):
            with suppress(OSError):
                each(port, end, number)
            return
        turn = number
        while time.monotonic() < end:
            status, took = ask(port, each[turn % len(each)], max(0.5, end - time.monotonic()))
            got[status] += 1
            turn += 1
            if took < 0.02 and status not in (200, 206, 304):
                time.sleep(0.02)

    threads = [Thread(target=work, args=(number,), daemon=True) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()) + 0.5)
    sending.send(got)


def memory(server: int) -> list[float]:
    """Return what the processes that answer hold for themselves (MB)."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    found = []
    for process in children:
        with suppress(OSError, ValueError, IndexError):
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
            found.append(int(re.findall(r"^Rss:\s+(\d+)", text, re.MULTILINE)[0]) / 1024)
    return found or [0.0]


def requests(place: Path) -> dict[str, list[Request]]:
    """Return the dearest requests of each address, by name."""
    files = sorted((place / "corpus").glob("*/*.md"), key=lambda path: path.stat().st_size, reverse=True)
    longest = list(dict.fromkeys(path.stem for path in files if "versions" not in path.parts))[:24]
    first, second = longest[:2]

    def search(query: str, path: str = "/api/v1/search", **more: Any) -> Request:
        return Request(f"{path}?" + urlencode({"q": query, **more}, doseq=True))

    def sent(path: str, **values: str) -> Request:
        return Request(path, json.dumps(values, ensure_ascii=False).encode(), {"Content-Type": JSON})

    def form(path: str, **values: str) -> Request:
        return Request(path, urlencode(values).encode(), {"Content-Type": FORM})

    def over(pattern: str, count: int = 24) -> list[Request]:
        return [Request(pattern.format(quote(id))) for id in longest[:count]]

    common = [
        "的",
        "应当",
        "规定",
        "行政",
        "人民",
        "部门",
        "有关",
        "以上",
        "国家",
        "管理",
        "机关",
        "单位",
        "依法",
        "责任",
        "条例",
        "本法",
        "其他",
        "进行",
        "或者",
        "不得",
    ]
    characters = "".join(chr(0x4E00 + 7 * i) for i in range(1900))
    sentence = "县级以上地方人民政府有关部门应当按照国家有关规定对本行政区域内的行政管理工作进行监督检查并依法追究责任"
    slips = "".join(character + ("啊" if place % 6 == 5 else "") for place, character in enumerate(sentence))
    hits = dict.fromkeys(["limit"], 100)
    article = "《民法典》" + "第一条、" * 200_000
    facets = {"issuer": ["全国人民代表大会常务委员会"] * 50, "kind": ["法律"] * 50, "year": ["2021"] * 50}
    big = "民事主体从事民事活动，应当遵循自愿原则，按照自己的意思设立、变更、终止民事法律关系。"
    memo = "".join(f"《民法典》第{n}条规定：“{big}”。" for n in range(1, 2000))
    titles = "".join(f"《中华人民共和国某某{n}法》第{n}条，" for n in range(1, 4000))
    return {
        "检索 通配": [
            search(f"{a}*{b}*{c}*{d}") for a, b, c, d in zip(common, common[1:], common[2:], common[3:], strict=False)
        ],
        "检索 通配 许多": [
            search(" ".join(f"{a}*{b}" for a, b in zip(common[n : n + 8], common[n + 1 : n + 9], strict=True)))
            for n in range(8)
        ],
        "检索 问号": [search("的" + "?" * n + "的") for n in range(1, 30)],
        "检索 距离": [search(" ".join(f'"{a} {b}"~{40 + n}' for a, b in pairwise(common[:9]))) for n in range(8)],
        "检索 距离 很远": [search(f'"的 应当 规定"~{10**n}') for n in range(1, 9)],
        "检索 OR": [search(" OR ".join(chr(0x4E00 + (7 + n) * i) for i in range(480))) for n in range(8)],
        "检索 不要": [search("的 " + " ".join(f"-{chr(0x4E00 + 11 * i + n)}" for i in range(480))) for n in range(8)],
        "检索 括号": [search(" ".join(f"({a} OR {b})" for a, b in pairwise(common)) + f" {n}") for n in range(8)],
        "检索 引号": [search(" ".join(f'"{a}{b}"' for a in common for b in common[n : n + 8])) for n in range(8)],
        "检索 许多词": [search(" ".join(characters[n::9])) for n in range(9)],
        "检索 一长串": [search(characters[n : n + 1900]) for n in range(9)],
        "检索 重复字": [search(character * 1990) for character in "的一法第条人应不"],
        "检索 有错的长句": [search((slips * 20)[n : n + 590]) for n in range(20)],
        "检索 有错的短句": [search(slips[n : n + 30] + "示例") for n in range(0, 30, 2)],
        "检索 多行": [search("\n".join(sentence[n:] for n in range(0, 30))[: 1990 - n]) for n in range(9)],
        "检索 一字": [search(character, **hits) for character in "的一法第条人应不在有"],
        "检索 一字 网页": [search(character, "/search") for character in "的一法第条人应不在有"],
        "检索 深页": [search("的", offset=10**n, limit=100) for n in range(2, 9)],
        "检索 按文件": [search("的 应当", group="document", limit=100, offset=n) for n in range(0, 2000, 100)],
        "检索 筛选": [search("的", **facets, order=order) for order in ("date", "relevance")],
        "检索 只筛选": [
            search("", order="date", issuer="全国人民代表大会", **hits),
            search("", title="法", within="第", **hits),
        ],
        "检索 表格": [search(character, "/search.csv", limit=1000) for character in "的一法第条"],
        "检索 工作簿": [search(character, "/search.xlsx", limit=1000) for character in "的一法第条"],
        "检索 订阅": [search(character, "/search.atom") for character in "的一法第条人应不在有"],
        "检索 分面": [search(" ".join(common[:n]), "/api/v1/facets") for n in range(1, 20)],
        "提示": [search(sentence[n : n + 12], "/api/v1/suggest", limit=20) for n in range(20)],
        "提示 长": [search((characters + sentence)[n : n + 1900], "/api/v1/suggest") for n in range(9)],
        "提示 拼音": [search("zhonghuarenmingongheguo" * n, "/suggestions.json") for n in range(1, 40)],
        "出处": [sent("/api/v1/origins", text=sentence * n) for n in (100, 400)],
        "出处 有错": [sent("/api/v1/origins", text=(slips + "。") * 300)],
        "出处 重复": [sent("/api/v1/origins", text="的" * 20_000), sent("/api/v1/origins", text="的。" * 10_000)],
        "出处 网页": [form("/origins", text=(slips + f"{n}。") * 300) for n in range(4)],
        "核对 条": [sent("/api/v1/citations", text=article), sent("/api/v1/citations", text=article[:39_000])],
        "核对 重复": [
            sent("/api/v1/citations", text=each * (900_000 // len(each)))
            for each in ("《", "第", "第一", "“", "）（", "一", "年", "〔2021〕", "号", "\n", " ")
        ],
        "核对 书名": [sent("/api/v1/citations", text=titles)],
        "核对 引文": [sent("/api/v1/citations", text=memo)],
        "核对 日子": [sent("/api/v1/citations", text=memo, on="2021-01-01", until="2025-01-01")],
        "核对 网页": [form("/cite-check", text=memo[:60_000])],
        "核对 文件": [form("/cite-check.docx", text=memo[:60_000])],
        "文件": over("/d/{}"),
        "文件 某日": over("/d/{}?on=2020-01-01"),
        "文件 找词": over("/d/{}?q=" + quote("的 应当 规定 或者")),
        "文件 JSON": over("/api/v1/documents/{}"),
        "文件 目录": over("/api/v1/documents/{}/sections"),
        "文件 引用": over("/api/v1/documents/{}/citations"),
        "文件 效力": over("/api/v1/documents/{}/standing?on=2021-01-01"),
        "文件 关系": over("/d/{}/graph"),
        "文件 被引": [*over("/d/{}/cited-by"), *(Request(f"/d/{quote(id)}/cited-by?on=2022-01-01") for id in longest)],
        "文件 引注": over("/api/v1/documents/{}/citation?text=" + quote(big)),
        "文件 来历": over("/d/{}/provenance"),
        "文件 快照": over("/d/{}/snapshot"),
        "条 沿革": [Request(f"/d/{quote(id)}/history?anchor=art-{n}") for id in longest[:6] for n in range(1, 40)],
        "条 历史": [
            Request(f"/api/v1/documents/{quote(id)}/sections/art-{n}/history")
            for id in longest[:6]
            for n in range(1, 40)
        ],
        "对照": [
            Request(f"/d/{quote(first)}/compare?with={quote(second)}"),
            Request(f"/api/v1/documents/{quote(second)}/diff?with={quote(first)}"),
        ],
        "对照 许多": [
            Request(f"/d/{quote(a)}/compare?with={quote(b)}") for a in longest[:12] for b in longest[:12] if a != b
        ],
        "对照 文件": [
            Request(f"/d/{quote(a)}/compare.{ending}?with={quote(b)}")
            for ending in ("docx", "xlsx")
            for a, b in pairwise(longest)
        ],
        "并排": [
            Request("/parallel?" + urlencode({"d": longest[n : n + 6], "view": view}, doseq=True))
            for n in range(6)
            for view in ("text", "figures")
        ],
        "并排 表格": [
            Request("/parallel/figures.csv?" + urlencode({"d": longest[n : n + 6]}, doseq=True)) for n in range(6)
        ],
        "下载 Word": over("/d/{}.docx"),
        "下载 PDF": over("/d/{}.pdf"),
        "下载 XML": over("/d/{}.akn.xml"),
        "下载 证据": over("/d/{}.zip"),
        "下载 文字": [*over("/d/{}.md"), *over("/d/{}.txt"), *over("/d/{}.json")],
        "下载 全部": [Request("/api/v1/corpus.jsonl.gz")],
        "下载 范围": [
            Request(
                "/api/v1/corpus.jsonl.gz",
                headers={"Range": "bytes=" + ",".join(f"{n}-{n + 9}" for n in range(0, 6000, 2))},
            )
        ],
        "列表": [
            Request("/documents?page=60"),
            Request("/documents.csv"),
            Request("/api/v1/documents?limit=1000"),
            Request("/api/v1/documents.csv?limit=1000"),
        ],
        "地图": [Request("/sitemap.xml")],
        "变化": [Request("/changes.atom"), Request("/api/v1/changes?limit=100"), Request("/changes.atom?kind=edited")],
        "过时的依据": [Request("/stale-basis"), Request("/api/v1/stale-basis"), Request("/stale-basis.xml")],
        "缺少的文件": [Request("/gaps"), Request("/api/v1/gaps")],
        "定义": [Request("/terms?" + urlencode({"q": each})) for each in "的一是本法所称人"],
        "浏览": [
            Request("/browse/issuer"),
            Request("/browse/year"),
            Request("/issuers/" + quote("全国人民代表大会常务委员会")),
        ],
        "状态": [Request("/status"), Request("/metrics"), Request("/api/v1/sources"), Request("/api/v1/openapi.json")],
        "首页": [Request("/"), Request("/api/v1/")],
        "头 许多": [
            Request("/search?q=a", headers={f"X-{n}": "a" * 50 for n in range(90)}),
            Request("/search?q=a", headers={"Cookie": "; ".join(f"kb-{n}=a" for n in range(9000))}),
        ],
        "头 语言": [
            Request(
                "/",
                headers={
                    "Accept-Language": ",".join(f"a{n};q=0.{n}" for n in range(3000)),
                    "If-None-Match": ",".join(f'"{n}"' for n in range(6000)),
                },
            )
        ],
        "压缩的正文": [
            Request(
                "/api/v1/citations",
                gzip.compress(b"a" * 50_000_000),
                {"Content-Type": JSON, "Content-Encoding": "gzip"},
            )
        ],
        "多段的正文": [
            Request(
                "/cite-check",
                b"".join(
                    b'--a\r\nContent-Disposition: form-data; name="text%d"\r\n\r\na\r\n' % n for n in range(20_000)
                )
                + b"--a--\r\n",
                {"Content-Type": "multipart/form-data; boundary=a"},
            )
        ],
        "许多字段": [
            Request("/cite-check", b"&".join(b"a%d=b" % n for n in range(200_000)), {"Content-Type": FORM}),
            Request("/search?" + "&".join(f"kind=a{n}" for n in range(20_000))),
        ],
        "深的 JSON": [Request("/api/v1/citations", b'{"text":' + b"[" * 900_000, {"Content-Type": JSON})],
        "别的方法": [Request("/search?q=a", method=each) for each in ("HEAD", "OPTIONS", "PUT", "DELETE", "TRACE")],
        "长的地址": [
            Request("/d/" + "a" * 8000),
            Request("/" + "/".join("a" * 1 for _ in range(4000))),
            Request("/search?q=" + "%E7%9A%84" * 1999),
        ],
    }


# ---- connections that misbehave: each client is called with the port, when to stop, and its number ----


def _connected(port: int, receives: int = 0) -> socket.socket:
    one = socket.socket()
    if receives:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    one.settimeout(2)
    one.connect(("127.0.0.1", port))
    return one


def _dripping(head: bytes, drop: bytes, every: float = 0.2) -> Callable[[int, float, int], None]:
    def work(port: int, end: float, _: int) -> None:
        held: list[socket.socket] = []
        for _ in range(16):
            with suppress(OSError):
                held.append(_connected(port))
                held[-1].sendall(head)
        while time.monotonic() < end:
            for each in held:
                with suppress(OSError):
                    each.send(drop)
            time.sleep(every)

    return work


def _reading_slowly(path: str) -> Callable[[int, float, int], None]:
    def work(port: int, end: float, _: int) -> None:
        held: list[socket.socket] = []
        for _ in range(4):
            with suppress(OSError):
                held.append(_connected(port, 2048))
                held[-1].sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        while time.monotonic() < end:
            for each in held:
                with suppress(OSError):
                    each.recv(16)
            time.sleep(0.5)

    return work


def _pipelining(path: str, times: int) -> Callable[[int, float, int], None]:
    def work(port: int, end: float, _: int) -> None:
        while time.monotonic() < end:
            with suppress(OSError), _connected(port) as each:
                each.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * times)
                while time.monotonic() < end and each.recv(65536):
                    pass

    return work


def _hanging_up(head: bytes) -> Callable[[int, float, int], None]:
    def work(port: int, end: float, _: int) -> None:
        while time.monotonic() < end:
            with suppress(OSError), _connected(port) as each:
                each.sendall(head)
                time.sleep(0.05)

    return work


def _sending(parts: bytes, times: int = 1) -> Callable[[int, float, int], None]:
    def work(port: int, end: float, _: int) -> None:
        while time.monotonic() < end:
            with suppress(OSError), _connected(port) as each:
                for _ in range(times):
                    each.sendall(parts)
                while time.monotonic() < end and each.recv(65536):
                    pass
            time.sleep(0.02)

    return work


_DEAR = "/api/v1/search?q=" + quote(" ".join(f"{a}*{b}" for a, b in zip("的应规行人部", "当定政民门有", strict=True)))
RUDE: dict[str, Callable[[int, float, int], None]] = {
    "连接 空": _dripping(b"", b""),
    "连接 慢的头": _dripping(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"a"),
    "连接 慢的正文": _dripping(b"POST /cite-check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n", b"a" * 100),
    "连接 慢的分块": _dripping(b"POST /cite-check HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "连接 慢读 大文件": _reading_slowly("/api/v1/corpus.jsonl.gz"),
    "连接 慢读 网页": _reading_slowly("/d/" + quote("民法典")),
    "连接 一串请求": _pipelining("/search?q=" + quote("的"), 200),
    "连接 一串贵的请求": _pipelining(_DEAR, 50),
    "连接 马上走": _hanging_up(f"GET {_DEAR} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()),
    "连接 长度不对": _sending(b"POST /cite-check HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n"),
    "连接 两个长度": _sending(b"POST /cite-check HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "连接 坏的分块": _sending(b"POST /cite-check HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "连接 小的分块": _sending(b"POST /cite-check HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 300_000 + b"0\r\n\r\n"),
    "连接 大的正文": _sending(b"POST /cite-check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 15000000\r\n\r\n" + b"text=" + b"a" * 14_999_995),
    "连接 长的头": _sending(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"a" * 250_000 + b"\r\n\r\n"),
    "连接 许多头": _sending(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X%d: a\r\n" % n for n in range(15_000)) + b"\r\n"),
    "连接 折行的头": _sending(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n" + b" a\r\n" * 50_000 + b"\r\n"),
    "连接 不是 HTTP": _sending(b"\x16\x03\x01" + bytes(range(256)) * 400),
}  # fmt: skip


if __name__ == "__main__":
    main()
