"""What docs/deploy and scripts/examples run, in what container runtimes and systemd do with it: begin, probe, end, count."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from kb.config import readers
from kb.corpus.folder import Corpus
from kb.web.site.http_server import PATIENCE
from tests.cluster import ROOT
from tests.search.test_engines import kb, put
from tests.web.serving import serving

SHOWN, EXAMPLES = ROOT / "docs/deploy", ROOT / "scripts/examples"
COMPOSE = yaml.safe_load((SHOWN / "compose.yaml").read_text(encoding="utf-8"))["services"]
KUBERNETES = list(yaml.safe_load_all((SHOWN / "kubernetes.yaml").read_text(encoding="utf-8")))
UNITS = sorted([*SHOWN.glob("*.service"), *EXAMPLES.glob("*.service")])
SYSTEMDS_OWN = 90.0  # DefaultTimeoutStopSec

PODS = {
    each["metadata"]["name"]: each["spec"].get("jobTemplate", each)["spec"]["template"]["spec"]
    for each in KUBERNETES
    if each["kind"] in ("Deployment", "CronJob")
}
CONTAINERS = {
    f"{pod} {each['name']}": each
    for pod, spec in PODS.items()
    for each in [*spec.get("initContainers", []), *spec["containers"]]
}
WEB = CONTAINERS["kb-web web"]


def seconds(written: str) -> float:
    return float(str(written).removesuffix("s"))


def unit(path: Path) -> dict[str, list[str]]:
    """The lines of a unit by their names."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def test_who_ends_the_service_waits_until_it_has_answered() -> None:
    """Everything that a request goes through: the pages' servers, and nginx before them."""
    waits = {name: seconds(COMPOSE[name].get("stop_grace_period", "10s")) for name in ("web1", "web2", "nginx")}
    stop = WEB["lifecycle"]["preStop"]["exec"]["command"]
    assert stop[0] == "sleep"
    waits["kubernetes"] = PODS["kb-web"].get("terminationGracePeriodSeconds", 30) - float(stop[1])
    serving_units = [path for path in UNITS if unit(path)["ExecStart"][0].endswith("kb serve")]
    assert len(serving_units) == 2
    for path in serving_units:
        lines = unit(path)
        waits[str(path)] = seconds(lines.get("TimeoutStopSec", [str(SYSTEMDS_OWN)])[0])
        # The processes that make a download would be ended beside the one that waits for it.
        assert lines.get("KillMode") == ["mixed"], path
    told = re.findall(r"docker stop[^`]*", (ROOT / "docs/operate.md").read_text(encoding="utf-8"))
    assert told
    waits |= {each: seconds(each.split("-t ")[1]) if "-t " in each else 10.0 for each in told}
    assert {name: wait for name, wait in waits.items() if wait <= PATIENCE} == {}


SCRIPTS = {
    name: (each["command"], False) for name, each in CONTAINERS.items() if each.get("command", [""])[0] == "sh"
} | {
    name: (shlex.split(each["command"].replace("$$", "$")), each.get("init", False))
    for name, each in COMPOSE.items()
    if str(each.get("command", "")).startswith("sh ")
}
STEPS = [
    (name, step)
    for name, (command, _) in SCRIPTS.items()
    for step in ("sleep", "kb index", "kb refresh", "kb follow send")
    if step in command[2]
]


@pytest.fixture(scope="module")
def first() -> list[str]:
    """The command that runs another as the first process of its own, as a container's is: no signal ends that by itself."""
    command = [
        "unshare",
        *([] if os.geteuid() == 0 else ["--user", "--map-root-user"]),
        "--pid",
        "--fork",
        "--kill-child",
    ]
    if not shutil.which("unshare") or subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("没有 unshare，或不许用：容器里的第一个进程没有试")
    return command


def test_all_scripts_of_containers_are_tried() -> None:
    assert {name for name, _ in STEPS} == {"kb-web index", "kb-web keep-up", "kb-refresh refresh", "update"}


