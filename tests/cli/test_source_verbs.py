"""Sources as an operator meets them: real `kb` processes, a real kb.toml, a site on loopback that news and trouble come to."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.corpus import front_matter
from tests.cli.running import Kb
from tests.conftest import BUNDLED
from tests.site import Content, Site, faults

_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COUNTS = ("new", "changed", "gone", "unchanged", "suspicious", "failed")


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(Content(posts=6)) as opened:
        yield opened


@pytest.fixture
def kb(tmp_path: Path, site: Site) -> Kb:
    """A folder with the bundled report and one source, which stands on loopback."""
    shutil.copytree(BUNDLED, tmp_path / "corpus", ignore=shutil.ignore_patterns(".lock", ".state"))
    (tmp_path / "kb.toml").write_text(_source("haojiang", site.url), encoding="utf-8")
    return Kb(tmp_path)


def _source(name: str, url: str, kind: str = "gkmlpt", more: str = "") -> str:
    given = f'[[source]]\nname = "{name}"\nkind = "{kind}"\nurl = "{url}"\n{more}'
    return given if kind == "files" else f"{given}allow_private = true\ndelay = 0\n"


def _add(kb: Kb, *given: str, **more: str) -> None:
    with (kb.folder / "kb.toml").open("a", encoding="utf-8") as file:
        file.write(_source(*given, **more))


def _counts(kb: Kb, *arguments: str, code: int = 0) -> dict[str, dict[str, int]]:
    answer: dict[str, dict[str, int]] = json.loads(kb("refresh", "--json", *arguments, code=code))["sources"]
    return answer


def test_one_command_fills_indexes_and_says_what_it_did(kb: Kb, site: Site) -> None:
    said = kb("refresh")
    assert "haojiang：新增 6，更新 0，撤下 0，未变 0，可疑 0，失败 0" in said
    post = site.content.listed()[0]
    assert json.loads(kb("search", post.title, "--json"))["hits"][0]["document"] == f"haojiang-{post.id}"
    assert kb("check").endswith("完好。\n")
    assert _counts(kb) == {"haojiang": dict.fromkeys(COUNTS, 0) | {"unchanged": 6}}
    assert kb("refresh", "--dry-run", "--full", "haojiang").startswith("haojiang：新增 0")


def test_the_district_s_related_notices_come_beside_the_bundled_report(kb: Kb, site: Site) -> None:
    """The report stands in the folder of the very source that is judged by it."""
    wanted = {f"haojiang-{post.id}" for post in site.content.listed() if "行政" in post.subject}
    assert 0 < _counts(kb, "haojiang", "--related")["haojiang"]["new"] < 6
    taken = {path.stem for path in (kb.folder / "corpus/haojiang").glob("haojiang-2400*.md") if "-a" not in path.stem}
    assert wanted <= taken
    assert _counts(kb, "haojiang", "--related")["haojiang"]["new"] == 0


def test_every_kind_of_source_is_tried_taken_and_kept_fresh(kb: Kb, site: Site) -> None:
    inbox = kb.folder / "inbox"
    inbox.mkdir()
    (inbox / "示例通知.txt").write_text("示例区关于示例工作的通知\n各示例单位：\n示例正文。\n", encoding="utf-8")
    _add(kb, "liebiao", f"{site.url}/list/index.html", kind="listing", more='css = { item = "ul.news > li" }\n')
    _add(kb, "rss", f"{site.url}/feed.xml", kind="feed")
    _add(kb, "ditu", f"{site.url}/sitemap.xml", kind="sitemap")
    _add(kb, "danye", f"{site.url}/content/post_2400003.html", kind="page")
    _add(kb, "shoujianxiang", "inbox", kind="files")
    wanted = {"haojiang": 6, "liebiao": 6, "rss": 6, "ditu": 6, "danye": 1, "shoujianxiang": 1}
    for name in wanted:
        assert "✓" in kb("source", "try", name)
    assert not (kb.folder / "corpus/.state").exists()
    assert {name: counts["new"] for name, counts in _counts(kb).items()} == wanted
    before = len(site.requests)
    assert {name: counts["unchanged"] for name, counts in _counts(kb).items()} == wanted
    asked = [request.path for request in site.requests[before:] if request.path != "/robots.txt"]
    assert len(asked) == 5, asked  # one list each, and the single page, conditionally
    assert kb("check").endswith("完好。\n")


def test_what_is_proposed_for_an_address_can_be_pasted(kb: Kb, site: Site) -> None:
    assert "--allow-private" in _refused(kb, "source", "add", site.url)
    proposed = kb("source", "add", "--allow-private", site.url)
    (kb.folder / "kb.toml").write_text(proposed + "delay = 0\n", encoding="utf-8")
    name = json.loads(kb("status", "--json", code=1))["sources"][0]["name"]
    assert "列表共 6 条" in kb("source", "try", name)
    assert _counts(kb)[name]["new"] == 6


def _refused(kb: Kb, *arguments: str, code: int = 7) -> str:
    kb(*arguments, code=code)
    return kb.said


def test_a_broken_site_is_an_alarm_until_it_is_well(kb: Kb, site: Site) -> None:
    assert "警报：还没有更新过：请运行 kb refresh haojiang" in kb("status", code=1)
    kb("refresh")
    site.faults.put("/gkmlpt/*", faults.challenge(521))
    assert "可疑" in kb("refresh", code=1) + kb.said
    assert "警报：最近一次更新失败" in kb("status", code=1)
    site.faults.clear()
    kb("refresh")
    assert "警报" not in kb("status")


def test_an_older_version_can_be_shown_and_compared(kb: Kb, site: Site) -> None:
    kb("refresh")
    post = site.content.listed()[1]
    site.content.edit(post)
    assert _counts(kb, "--full")["haojiang"] == dict.fromkeys(COUNTS, 0) | {"changed": 1, "unchanged": 5}
    id = f"haojiang-{post.id}"
    _, older = json.loads(kb("show", id, "--json"))["versions"]
    assert "第1次修改" in kb("show", id) and "第1次修改" not in kb("show", f"{id}@{older['version']}")
    shown = json.loads(kb("show", f"{id}@{older['version']}", "--json"))
    assert (shown["version"], shown["provenance"]["snapshot"]) == (older["version"], older["sha256"])
    assert "第1次修改" in kb("diff", id)
    kb("show", f"{id}@2000-01-01-00000000", code=3)


def test_wrong_and_dead_sources_stop_no_other(kb: Kb) -> None:
    _add(kb, "si", "http://127.0.0.1:9")
    _add(kb, "cuo", "ftp://127.0.0.1", kind="feed")
    counts = _counts(kb, "haojiang", "cuo", code=1)
    assert (counts["haojiang"]["new"], counts["cuo"]["failed"]) == (6, 1)
    assert "第 16 行：url “ftp://127.0.0.1”不是完整的网址" in kb("status", code=1)
    assert "连不上 127.0.0.1:9" in _refused(kb, "source", "try", "si")


def test_another_reading_of_the_same_bytes_is_shown_and_written_when_asked(kb: Kb, site: Site) -> None:
    """As an older version of the program would have left them: one title otherwise, in one text a person's edit."""
    kb("refresh")
    one, other = (kb.folder / f"corpus/haojiang/haojiang-{post.id}.md" for post in site.content.listed()[:2])
    one.write_text(front_matter.seal(one.read_text("utf-8").replace("title: ", "title: 旧")), encoding="utf-8")
    other.write_text(other.read_text("utf-8").replace("示例要求", "示例要求二"), encoding="utf-8")
    kb("check", "--accept", other.stem, code=1)
    shown = kb("rederive")
    assert f"{one.stem}：有差别的是 title" in shown and "-（一）示例要求二" in shown
    assert "2 份有差别，写入 1 份" in kb("rederive", "--write")
    assert "title: 旧" not in one.read_text("utf-8") and "示例要求二" in other.read_text("utf-8")


