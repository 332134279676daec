"""What docs/deploy shows, tried: two servers of pages behind nginx, a cluster behind TLS with a password and certificates."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message
from http.client import HTTPConnection, HTTPSConnection, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest
import trustme
import yaml

from kb.config.settings import load
from kb.corpus.folder import Corpus
from tests.cli.running import running
from tests.cluster import ROOT, Nodes, eventually, free_port
from tests.search.test_engines import configure, kb, put

MAIN = """
{user} daemon off; pid {folder}/nginx.pid; error_log stderr;
events {{}}
http {{
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; access_log off;
    {sites}
}}
"""
FRONT = """
server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
    ssl_client_certificate {folder}/ca.pem; ssl_verify_client on;
    auth_basic cluster; auth_basic_user_file {folder}/users;
    location / {{ proxy_pass {node}; client_max_body_size 100m; proxy_set_header Authorization ""; }}
}}
"""

SITE = ROOT / "docs/deploy/nginx.conf"
# What is asked for in each location of the example; None where nothing behind it is asked.
ASKED = {
    "/": "/search?q=行政复议",
    r"~ (\.(pdf|docx|xlsx|zip|gz)|/compare|/diff|/citations|/cite-check)$": "/d/d0.docx",
    "= /metrics": None,
}
# Who a reader says they are, in every way that kb believes its proxy.
FORGED = {
    "X-Remote-User": "boss",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "forged",
    "X-Request-ID": "0123456789abcdef",
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    """nginx as it is installed, else out of Debian's package, unpacked only: installing it would start a server."""
    if installed := shutil.which("nginx"):
        return installed
    folder = tmp_path_factory.mktemp("nginx")
    try:
        subprocess.run(["apt-get", "download", "nginx"], cwd=folder, check=True, capture_output=True)
        (package,) = folder.glob("nginx_*.deb")
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"没有 nginx，也取不到 Debian 的软件包（{error}）：apt install nginx-light")
    return str(folder / "usr/sbin/nginx")


@contextmanager
def nginx(program: str, folder: Path, sites: str, *ports: int) -> Iterator[None]:
    (folder / "nginx.conf").write_text(
        MAIN.format(folder=folder, sites=sites, user="" if os.geteuid() else "user root;"), encoding="utf-8"
    )
    with (folder / "nginx.log").open("wb") as log:
        command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
        with subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                for port in ports:
                    eventually(lambda port=port: _open(port), f"nginx on {port}: {(folder / 'nginx.log').read_text()}")
                yield
            finally:
                process.terminate()


