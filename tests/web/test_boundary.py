"""What each mode opens to whom, as a client on the same machine sees it, and which settings are refused."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kb.cli.main import main
from kb.config.boundary import MODES
from kb.config.settings import Settings
from kb.web.site.app import create_app
from tests.cli.running import EXAMPLE
from tests.web.conftest import REPORT
from tests.web.serving import Service, config, refused, serving

ELSEWHERE = {"X_Forwarded_For": "203.0.113.9"}


@pytest.fixture(scope="module", params=[*MODES])
def service(request: pytest.FixtureRequest, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Service]]:  # fmt: skip
    """A server on loopback in each mode, without readers."""
    folder = tmp_path_factory.mktemp(request.param)
    with serving(config(folder, settings, mode=request.param, files="umask", address="https://kb.example.cn")) as one:
        yield request.param, one


def test_the_start_says_which_mode_holds(service: tuple[str, Service]) -> None:
    mode, one = service
    assert f"mode = {mode}（" in one.said and "读者不登录" in one.said


def test_no_mode_lets_pages_of_other_sites_read_or_send(service: tuple[str, Service]) -> None:
    mode, one = service
    for path in (f"/api/v1/documents/{REPORT}", "/search?q=行政", "/api/v1/"):
        assert "access-control-allow-origin" not in one(path, Origin="https://stranger.example").headers
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    for elsewhere in (
        {"Origin": "https://stranger.example"},
        {"Origin": "null"},
        {"Origin": "https://stranger.example", "Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ):
        answer = one("/preferences", "POST", "back=/&scheme=dark", **form, **elsewhere)
        assert answer.status == 403 and "set-cookie" not in answer.headers and "别的网站" in answer.text
    if mode in ("local", "intranet"):
        near = {"Host": "192.168.7.7:8000", "Origin": "http://192.168.7.7:8000"}
        assert one("/preferences", "POST", "back=/&scheme=dark", **form, **near).status == 303
    for here in ({}, {"Origin": f"http://127.0.0.1:{one.port}"}, {"Origin": "https://kb.example.cn"}, {"Sec_Fetch_Site": "same-origin", "Origin": "https://x.example"}):  # fmt: skip
        assert one("/preferences", "POST", "back=/&scheme=dark", **form, **here).status == 303


def test_which_hosts_may_be_named(service: tuple[str, Service]) -> None:
    mode, one = service
    for host in ("stranger.example", "8.8.8.8", "127.0.0.1.stranger.example"):
        answer = one("/", Host=host)
        assert answer.status == 400 and host in answer.text
    for host in ("kb.example.cn", "localhost:1", "127.0.0.1", "[::1]:80"):
        assert one("/readyz", Host=host).status == 200
    near = 200 if mode in ("local", "intranet") else 400
    assert one("/readyz", Host="192.168.7.7").status == near


def test_who_is_told_how_the_service_is(service: tuple[str, Service]) -> None:
    mode, one = service
    everybody = mode in ("local", "intranet")
    for path in ("/status", "/metrics"):
        assert one(path).status == 200
        there = one(path, **ELSEWHERE)
        assert there.status == (200 if everybody else 403)
        assert everybody or "kb_requests" not in there.text
    status = one("/status", **ELSEWHERE).text
    assert "kb refresh" not in status and "kb.toml" not in status
    assert not everybody or ("库里最新的文件是" in status and "北京时间" in status)
    page = one("/", **ELSEWHERE).text
    assert ("/status" in page) == everybody
    health = one("/healthz", **ELSEWHERE)
    assert (health.status, health.text) in [(200, "ok\n"), (503, "有问题；原因只给管理员看。\n")] or everybody


def test_who_may_keep_a_page(service: tuple[str, Service]) -> None:
    mode, one = service
    wanted = {"local": ["no-cache"], "public": ["no-cache"], "intranet": ["no-cache", "private"], "confidential": ["no-store", "private"]}[mode]  # fmt: skip
    for path in ("/", f"/d/{REPORT}", f"/d/{REPORT}.md", f"/api/v1/documents/{REPORT}", "/changes.atom"):
        assert sorted(one(path).headers.get("cache-control", "no-cache").split(", ")) == wanted, path


INCONSISTENT = [
    ({"mode": "local", "host": "0.0.0.0"}, (), "intranet"),
    ({}, ("--host", "0.0.0.0"), "--mode"),
    ({"mode": "public", "host": "0.0.0.0"}, (), "address"),
    ({"mode": "confidential", "host": "0.0.0.0", "address": "https://kb.example.cn"}, (), "readers"),
    ({"mode": "intranet", "address": "https://kb.example.cn"}, ("--mode", "confidential", "--host", "::"), "readers"),
    ({"mode": "confidential", "readers": "proxy", "reader_proxies": ["127.0.0.1"], "address": "http://kb.example.cn"}, ("--host", "0.0.0.0"), "https"),
    ({"mode": "confidential", "proxy": "*"}, (), "proxy"),
    ({"readers": "proxy"}, (), "reader_proxies"),
    ({"readers": "password"}, (), "kb user add"),
    ({"details": "readers"}, (), "details"),
    ({"readers": "proxy", "reader_proxies": ["127.0.0.1"], "origins": ["*"]}, (), "origins"),
    ({"readers": "proxy", "reader_proxies": ["127.0.0.1"], "caching": "shared"}, (), "caching"),
    ({"mode": "secret"}, (), "confidential"),
    ({"caching": "always"}, (), "private"),
    ({"monitors": ["somebody"]}, (), "网段"),
    ({"reader_header": "X Y"}, (), "请求头"),
]  # fmt: skip


@pytest.mark.parametrize(("serve", "arguments", "told"), INCONSISTENT)
def test_settings_that_contradict_one_another_are_refused_in_a_sentence(
    tmp_path: Path, settings: Settings, serve: dict[str, object], arguments: tuple[str, ...], told: str
) -> None:
    said = refused(config(tmp_path, settings, **serve), *arguments)
    assert told in said and said.count("\n") == 1


def test_letters_of_a_library_that_is_made_confidential_at_the_start_go_to_named_domains(
    tmp_path: Path, settings: Settings
) -> None:
    kb_toml = config(tmp_path, settings, address="https://kb.example.cn")
    with kb_toml.open("a", encoding="utf-8") as file:
        file.write('\n[mail]\nhost = "127.0.0.1"\nfrom = "kb@example.cn"\n')
    said = refused(kb_toml, "--mode", "confidential")
    assert "mail.domains" in said and said.count("\n") == 1


@pytest.mark.parametrize(("client", "told"), [("127.0.0.1", True), ("203.0.113.9", False)])
def test_what_the_operator_has_to_do_is_told_by_the_interface_to_whom_it_may(
    tmp_path: Path, settings: Settings, client: str, told: bool
) -> None:
    app = create_app(replace(settings, index=tmp_path / "none", boundary=MODES["public"]))
    answer = app.test_client().get("/api/v1/search?q=行政", environ_base={"REMOTE_ADDR": client})
    assert answer.status_code == 503 and answer.json
    assert ("kb index" in answer.json["detail"]) == told and answer.json["detail"]


def test_a_confidential_library_is_readable_by_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.txt").write_text(EXAMPLE, encoding="utf-8")
    (tmp_path / "two.txt").write_text(EXAMPLE.replace("1号", "2号"), encoding="utf-8")
    before = os.umask(0o022)
    try:
        for arguments in (["ingest", "one.txt"], ["index"]):
            with pytest.raises(SystemExit):
                main(arguments)
        assert open_to_others(tmp_path)
        (tmp_path / "kb.toml").write_text('[serve]\nmode = "confidential"\n', encoding="utf-8")
        with serving(tmp_path / "kb.toml") as one:
            assert one("/search?q=示例").status == 200
            one("/api/v1/corpus.jsonl.gz")
            assert not open_to_others(tmp_path)
            for arguments in (["ingest", "two.txt"], ["index"]):
                with pytest.raises(SystemExit):
                    main(arguments)
            assert "示府办〔2024〕2号" in one("/search?q=示例").text
        assert not open_to_others(tmp_path)
    finally:
        os.umask(before)
    capsys.readouterr()


def open_to_others(folder: Path) -> list[Path]:
    """What anybody but the owner may use in the library of a folder."""
    paths = [path for name in ("corpus", "index") for path in (folder / name, *(folder / name).rglob("*"))]
    return [path for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077]
