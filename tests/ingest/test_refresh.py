"""A refresh against a real site on loopback: nothing is lost, nothing doubtful gets in, no page is asked for in vain."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer

import pytest
import trustme

from kb.base.errors import StorageError, UsageError
from kb.config.settings import load
from kb.config.sources import Select, only_related
from kb.fetch.network.pace import Hosts, SystemClock
from kb.ingest import pipeline
from kb.ingest.rederive import rederive
from kb.upkeep import seals
from kb.upkeep.refresh import chosen, refresh
from kb.upkeep.status import status
from tests.ingest.refreshing import Hasty, Library, source
from tests.site import Content, Site, faults
from tests.site.answer import Answer

_ROOT = Path(__file__).parents[2]


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(Content(posts=12)) as opened:
        yield opened


@pytest.fixture
def library(site: Site, tmp_path: Path) -> Library:
    return Library(tmp_path / "library", source(site.url))


class _Later(SystemClock):
    """The system's clock, some days on."""

    def __init__(self, days: float) -> None:
        self._days = days

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self._days)


def _later(days: float) -> Hosts:
    return Hosts(_Later(days))


def _asked(site: Site, before: int) -> list[str]:
    return [request.path for request in site.requests[before:] if request.path != "/robots.txt"]


def test_the_first_refresh_takes_everything_and_it_can_be_searched(site: Site, library: Library) -> None:
    tally = library.refresh()
    assert tally.counts() == {"new": 12, "changed": 0, "gone": 0, "unchanged": 0, "suspicious": 0, "failed": 0}
    post = site.content.listed()[0]
    document = library.document(post.id)
    assert document.metadata.title == post.title
    assert all(line in document.text for line in post.paragraphs)
    assert library.engine.search(f'"{post.paragraphs[-2][:12]}"').total >= 1
    assert not list(library.corpus.check())


def test_the_exchange_and_the_list_are_kept_with_the_document(site: Site, library: Library) -> None:
    library.refresh()
    post = site.content.listed()[0]
    provenance = library.document(post.id).provenance
    assert provenance.exchange is not None and provenance.exchange.status == 200
    assert provenance.exchange.url == site.url + post.path
    assert provenance.exchange.response["Content-Type"].startswith("text/html")
    assert provenance.listed["标题"] == post.title
    assert post.title.encode() in library.corpus.snapshot(provenance.snapshot)


def test_with_nothing_new_one_page_of_the_list_is_asked_for(site: Site, library: Library) -> None:
    library.refresh()
    before = len(site.requests)
    tally = library.refresh()
    assert tally.counts() == {"new": 0, "changed": 0, "gone": 0, "unchanged": 12, "suspicious": 0, "failed": 0}
    assert _asked(site, before) == [f"/gkmlpt/api/all/0?page=1&sid={754999}"]


def test_news_costs_one_page_each(site: Site, tmp_path: Path) -> None:
    site.content.add(98)
    library = Library(tmp_path / "library", source(site.url))
    library.refresh()
    added = site.content.add(3)
    before = len(site.requests)
    tally = library.refresh()
    assert (tally.new, tally.unchanged) == (3, 110)
    assert len(_asked(site, before)) == 1 + len(added)
    site.content.add(101)
    before = len(site.requests)
    assert library.refresh().new == 101
    assert len([path for path in _asked(site, before) if "/api/" in path]) == 2


def test_a_twin_is_one_document(tmp_path: Path) -> None:
    with Site(Content(posts=6, twins_every=3)) as site:
        _check_twins(site, Library(tmp_path / "library", source(site.url)))


def _check_twins(site: Site, library: Library) -> None:
    twins = [post for post in site.content.listed() if post.twin]
    assert twins
    assert library.refresh().new == 6
    assert sum(id.startswith(f"shili-{twins[0].id}") and "-a" not in id for id in library.corpus.ids()) == 1
    assert library.refresh().counts()["unchanged"] == 6
    assert f"shili-{twins[0].twin}" not in library.corpus.ids()


