"""Real nodes of OpenSearch on loopback, for tests: started, killed, stopped and started again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_PATIENCE = 90.0
# A small heap, and compiled quickly rather than well.
_SMALL = ("-Xms384m", "-Xmx384m", "-XX:TieredStopAtLevel=1")
# A node that hangs is noticed in seconds: the tests wait for that.
_QUICK = {
    "cluster.fault_detection.follower_check.interval": "500ms",
    "cluster.fault_detection.follower_check.timeout": "2s",
    "cluster.fault_detection.follower_check.retry_count": "2",
    "cluster.fault_detection.leader_check.interval": "500ms",
    "cluster.fault_detection.leader_check.timeout": "2s",
    "cluster.fault_detection.leader_check.retry_count": "2",
    "cluster.publish.timeout": "5s",
    "cluster.follower_lag.timeout": "5s",
    "cluster.routing.allocation.disk.threshold_enabled": "false",
    "indices.breaker.total.use_real_memory": "false",  # counts garbage as memory in use with this collector
}


class Unavailable(Exception):
    """OpenSearch cannot be had here; says why."""


def class_path() -> str:
    """Fetch OpenSearch. Raises Unavailable where Java, Maven or the network are missing."""
    prepared = subprocess.run([ROOT / "scripts/opensearch", "--prepare"], capture_output=True, text=True, timeout=300)
    if prepared.returncode:
        raise Unavailable(prepared.stderr.strip().splitlines()[-1])
    return prepared.stdout.strip()


class Nodes:
    """Some nodes that make a cluster; use it in a `with` statement. They are numbered from 0."""

    def __init__(
        self, folder: Path, number: int = 1, settings: dict[str, str] | None = None, java: Sequence[str] = _SMALL
    ) -> None:
        self._folder, self._path, self._java = folder, class_path(), java
        self._ports = [(free_port(), free_port()) for _ in range(number)]
        self._settings = {**_QUICK, **(settings or {})}
        self._running: list[subprocess.Popen[bytes] | None] = [None] * number
        self.homes = [folder / f"node-{place}" for place in range(number)]

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(f"http://127.0.0.1:{port}" for port, _ in self._ports)

    def __enter__(self) -> Nodes:
        for place in range(len(self._ports)):
            self.start(place)
        self.wait(len(self._ports))
        return self

    def __exit__(self, *_: object) -> None:
        for process in filter(None, self._running):
            process.kill()
            process.wait()

    def start(self, place: int) -> None:
        home = self.homes[place]
        (home / "config").mkdir(parents=True, exist_ok=True)
        names = ",".join(f"node-{each}" for each in range(len(self._ports)))
        seeds = ",".join(f"127.0.0.1:{port}" for _, port in self._ports)
        http, transport = self._ports[place]
        settings = {
            "cluster.name": "kb-tests",
            "node.name": f"node-{place}",
            "path.home": str(home),
            "path.repo": str(self._folder / "backup"),
            "network.host": "127.0.0.1",
            "http.port": str(http),
            "transport.port": str(transport),
            "discovery.seed_hosts": seeds,
            "cluster.initial_cluster_manager_nodes": names,
            **self._settings,
        }
        java = ["java", *self._java, "-XX:+UseSerialGC", "-cp", self._path, "Node"]
        with (self._folder / f"node-{place}.log").open("ab") as log:
            arguments = [f"{name}={value}" for name, value in settings.items()]
            self._running[place] = subprocess.Popen([*java, *arguments], stdout=log, stderr=log)

    def kill(self, place: int) -> None:
        """kill -9."""
        process = self._process(place)
        process.kill()
        process.wait()
        self._running[place] = None

    def end(self, place: int) -> None:
        """Shut down in good order."""
        process = self._process(place)
        process.terminate()
        process.wait(60)
        self._running[place] = None

    def hang(self, place: int) -> None:
        os.kill(self._process(place).pid, signal.SIGSTOP)

    def go_on(self, place: int) -> None:
        os.kill(self._process(place).pid, signal.SIGCONT)

    def wait(self, number: int, status: str = "green") -> None:
        """Wait until so many nodes are there and the cluster is in order."""
        query = f"_cluster/health?wait_for_nodes={number}&wait_for_status={status}&timeout=10s"
        eventually(lambda: not self._asked(query).get("timed_out", True), f"{number} nodes, {status}")

    def ask(self, path: str, body: dict[str, Any] | None = None, method: str = "GET", place: int = -1) -> Any:
        """Ask a node that runs (the last one) without the program's own client."""
        running = [self.hosts[each] for each, process in enumerate(self._running) if process]
        host = running[place] if place == -1 else self.hosts[place]
        data = json.dumps(body).encode() if body is not None else None
        asked = urllib.request.Request(f"{host}/{path}", data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)

    def _asked(self, path: str) -> Any:
        try:
            return self.ask(path)
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
            return {}

    def _process(self, place: int) -> subprocess.Popen[bytes]:
        process = self._running[place]
        assert process
        return process


def eventually(condition: Callable[[], object], what: str) -> None:
    """Wait for what other processes do; nothing else can be waited for."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