def test_status_tells_of_a_refresh_that_runs_and_of_one_that_was_killed(kb: Kb, site: Site) -> None:
    assert "文件 1 份" in kb("status", code=1)  # the bundled report
    site.faults.put("/gkmlpt/*", faults.slow(0.5))
    with subprocess.Popen([sys.executable, "-m", "kb", "refresh"], cwd=kb.folder, stderr=subprocess.PIPE) as refresh:
        while not any(request.path.startswith("/gkmlpt") for request in site.requests):
            assert refresh.poll() is None
        said = kb("status")
        assert f"正在更新（进程号 {refresh.pid}，20" in said and "警报" not in said
        refresh.kill()
    said = kb("status", code=1)
    assert "被打断：再运行 kb refresh haojiang 会接着做" in said
    assert "警报：第一次更新（20" in said and "文件不全" in said
    site.faults.clear()
    kb("refresh")
    assert "被打断" not in kb("status") and "文件 1 份" not in kb("status")


def test_an_index_step_that_fails_at_every_refresh_is_an_alarm_until_it_succeeds(kb: Kb, site: Site) -> None:
    (kb.folder / "index").write_text("示例：这里不该有文件", encoding="utf-8")
    kb("refresh", code=1)
    assert "索引警报：自 20" in kb("status", code=1)
    since = json.loads(kb("status", "--json", code=1))["index"]
    site.content.add()
    kb("refresh", code=1)
    assert json.loads(kb("status", "--json", code=1))["index"] == since
    (kb.folder / "index").unlink()
    kb("index")
    assert json.loads(kb("status", "--json"))["index"] == ""


def test_an_index_step_that_was_killed_is_an_alarm_until_check_finds_all_well(kb: Kb) -> None:
    kb("refresh")
    note = kb.folder / "corpus/.state/.index.json"
    note.write_text('{"started": "2021-01-02T03:04:05Z", "since": ""}', encoding="utf-8")
    assert "更新索引（2021-01-02T03:04:05Z 开始）被打断" in kb("status", code=1)
    note.write_text("{", encoding="utf-8")
    assert "索引警报：读不了" in kb("status", code=1)
    kb("check")
    assert "警报" not in kb("status")


def test_the_bar_shows_no_number_that_cannot_be(kb: Kb, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _add(kb, "rss", f"{site.url}/feed.xml", kind="feed")
    monkeypatch.setenv("FORCE_COLOR", "1")
    kb("refresh")
    shown = {(int(done), total) for done, total in re.findall(r"(\d+)/(\d+|\?)", _STYLE.sub("", kb.said))}
    assert (6, "?") in shown  # a feed does not say how many it has
    assert all(total == "?" or done <= int(total) for done, total in shown)