def test_an_attachment_becomes_a_document_of_its_own(site: Site, library: Library) -> None:
    library.refresh()
    post = next(post for post in site.content.listed() if post.attached)
    (attachment,) = library.document(post.id).provenance.attachments
    attached = library.corpus.read(attachment.document)
    assert attached.provenance.attached_to == f"shili-{post.id}"
    assert attached.provenance.origin == site.url + post.attachment_path


def test_an_unreadable_attachment_is_listed_with_its_reason_and_kept(site: Site, library: Library) -> None:
    site.faults.put("/gkmlpt/attachment/*", lambda _: Answer(b"PK\x03\x04 word/ torn", "application/octet-stream"))
    assert library.refresh().new == 12
    post = next(post for post in site.content.listed() if post.attached)
    (attachment,) = library.document(post.id).provenance.attachments
    assert not attachment.document and attachment.reason
    assert library.corpus.snapshot(attachment.snapshot) == b"PK\x03\x04 word/ torn"


def test_an_edited_page_becomes_a_version(site: Site, library: Library) -> None:
    library.refresh()
    post = site.content.listed()[3]
    old = library.document(post.id).text
    site.content.edit(post)
    tally = library.refresh(full=True)
    assert (tally.changed, tally.unchanged) == (1, 11)
    assert library.document(post.id).text != old
    present, before = library.corpus.history(f"shili-{post.id}")
    assert library.corpus.read(f"shili-{post.id}", before.version).text == old
    assert library.corpus.read(f"shili-{post.id}", present.version).text != old
    assert present.sha256 != before.sha256


def test_a_flag_in_the_list_is_news(site: Site, library: Library) -> None:
    library.refresh()
    post = site.content.listed()[0]
    site.content.abolish(post)
    before = len(site.requests)
    assert library.refresh().changed == 1
    assert library.document(post.id).metadata.labels["有效性"] == "已废止"
    assert len(_asked(site, before)) == 2


def test_a_withdrawn_post_is_marked_and_stays(site: Site, library: Library) -> None:
    library.refresh()
    post = site.content.listed()[3]
    text = library.document(post.id).text
    site.content.withdraw(post)
    assert library.refresh().gone == 0
    tally = library.refresh(full=True)
    assert (tally.gone, tally.unchanged) == (1, 11)
    document = library.document(post.id)
    assert (document.status, document.text) == ("withdrawn", text)
    assert document.as_json()["status"] == "withdrawn"
    assert library.refresh(full=True).gone == 0
    post.withdrawn = False
    assert library.refresh(full=True).changed == 1
    assert library.document(post.id).status == "current"


def test_a_walk_that_broke_off_as_it_marked_a_withdrawn_post_leaves_the_same_memory(
    site: Site, library: Library
) -> None:
    library.refresh()
    post = site.content.listed()[3]
    site.content.withdraw(post)
    columns = "outcome, digest, etag, modified"
    with closing(sqlite3.connect(library.corpus.root / ".state" / "shili.sqlite", isolation_level=None)) as memory:
        (before,) = memory.execute(f"select {columns} from post where key = ?", (str(post.id),))
        assert before[2], "the site names the state of its pages"
        library.refresh(full=True)
        undisturbed = library.posts()
        # The document is marked, and the memory was neither written nor sealed.
        assert seals.unseal(library.corpus.root, "shili")
        memory.execute(f"update post set ({columns}) = (?, ?, ?, ?) where key = ?", (*before, str(post.id)))
    library.refresh(full=True)
    assert library.posts() == undisturbed


def test_a_full_sweep_comes_by_itself(site: Site, library: Library) -> None:
    library.refresh()
    site.content.withdraw(site.content.listed()[3])
    assert library.refresh(hosts=_later(6)).gone == 0
    assert library.refresh(hosts=_later(8)).gone == 1


