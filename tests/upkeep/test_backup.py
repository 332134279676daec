"""Backups: what they keep, what they never lose, and that what is restored is the library."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kb.base import inside
from kb.upkeep.backup import damage, states
from tests.cli.running import EXAMPLE, KbHere

_KILLED = """
import os, signal, sys
left = int(sys.argv.pop(1))
def count(event, arguments):
    global left
    if event in ("os.link", "os.rename", "os.mkdir") or (event == "open" and arguments[1] in ("xb", "wb")):
        if ".tmp-state" in str(arguments[0]) or event == "os.rename":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
from kb.cli.main import main
main(sys.argv[1:])
"""


@pytest.fixture
def kb(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> KbHere:
    """A library of two documents, one with an older version, with settings, a reader and somebody who follows."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    kb = KbHere(home, capsys)
    (home / "kb.toml").write_text(
        '[serve]\naddress = "https://kb.example.cn"\nreaders = "password"\n', encoding="utf-8"
    )
    for name, words in (("示例", ""), ("另一份", "另一份的话。\n"), ("示例", "新的示例制度。\n")):
        (home / f"{name}.txt").write_text(f"{EXAMPLE}{words}", encoding="utf-8")
        kb("ingest", f"{name}.txt")
    (home / "readers.json").write_text("{}", encoding="utf-8")
    (home / "readers.json").chmod(0o600)
    kb("index")
    kb("follow", "add", "--all", "--robot", "https://oapi.dingtalk.com/robot/send?access_token=x")
    return kb


def _tree(folder: Path, *without: str) -> dict[str, bytes]:
    return {
        name: path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not (name := path.relative_to(folder).as_posix()).startswith(without)
    }


_OTHER = ("follow/", "corpus/.state/.run/backup.json")
"""A copy that the database makes of itself, the same rows in other bytes; and what is written down of a backup once it is made."""
_NOT_KEPT = (*_OTHER, "corpus/.lock", "示例.txt", "另一份.txt", "index/")


