"""The pages over a corpus that was refreshed from a real site: one source has an alarm, one document is gone, one changed."""

from __future__ import annotations

import json
import re
import shutil
import threading
from dataclasses import replace
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient

from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.law.store import Store
from kb.upkeep.findings import acknowledge
from kb.upkeep.verdict import verdict
from kb.web.context import freshness
from kb.web.site.app import create_app
from kb.web.view.interface_labels import chinese_date
from tests.keeping import keep_in_step
from tests.web.conftest import BUNDLED, Refreshed
from tests.web.test_pages import page, texts


@pytest.fixture(scope="module")
def client(refreshed: Refreshed) -> FlaskClient:
    return create_app(refreshed.settings).test_client()


@pytest.fixture
def copied(refreshed: Refreshed, empty: Settings) -> Settings:
    """The refreshed corpus, to be changed by a test."""
    shutil.copytree(refreshed.settings.corpus, empty.corpus)
    shutil.copytree(refreshed.settings.index, empty.index)
    return Settings(empty.corpus, empty.index, "127.0.0.1", 0, 10_000_000, 60, sources=refreshed.settings.sources)


def rows(client: FlaskClient, address: str) -> dict[str, list[str]]:
    """The table of searched sources, by name."""
    table = page(client, address).select("details.scope tbody tr")
    return {texts(row, "th")[0]: texts(row, "td") for row in table}


def test_status_tells_of_each_source_what_an_operator_needs(client: FlaskClient, refreshed: Refreshed) -> None:
    shown = page(client, "/status")
    good, dead = shown.select("section.source")
    figures = dict(zip(texts(good, ".figures dt"), texts(good, ".figures dd"), strict=True))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d (刚刚|\d+ (分钟|小时)前)", figures["上次成功"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", figures["下次应在"])
    assert figures["文件"] == str(sum(id.startswith("shili-") for id in Corpus(refreshed.settings.corpus).ids()))
    assert texts(good, ".counts span") == ["新增 0", "更新 1", "撤下 1", "未变 5", "可疑 1", "失败 0"]
    assert refreshed.suspicious.title in " ".join(texts(good, "details"))
    assert [link["href"] for link in good.select("details .address a")] == [refreshed.url + refreshed.suspicious.path]
    assert "最近一次更新失败" in texts(dead, ".trouble")[0]
    assert "还没有过" in dead.get_text()


def test_status_tells_how_the_index_is(client: FlaskClient, copied: Settings) -> None:
    sound = page(client, "/status")
    figures = dict(zip(texts(sound, "#kb-index ~ dl dt"), texts(sound, "#kb-index ~ dl dd"), strict=True))
    assert figures["文件"] == str(len(Corpus(copied.corpus).ids()))
    assert not texts(sound, "#kb-index ~ .trouble")
    next(copied.corpus.glob("shili/*.md")).unlink()
    assert "kb index" in texts(page(create_app(copied).test_client(), "/status"), "#kb-index ~ .trouble")[0]
    shutil.rmtree(copied.index)
    assert "kb index" in texts(page(create_app(copied).test_client(), "/status"), "#kb-index ~ .trouble")[0]


def test_a_monitor_gets_503_and_the_alarms_in_words(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.mimetype) == (503, "text/plain")
    first, second = answer.text.splitlines()
    assert first.startswith("示例区人民政府：") and "可疑" in first
    assert second.startswith("示例停机网站：最近一次更新失败")


@pytest.mark.parametrize("address", ["/", "/search", "/search?q=示例", "/nowhere", "document"])
def test_every_page_carries_the_alarms_and_leads_to_them(
    client: FlaskClient, refreshed: Refreshed, address: str
) -> None:
    if address == "document":
        address = f"/d/{refreshed.changed}"
    shown = page(client, address, 404 if address == "/nowhere" else 200)
    assert "示例停机网站" in texts(shown, "aside.alarms")[0]
    assert [link["href"] for link in shown.select("aside.alarms a")] == ["/status"]


def test_an_alarm_ends_when_the_source_is_well_again(copied: Settings) -> None:
    client = create_app(copied).test_client()
    assert len(client.get("/healthz").text.splitlines()) == 2
    for path in (copied.corpus / ".state").glob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        record |= {"error": "", "notes": [], "lacking": {}, "succeeded": record["attempted"]}
        record["counts"]["suspicious"] = 0
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(record), encoding="utf-8")
        fresh.replace(path)
    assert client.get("/healthz").text == "ok\n"
    assert not page(client, "/").select(".alarms")