@pytest.mark.parametrize(
    "fault",
    [
        faults.challenge(521),
        faults.challenge(412),
        faults.challenge(200),
        faults.status(403),
        faults.login(),
        faults.empty(),
    ],
)
def test_a_page_that_is_none_is_set_aside_and_replaces_nothing(
    site: Site, library: Library, fault: faults.Fault
) -> None:
    library.refresh()
    post = site.content.listed()[3]
    good = library.files()
    site.content.edit(post)
    site.faults.put(post.path, fault)
    tally = library.refresh(full=True)
    assert (tally.suspicious, tally.changed, tally.unchanged) == (1, 0, 11)
    assert any(post.title in note for note in tally.notes)
    assert library.files() == good
    assert len(list((library.corpus.root / ".suspicious/shili").iterdir())) == 1
    site.faults.clear()
    assert library.refresh().changed == 1


def test_a_page_that_shrank_to_a_tenth_is_set_aside(site: Site, library: Library) -> None:
    library.refresh()
    post = site.content.listed()[3]
    good = library.document(post.id)
    site.content.shrink(post)
    assert library.refresh(full=True).suspicious == 1
    assert library.document(post.id) == good


def test_a_site_that_only_challenges_is_left_alone(site: Site, library: Library) -> None:
    library.refresh()
    site.faults.put("/gkmlpt/content/*", faults.challenge())
    before = len(site.requests)
    tally = library.refresh(full=True)
    assert tally.error and tally.suspicious == 5
    assert len(_asked(site, before)) < 10
    site.faults.clear()
    assert not library.refresh().error


@pytest.mark.parametrize("fault", [faults.challenge(), faults.empty(), faults.status(404), faults.status(200, "{}")])
def test_a_list_that_is_none_takes_nothing_away(site: Site, library: Library, fault: faults.Fault) -> None:
    library.refresh()
    good = library.files()
    site.faults.put("/gkmlpt/api/*", fault)
    tally = library.refresh(full=True)
    assert tally.error and tally.failed and not tally.gone
    assert library.files() == good
    (state,) = status((library.source,), library.corpus)
    assert tally.error in state.alarm


def test_an_empty_list_is_not_a_site_without_documents(site: Site, library: Library) -> None:
    library.refresh()
    site.faults.put("/gkmlpt/api/*", faults.status(200, '{"articles": [], "classify": {"post_count": 0}}'))
    tally = library.refresh(full=True)
    assert "空" in tally.error and not tally.gone
    assert all(library.corpus.read(id).status == "current" for id in library.corpus.ids())


def test_a_list_that_is_much_shorter_is_an_alarm_until_somebody_has_seen_that_it_is(
    site: Site, library: Library
) -> None:
    library.refresh()
    for post in site.content.listed()[:8]:
        site.content.withdraw(post)
    for full in (True, False, True, False):  # no run of cron confirms it
        tally = library.refresh(full=full)
        (state,) = status((library.source,), library.corpus)
        assert "--accept-shorter" in tally.error and tally.error in state.alarm and not tally.gone
    assert library.refresh(full=True, shorter=True).gone == 8
    assert not library.refresh().error


def test_a_post_that_cannot_be_had_is_told_for_as_long_as_a_list_has_it(site: Site, library: Library) -> None:
    first, second, *_ = site.content.listed()
    site.faults.put(f"/gkmlpt/content/*post_{first.id}.html", faults.status(404))
    site.faults.put(f"/gkmlpt/content/*post_{second.id}.html", faults.status(500))
    for _ in range(10):  # after some tries it is not asked for any more
        tally = library.refresh()
        (state,) = status((library.source,), library.corpus)
        assert "有 2 份没有收录" in state.alarm and first.title in state.alarm and second.title in state.alarm
    assert tally.failed == 0
    site.content.withdraw(first)
    site.faults.clear()
    tally = library.refresh(full=True)
    (state,) = status((library.source,), library.corpus)
    assert (tally.new, state.alarm) == (1, "")


def test_what_left_the_lists_and_does_not_say_why_stays_and_is_no_alarm(site: Site, library: Library) -> None:
    library.refresh()
    post = site.content.listed()[0]
    site.content.withdraw(post)
    site.faults.put(f"/gkmlpt/content/*post_{post.id}.html", faults.status(500))
    for _ in range(3):
        tally = library.refresh(full=True)
        (state,) = status((library.source,), library.corpus)
        assert [f"{post.title}：列表里没有它了，它的网页又不说明是不是撤下了" in note for note in tally.notes] == [True]
        assert (tally.failed, tally.gone, state.alarm) == (0, 0, "")
    site.faults.clear()
    assert library.refresh(full=True).gone == 1
    day = library.document(post.id).provenance.withdrawn
    assert day and library.refresh(full=True).gone == 0


