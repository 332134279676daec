"""Readers who sign in: nothing is open to others, and what guessing costs, on a real server."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kb.base.errors import BusyError, NotFoundError, StorageError, UsageError
from kb.config import readers
from kb.config.settings import Settings, load
from kb.web.context.gate import MISTAKES_OF_CLIENT, MISTAKES_OF_NAME, Admitted, Asked, Gate, Refused, among
from kb.web.site.app import create_app
from tests.web.conftest import LAW, REPORT
from tests.web.serving import Answer, Service, basic, config, serving

PASSWORD = "示例的密码要够长才好-12"
TOLD = {"id": LAW, "version": "x", "anchor": "art-2", "name": "示例局", "facet": "issuer", "filename": "style.css"}


@pytest.fixture(scope="module")
def folder(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A confidential library with a reader 张三 and a program."""
    folder = tmp_path_factory.mktemp("readers")
    config(
        folder,
        settings,
        mode="confidential",
        files="umask",
        readers="password",
        origins=["https://friend.example"],
        proxy="127.0.0.1",
        log=True,
    )
    readers.set_password(folder / "readers.json", "张三", PASSWORD)
    return folder


@pytest.fixture(scope="module")
def token(folder: Path) -> str:
    return readers.add_token(folder / "readers.json", "程序")


@pytest.fixture(scope="module")
def service(folder: Path, token: str) -> Iterator[Service]:
    with serving(folder / "kb.toml") as one:
        yield one


@pytest.fixture
def client(request: pytest.FixtureRequest) -> dict[str, str]:
    """The address of a client that no other test has: mistakes are counted by it."""
    number = abs(hash(request.node.name)) % 60_000
    return {"X_Forwarded_For": f"10.9.{number // 250}.{number % 250}"}


def is_closed(answer: Answer) -> bool:
    """Whether it is a refusal that tells nothing of what is here."""
    return answer.status == 401 and "示例" not in answer.text and "<" not in answer.text and "登录" in answer.text


def test_no_address_of_the_site_is_open_but_health(service: Service, settings: Settings) -> None:
    asked = 0
    for rule in create_app(settings).url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: TOLD[found[1]], rule.rule)
        for method in {"GET", "POST", "HEAD", "OPTIONS"} & (rule.methods or set()):
            answer = service(path, method)
            asked += 1
            if path == "/healthz":
                assert answer.text in ("ok\n", "", "有问题；原因只给管理员看。\n")
                continue
            assert answer.status == 401, (method, path, answer.status)
            assert method == "HEAD" or is_closed(answer), (method, path, answer.text[:200])
            assert "Basic" in answer.headers["www-authenticate"] and answer.headers["cache-control"].startswith("no-st")
    assert asked > 100
    for path in ("/nowhere", "/static/../readers.json", "/d/", "//"):
        assert service(path).status in (401, 404, 308, 400), path
        assert "示例" not in service(path).text


def test_a_strange_host_is_told_nothing_of_what_is_here(service: Service) -> None:
    answer = service("/", Host="stranger.example")
    assert answer.status == 400 and "<" not in answer.text and "stranger.example" in answer.text


def test_a_reader_reads_with_password_or_token_and_nothing_is_kept(service: Service, token: str) -> None:
    for sent in (basic("张三", PASSWORD), f"Bearer {token}", basic("程序", token)):
        for path in (f"/d/{REPORT}", "/api/v1/search?q=行政", "/status", "/metrics", f"/d/{REPORT}.md", "/healthz"):
            answer = service(path, Authorization=sent)
            assert answer.status in (200, 503 if path == "/healthz" else 200), (path, answer.text[:200])
            assert "no-store" in answer.headers["cache-control"]


def test_what_is_wrong_is_refused_alike(service: Service, token: str, client: dict[str, str]) -> None:
    wrong = [
        basic("张三", "错的密码错的密码错的"),
        basic("没有这个人", PASSWORD),
        basic("张三", token),
        f"Bearer {token}x",
    ]
    told = {service("/", Authorization=sent, **client).text for sent in wrong}
    assert len(told) == 1
    for sent in ("Basic !!!", "Basic", "Digest x", "Bearer", "Basic " + "A" * 5000, "Basic OjpA\x80", ""):
        assert service("/", Authorization=sent, X_Forwarded_For="10.8.8.8").status == 401
    lines = [json.loads(line) for line in service.logged.splitlines() if line.startswith("{")]
    refusals = [line for line in lines if line.get("event") == "sign-in refused"]
    assert {line["reader"] for line in refusals} <= {"张三", ""} and refusals
    for secret in (PASSWORD, token, "错的密码", "没有这个人"):
        assert secret not in service.logged