def test_nobody_waits_for_the_look_that_is_due_each_minute(copied: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    minutes = 0.0
    monkeypatch.setattr(freshness, "monotonic", lambda: 1000 + 60 * minutes)
    client = create_app(copied).test_client()
    before = client.get("/healthz").text
    next(copied.corpus.glob("shili/*.md")).unlink()
    assert client.get("/healthz").text == before
    minutes = 1.1
    assert client.get("/healthz").text == before
    for thread in threading.enumerate():
        if thread.name == "verdict":
            thread.join()
    assert "有 1 份文件" in client.get("/healthz").text
    next(copied.corpus.glob("shili/*.md")).unlink()
    minutes = 3.5
    assert "有 2 份文件" in client.get("/healthz").text, "what is older than two minutes is told to nobody"


def test_a_state_that_cannot_be_read_is_an_alarm_of_its_source_alone(copied: Settings) -> None:
    (copied.corpus / ".state" / "shili.json").write_text("{", encoding="utf-8")
    client = create_app(copied).test_client()
    assert "示例区人民政府：读不了" in client.get("/healthz").text
    assert "读不了" in texts(page(client, "/status"), "section.source .trouble")[0]
    assert 'kb_refresh_alarm{source="shili"} 1.0' in client.get("/metrics").text
    assert page(client, "/search?q=示例").select(".hit")


def test_a_damaged_record_of_a_suspicious_page_is_named(copied: Settings) -> None:
    (record,) = (copied.corpus / ".suspicious" / "shili").iterdir()
    record.write_text("[]", encoding="utf-8")
    assert record.name in page(create_app(copied).test_client(), "/status").get_text()


@pytest.mark.parametrize("query", ["示例", "“查无此语”"])
def test_results_say_what_was_searched_and_how_fresh_it_is(
    client: FlaskClient, refreshed: Refreshed, query: str
) -> None:
    found = rows(client, f"/search?q={query}")
    documents, fetched, newest = found["示例区人民政府"]
    assert documents == str(sum(id.startswith("shili-") for id in Corpus(refreshed.settings.corpus).ids()))
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d", fetched)
    assert newest.endswith(chinese_date(refreshed.newest.day))
    assert found["示例停机网站"][0] == "还没有"
    assert found["示例停机网站"][1].startswith("还没有取过")
    assert found["haojiang"][1] == "手工收录，不自动更新"
    (line,) = texts(page(client, f"/search?q={query}"), "p.scope")
    assert "检索了 2 个来源" in line and "最近取得于" in line and "最新文件" in line


def test_a_withdrawn_document_says_so_first(client: FlaskClient, refreshed: Refreshed) -> None:
    shown = page(client, f"/d/{refreshed.withdrawn}")
    (notice,) = texts(shown, "header.document > h1 ~ .standing")
    assert re.match(r"已撤下 \d{4}年\d+月\d+日", notice)
    assert shown.select(".text p")
    assert not page(client, f"/d/{refreshed.changed}").select(".withdrawn")


def test_each_version_can_be_read_and_leads_to_the_present_one(client: FlaskClient, refreshed: Refreshed) -> None:
    corpus, id = Corpus(refreshed.settings.corpus), refreshed.changed
    shown = page(client, f"/d/{id}")
    links = [unquote(str(link["href"])) for link in shown.select(".versions a[href*='/versions/']")]
    present, old = corpus.history(id)
    assert links == [f"/d/{id}/versions/{present.version}", f"/d/{id}/versions/{old.version}"]
    assert "第1次修改" in shown.select_one(".text").get_text()  # type: ignore[union-attr]
    before = page(client, links[1])
    assert "旧版本" in texts(before, ".standing.old")[0]
    assert [link["href"] for link in before.select(".standing a")] == [f"/d/{id}"]
    assert "第1次修改" not in before.select_one(".text").get_text()  # type: ignore[union-attr]
    assert before.select("nav.outline a[href='#1-1']")
    assert "现行版本" in texts(page(client, links[0]), ".standing")[0]


def test_the_snapshot_of_a_version_is_its_own(client: FlaskClient, refreshed: Refreshed) -> None:
    corpus, id = Corpus(refreshed.settings.corpus), refreshed.changed
    history = corpus.history(id)
    assert len(history) > 1
    for version in history:
        shown = page(client, f"/d/{id}/versions/{version.version}")
        (link,) = shown.select(".provenance a[download]")
        assert client.get(str(link["href"])).data == corpus.snapshot(version.sha256)


def test_an_unknown_version_is_answered_with_those_there_are(client: FlaskClient, refreshed: Refreshed) -> None:
    near = page(client, f"/d/{refreshed.changed}/versions/2000-01-01-00000000", 404)
    assert len(near.select(".suggestions a")) == 3
    for link in near.select(".suggestions a"):
        page(client, str(link["href"]))


def test_an_attachment_says_whether_it_was_read(client: FlaskClient, refreshed: Refreshed) -> None:
    shown = page(client, f"/d/{refreshed.attached}")
    (item,) = shown.select(".attachments li")
    document, address = (str(link["href"]) for link in item.select("a"))
    assert address.startswith(refreshed.url) and "已收录" in item.get_text()
    assert f"/d/{refreshed.attached}" in [link["href"] for link in page(client, document).select(".metadata a")]


def test_the_interface_answers_status_and_versions(client: FlaskClient, refreshed: Refreshed) -> None:
    id = refreshed.changed
    answer = client.get(f"/api/v1/documents/{id}").json
    assert answer and answer == json.loads(json.dumps(Corpus(refreshed.settings.corpus).as_json(id)))
    assert answer["status"] == "current"
    assert [version.keys() for version in answer["versions"]] == [{"version", "date", "sha256"}] * 2
    for version in answer["versions"]:
        one = client.get(f"/api/v1/documents/{id}/versions/{version['version']}").json
        assert one and one["version"] == version["version"]
        assert one["provenance"]["snapshot"] == version["sha256"]
        assert (one["status"], one["versions"]) == ("current", answer["versions"])
    withdrawn = client.get(f"/api/v1/documents/{refreshed.withdrawn}").json
    assert withdrawn and withdrawn["status"] == "withdrawn" and len(withdrawn["versions"]) == 1
    missing = client.get(f"/api/v1/documents/{id}/versions/none")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")


def test_every_page_about_a_document_and_its_versions_opens(client: FlaskClient, refreshed: Refreshed) -> None:
    corpus, routes = Corpus(refreshed.settings.corpus), client.application.url_map
    opened = set[str]()
    for id in (refreshed.changed, refreshed.withdrawn, refreshed.attached):
        versions = [each.version for each in corpus.history(id)]
        for rule in routes.iter_rules():
            if "GET" in (rule.methods or ()) and {"id"} <= rule.arguments <= {"id", "version"}:
                for version in versions if "version" in rule.arguments else ("",):
                    given = {"id": id, "version": version} if version else {"id": id}
                    _, path = rule.build(given) or ("", "")
                    assert client.get(path).status_code < 500, path
                    opened.add(rule.rule)
    assert "/d/<id>/provenance" in opened and len(opened) > 10


def test_an_unreadable_old_version_takes_nothing_else_down(copied: Settings, refreshed: Refreshed) -> None:
    id = refreshed.changed
    old = Corpus(copied.corpus).versions(id)[0]
    (copied.corpus / "shili" / id / f"{old}.md").write_bytes(b"\xff\xfe\xff")
    client = create_app(copied).test_client()
    assert len(page(client, f"/d/{id}").select(".versions a[href*='/versions/']")) == 2
    assert client.get(f"/api/v1/documents/{id}").status_code == 200
    assert "UTF-8" in page(client, f"/d/{id}/versions/{old}", 500).get_text()


def test_text_kept_beside_hand_edits_is_not_called_old(copied: Settings, refreshed: Refreshed) -> None:
    corpus, id = Corpus(copied.corpus), refreshed.changed
    path = copied.corpus / "shili" / f"{id}.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n手工补充（示例）\n", encoding="utf-8")
    later = str(int(corpus.read(id).provenance.retrieved[:4]) + 1)
    version = next((copied.corpus / "shili" / id).glob("*.md"))
    text = version.read_text(encoding="utf-8")
    version.write_text(re.sub(r"(  retrieved: '?)\d{4}", rf"\g<1>{later}", text), encoding="utf-8")
    shown = page(create_app(copied).test_client(), f"/d/{id}/versions/{version.stem}")
    assert "另存的版本" in texts(shown, ".standing")[0]