def _open(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a corpus, and with what TLS and passwords need: a CA, certificates of a server and of a client."""
    for number in range(3):
        put(Corpus(tmp_path / "corpus"), number)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name, identity in (("server", "127.0.0.1"), ("client", "kb@example.com")):
        made = authority.issue_cert(identity)
        made.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
        made.cert_chain_pems[0].write_to_path(str(tmp_path / f"{name}.pem"))
    (tmp_path / "users").write_text("kb:{PLAIN}示例密码\n", encoding="utf-8")
    (tmp_path / "password").write_text("示例密码\n", encoding="utf-8")
    return tmp_path


def secure(folder: Path, port: int, **other: str) -> None:
    files = {"certificates": "ca.pem", "client_certificate": "client.pem", "client_key": "client.key"}
    configure(folder, f"https://127.0.0.1:{port}", **{**files, **other})


def test_a_cluster_behind_tls_asks_for_a_password_and_a_certificate(
    program: str, folder: Path, opensearch: Nodes
) -> None:
    port = free_port()
    secrets = {"KB_ENGINE_USER": "kb", "KB_ENGINE_PASSWORD_FILE": "password"}
    with nginx(program, folder, FRONT.format(folder=folder, port=port, node=opensearch.hosts[0]), port):
        secure(folder, port)
        assert "3 份文件、6 节" in kb(folder, "index", **secrets)
        assert "字面命中 3 节" in kb(folder, "search", "行政复议", **secrets)
        wrong = {"KB_ENGINE_USER": "kb", "KB_ENGINE_PASSWORD": "不对"}
        assert "拒绝了用户名或密码" in kb(folder, "search", "行政复议", code=6, **wrong)
        secure(folder, port, client_certificate="", client_key="")
        assert "客户端证书" in kb(folder, "search", "行政复议", code=6, **secrets)


@contextmanager
def served(folder: Path) -> Iterator[tuple[BaseProcess, int]]:
    with running(folder, "serve", "--port", "0") as (process, stderr):
        address = re.search(r"http://127.0.0.1:(\d+)/", stderr.readline())
        assert address
        yield process, int(address[1])


def test_two_servers_behind_nginx_and_one_ends(program: str, folder: Path, opensearch: Nodes) -> None:
    configure(folder, *opensearch.hosts)
    with (folder / "kb.toml").open("a", encoding="utf-8") as settings:
        settings.write('[serve]\nproxy = "127.0.0.1"\nworkers = 1\n')
    kb(folder, "index")
    plain, secured = free_port(), free_port()
    with (
        served(folder) as (first, one),
        served(folder) as (_, other),
        nginx(program, folder, _site(folder, plain, secured, one, other), plain, secured),
    ):
        trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))

        def get(path: str) -> tuple[int, str, Message]:
            with urllib.request.urlopen(f"https://127.0.0.1:{secured}{path}", context=trust) as answer:
                return answer.status, answer.read().decode(), answer.headers

        status, feed, headers = get("/changes.atom")
        assert status == 200 and f"https://127.0.0.1:{secured}/" in feed and "http://127.0.0.1" not in feed
        assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-ID"])
        first.terminate()
        first.join()
        for _ in range(20):
            assert "行政复议" in get("/search?q=%E8%A1%8C%E6%94%BF%E5%A4%8D%E8%AE%AE")[1]
            assert get("/readyz")[:2] == (200, "ok\n")


@contextmanager
def echoing() -> Iterator[int]:
    """A server that answers with the headers that it was sent."""

    class Echo(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            said = json.dumps(dict(self.headers)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


@contextmanager
def in_front(program: str, folder: Path, port: int) -> Iterator[tuple[int, int]]:
    """nginx as the example has it, before the one server on `port`; its ports without and with TLS."""
    plain, secured = free_port(), free_port()
    with nginx(program, folder, _site(folder, plain, secured, port, port), plain, secured):
        yield plain, secured


def asked(folder: Path, port: int, path: str, headers: dict[str, str], tls: bool = True) -> tuple[int, Message, bytes]:
    trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    made = HTTPSConnection("127.0.0.1", port, context=trust) if tls else HTTPConnection("127.0.0.1", port)
    with closing(made) as connection:
        connection.request("GET", quote(path, safe="/?=&:"), headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def test_no_location_lets_a_reader_say_what_the_proxy_says(program: str, folder: Path) -> None:
    """A location with one proxy_set_header of its own inherits none: all of them must send the same."""
    locations = re.findall(r"^ *location (.+) {$", SITE.read_text(encoding="utf-8"), re.MULTILINE)
    assert locations == list(ASKED)
    with echoing() as port, in_front(program, folder, port) as (_, secured):
        sent = []
        for path in filter(None, ASKED.values()):
            status, _, body = asked(folder, secured, path, FORGED)
            assert status == 200
            sent.append(json.loads(body))
            assert not set(FORGED.values()) & set(sent[-1].values()), path
            assert re.fullmatch("[0-9a-f]{32}", sent[-1].pop("X-Request-ID"))
    assert len(sent) == 2 and sent[0] == sent[1]
    assert "X-Remote-User" not in sent[0] and sent[0]["X-Forwarded-Proto"] == "https"


def test_who_is_not_signed_in_reads_nothing_through_nginx(program: str, folder: Path) -> None:
    (folder / "kb.toml").write_text(
        '[serve]\nmode = "confidential"\nfiles = "umask"\nreaders = "proxy"\nreader_proxies = ["127.0.0.1"]\n'
        'proxy = "127.0.0.1"\nworkers = 1\n',
        encoding="utf-8",
    )
    kb(folder, "index")
    with served(folder) as (_, port), in_front(program, folder, port) as (_, secured):
        for path in filter(None, ASKED.values()):
            assert asked(folder, port, path, {"X-Remote-User": "boss"}, tls=False)[0] == 200
            assert asked(folder, secured, path, FORGED)[0] == 401, path


def test_nginx_answers_to_the_name_of_the_site_only(program: str, folder: Path) -> None:
    with echoing() as port, in_front(program, folder, port) as (plain, secured):
        for there, tls, status in ((plain, False, 301), (secured, True, 200)):
            assert asked(folder, there, "/", {}, tls)[0] == status
            for name in ("evil.example", f"evil.example:{there}", "127.0.0.1.evil.example"):
                with pytest.raises(RemoteDisconnected):
                    asked(folder, there, "/", {"Host": name}, tls)
                with pytest.raises(RemoteDisconnected):  # the site's name before the path counts for nothing
                    asked(folder, there, f"{'https' if tls else 'http'}://127.0.0.1/", {"Host": name}, tls)


def _site(folder: Path, plain: int, secured: int, one: int, other: int) -> str:
    """The example of the docs, with the ports and files of this test."""
    site = SITE.read_text(encoding="utf-8")
    assert site.count("server_name kb.example.com;") == site.count("listen ") == 2
    site = site.replace("server_name kb.example.com;", "server_name 127.0.0.1;")
    for shown, here in {
        "127.0.0.1:8000": f"127.0.0.1:{one}",
        "127.0.0.1:8001": f"127.0.0.1:{other}",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ": f"listen 127.0.0.1:{secured} ",
        "/etc/kb/tls/fullchain.pem": f"{folder}/server.pem",
        "/etc/kb/tls/privkey.pem": f"{folder}/server.key",
        "/var/log/nginx/kb.log": f"{folder}/access.log",
    }.items():
        assert site.count(shown) == 1, shown
        site = site.replace(shown, here)
    return site


def lasting(mounts: dict[str, str], path: Path) -> str:
    """Return the volume in which a path of a container lies, "" for the container itself."""
    inside = [(place, volume) for place, volume in mounts.items() if path.is_relative_to(place)]
    return max(inside, key=lambda each: len(each[0]), default=("", ""))[1]


def test_what_cannot_be_made_again_outlives_a_container(tmp_path: Path) -> None:
    """The corpus, those who follow something and the readers lie in the same lasting volume for whoever writes there."""
    shown = ROOT / "docs/deploy"
    here = load(shown / "kb.toml")
    compose = yaml.safe_load((shown / "compose.yaml").read_text(encoding="utf-8"))
    pods = list(yaml.safe_load_all((shown / "kubernetes.yaml").read_text(encoding="utf-8")))
    (tmp_path / "kb.toml").write_text(next(each["data"]["kb.toml"] for each in pods if each["kind"] == "ConfigMap"))
    there = load(tmp_path / "kb.toml")
    containers = []
    for name in ("web1", "web2", "update"):
        places = [each.split(":") for each in compose["services"][name]["volumes"]]
        kept = {place: volume for volume, place, *_ in places if volume in compose["volumes"]}
        containers.append((here, shown, kept))
    for each in pods:
        if each["kind"] in ("Deployment", "CronJob"):
            spec = each["spec"].get("jobTemplate", each)["spec"]["template"]["spec"]
            claims = {
                one["name"]: one["persistentVolumeClaim"]["claimName"]
                for one in spec["volumes"]
                if "persistentVolumeClaim" in one
            }
            for container in spec["containers"]:
                mounts = {one["mountPath"]: claims.get(one["name"], "") for one in container["volumeMounts"]}
                containers.append((there, tmp_path, mounts))
    assert len(containers) == 6
    for settings, folder, mounts in containers:
        assert settings.readers_file
        kept = [settings.corpus, settings.follow, settings.readers_file]
        volumes = [lasting(mounts, Path("/srv/kb") / each.relative_to(folder)) for each in kept]
        assert all(volumes) and volumes[1] == volumes[2] != volumes[0], volumes
