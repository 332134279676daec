"""One verdict in five places: kb status, /healthz, /metrics, the status page and the alarm. What nobody noted is not well."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kb.base.errors import StorageError
from kb.config import settings
from kb.corpus.folder import Corpus
from kb.search.embedded.whoosh_engine import WhooshEngine
from kb.upkeep import refresh, verdict
from kb.web.site.app import create_app
from tests.cli.running import EXAMPLE, KbHere
from tests.disks import small_disk

SOURCE = '[[source]]\nname = "{0}"\nkind = "files"\nurl = "{0}"\ntitle = "来源{0}"\n'
START = date(2026, 3, 2)


@dataclass
class Operated:
    """A library with sources of files, looked at on days that the test names."""

    kb: KbHere
    monkeypatch: pytest.MonkeyPatch
    day: date = START

    @property
    def folder(self) -> Path:
        return self.kb.folder

    def configure(self, *sources: str, refresh: str = "", more: str = "") -> None:
        told = "alarm = 'cat >> told.txt'\n"
        text = f"[refresh]\n{told}{refresh}" + "".join(SOURCE.format(each) for each in sources) + more
        (self.folder / "kb.toml").write_text(text, encoding="utf-8")
        for each in sources:
            (self.folder / each).mkdir(exist_ok=True)
            (self.folder / each / f"示例{each}.txt").write_text(f"{EXAMPLE}{each}的话。\n", encoding="utf-8")

    def on(self, day: date) -> None:
        self.day = day
        self.monkeypatch.setenv("KB_TODAY", day.isoformat())

    def refresh(self, *names: str) -> None:
        """Refresh, whatever it ends with."""
        with pytest.raises(SystemExit):
            self._main("refresh", *names)
        self.kb._output.readouterr()

    def _main(self, *arguments: str) -> None:
        from kb.cli.main import main

        main(arguments)

    def told(self) -> list[str]:
        """Return what the alarm's command was told, and forget it."""
        path = self.folder / "told.txt"
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        path.unlink(missing_ok=True)
        return lines

    def places(self) -> dict[str, str]:
        """Return what the four places that can be asked say, "" where they say that all is well."""
        with pytest.raises(SystemExit) as ended:
            self._main("status")
        shown, said = self.kb._output.readouterr()
        client = create_app(settings.load()).test_client()
        health, metrics = client.get("/healthz"), client.get("/metrics").text
        (count,) = [line.split()[1] for line in metrics.splitlines() if line.startswith("kb_findings_open ")]
        page = client.get("/status").text
        return {
            "status": shown + said if ended.value.code else "",
            "healthz": health.text if health.status_code == 503 else "",
            "metrics": metrics if float(count) else "",
            "page": page if 'class="alarms"' in page else "",
        }

    def everywhere(self, *words: str) -> None:
        places = self.places()
        for word in words:
            for place in ("status", "healthz", "page"):
                assert word in places[place], (word, place, places[place][:3000])
        assert places["metrics"]

    def nowhere(self) -> None:
        places = self.places()
        assert not any(places.values()), {place: said[:2000] for place, said in places.items()}


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Operated]:
    monkeypatch.chdir(tmp_path)
    operated = Operated(KbHere(tmp_path, capsys), monkeypatch)
    operated.on(START)
    operated.configure("甲", "乙")
    yield operated


def _weeks(here: Operated, names: tuple[str, ...], weeks: int = 5) -> list[int]:
    """Refresh every day; return on which days somebody was told, counted from the first."""
    told = []
    for number in range(7 * weeks):
        here.on(START + timedelta(days=number))
        here.refresh(*names)
        if here.told():
            told.append(number)
    return told


def test_all_is_well_and_nobody_is_told(here: Operated) -> None:
    here.refresh()
    here.nowhere()
    assert here.told() == []


def test_a_source_that_is_never_refreshed_is_told_everywhere_and_each_week(here: Operated) -> None:
    """Cron names one source: the other one is never asked."""
    here.refresh("甲")
    here.everywhere("还没有更新过：请运行 kb refresh 乙")
    assert "来源乙：还没有更新过" in "".join(here.told())
    days = _weeks(here, ("甲",))
    assert days == [1, 2, 3, 4, 5, 6, 13, 20, 27, 34]