def test_with_the_bundled_report_alone_the_front_page_says_what_is_missing(empty: Settings) -> None:
    shutil.copytree(BUNDLED, empty.corpus, ignore=shutil.ignore_patterns(".lock"))
    keep_in_step(empty)
    client = create_app(empty).test_client()
    assert texts(page(client, "/"), ".beginning code") == ["kb refresh haojiang --related"]
    assert "检索不到" in page(client, "/").get_text()


def test_without_sources_nothing_is_said_of_them(empty: Settings) -> None:
    shutil.copytree(BUNDLED, empty.corpus, ignore=shutil.ignore_patterns(".lock"))
    keep_in_step(empty)
    client = create_app(empty).test_client()
    assert client.get("/healthz").text == "ok\n"
    assert not page(client, "/").select(".alarms")
    shown = page(client, "/status")
    assert not shown.select("section.source, .alarms") and "没有启用来源" in shown.get_text()
    assert "最近取得于" not in texts(page(client, "/search?q=行政复议"), "p.scope")[0]
    assert not page(client, "/d/haojiang-2021-report").select(".versions, .attachments, .standing")


def test_a_source_that_was_never_refreshed_is_late(empty: Settings, refreshed: Refreshed) -> None:
    keep_in_step(empty)
    named = Settings(empty.corpus, empty.index, "127.0.0.1", 0, 1, 60, sources=refreshed.settings.sources)
    client = create_app(named).test_client()
    told = client.get("/healthz")
    assert told.status_code == 503 and told.text.count("还没有更新过：请运行 kb refresh") == 2
    assert "还没有更新过：请运行 kb refresh shili" in page(client, "/status").get_text()
    measured = client.get("/metrics").text
    assert 'kb_refresh_alarm{source="shili"} 1.0' in measured
    assert 'kb_refresh_success_timestamp{source="shili"} 0.0' in measured