def test_an_unknown_name_costs_as_much_as_a_known_one() -> None:
    known = readers.Readers({"a": readers._HASHER.hash(PASSWORD)})

    def seconds(name: str) -> float:
        times = []
        for _ in range(5):
            started = time.process_time()
            assert not known.verifies(name, "x" * 20)
            times.append(time.process_time() - started)
        return min(times)

    assert 0.5 < seconds("a") / seconds("b") < 2


def test_guessing_makes_wait_whoever_guesses(settings: Settings, folder: Path) -> None:
    gate = Gate(load(folder / "kb.toml"))

    def guess(client: str, name: str = "张三", password: str = "x" * 20) -> Admitted | Refused:
        while True:
            try:
                return gate.admit(Asked(client, client, basic(name, password)))
            except BusyError:
                time.sleep(0.1)

    assert isinstance(guess("10.0.0.1", password=PASSWORD), Admitted)
    for _ in range(MISTAKES_OF_CLIENT):
        assert guess("2001:db8::1", "谁").status == 401  # type: ignore[union-attr]
    late = guess("2001:db8::2", password=PASSWORD)
    assert isinstance(late, Admitted), "one who is signed in already stays so"
    late = guess("2001:db8::3", "另一个")
    assert isinstance(late, Refused) and late.status == 429 and 200 < late.wait <= 301
    assert guess("2001:db8:1::1", "另一个").status == 401  # type: ignore[union-attr]
    for number in range(MISTAKES_OF_NAME):
        guess(f"10.1.0.{number}")
    stopped = guess("10.2.0.1")
    assert isinstance(stopped, Refused) and stopped.status == 429
    assert isinstance(guess("10.2.0.1", password=PASSWORD), Admitted)


def test_passwords_are_worked_out_so_many_a_second_and_one_that_was_right_only_once(folder: Path) -> None:
    gate, started = Gate(load(folder / "kb.toml")), time.monotonic()
    for number in range(200):
        assert isinstance(gate.admit(Asked("10.3.0.1", "10.3.0.1", basic("张三", PASSWORD))), Admitted), number
    assert time.monotonic() - started < 2
    started, answered = time.monotonic(), 0
    for number in range(100):
        with suppress(BusyError):
            gate.admit(Asked("", f"10.4.{number}.1", basic(f"n{number}", "x" * 20)))
            answered += 1
    assert answered <= 10 * (time.monotonic() - started + 1)


def test_a_feed_has_an_address_of_its_reader_that_opens_nothing_else(service: Service, folder: Path, client: dict[str, str]) -> None:  # fmt: skip
    page = service("/", Authorization=basic("张三", PASSWORD)).text
    found = re.search(r'href="(/changes\.atom\?key=[0-9a-f]{40})"', page)
    assert found
    secret = found[1]
    feed = service(secret)
    assert feed.status == 200 and "<feed" in feed.text
    assert "key=" not in re.sub(r'rel="self"[^>]*', "", feed.text)
    key = secret.partition("?")[2]
    assert service(f"/search.atom?q=行政&{key}").status == 200
    for path in (f"/?{key}", f"/d/{REPORT}?{key}", f"/api/v1/search?q=a&{key}", f"/search?q=a&{key}"):
        assert service(path).status == 401
    assert service("/changes.atom?key=" + "0" * 40, **client).status == 401
    readers.renew_feed(folder / "readers.json", "张三")
    assert service(secret, **client).status == 401
    assert secret.split("=")[1] not in service.logged


def test_who_is_removed_is_out_at_once(service: Service, folder: Path, client: dict[str, str]) -> None:
    path = folder / "readers.json"
    readers.set_password(path, "李四", PASSWORD)
    assert service("/", Authorization=basic("李四", PASSWORD)).status == 200
    readers.set_password(path, "李四", PASSWORD + "新")
    assert service("/", Authorization=basic("李四", PASSWORD), **client).status == 401
    assert service("/", Authorization=basic("李四", PASSWORD + "新")).status == 200
    readers.remove(path, "李四")
    assert service("/", Authorization=basic("李四", PASSWORD + "新"), **client).status == 401


def test_a_friendly_site_may_ask_with_a_token_and_no_other(service: Service, token: str) -> None:
    asking = {"Access_Control_Request_Method": "GET", "Access_Control_Request_Headers": "authorization"}
    allowed = service("/api/v1/search", "OPTIONS", Origin="https://friend.example", **asking)
    assert allowed.status == 200 and "Authorization" in allowed.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in allowed.headers
    assert service("/api/v1/search", "OPTIONS", Origin="https://stranger.example", **asking).status == 401
    answer = service("/api/v1/search?q=行政", Authorization=f"Bearer {token}", Origin="https://friend.example")
    assert answer.headers["access-control-allow-origin"] == "https://friend.example"