@pytest.mark.parametrize(("name", "step"), STEPS, ids=[f"{step} in {name}" for name, step in STEPS])
def test_a_container_ends_when_it_is_told_to(first: list[str], tmp_path: Path, name: str, step: str) -> None:
    """Whatever it is doing: what runs in it may be cut anywhere, and waiting for the kill holds up a node that is emptied."""
    command, has_init = SCRIPTS[name]
    for program in ("kb", "sleep"):
        stand_in = tmp_path / program
        stand_in.write_text(
            f'#!/bin/sh\n[ "$STEP" = "$(echo {program} $* | cut -c 1-${{#STEP}})" ] || exit 0\n'
            f'touch "{tmp_path}/there"\nexec /bin/sleep 30\n',
            encoding="utf-8",
        )
        stand_in.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "STEP": step}
    run = command if has_init else [*first, *command]  # an init hands the signal on to the process that it started
    with subprocess.Popen(run, env=environment, start_new_session=True) as process:
        try:
            _wait_for(tmp_path / "there")
            told = process.pid if has_init else _child(process.pid)
            os.kill(told, signal.SIGTERM)
            began = time.monotonic()
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            assert time.monotonic() - began < 5, f"{name} went on after SIGTERM"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait_for(path: Path) -> None:
    end = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.02)


def _child(process: int) -> int:
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])


MODES: Mapping[str, Mapping[str, Any]] = {
    "intranet": {"mode": "intranet"},
    "public": {"mode": "public", "address": "https://kb.example.com"},
    "confidential": {
        "mode": "confidential",
        "files": "umask",
        "address": "https://kb.example.com",
        "readers": "password",
        "proxy": "10.0.0.2",
    },
}


def library(folder: Path) -> None:
    put(Corpus(folder / "corpus"), 0)
    kb(folder, "index")


def write(folder: Path, **serve: object) -> Path:
    lines = [f"{name} = {json.dumps(value)}" for name, value in ({"host": "0.0.0.0", "workers": 1} | serve).items()]
    (folder / "kb.toml").write_text("\n".join(["[serve]", *lines]), encoding="utf-8")
    return folder / "kb.toml"


@pytest.mark.parametrize("mode", MODES)
def test_the_probes_of_the_examples_are_answered_in_each_mode(tmp_path: Path, mode: str) -> None:
    """The kubelet asks by the address of the pod; where readers sign in, so must a probe, as the comments beside them say."""
    library(tmp_path)
    token = readers.add_token(tmp_path / "readers.json", "probe")
    with serving(write(tmp_path, **MODES[mode])) as service:
        probe = WEB["readinessProbe"]["httpGet"]
        headers = {each["name"]: each["value"] for each in probe.get("httpHeaders", [])}
        asked = {"Host": "10.244.1.7:8000", **headers}
        check = COMPOSE["web1"]["healthcheck"]["test"].replace(":8000/", f":{service.port}/")
        assert str(service.port) in check
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        status = service(probe["path"], **asked).status
        well = subprocess.run(["sh", "-c", check], env={"PATH": path}, capture_output=True, check=False).returncode == 0
        if mode != "confidential":
            assert (status, well) == (200, True)
            return
        assert (status, well) == (401, False)
        assert service(probe["path"], Authorization=f"Bearer {token}", **asked).status == 200
    for name in ("compose.yaml", "kubernetes.yaml"):
        assert "kb user add 探针 --token" in (SHOWN / name).read_text(encoding="utf-8"), name


def test_prometheus_reads_the_figures_of_a_public_library_by_the_address_of_the_pod(tmp_path: Path) -> None:
    """With what the comment beside `mode` says to add."""
    library(tmp_path)
    (comment,) = re.findall(
        r"host_check = \"(\w+)\" 和 monitors", (SHOWN / "kubernetes.yaml").read_text(encoding="utf-8")
    )
    more = {"host_check": comment, "monitors": ["127.0.0.1"]}
    for added, status in (({}, 400), (more, 200)):
        with serving(write(tmp_path, **MODES["public"], **added)) as service:
            assert service("/metrics", Host="10.244.1.7:8000").status == status