def test_what_somebody_knows_of_and_a_closed_source_fire_no_alert(empty: Settings, refreshed: Refreshed) -> None:
    keep_in_step(empty)
    first, second = refreshed.settings.sources[:2]
    sources = (first, replace(second, closed=True))
    named = Settings(empty.corpus, empty.index, "127.0.0.1", 0, 1, 60, sources=sources)
    client = create_app(named).test_client()
    measured = client.get("/metrics").text
    assert f'kb_refresh_alarm{{source="{first.name}"}} 1.0' in measured
    assert f'source="{second.name}"' not in measured
    found = verdict(named, Corpus(named.corpus), None, Store(named.index)).findings
    acknowledge([f"{first.name}/late"], found, named.corpus, "示例")
    measured = create_app(named).test_client().get("/metrics").text
    assert f'kb_refresh_alarm{{source="{first.name}"}} 0.0' in measured
    assert f'kb_finding{{name="{first.name}/late"}} 0.0' in measured


def test_the_example_rules_leave_it_to_the_findings_when_a_source_is_late() -> None:
    rules = (BUNDLED.parent / "docs" / "deploy" / "alerts.yaml").read_text(encoding="utf-8")
    assert "kb_refresh_alarm" in rules and "kb_refresh_success_timestamp" not in rules


def test_an_index_that_every_refresh_leaves_behind_is_told_everywhere(copied: Settings) -> None:
    (copied.corpus / ".state" / ".index.json").write_text(
        '{"problem": "示例：磁盘已满。", "since": "2021-01-02T03:04:05Z"}', encoding="utf-8"
    )
    client = create_app(copied).test_client()
    sentence = "自 2021-01-02T03:04:05Z 起，索引没有跟上语料库：示例：磁盘已满。"
    assert f"索引：{sentence}" in client.get("/healthz").text
    assert sentence in page(client, "/status").get_text()
    assert "kb_index_alarm 1.0" in client.get("/metrics").text


def test_the_front_page_of_a_refreshed_corpus_names_sources_as_readers_know_them(client: FlaskClient) -> None:
    assert any(name.startswith("示例区人民政府 ") for name in texts(page(client, "/"), ".values a"))
    assert not page(client, "/").select(".beginning")