def test_a_damaged_list_of_readers_lets_nobody_in(settings: Settings, tmp_path: Path) -> None:
    kb_toml = config(tmp_path, settings, readers="password")
    path = tmp_path / "readers.json"
    readers.set_password(path, "a", PASSWORD)
    with serving(kb_toml) as one:
        assert one("/", Authorization=basic("a", PASSWORD)).status == 200
        path.write_text("{", encoding="utf-8")
        answer = one("/", Authorization=basic("a", PASSWORD))
        assert answer.status == 503 and "示例" not in answer.text and "<" not in answer.text
        assert str(tmp_path) not in answer.text and answer.headers["retry-after"]
        path.unlink()
        assert one("/", Authorization=basic("a", PASSWORD)).status == 503
    assert str(path) in one.logged


def test_a_password_that_cannot_be_worked_out_is_not_said_to_be_wrong(settings: Settings, tmp_path: Path) -> None:
    kb_toml = config(tmp_path, settings, readers="password")
    path = tmp_path / "readers.json"
    for name in ("甲", "乙"):
        readers.set_password(path, name, PASSWORD)
    file = json.loads(path.read_text(encoding="utf-8"))
    file["readers"]["甲"]["password"] = "$argon2id$?"
    file["readers"]["乙"]["password"] = re.sub("m=\\d+", "m=1", file["readers"]["乙"]["password"])
    path.write_text(json.dumps(file), encoding="utf-8")
    gate = Gate(load(kb_toml))
    for name in ("甲", "乙") * (MISTAKES_OF_CLIENT // 2 + 1):
        with pytest.raises(StorageError):
            gate.admit(Asked("10.7.7.7", "10.7.7.7", basic(name, PASSWORD)))
        gate._worked.clear()
    client = create_app(load(kb_toml)).test_client()
    answer = client.get("/", headers={"Authorization": basic("甲", PASSWORD)})
    assert answer.status_code == 503 and "甲" not in answer.text
    assert client.get("/", headers={"Authorization": basic("丙", PASSWORD)}).status_code == 401


def test_a_proxy_that_is_named_tells_the_reader_and_nobody_else_can(settings: Settings, tmp_path: Path) -> None:
    for named, status in ((["127.0.0.1"], 200), (["10.0.0.0/8"], 401)):
        kb_toml = config(tmp_path, settings, readers="proxy", reader_proxies=named, proxy="127.0.0.1", log=True)
        with serving(kb_toml) as one:
            assert one("/", X_Remote_User="zhang@example.cn", X_Forwarded_For="203.0.113.5").status == status
            assert one("/").status == 401 and "Basic" not in one("/").headers["www-authenticate"]
            assert one("/", X_Remote_User="a,b").status == 401
            assert one("/", X_Remote_User="").status == 401
            assert one("/healthz").status in (200, 503)
            assert (status == 200) == ('"reader": "zhang@example.cn"' in one.logged)


def test_networks_are_read_as_they_are_written() -> None:
    assert (
        among("10.1.2.3", ["10.0.0.0/8"])
        and among("::ffff:10.1.2.3", ["10.1.2.3"])
        and among("fd00::1%eth0", ["fd00::/8"])
    )
    assert not among("11.0.0.1", ["10.0.0.0/8"]) and not among("unix", ["127.0.0.1"]) and not among("", ["0.0.0.0/0"])


def test_the_file_tells_no_password_and_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "readers.json"
    assert readers.set_password(path, "a", PASSWORD) and not readers.set_password(path, "a", PASSWORD)
    token = readers.add_token(path, "b")
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text(encoding="utf-8")
    assert (
        PASSWORD not in text and token not in text and readers.feed_key(path, "a") not in text and "$argon2id$" in text
    )
    for name in ("", "a b", "a:b", "a/b", "a\n", "x" * 65):
        with pytest.raises(UsageError):
            readers.set_password(path, name, PASSWORD)
    for password in ("", "short", "x" * 129):
        with pytest.raises(UsageError):
            readers.set_password(path, "c", password)
    with pytest.raises(NotFoundError):
        readers.remove(path, "nobody")
    with pytest.raises(NotFoundError):
        readers.feed_key(path, "nobody")


def test_the_interface_says_that_it_wants_to_know_who_asks(service: Service, token: str, settings: Settings) -> None:
    told = json.loads(service("/api/v1/openapi.json", Authorization=f"Bearer {token}").text)
    assert {each["scheme"] for each in told["components"]["securitySchemes"].values()} == {"basic", "bearer"}
    assert all("401" in operation["responses"] for path in told["paths"].values() for operation in path.values())
    refused = service("/api/v1/search?q=行政")
    assert refused.headers["content-type"] == "application/problem+json" and json.loads(refused.text)["status"] == 401
    assert "security" not in create_app(settings).test_client().get("/api/v1/openapi.json").get_json()