def test_pages_that_are_never_answered_keep_no_other_from_being_withdrawn(site: Site, library: Library) -> None:
    library.refresh()
    *away, gone = sorted(site.content.listed(), key=lambda post: post.id)[:6]
    for post in (*away, gone):
        site.content.withdraw(post)
    for post in away:
        site.faults.put(f"/gkmlpt/content/*post_{post.id}.html", faults.status(500))
    assert sum(library.refresh(full=True).gone for _ in range(2)) == 1
    assert library.document(gone.id).status == "withdrawn"


def test_what_is_known_of_some_posts_is_not_known_of_others(site: Site, library: Library) -> None:
    alarms = []
    for post in site.content.listed()[:5]:
        site.faults.put(f"/gkmlpt/content/*post_{post.id}.html", faults.status(404))
        library.refresh(full=True)
        (state,) = status((library.source,), library.corpus)
        alarms.append(state.alarms[0].which)
    assert len(set(alarms)) == 5


def test_a_list_that_shrank_is_swept_no_oftener_than_others(site: Site, library: Library) -> None:
    library.refresh()
    for post in site.content.listed()[:8]:
        site.content.withdraw(post)
    assert library.refresh(full=True).error
    before = len(site.requests)
    assert library.refresh().error
    assert not [path for path in _asked(site, before) if "/content/" in path]


def test_a_list_that_is_empty_for_good_is_accepted(site: Site, library: Library) -> None:
    library.refresh()
    for post in site.content.listed():
        site.content.withdraw(post)
    assert "--accept-shorter" in library.refresh().error
    assert library.refresh(shorter=True).gone == 12
    assert not library.refresh().error


def test_a_post_that_no_list_has_any_more_is_not_said_to_be_listed(site: Site, library: Library) -> None:
    first, *_ = site.content.listed()
    site.faults.put(f"/gkmlpt/content/*post_{first.id}.html", faults.status(404))
    assert "列表里有它" in library.refresh().notes[0]
    site.content.withdraw(first)
    assert not any("列表里有它" in note for note in library.refresh().notes)
    assert library.refresh(full=True).notes == []


def test_a_source_that_fails_stops_no_other(site: Site, library: Library) -> None:
    dead = replace(library.source, name="si", url="http://127.0.0.1:9")
    wrong = replace(library.source, name="cuo", problem="设置文件第 3 行：示例错误。")
    sources = (dead, wrong, library.source)
    report = refresh(sources, library.corpus, library.engine, library.settings, hosts=Hosts(Hasty()))
    assert report.sources["shili"].new == 12
    assert report.sources["si"].error and report.sources["cuo"].error == wrong.problem
    assert not report.ok
    assert set(report.as_json()["sources"]["si"]) == {"new", "changed", "gone", "unchanged", "suspicious", "failed"}


def test_a_page_that_fails_is_asked_for_again(site: Site, library: Library) -> None:
    post = site.content.listed()[3]
    site.faults.put(post.path, faults.status(404))
    tally = library.refresh()
    assert (tally.new, tally.failed) == (11, 1)
    site.faults.clear()
    assert (library.refresh().new, library.document(post.id).status) == (1, "current")
    assert library.document(post.id).provenance.listed["标题"] == post.title


def test_a_dry_run_writes_nothing(site: Site, library: Library) -> None:
    assert library.refresh(dry_run=True).new == 12
    assert not library.corpus.root.exists()
    library.refresh()
    files, posts = library.files(), library.posts()
    site.content.add(2)
    site.content.withdraw(site.content.listed()[5])
    tally = library.refresh(dry_run=True, full=True)
    assert (tally.new, tally.gone) == (2, 1)
    assert (library.files(), library.posts()) == (files, posts)