def test_a_first_fill_that_was_killed_is_told_until_it_is_taken_up(here: Operated) -> None:
    here.refresh("甲")
    record = here.folder / "corpus" / ".state" / "乙.json"
    record.write_text(json.dumps({"started": f"{START}T01:00:00Z"}), encoding="utf-8")
    here.everywhere("第一次更新", "被打断")
    here.told()
    here.refresh("甲")
    assert "被打断" in "".join(here.told())
    here.refresh()
    assert here.told() == ["政策文库：一切恢复正常", "来源乙：已恢复"]
    here.nowhere()


def test_a_refresh_that_is_broken_off_again_and_again_is_told(here: Operated) -> None:
    here.refresh()
    record = here.folder / "corpus" / ".state" / "乙.json"
    known = json.loads(record.read_text(encoding="utf-8"))
    (here.folder / "corpus" / ".state" / "乙.sha256").unlink()
    record.write_text(json.dumps({**known, "started": f"{START}T03:00:00Z", "broken": 1}), encoding="utf-8")
    here.everywhere("被打断，此后没有再做完")


def test_an_index_that_fails_at_each_run_is_told_everywhere_and_each_week(
    here: Operated, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.refresh()

    def refuse(*_: object, **__: object) -> None:
        raise StorageError("写不了示例索引：磁盘已满。")

    monkeypatch.setattr(WhooshEngine, "update", refuse)
    (here.folder / "甲" / "新.txt").write_text(f"{EXAMPLE}又一句。\n", encoding="utf-8")
    days = _weeks(here, ())
    here.everywhere("写不了示例索引")
    assert days == [0, 1, 2, 3, 4, 5, 6, 13, 20, 27, 34]
    assert f"自 {START}" in here.places()["status"] and f"从何时起：{START}" in here.kb("doctor", code=1)


def test_an_alarm_behind_an_alarm_is_told(here: Operated) -> None:
    here.refresh("甲")
    here.told()
    (here.folder / "甲" / "示例甲.txt").unlink()
    (here.folder / "甲").rmdir()
    here.refresh("甲")
    told = "\n".join(here.told())
    assert "来源甲：最近一次更新失败" in told and "来源乙：还没有更新过" in told
    here.on(START + timedelta(days=5))
    here.everywhere("最近一次更新失败", "已有 5 天没有成功更新", "还没有更新过")


def test_another_content_of_the_same_alarm_is_told_at_once(here: Operated) -> None:
    here.refresh("甲")
    here.refresh("甲")
    assert len(here.told()) == 2
    (here.folder / "corpus" / ".state" / "乙.json").write_text('{"started": "2026-03-01T00:00:00Z"}', encoding="utf-8")
    here.refresh("甲")
    assert "第一次更新" in "".join(here.told())


def test_a_closed_source_is_not_refreshed_and_never_alarms(here: Operated) -> None:
    here.configure("甲", more=SOURCE.format("乙") + "closed = true\n")
    assert _weeks(here, (), 2) == []
    here.nowhere()
    assert "已停办" in here.kb("status") and not (here.folder / "corpus" / "乙").exists()


def test_an_alarm_can_be_acknowledged_until_it_is_another_one(here: Operated) -> None:
    here.refresh("甲")
    here.told()
    here.kb("status", "--acknowledge", "没有这个", code=3)
    here.kb("status", "--acknowledge", "乙/late")
    here.nowhere()
    here.refresh("甲")
    head, line = here.told()  # who was told hears that somebody knows: it is not over
    assert head == "政策文库：没有别的需要查看的，有人知道的 1 处还没有恢复"
    assert line.startswith("来源乙：还没有更新过") and "（有人知道：" in line
    assert _weeks(here, ("甲",), 2) == []
    (here.folder / "corpus" / ".state" / "乙.json").write_text('{"started": "2026-03-01T00:00:00Z"}', encoding="utf-8")
    here.refresh("甲")
    assert "被打断" in "".join(here.told())


def test_what_recovers_beside_what_lasts_is_told_for_what_it_is(here: Operated) -> None:
    here.refresh("甲")
    (here.folder / "甲" / "扫描件.pdf").write_bytes(b"%PDF-1.7 torn")
    here.refresh("甲")
    here.kb("status", "--acknowledge", "甲/lacking", code=1)
    here.told()
    here.refresh()
    head, over, line = here.told()
    assert head == "政策文库：没有别的需要查看的，有人知道的 1 处还没有恢复"
    assert over == "来源乙：已恢复" and line.startswith("来源甲：文件夹里有 1 份没有收录")


def test_an_edit_that_nobody_accepted_is_told_as_check_tells_it(here: Operated) -> None:
    here.refresh()
    (path,) = (here.folder / "corpus" / "甲").glob("*.md")
    path.write_text(path.read_text(encoding="utf-8").replace("做好行政复议", "做好行政诉讼"), encoding="utf-8")
    here.kb("index")
    here.kb("check", code=1)
    here.everywhere("手工修改或损坏", "没有人确认")
    shown = here.kb("doctor", code=1)
    assert f"接下来：kb check --accept {path.stem}" in shown and "kb status --acknowledge corpus/edited" in shown
    here.kb("check", "--accept", path.stem, code=1)  # what the index has is not that
    here.kb("index")
    here.nowhere()


def test_a_server_tells_that_its_settings_are_not_those_of_the_file(here: Operated) -> None:
    here.refresh()
    client = create_app(settings.load()).test_client()
    assert client.get("/healthz").text == "ok\n"
    here.configure("甲", more=SOURCE.format("乙") + "closed = true\n")
    told = client.get("/healthz")
    assert told.status_code == 503 and "kb.toml 在服务读过之后改过" in told.text and "systemctl reload kb" in told.text
    here.nowhere()  # one that has just read them, and kb status, have nothing to tell
    path = here.folder / "kb.toml"
    good = path.read_text(encoding="utf-8")
    for wrong, words in (("[serve", "不是合格的 TOML"), ("", "kb.toml 不见了")):
        path.write_text(good, encoding="utf-8")
        client = create_app(settings.load()).test_client()
        path.write_text(wrong, encoding="utf-8") if wrong else path.unlink()
        assert words in client.get("/healthz").text
        path.write_text(good, encoding="utf-8")
        assert client.get("/healthz").text == "ok\n"


def test_a_clock_that_was_ahead_is_told_not_trusted_and_gets_right(here: Operated) -> None:
    here.on(date(2031, 1, 1))
    here.refresh()
    here.on(START)
    here.everywhere("时钟", "上次成功的时间记成了将来（2031-01-01", "时钟对了之后，下次成功的更新会改正")
    here.refresh()
    here.nowhere()


def test_what_a_refresh_does_not_write_anew_is_told_by_what_does(here: Operated, tmp_path: Path) -> None:
    target = str(tmp_path.with_name(f"{tmp_path.name}-backups"))
    here.refresh()
    here.on(date(2031, 1, 1))
    here.kb("backup", target)
    here.kb("check")
    here.on(START)
    shown = here.kb("doctor", code=1)
    assert "backup.json 由 kb backup 目标文件夹 改正；其余的由下次成功的更新改正" in shown
    assert "上次核对每个字节的时间记成了将来（2031-01-01" in shown and "21 天以上" not in shown
    here.kb("check")
    here.everywhere("时钟对了之后，backup.json 由 kb backup 目标文件夹 改正。")
    here.kb("backup", target)
    here.nowhere()


def test_a_clock_that_was_ahead_does_not_put_off_full_checks(here: Operated) -> None:
    here.on(date(2031, 1, 1))
    here.refresh()
    here.on(START)
    here.refresh()
    corpus = Corpus(here.folder / "corpus")
    assert not verdict.check_is_due(corpus, datetime(2026, 3, 3, tzinfo=UTC))
    assert verdict.check_is_due(corpus, datetime(2026, 3, 20, tzinfo=UTC))


def test_what_is_damaged_is_found_by_cron_alone(here: Operated) -> None:
    here.kb("ingest", "--source", "另外", str(here.folder / "甲"))  # what a source has, it gives again
    here.refresh()
    (path,) = (here.folder / "corpus" / "另外").glob("*.md")
    digest = Corpus(here.folder / "corpus").read(path.stem).provenance.snapshot
    (here.folder / "甲" / "示例甲.txt").write_text(f"{EXAMPLE}甲的话变了。\n", encoding="utf-8")
    here.refresh()
    snapshot = here.folder / "corpus" / ".snapshots" / digest[:2] / f"{digest}.gz"
    snapshot.write_bytes(snapshot.read_bytes()[:-9])
    here.on(START + timedelta(days=7))
    here.refresh()
    here.everywhere("已损坏")
    assert "已损坏" in "".join(here.told())


def _cut_off_index(index: Path) -> None:
    """Of the newest state."""
    files = [path for path in max(index.glob("gen-*")).iterdir() if path.stat().st_nlink == 1]
    longest = max(files, key=lambda path: path.stat().st_size)
    longest.write_bytes(longest.read_bytes()[:-10])


def _cut_off_store(index: Path) -> None:
    (index / "citations.sqlite").write_bytes(b"no database")


def _more(here: Operated, day: int) -> None:
    """Let a day come on which there is something new."""
    (here.folder / "甲" / f"示例{day}.txt").write_text(f"{EXAMPLE}第{day}天的话。\n", encoding="utf-8")
    here.on(START + timedelta(days=day))


@pytest.mark.parametrize("states", [1, 2])
@pytest.mark.parametrize("damage", [_cut_off_index, _cut_off_store])
@pytest.mark.parametrize("day", [3, 8])  # on the eighth every byte is read again, too
def test_an_index_that_was_damaged_and_mended_is_told_until_every_byte_was_read(
    here: Operated, damage: Callable[[Path], None], states: int, day: int
) -> None:
    """The readers see nothing of it; but the disk that damaged it may go on."""
    here.refresh()
    if states == 2:
        _more(here, 1)
        here.refresh()
    here.nowhere()
    damage(here.folder / "index")
    _more(here, day)
    here.refresh()
    here.everywhere("已损坏：", "请检查磁盘", "kb check")
    assert "已损坏" in "".join(here.told())
    here.kb("check")
    here.nowhere()


def test_damage_that_an_update_by_hand_mended_is_told(here: Operated) -> None:
    here.refresh()
    _cut_off_store(here.folder / "index")
    here.kb("index")
    here.everywhere("引用库已损坏：已重建")


def test_damage_after_damage_that_somebody_knows_of_is_told(here: Operated) -> None:
    here.refresh()
    for day in (1, 2):
        _cut_off_store(here.folder / "index")
        here.on(START + timedelta(days=day))
        here.refresh()
        assert "已损坏" in "".join(here.told())
        here.kb("status", "--acknowledge", "index/rebuilt")


def test_damage_is_told_where_the_check_of_the_same_run_fails(here: Operated, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise StorageError("示例：磁盘出错。")

    here.refresh()
    _cut_off_store(here.folder / "index")
    here.on(START + timedelta(days=8))
    with monkeypatch.context() as patched:
        patched.setattr(refresh, "problems", refused)
        here.refresh()
    assert "已损坏" in "".join(here.told())


def test_a_store_that_somebody_removed_is_made_anew_without_an_alarm(here: Operated) -> None:
    here.refresh()
    (here.folder / "index/citations.sqlite").unlink()
    here.kb("refresh")
    assert "引用库不见了：已重建" in here.kb.said
    here.nowhere()


def test_a_store_of_another_version_is_made_anew_without_an_alarm(here: Operated) -> None:
    here.refresh()
    store, sums = here.folder / "index/citations.sqlite", here.folder / "index/citations.sha256"
    with closing(sqlite3.connect(store)) as database:
        database.execute("PRAGMA user_version = 1")
    sums.unlink()  # as the other version had none
    here.on(START + timedelta(days=1))
    here.kb("refresh")
    assert "由另一个版本的程序建立：已重建" in here.kb.said
    here.nowhere()


def test_damage_is_told_beside_a_file_that_is_lost(here: Operated) -> None:
    """The lost one has an older version, which `kb check` comes upon before anything else."""
    here.refresh()
    (here.folder / "甲" / "示例甲.txt").write_text(f"{EXAMPLE}甲的话变了。\n", encoding="utf-8")
    here.refresh()
    corpus = here.folder / "corpus"
    (lost,), (zeroed,) = (corpus / "甲").glob("*.md"), (corpus / "乙").glob("*.md")
    lost.unlink()
    zeroed.write_bytes(bytes(zeroed.stat().st_size))
    here.kb("check", code=1)
    here.everywhere("不见了，没有人说过要删除它", "里有空字节")


def test_files_that_the_index_does_not_have_are_told(here: Operated) -> None:
    here.refresh()
    here.kb("ingest", "--source", "另外", str(here.folder / "甲"))
    here.everywhere("有 1 份新文件还检索不到")
    assert "不一样" not in here.places()["status"]
    here.kb("index")
    here.nowhere()


def test_a_full_disk_is_told_before_it_is_full(here: Operated, monkeypatch: pytest.MonkeyPatch) -> None:
    free = [10_000_000_000, 9_000_000_000]
    monkeypatch.setattr(verdict, "folder_free", lambda _: (free[-1], None))
    free.append(10_000_000_000)
    here.refresh()
    free.append(9_000_000_000)
    here.on(START + timedelta(days=14))
    here.refresh()
    assert "一年要用 26.1 GB" in here.kb("doctor")
    here.nowhere()
    free.append(2_000_000_000)
    here.everywhere("天后写满")
    free.append(1_000_000)
    here.everywhere("磁盘只剩 1 MB")


def test_a_step_that_fails_each_time_is_a_finding(here: Operated) -> None:
    here.configure("甲", "乙")
    text = (here.folder / "kb.toml").read_text(encoding="utf-8").replace("cat >> told.txt", "exit 3")
    (here.folder / "kb.toml").write_text(text, encoding="utf-8")
    here.refresh("甲")
    here.everywhere("报警的命令（exit 3）没有成功")


def test_the_doctor_says_what_since_when_and_what_to_type(here: Operated) -> None:
    here.refresh()
    assert "没有发现毛病" in here.kb("doctor")
    here.on(START + timedelta(days=9))
    shown = here.kb("doctor", code=1)
    assert "1. 来源甲：已有 8 天没有成功更新" in shown or "1. 来源甲：已有 9 天没有成功更新" in shown
    assert "从何时起：2026-03-0" in shown and "接下来：kb refresh 甲" in shown
    assert "kb status --acknowledge 甲/late" in shown
    assert {"name", "title", "sentence", "since", "advice", "acknowledged"} == set(
        json.loads(here.kb("doctor", "--json", code=1))["findings"][0]
    )


def test_one_damaged_document_does_not_keep_others_from_being_found(here: Operated) -> None:
    here.refresh()
    (path,) = (here.folder / "corpus" / "甲").glob("*.md")
    path.write_bytes(b"")
    (here.folder / "乙" / "新.txt").write_text(f"{EXAMPLE}完善示例监督。\n", encoding="utf-8")
    here.refresh("乙")
    assert "1 节" in here.kb("search", "完善示例监督")
    assert "甲的话" in here.kb("search", "甲的话")


def test_a_backup_that_is_old_is_told_where_there_ever_was_one_or_should_be(here: Operated, tmp_path: Path) -> None:
    target = str(tmp_path.with_name(f"{tmp_path.name}-backups"))
    here.refresh()
    assert "上次完好的备份：没有记录" in here.kb("doctor")
    here.kb("backup", target)
    assert f"上次完好的备份：{START}" in here.kb("doctor")
    here.on(START + timedelta(days=6))
    here.refresh()
    here.nowhere()
    here.on(START + timedelta(days=8))
    here.refresh()
    here.everywhere("已有 7 天以上没有完好的备份")
    assert f"接下来：kb backup {target}" in here.kb("doctor", code=1)
    here.kb("backup", target)
    here.nowhere()
    (here.folder / "corpus" / ".state" / ".run" / "backup.json").unlink()
    here.nowhere()
    here.configure("甲", "乙", more="[keep]\nbackup_days = 3\n")
    here.everywhere("还没有备份过")


def test_what_a_folder_has_and_cannot_be_read_is_told_until_it_is_gone(here: Operated) -> None:
    """Somebody waits for that document; after some tries it is not read again, and not forgotten either."""
    bad = here.folder / "甲" / "扫描件.pdf"
    bad.write_bytes(b"%PDF-1.7 torn")
    (here.folder / "甲" / "影像.jpg").write_bytes(b"\xff\xd8")
    for _ in range(10):
        here.refresh()
    here.everywhere("文件夹里有 1 份没有收录", "扫描件.pdf")
    here.kb("refresh", "甲")
    assert "没有收录其他类型的文件：.jpg（1 个）" in here.kb.said
    bad.unlink()
    here.refresh()
    here.nowhere()


def test_a_folder_without_a_library_is_not_well(
    here: Operated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody stands in the wrong folder, or cron does."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    here.everywhere("这里没有语料库")
    assert "这里没有语料库" in here.kb("doctor", code=1)


_NOT_KNOWN = {
    "checked": "上次核对每个字节在哪一天、发现了什么，不知道了",
    "disk": "磁盘照现在的速度还能用多久，不知道了",
    "failing": "前几次运行有哪几步没有做成，不知道了",
    "backup": "上次备份在哪一天、在哪里，不知道了",
    "acknowledged": "哪些警报有人知道，不知道了",
}


@pytest.mark.parametrize("name", _NOT_KNOWN)
@pytest.mark.parametrize("damaged", [b"{", b"[1]", b'{"at": "2026-03-01T00:00:00Z", "seal": "?"}'])
def test_a_damaged_record_says_what_is_not_known_for_it(here: Operated, name: str, damaged: bytes) -> None:
    here.refresh()
    (here.folder / "corpus" / ".state" / ".run" / f"{name}.json").write_bytes(damaged)
    here.everywhere(_NOT_KNOWN[name])
    assert "接下来：kb check --repair" in here.kb("doctor", code=1)


def test_a_backup_that_is_not_sound_is_told_until_a_sound_one_is_made(here: Operated, tmp_path: Path) -> None:
    target = str(tmp_path.with_name(f"{tmp_path.name}-backups"))
    here.refresh()
    (snapshot, *_) = sorted((here.folder / "corpus" / ".snapshots").rglob("*.gz"))
    good = snapshot.read_bytes()
    snapshot.unlink()
    here.kb("backup", target, code=1)
    here.everywhere("不完好", "上次完好的备份：没有记录")
    snapshot.write_bytes(good)
    here.everywhere("不完好")
    here.kb("backup", target)
    here.nowhere()
    here.on(START + timedelta(days=6))
    here.refresh()
    snapshot.unlink()
    here.kb("backup", target, code=1)
    snapshot.write_bytes(good)
    here.everywhere(f"{START + timedelta(days=6)}", "不完好", f"上次完好的备份：{START}")
    shown = here.kb("doctor", code=1)
    assert f"上次完好的备份：{START}" in shown and f"接下来：kb backup {target}" in shown
    here.kb("status", "--acknowledge", "backup/bad")
    here.on(START + timedelta(days=8))
    here.refresh()
    here.everywhere("已有 7 天以上没有完好的备份")
    here.kb("backup", target)
    here.nowhere()


def test_a_last_backup_that_cannot_be_seen_any_more_is_said(here: Operated, tmp_path: Path) -> None:
    target = tmp_path.with_name(f"{tmp_path.name}-backups")
    here.refresh()
    here.kb("backup", str(target))
    (state,) = target.glob("0001-*")
    assert f"，在 {state}。" in here.kb("doctor")
    target.rename(target.with_name(f"{target.name}-away"))
    assert f"，在 {state}（现在从这里看不到它）。" in here.kb("doctor")
    here.kb("backup", str(target), code=3)
    here.everywhere("的备份没有做成", f"上次完好的备份：{START}")


def test_when_the_last_backup_was_stays_unknown_until_the_next_one(here: Operated, tmp_path: Path) -> None:
    target = str(tmp_path.with_name(f"{tmp_path.name}-backups"))
    here.refresh()
    here.kb("backup", target)
    (here.folder / "corpus" / ".state" / ".run" / "backup.json").write_bytes(b"{")
    here.kb("check", "--repair")
    assert "请再备份一次" in here.kb.said
    here.everywhere("上次备份在哪一天，不知道")
    assert "kb status --acknowledge backup/unknown" in here.kb("doctor", code=1)
    here.kb("backup", target)
    here.nowhere()


def test_a_corpus_that_the_machine_does_not_show_is_a_finding(here: Operated) -> None:
    here.configure("甲", more=f'[corpus]\npath = "{"示" * 100}/corpus"\n')
    here.everywhere("语料库", "路径中有一段名称太长")
    assert "它所在的磁盘还有多少空间，不知道" in here.kb("doctor", code=1)


def test_a_record_of_a_source_that_is_no_record_is_its_alarm(here: Operated) -> None:
    here.refresh()
    for damaged in ("[1]", "{", "null", '{"succeeded": 5}', '{"counts": 5}', '{"lacking": []}'):
        (here.folder / "corpus" / ".state" / "乙.json").write_text(damaged, encoding="utf-8")
        here.everywhere("乙.json：它与写入时不一致")
        assert "line 1" not in here.places()["status"]
    here.kb("check", "--repair")
    assert "还没有" not in here.places()["status"]
    here.everywhere("上次成功更新在哪一天，不知道")
    here.refresh()
    here.nowhere()
    (here.folder / "corpus" / ".state" / "乙.json").unlink()
    here.everywhere("上次成功更新在哪一天，不知道")


def _advice(here: Operated) -> list[str]:
    """Return what the doctor says to type, in order."""
    return [each["advice"] for each in json.loads(here.kb("doctor", "--json", code=1))["findings"]]


def test_what_is_damaged_is_mended_by_what_the_doctor_says_first(here: Operated) -> None:
    """`kb index` would take nothing of what is damaged, and forget what can be restored."""
    here.refresh()
    (zeroed,), (deleted,) = ((here.folder / "corpus" / name).glob("*.md") for name in "甲乙")
    good = {path: path.read_bytes() for path in (zeroed, deleted)}
    zeroed.write_bytes(bytes(zeroed.stat().st_size))
    deleted.unlink()
    assert set(_advice(here)) == {"kb check --repair"}
    here.kb("check", "--repair")
    assert {path: path.read_bytes() for path in good} == good
    here.nowhere()


def test_one_cut_off_is_not_to_be_indexed(here: Operated) -> None:
    here.refresh()
    (cut,) = (here.folder / "corpus" / "甲").glob("*.md")
    cut.write_bytes(cut.read_bytes()[:-60])
    here.everywhere("有 1 份文件与索引里的不一样")
    assert _advice(here) == ["kb check --repair"]
    here.kb("index", code=1)
    here.refresh()
    assert _advice(here) == ["kb check --repair"]
    here.kb("check", "--repair")
    here.nowhere()


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_a_lost_or_damaged_snapshot_is_mended_by_what_the_doctor_says(here: Operated, damage: Any) -> None:
    here.refresh()
    (path,) = (here.folder / "corpus" / "甲").glob("*.md")
    digest = Corpus(here.folder / "corpus").read(path.stem).provenance.snapshot
    damage(here.folder / "corpus" / ".snapshots" / digest[:2] / f"{digest}.gz")
    shown = here.kb("check", code=1)
    assert "请从备份恢复，或运行 kb ingest 原来的文件 --source 甲" in shown
    assert _advice(here) == ["kb ingest 原来的文件 --source 甲; kb check"]
    here.kb("ingest", "甲/示例甲.txt", "--source", "甲")
    here.kb("check")
    here.nowhere()


def test_a_document_that_is_lost_with_its_snapshot_is_taken_again(here: Operated) -> None:
    here.refresh()
    (path,) = (here.folder / "corpus" / "甲").glob("*.md")
    digest = Corpus(here.folder / "corpus").read(path.stem).provenance.snapshot
    (here.folder / "corpus" / ".snapshots" / digest[:2] / f"{digest}.gz").unlink()
    path.unlink()
    advice = "kb ingest 原来的文件 --source 甲"
    assert _advice(here)[0] == f"{advice}; kb check"
    here.kb("check", "--repair", code=1)
    assert f"恢复不了：快照、文件头或它的来历记录也有损坏。请从备份恢复，或重新收录（{advice}）" in here.kb.said
    here.kb("ingest", "甲/示例甲.txt", "--source", "甲")
    here.kb("index")
    here.kb("check")
    here.nowhere()


def test_of_two_documents_of_one_id_one_is_to_be_renamed(here: Operated) -> None:
    here.refresh()
    (path,) = (here.folder / "corpus" / "甲").glob("*.md")
    twin = here.folder / "corpus" / "乙" / path.name
    twin.write_bytes(path.read_bytes())
    here.kb("check", code=1)
    (advice,) = {each for each in _advice(here) if each.startswith("mv ")}
    subprocess.run(advice.partition(";")[0], shell=True, check=True)
    here.kb("index")
    here.kb("check", "--repair")
    here.nowhere()


def test_one_that_may_not_be_read_keeps_no_other_from_being_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if os.geteuid():
        pytest.skip("换一个用户要 root")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        monkeypatch.chdir(folder)
        here = Operated(KbHere(folder, capsys), monkeypatch)
        here.on(START)
        here.configure("甲", "乙")
        here.refresh()
        (closed,), (zeroed,) = ((folder / "corpus" / name).glob("*.md") for name in "甲乙")
        zeroed.write_bytes(bytes(zeroed.stat().st_size))
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65534, 65534)
        closed.chmod(0)
        os.seteuid(65534)
        try:
            assert f"ls -l '{closed}'" in _advice(here)
            here.everywhere("有 1 份文件读不了，与索引里的是否一样不知道")
            shown = here.kb("check", code=1)
            assert f"读不了 {closed}：没有权限" in shown and "写不了" not in shown and "里有空字节" in shown
            here.kb("index", code=1)
        finally:
            os.seteuid(0)
        closed.chmod(0o644)
        here.kb("check", "--repair")
        here.nowhere()


def test_programs_are_told_what_people_are(here: Operated, tmp_path: Path) -> None:
    here.refresh()
    here.kb("backup", str(tmp_path.with_name(f"{tmp_path.name}-backups")))
    told = json.loads(here.kb("doctor", "--json"))
    assert told["findings"] == [] and told["writer"] == "" and told["disks"][0]["free"]
    assert told["kept"].startswith(str(START)) and told["checked"].startswith(str(START))
    assert json.loads(here.kb("status", "--json"))["kept"] == told["kept"]
    (store,) = here.folder.joinpath("index").glob("*.sqlite")
    for arguments in (("refresh", "--json"), ("index", "--json")):
        store.write_bytes(b"?")
        assert "已重建" in json.loads(here.kb(*arguments))["mended"][0]
    here.configure("甲", more='[[source]]\nname = "错"\nkind = "feed"\nurl = "ftp://127.0.0.1"\n')
    assert "不是完整的网址" in json.loads(here.kb("source", "list", "--json"))["problems"]["错"]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 400) as folder:
        yield folder


def _remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def test_a_file_system_that_is_read_only_is_told_and_a_mount_of_a_container_is_not(here: Operated, disk: Path) -> None:
    here.configure("甲", more='[corpus]\npath = "disk/corpus"\n')
    here.refresh()
    here.nowhere()
    _remount(disk, "bind,ro")
    here.nowhere()
    _remount(disk, "bind,rw")
    (disk / "corpus" / ".state" / ".index.json").write_text('{"started": "2026-03-01T00:00:00Z"}', encoding="utf-8")
    _remount(disk, "ro")
    here.everywhere("所在的文件系统是只读的")
    assert f"接下来：findmnt -T {disk / 'corpus'}" in here.kb("doctor", code=1)
    assert here.kb("check").endswith("完好。\n")
    assert "没有记下这次核对：写不了" in here.kb.said
    here.configure(more='[corpus]\npath = "disk/corpus"\n' + SOURCE.format("甲") + "closed = true\n")
    assert "只读" not in here.places()["status"]
    _remount(disk, "rw")


def test_an_owner_who_may_not_write_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if os.geteuid():
        pytest.skip("换一个用户要 root")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        monkeypatch.chdir(folder)
        here = Operated(KbHere(folder, capsys), monkeypatch)
        here.on(START)
        here.configure("甲")
        here.refresh()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65534, 65534)
        for closed in (folder / "corpus", folder / "corpus" / "甲", folder / "corpus" / ".snapshots"):
            closed.chmod(0o555)
            here.nowhere()  # root may, and whoever is not the owner may not be meant to
            os.seteuid(65534)
            try:
                here.everywhere(f"{closed} 不能写入")
                assert f"接下来：ls -ld {closed}" in here.kb("doctor", code=1)
            finally:
                os.seteuid(0)
            closed.chmod(0o755)


def test_a_folder_that_may_not_be_passed_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if os.geteuid():
        pytest.skip("换一个用户要 root")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "closed").mkdir(mode=0o700)
        monkeypatch.chdir(folder)
        here = Operated(KbHere(folder, capsys), monkeypatch)
        here.on(START)
        here.configure("甲", more='[corpus]\npath = "closed/corpus"\n[index]\npath = "closed/index"\n')
        here.refresh()
        os.seteuid(65534)
        try:
            here.everywhere("语料库", "没有权限")
            assert "它所在的磁盘还有多少空间，不知道" in here.kb("doctor", code=1)
            here.kb("check", code=6)
            assert "没有权限" in here.kb.said
        finally:
            os.seteuid(0)