def zones() -> Iterator[tuple[str, dict[str, str]]]:
    """The environment of whatever runs kb without somebody's shell, by its file."""
    image = (SHOWN / "Dockerfile").read_text(encoding="utf-8")
    yield "Dockerfile", dict(re.findall(r"^ENV (\w+)=(\S+)$", image, re.MULTILINE))
    for path in UNITS:
        yield str(path.relative_to(ROOT)), dict(each.split("=", 1) for each in unit(path).get("Environment", []))
    crontab = (EXAMPLES / "crontab").read_text(encoding="utf-8")
    yield "crontab", dict(re.findall(r"^(\w+)=(\S+)$", crontab, re.MULTILINE))


ZONES = dict(zones())


@pytest.mark.parametrize("name", ZONES)
def test_today_is_the_day_in_china_wherever_the_clock_of_the_machine_is(name: str) -> None:
    """From midnight to eight, UTC is a day behind: what entered into force that day would not be in force."""
    if not Path("/usr/share/zoneinfo").exists():
        pytest.skip("没有 tzdata：时区没有核对")
    code = "from datetime import *; print(datetime(2026, 11, 27, 20, tzinfo=UTC).astimezone().date())"
    done = subprocess.run([sys.executable, "-c", code], env=ZONES[name], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2026-11-28"


def test_the_image_knows_time_zones() -> None:
    """Without tzdata the C library takes any zone for UTC, and says nothing."""
    image = (SHOWN / "Dockerfile").read_text(encoding="utf-8")
    installed = re.findall(r"apt-get install -y --no-install-recommends ([^&]*)", image)
    assert "tzdata" in " ".join(installed).split()


def test_who_asks_whether_all_is_well_counts_as_no_error_of_readers(tmp_path: Path) -> None:
    """A monitor gets 503 from /healthz every few seconds while something is wrong; KbErrors tells of readers who got no answer."""
    library(tmp_path)
    rules = yaml.safe_load((SHOWN / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    (rule,) = [each["expr"] for each in rules if each["alert"] == "KbErrors"]
    errors, everything = re.findall(r"rate\(kb_requests_total\{([^}]*)\}\[5m\]\)", rule)
    with serving(write(tmp_path, mode="intranet")) as service:
        shutil.rmtree(tmp_path / "index")
        for _ in range(3):
            assert service("/healthz").status == 503
        (tmp_path / "corpus").rename(tmp_path / "gone")
        assert service("/readyz").status == 503
        (tmp_path / "gone").rename(tmp_path / "corpus")
        assert (counted(service, errors), counted(service, everything)) == (0, 0)
        assert service("/search?q=行政复议").status == 503
        assert (counted(service, errors), counted(service, everything) >= 1) == (1, True)
        assert service("/robots.txt").status == 200
        assert counted(service, errors) == 1


def counted(service: Any, selector: str) -> float:
    """The sum of the requests that a selector of PromQL chooses, without what it asks of /metrics itself."""
    tests = {
        "=": lambda value, given: value == given,
        "!=": lambda value, given: value != given,
        "=~": lambda value, given: re.fullmatch(given, value) is not None,
        "!~": lambda value, given: re.fullmatch(given, value) is None,
    }
    matchers = re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', selector)
    assert matchers
    families = text_string_to_metric_families(service("/metrics").text)
    samples = [each for family in families for each in family.samples if each.name == "kb_requests_total"]
    assert samples
    return sum(
        each.value
        for each in samples
        if each.labels["endpoint"] != "telemetry.shown"
        and all(tests[how]({"job": "kb", **each.labels}.get(name, ""), given) for name, how, given in matchers)
    )