def test_selection_leaves_out_and_takes_in_when_it_changes(site: Site, library: Library) -> None:
    subject = site.content.listed()[0].subject
    library.source = source(site.url, select=Select(title=(subject,)))
    wanted = sum(subject in post.title for post in site.content.listed())
    before = len(site.requests)
    assert library.refresh().new == wanted < 12
    assert len([path for path in _asked(site, before) if "/content/" in path]) == wanted
    library.source = source(site.url)
    assert library.refresh().new == 12 - wanted


def test_a_category_is_asked_for_alone(site: Site, library: Library) -> None:
    name = site.pages.answer("/gkmlpt/index").body
    assert isinstance(name, bytes)
    library.source = source(f"{site.url}/gkmlpt/index#722")
    wanted = len(site.content.listed(722))
    assert library.refresh().new == wanted
    assert not site.asked("/gkmlpt/api/all/0*")


def test_related_takes_what_the_seed_is_about(site: Site, library: Library, tmp_path: Path) -> None:
    library.source = only_related(library.source)
    assert "kb ingest" in library.refresh().error
    post = site.content.listed()[0]
    seed = tmp_path / "示例报告.txt"
    line = f"一、{post.subject}工作情况（示例）\n全年推进{post.subject}，{post.subject}有进展，{post.subject}有成效。\n"
    seed.write_text(line, encoding="utf-8")
    pipeline.ingest([seed], library.corpus, library.settings)
    wanted = sum(post.subject in each.title for each in site.content.listed())
    assert 0 < library.refresh().new == wanted < 12


def test_hand_edits_are_not_overwritten(site: Site, library: Library) -> None:
    library.refresh()
    post = site.content.listed()[3]
    path = library.corpus.root / "shili" / f"shili-{post.id}.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n手工补充的一行（示例）\n", encoding="utf-8")
    assert library.refresh(full=True).changed == 0
    site.content.edit(post)
    tally = library.refresh(full=True)
    assert any("手工修改" in note for note in tally.notes)
    assert "手工补充的一行" in path.read_text(encoding="utf-8")


def test_only_one_refresh_at_a_time(library: Library) -> None:
    library.corpus.root.mkdir(parents=True)
    with library.corpus.writing(), pytest.raises(StorageError, match=str(os.getpid())):
        library.report()


def test_everything_can_be_derived_again_without_the_site(site: Site, library: Library) -> None:
    library.refresh()
    assert list(rederive(library.corpus, library.settings)) == []
    victim = library.document(site.content.listed()[0].id)
    changed = replace(victim, metadata=replace(victim.metadata, title="旧版程序读出的题名（示例）"))
    with library.corpus.writing():
        library.corpus.write(changed, library.corpus.snapshot(victim.provenance.snapshot))
    (difference,) = rederive(library.corpus, library.settings)
    assert (difference.id, difference.fields) == (victim.id, ("title",))


def test_status_tells_success_counts_and_what_is_overdue(site: Site, library: Library) -> None:
    (never,) = status((library.source,), library.corpus)
    assert (never.last_success, never.age_seconds) == ("", None)
    assert never.alarm == "还没有更新过：请运行 kb refresh shili，并检查定时任务。"
    library.refresh()
    (now,) = status((library.source,), library.corpus)
    assert (
        now.documents == len(library.corpus.ids()) == 13 and now.counts["new"] == 12
    )  # one has an attachment and now.age_seconds is not None
    assert now.newest == site.content.listed()[0].day
    (late,) = status((library.source,), library.corpus, datetime.now(UTC) + timedelta(days=4))
    assert "4 天没有成功更新" in late.alarm


def test_an_unknown_source_is_named() -> None:
    with pytest.raises(UsageError, match="没有名为“无此来源”的来源"):
        chosen(load(folder=Path("/nonexistent")), ["无此来源"])