def test_what_is_restored_is_the_library_and_is_sound(kb: KbHere, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "backups"
    assert "2 份文件" in kb("backup", str(target))
    restored = tmp_path / "restored"
    kb("restore", str(target), str(restored))
    assert _tree(restored, *_OTHER) == _tree(kb.folder, *_NOT_KEPT)
    assert (restored / "readers.json").stat().st_mode & 0o777 == 0o600
    os.chdir(restored)
    kb("index")
    assert "完好" in kb("check")
    assert "示例" in kb("search", "新的示例制度")
    assert "1 个订阅" in kb("follow", "list")


def test_only_what_changed_is_written_and_every_state_stays_whole(kb: KbHere, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    kb("backup", str(target))
    (first,) = states(target)
    before = _tree(first.path)
    (kb.folder / "示例.txt").write_text(f"{EXAMPLE}再改一次。\n", encoding="utf-8")
    kb("ingest", "示例.txt")
    kb("backup", str(target))
    first, second = states(target)
    assert _tree(first.path) == before
    shared = Path("corpus/files/另一份.md")
    assert (first.path / shared).samefile(second.path / shared)
    changed = Path("corpus/files/示例.md")
    assert (second.path / changed).read_bytes() == (kb.folder / changed).read_bytes()
    assert (first.path / changed).read_bytes() != (second.path / changed).read_bytes()
    assert kb("backup", str(target), "--check").count("完好") == 2


def test_the_list_is_one_that_sha256sum_reads(kb: KbHere, tmp_path: Path) -> None:
    kb("backup", str(tmp_path / "backups"))
    (state,) = states(tmp_path / "backups")
    subprocess.run(["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"], cwd=state.path, check=True)


@pytest.mark.parametrize("name", ["corpus/files/另一份.md", "kb.toml", "SHA256SUMS", "follow/follow.sqlite"])
def test_a_flipped_byte_in_a_backup_is_told_and_not_restored(kb: KbHere, tmp_path: Path, name: str) -> None:
    target, restored = tmp_path / "backups", tmp_path / "restored"
    kb("backup", str(target))
    path = states(target)[0].path / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert name.rpartition("/")[2] in kb("backup", str(target), "--check", code=1)
    kb("restore", str(target), str(restored), code=4)
    assert "没有恢复任何东西" in kb.said
    assert not any(restored.iterdir())


def test_what_nobody_would_restore_keeps_nobody_from_it(kb: KbHere, tmp_path: Path) -> None:
    """What says how the state was made, and a file that another program left there."""
    target = tmp_path / "backups"
    kb("backup", str(target))
    (state,) = states(target)
    with (state.path / "backup.json").open("ab") as about:
        about.write(b" ")
    (state.path / ".DS_Store").write_bytes(b"0")
    assert "共 2 处" in kb("backup", str(target), "--check", code=1)
    assert "0 份" not in kb("restore", str(target), str(tmp_path / "restored"), code=1)  # was it sound? nobody knows
    assert "backup.json" in kb.said and ".DS_Store" in kb.said
    assert (tmp_path / "restored" / "corpus/files/另一份.md").is_file()


def test_a_file_or_a_line_that_is_missing_from_a_backup_is_told(kb: KbHere, tmp_path: Path) -> None:
    kb("backup", str(tmp_path / "backups"))
    (state,) = states(tmp_path / "backups")
    sums = state.path / "SHA256SUMS"
    lines = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join(line for line in lines if "另一份.md" not in line))
    (state.path / "corpus/files/另一份.md").unlink()
    assert damage(state.path)


def test_damage_in_one_state_is_not_handed_on_to_the_next(kb: KbHere, tmp_path: Path) -> None:
    target, name = tmp_path / "backups", "corpus/files/另一份.md"
    kb("backup", str(target))
    (states(target)[0].path / name).write_bytes(b"?")
    kb("backup", str(target), code=1)
    assert f"{name} 与写入时不一致" in kb.said
    first, second = states(target)
    assert damage(first.path)
    assert not damage(second.path)
    kb("restore", str(second.path), str(tmp_path / "restored"))
    (second.path / name).unlink()
    kb("backup", str(target), "--keep", "2", code=1)
    assert f"{name} 不见了" in kb.said
    assert [each.number for each in states(target)] == [1, 2, 3], "what is left of the earlier ones may be needed"
    states(target)[2].path.joinpath("SHA256SUMS").write_bytes(b"?")
    kb("backup", str(target), code=1)
    assert "SHA256SUMS 读不出来，或者与写入时不一致" in kb.said
    kb("backup", str(target))


def test_the_bytes_of_a_damaged_file_come_from_another_state_that_has_them(kb: KbHere, tmp_path: Path) -> None:
    target, name = tmp_path / "backups", "corpus/files/另一份.md"
    kb("backup", str(target))
    (states(target)[0].path / name).write_bytes(b"?")
    kb("backup", str(target), code=1)
    for number, each in enumerate(states(target)):
        kb("restore", str(each.path), str(tmp_path / f"restored-{number}"))
        assert (tmp_path / f"restored-{number}" / name).read_bytes() == (kb.folder / name).read_bytes()
        assert (f"恢复的是 {states(target)[1].path / name} 里同样的一份" in kb.said) == (number == 0)


def test_a_rotten_file_that_all_states_share_does_not_make_all_of_them_worthless(kb: KbHere, tmp_path: Path) -> None:
    target, name, restored = tmp_path / "backups", "corpus/files/另一份.md", tmp_path / "restored"
    for _ in range(3):
        kb("backup", str(target))
    newest = states(target)[-1].path
    with (newest / name).open("r+b") as file:
        file.write(b"?")
    (newest / "readers.json").unlink()
    (newest / "readers.json").mkdir()  # what cannot be read as a file
    kb("restore", str(target), str(restored), code=4)
    assert "别的备份也没有一次可以完整恢复" in kb.said
    assert f"kb restore {newest} {restored} --partial" in kb.said
    assert not any(restored.iterdir())
    assert "已恢复" in kb("restore", str(target), str(restored), "--partial", code=1)
    assert f"没有恢复：{name} 与写入时不一致。\n" in kb.said and kb.said.count("没有恢复：") == 1
    assert "readers.json 读不出来" in kb.said and "恢复的是" in kb.said
    whole = _tree(kb.folder, *_NOT_KEPT)
    del whole[name]
    assert _tree(restored, *_OTHER) == whole
    os.chdir(restored)
    kb("check", "--repair")
    assert (restored / name).read_bytes() == (kb.folder / name).read_bytes()


def test_a_refused_restore_names_the_one_that_is_whole_and_only_that(kb: KbHere, tmp_path: Path) -> None:
    target, restored = tmp_path / "backups", tmp_path / "restored"
    kb("backup", str(target))
    for words in ("再改一次。\n", "又改一次。\n"):
        (kb.folder / "示例.txt").write_text(f"{EXAMPLE}{words}", encoding="utf-8")
        kb("ingest", "示例.txt")
        kb("backup", str(target))
    first, second, third = states(target)
    for each in (second, third):
        (each.path / "corpus/files/示例.md").write_bytes(b"?")
    kb("restore", str(target), str(restored), code=4)
    assert f"可以完整恢复的另一次：kb restore {first.path} {restored}。" in kb.said
    (third.path / "SHA256SUMS").unlink()
    kb("restore", str(target), str(restored), "--partial", code=4)
    assert "把里面的文件拷出来" in kb.said
    kb("restore", str(first.path), str(restored))


def test_where_earlier_backups_are_not_there_none_is_begun_unless_asked(kb: KbHere, tmp_path: Path) -> None:
    target, away = tmp_path / "backups", tmp_path / "away"
    kb("backup", str(target))
    target.rename(away)
    for make in (lambda: None, target.mkdir):
        make()
        kb("backup", str(target), code=3)
        assert "没有挂载" in kb.said and f"kb backup {target} --new" in kb.said
        assert kb.said.count("\n") == 1
        assert not target.is_dir() or not any(target.iterdir())
    assert "的备份没有做成" in kb("status", code=1)
    kb("backup", str(tmp_path / "another" / "new"))
    kb("status")
    kb("backup", str(target), code=3)
    kb("backup", str(target), "--new")
    kb("status")
    kb("backup", str(target), "--new", code=2)
    assert "不要写进定时任务" in kb.said
    kb("backup", str(target))
    kb("backup", str(away))


def test_where_backups_were_made_is_not_known_when_the_record_is_damaged(kb: KbHere, tmp_path: Path) -> None:
    kb("backup", str(tmp_path / "backups"))
    shutil.rmtree(tmp_path / "backups")
    (kb.folder / "corpus/.state/.run/backup.json").write_bytes(b"{")
    kb("backup", str(tmp_path / "backups"))
    assert "以前有没有备份到" in kb.said and "不知道" in kb.said


def test_what_a_state_says_of_itself_is_believed_only_as_it_was_written(kb: KbHere, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    kb("backup", str(target))
    told = states(target)[0].path / "backup.json"
    for data in (b"?", told.read_bytes().replace(b"[]", b'["x"]')):
        told.write_bytes(data)
        kb("backup", str(target), "--check", code=1)
        assert "那一次备份的时候语料库是否完好，不知道" in kb.said
        assert "语料库就有" not in kb.said
    kb("backup", str(target), code=1)
    assert "那一次备份的时候语料库是否完好，不知道" in kb.said
    told.unlink()
    kb("restore", str(told.parent), str(tmp_path / "restored"), "--partial", code=1)
    assert "那一次备份的时候语料库是否完好，不知道" in kb.said
    assert _tree(tmp_path / "restored", *_OTHER) == _tree(kb.folder, *_NOT_KEPT)


def test_a_kill_at_any_moment_leaves_the_last_good_state(kb: KbHere, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    kb("backup", str(target))
    good = _tree(states(target)[0].path)
    (kb.folder / "示例.txt").write_text(f"{EXAMPLE}再改一次。\n", encoding="utf-8")
    kb("ingest", "示例.txt")
    killed = 0
    for moment in range(0, 60, 5):
        command = [sys.executable, "-c", _KILLED, str(moment), "backup", str(target)]
        done = subprocess.run(command, cwd=kb.folder, capture_output=True, check=False)
        if done.returncode != -signal.SIGKILL:
            break
        killed += 1
        found = states(target)
        assert _tree(found[0].path) == good
        assert not any(damage(each.path) for each in found)
    assert killed > 3
    kb("backup", str(target))
    assert not list(target.glob(".tmp-*"))
    kb("restore", str(target), str(tmp_path / "restored"))
    assert _tree(tmp_path / "restored", *_OTHER) == _tree(kb.folder, *_NOT_KEPT)


def test_old_states_go_but_never_the_last_good_one(kb: KbHere, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    for _ in range(3):
        kb("backup", str(target), "--keep", "2")
    assert [each.number for each in states(target)] == [2, 3]
    file = kb.folder / "corpus/files/另一份.md"
    good = file.read_bytes()
    file.write_bytes(bytes(len(good)))
    for _ in range(3):
        kb("backup", str(target), "--keep", "2", code=1)
        assert "另一份.md" in kb.said
    assert [each.number for each in states(target)] == [2, 3, 4, 5, 6]
    file.write_bytes(good)
    kb("backup", str(target), "--keep", "2")
    assert [each.number for each in states(target) if not each.problems] == [3, 7]


def test_the_clock_does_not_say_which_state_is_the_last(
    kb: KbHere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "backups"
    monkeypatch.setenv("KB_TODAY", "2099-01-01")
    kb("backup", str(target))
    monkeypatch.delenv("KB_TODAY")
    kb("backup", str(target))
    assert [each.number for each in states(target)] == [1, 2]
    assert not states(target)[1].taken.startswith("2099")


def test_nothing_is_overwritten_and_nothing_is_kept_inside_itself(kb: KbHere, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    kb("backup", "corpus/backups", code=2)
    kb("backup", ".", code=2)
    kb("backup", str(target))
    kb("restore", str(target), str(kb.folder), code=2)
    assert "不是空的" in kb.said
    kb("restore", str(tmp_path / "nothing"), str(tmp_path / "restored"), code=3)
    kb("backup", str(tmp_path / "nothing"), "--check", code=3)


def test_settings_that_lead_elsewhere_are_told(kb: KbHere, tmp_path: Path) -> None:
    shutil.move(kb.folder / "corpus", tmp_path / "data")
    (kb.folder / "kb.toml").write_text(f'[corpus]\npath = "{tmp_path / "data"}"\n', encoding="utf-8")
    kb("backup", str(tmp_path / "backups"))
    kb("restore", str(tmp_path / "backups"), str(tmp_path / "restored"))
    assert "corpus.path" in kb.said
    assert (tmp_path / "restored" / "corpus" / "files" / "示例.md").is_file()


def test_a_restore_that_was_killed_is_finished_by_the_next_one(kb: KbHere, tmp_path: Path) -> None:
    target, restored = tmp_path / "backups", tmp_path / "restored"
    kb("backup", str(target))
    kb("restore", str(target), str(restored))
    whole = _tree(restored)
    (restored / ".tmp-restored").mkdir()
    for name in ("kb.toml", "readers.json"):
        (restored / name).rename(restored / ".tmp-restored" / name)
    kb("restore", str(target), str(restored))
    assert _tree(restored) == whole
    (restored / "corpus" / "files" / "示例.md").write_bytes(b"?")
    kb("restore", str(target), str(restored), code=2)
    assert "corpus/files/示例.md" in kb.said
    assert (restored / "corpus" / "files" / "示例.md").read_bytes() == b"?"


def test_what_could_not_be_read_is_not_said_to_be_in_the_backup(
    kb: KbHere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, opened = tmp_path / "backups", inside.opened

    def refuse(root: Path, name: str) -> object:
        if name == "files/另一份.md":
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(root, name)

    monkeypatch.setattr(inside, "opened", refuse)
    kb("backup", str(target), code=1)
    monkeypatch.undo()
    assert "另一份.md 读不出来，没有备份：没有权限：请检查文件夹的所有者和权限。" in kb.said
    assert "备份里的也是这样" not in kb.said and "denied" not in kb.said and "读不出来的，备份里没有" in kb.said
    assert "完好。" not in kb("backup", str(target), "--check")
    assert "备份的时候语料库就有" in kb.said
    kb("backup", str(target), "--check", "--json")
    assert "备份的时候语料库就有" in kb.said