@pytest.mark.parametrize(
    ("kind", "path", "given"),
    [
        ("feed", "/feed.xml", {}),
        ("feed", "/atom.xml", {}),
        ("sitemap", "/sitemap.xml", {}),
        ("page", "/content/post_2400003.html", {}),
    ],
)
def test_other_kinds_of_sources(site: Site, tmp_path: Path, kind: str, path: str, given: dict[str, str]) -> None:
    library = Library(tmp_path / "library", source(site.url + path, kind, **given))
    wanted = 1 if kind == "page" else 12
    assert library.refresh().new == wanted
    assert library.refresh().counts() == {
        "new": 0, "changed": 0, "gone": 0, "unchanged": wanted, "suspicious": 0, "failed": 0,
    }  # fmt: skip
    post = site.content.post(2_400_003)
    assert post
    site.content.edit(post)
    assert library.refresh(full=kind == "feed" and "atom" not in path).changed == 1


def test_a_certificate_that_nobody_vouches_for_is_refused_or_its_exception_recorded(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with Site(Content(posts=2), tls=context) as site:
        library = Library(tmp_path / "library", source(site.url))
        assert "证书不可信" in library.refresh().error and not site.requests
        library.source = source(site.url, verify=False)
        assert library.refresh().new == 2
        exchange = library.document(site.content.listed()[0].id).provenance.exchange
        assert exchange and exchange.url.startswith("https://") and not exchange.certificate_checked


def test_the_bytes_tell_the_charset_whatever_the_site_says(site: Site, library: Library) -> None:
    post = site.content.listed()[0]
    site.faults.put(post.path, faults.mislabelled("gb2312"))
    library.refresh()
    document = library.document(post.id)
    assert document.metadata.title == post.title and all(line in document.text for line in post.paragraphs)
    assert document.provenance.encoding == "gb18030"


def test_a_single_page_that_is_gone_is_withdrawn_once_until_it_is_back(site: Site, tmp_path: Path) -> None:
    post = site.content.listed()[3]
    library = Library(tmp_path / "library", source(site.url + post.portal_path, "page"))
    library.refresh()
    (id,) = library.corpus.ids()
    post.withdrawn = True
    assert [library.refresh().gone for _ in range(2)] == [1, 0]
    assert library.corpus.read(id).status == "withdrawn"
    post.withdrawn = False
    assert library.refresh().changed == 1
    assert library.corpus.read(id).status == "current"


def test_a_folder_is_a_source(library: Library, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "示例 #1.txt").write_text("示例区关于示例工作的通知\n各示例单位：\n示例正文。\n", encoding="utf-8")
    (inbox / "坏的.pdf").write_bytes(b"%PDF-1.4 broken")
    library.source = source(str(inbox), "files")
    tally = library.refresh()
    assert (tally.new, tally.failed) == (1, 1)
    (inbox / "示例 #1.txt").write_text("示例区关于示例工作的通知\n各示例单位：\n示例正文改了。\n", encoding="utf-8")
    assert library.refresh().changed == 1
    (inbox / "示例 #1.txt").unlink()
    assert library.refresh(full=True).gone == 0


def _kill_at(site: Site, process: subprocess.Popen[bytes], request: int, delay: float) -> None:
    """Kill the process `delay` seconds after it made its n-th request for a page."""
    left = [request]

    def fault(answer: Answer) -> Answer:
        left[0] -= 1
        if left[0] == 0:
            Timer(delay, lambda: os.kill(process.pid, signal.SIGKILL)).start()
        return answer

    site.faults.put("/gkmlpt/*", fault)


def test_killed_anywhere_the_next_refresh_ends_where_an_undisturbed_one_does(tmp_path: Path) -> None:
    chance = random.Random(4)
    with Site(Content(posts=20)) as site:
        undisturbed = Library(tmp_path / "undisturbed", source(site.url))
        undisturbed.report()
        killed = 0
        for round_ in range(3):
            library = Library(tmp_path / f"killed-{round_}", source(site.url))
            command = [sys.executable, "-m", "tests.ingest.refreshing", str(library.folder), site.url]
            process = subprocess.Popen(command, cwd=_ROOT)
            _kill_at(site, process, chance.randint(2, 22), chance.random() * 0.05)
            killed += process.wait() == -signal.SIGKILL
            site.faults.clear()
            report = library.report()
            assert report.ok, report
            assert library.files() == undisturbed.files()
            assert library.posts() == undisturbed.posts()
            assert not library.engine.check(library.corpus.fingerprints())
            assert not list(library.corpus.check())
        assert killed
