"""The ledger beside the files: what it tells of a corpus, and what becomes of one that is lost or torn."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from json import loads
from pathlib import Path

import pytest

from kb.corpus.folder import Corpus
from kb.corpus.ledger import Entry, Ledger
from tests.cli.running import EXAMPLE, KbHere

GOOD = "示例"


@pytest.fixture
def kb(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> KbHere:
    """A library of two documents, one of them with an older version."""
    monkeypatch.chdir(tmp_path)
    kb = KbHere(tmp_path, capsys)
    for name, words in (("示例", ""), ("另一份", "另一份的话。\n"), ("示例", "新的示例制度。\n")):
        (tmp_path / f"{name}.txt").write_text(f"{EXAMPLE}{words}", encoding="utf-8")
        kb("ingest", f"{name}.txt")
    kb("index")
    kb("check")
    return kb


def _file(kb: KbHere, id: str = GOOD) -> Path:
    return kb.folder / "corpus" / "files" / f"{id}.md"


def _ledger(kb: KbHere) -> Path:
    return kb.folder / "corpus" / ".ledger"


def _told(kb: KbHere, id: str = GOOD) -> str:
    """Return what `kb check` says became of a document's file."""
    return "、".join(each.damage or each.sentence for each in Corpus(kb.folder / "corpus").check() if each.id == id)


def _without_head(data: bytes) -> bytes:
    return data.split(b"---\n", 2)[2]


def _cut_at_a_line(data: bytes) -> bytes:
    return data[: data[:-1].rindex(b"\n") + 1]


def _one_bit(data: bytes) -> bytes:
    place = data.rindex("示".encode()) + 2
    return data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


DAMAGES: tuple[tuple[str, Callable[[bytes], bytes], str], ...] = (
    ("emptied", lambda _: b"", "emptied"),
    ("blank", lambda _: b"\n \n", "emptied"),
    ("zeros", lambda data: bytes(len(data)), "zeroed"),
    ("zeros at the end", lambda data: data[:-512] + bytes(512), "zeroed"),
    ("zeros at the start", lambda data: bytes(64) + data[64:], "zeroed"),
    ("cut in the head", lambda data: data[:200], "truncated"),
    ("cut in the text", lambda data: data[:-7], "truncated"),
    ("without a head", _without_head, "damaged"),
    ("another's text", lambda _: "# 别的\n\n别的话。\n".encode(), "damaged"),
    ("nonsense", lambda data: os.urandom(len(data)).replace(b"\0", b"\1"), "damaged"),
    ("GBK", lambda data: data.decode().encode("gb18030"), "re-encoded"),
    ("UTF-16", lambda data: data.decode().encode("utf-16"), "re-encoded"),
    ("UTF-8 twice", lambda data: data.decode("latin-1").encode(), "re-encoded"),
)


@pytest.mark.parametrize(("damage", "told"), [each[1:] for each in DAMAGES], ids=[each[0] for each in DAMAGES])
def test_each_damage_is_told_apart_never_taken_and_restored(
    kb: KbHere, damage: Callable[[bytes], bytes], told: str
) -> None:
    good = _file(kb).read_bytes()
    _file(kb).write_bytes(damage(good))
    assert _told(kb) == told
    kb("index", code=1)
    assert GOOD in kb.said
    assert "新的示例制度" in kb("search", "新的示例制度")
    kb("check", "--repair")
    assert _file(kb).read_bytes() == good


@pytest.mark.parametrize(("damage", "told"), [(_cut_at_a_line, "从中途断了"), (_one_bit, "已损坏")])
def test_what_looks_like_an_edit_is_compared_with_the_snapshot(
    kb: KbHere, damage: Callable[[bytes], bytes], told: str
) -> None:
    good = _file(kb).read_bytes()
    _file(kb).write_bytes(damage(good))
    assert told in kb("check", code=1)
    kb("check", "--repair")
    assert _file(kb).read_bytes() == good


def test_a_deleted_file_is_missed_and_restored(kb: KbHere) -> None:
    files = {path: path.read_bytes() for path in (_file(kb), *_file(kb).with_suffix("").iterdir())}
    for path in files:
        path.unlink()
    kb("index", code=1)
    assert "不见了" in kb.said and "--accept 示例" in kb.said
    assert "不见了" in kb("check", code=1)
    kb("check", "--repair")
    assert {path: path.read_bytes() for path in files} == files
    kb("check")


def test_a_file_may_be_deleted_on_purpose(kb: KbHere) -> None:
    _file(kb, "另一份").unlink()
    kb("check", "--accept", "另一份", code=1)  # the index still has it
    kb("index")
    kb("check")
    (line,) = [each for each in Corpus(kb.folder / "corpus").ledger.read().entries.values() if not each.sha256]
    assert line.by == "check --accept" and line.taken and line.at


def test_a_file_that_was_moved_is_there(kb: KbHere) -> None:
    moved = kb.folder / "corpus" / "别处" / "另一份.md"
    moved.parent.mkdir()
    _file(kb, "另一份").rename(moved)
    kb("index")
    kb("check")
    kb("ingest", "示例.txt")
    kb("check", "--repair")
    assert not _file(kb, "另一份").exists(), "where it was, nothing is lost"


def test_an_edit_is_taken_and_can_be_restored_once_it_is_accepted(kb: KbHere) -> None:
    edited = _file(kb).read_text(encoding="utf-8").replace("完善示例制度", "完善好的示例制度")
    _file(kb).write_text(edited, encoding="utf-8")
    assert _told(kb) == "edited"
    kb("index")
    kb("check", "--accept", GOOD, code=1)  # the index has the text, but not yet that it was accepted
    kb("index")
    accepted = _file(kb).read_bytes()
    _file(kb).write_bytes(b"")
    kb("check", "--repair")
    assert _file(kb).read_bytes() == accepted
    assert Corpus(kb.folder / "corpus").ledger.read().entries["files/示例.md"].by == "check --repair"


def test_a_lost_ledger_is_made_of_the_files_and_says_so(kb: KbHere) -> None:
    _ledger(kb).unlink()
    kb("ingest", "示例.txt")
    assert "丢失过" in kb("check", code=1) and "补记" in kb.said
    kb("check", "--repair")
    assert "补记" in loads(kb("check", "--json"))["ledger"]
    kb("check")
    assert not kb.said, "what was told once is nothing new"
    _file(kb, "另一份").unlink()
    assert "不见了" in kb("check", code=1)


@pytest.mark.parametrize("place", ["seal", "payload", "line"])
def test_a_damaged_line_is_told_and_the_others_hold(kb: KbHere, place: str) -> None:
    lines = _ledger(kb).read_bytes().splitlines(keepends=True)
    lines[1] = {
        "seal": bytes((lines[1][0] ^ 1,)) + lines[1][1:],
        "payload": lines[1].replace(b'"size"', b'"sizf"'),
        "line": b"\0" * 50 + b"\n",
    }[place]
    _ledger(kb).write_bytes(b"".join(lines))
    assert "账本" in kb("check", code=1)
    kb("check", "--repair")
    assert len(Corpus(kb.folder / "corpus").ledger.read().entries) == 3
    _file(kb).unlink()
    kb("check", "--repair")
    assert _file(kb).is_file()


def test_a_torn_line_goes_and_its_file_is_put_down_again(kb: KbHere) -> None:
    whole = _ledger(kb).read_bytes()
    for left in (len(whole) - 1, whole.rindex(b"\n", 0, -1) + 30, whole.index(b"\n") + 30, 0):
        _ledger(kb).write_bytes(whole[:left])
        kb("check", code=1)
        kb("ingest", "示例.txt")
        told = Corpus(kb.folder / "corpus").ledger.read()
        assert told.damaged == 0 and set(told.entries) == set(
            map(_below(kb), (kb.folder / "corpus").glob("files/**/*.md"))
        )


def test_a_ledger_whose_last_lines_are_gone_whole_is_told_and_completed(kb: KbHere) -> None:
    lines = _ledger(kb).read_bytes().splitlines(keepends=True)
    for left in range(1, len(lines)):
        _ledger(kb).write_bytes(b"".join(lines[:left]))
        assert "账本" in kb("check", code=1)
        kb("check", "--repair")
        kb("check")
        assert set(Corpus(kb.folder / "corpus").ledger.read().entries) == set(
            map(_below(kb), (kb.folder / "corpus").glob("files/**/*.md"))
        )


def _below(kb: KbHere) -> Callable[[Path], str]:
    return lambda path: path.relative_to(kb.folder / "corpus").as_posix()


def test_a_copied_corpus_without_a_ledger_can_be_read(kb: KbHere) -> None:
    shutil.copytree(kb.folder / "corpus", there := kb.folder / "copy")
    for each in there.glob(".ledger*"):
        each.unlink()
    assert list(Corpus(there).check()) == []


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["removed", "emptied"])
def test_a_ledger_that_was_lost_is_told_until_it_is_made_anew(kb: KbHere, lose: Callable[[Path], object]) -> None:
    lose(_ledger(kb))
    assert "什么也没有了" in kb("check", code=1) and "什么也没有了" in kb("doctor", code=1)
    kb("check", "--repair")
    assert "完好" in kb("check")
    assert set(Corpus(kb.folder / "corpus").ledger.read().entries) >= {"files/示例.md", "files/另一份.md"}


def test_what_went_with_the_ledger_is_fetched_again(kb: KbHere) -> None:
    """The memory of the source says that nothing is new: the document would be gone for good."""
    (kb.folder / "inbox").mkdir()
    (kb.folder / "inbox" / "来源的.txt").write_text(EXAMPLE, encoding="utf-8")
    (kb.folder / "kb.toml").write_text('[[source]]\nname = "shili"\nkind = "files"\nurl = "inbox"\n', encoding="utf-8")
    kb("refresh")
    (file,) = (kb.folder / "corpus" / "shili").glob("*.md")
    file.unlink()
    _ledger(kb).unlink()
    kb("refresh", code=1)
    assert file.is_file()


def test_lines_of_two_writers_are_chained(tmp_path: Path) -> None:
    one, other = Ledger(tmp_path), Ledger(tmp_path)
    for number, ledger in enumerate((one, one, other, one, other)):
        ledger.add([Entry(f"files/{number}.md", "0" * 64)])
        ledger.end()
    assert (one.read().damaged, len(other.read().entries)) == (0, 5)


def test_what_a_killed_run_wrote_and_did_not_put_down_is_put_down_by_the_next_one(kb: KbHere) -> None:
    """What a kill, or a power cut, between the two leaves: the file is the new one, its line is not there."""
    before = _ledger(kb).read_bytes()
    (kb.folder / "示例.txt").write_text(f"{EXAMPLE}第三次写。\n", encoding="utf-8")
    kb("ingest", "示例.txt")
    new = _file(kb).read_bytes()
    _ledger(kb).write_bytes(before)
    _ledger(kb).with_name(".ledger.open").touch()
    kb("ingest", "示例.txt")
    _file(kb).unlink()
    assert _told(kb) == "deleted"
    kb("check", "--repair")
    assert _file(kb).read_bytes() == new


def test_a_ledger_that_is_begun_anew_is_the_old_one_or_the_new_one(kb: KbHere) -> None:
    entries = Corpus(kb.folder / "corpus").ledger.read().entries
    Corpus(kb.folder / "corpus").ledger.begin_anew(entries.values())
    told = Corpus(kb.folder / "corpus").ledger.read()
    assert (told.entries, told.damaged) == (entries, 0)


@pytest.mark.parametrize("left", [b"", b"\0" * 900, b"0123"], ids=["emptied", "zeroed", "torn"])
def test_that_a_ledger_was_lost_outlives_who_writes_next(kb: KbHere, left: bytes) -> None:
    """And nothing is cleared away meanwhile: a snapshot may be all there is of a document that went with it."""
    _ledger(kb).write_bytes(left)
    _file(kb, "另一份").unlink()
    kb("ingest", "示例.txt")
    kb("index", code=1)
    assert "丢失过" in kb("check", code=1) and "丢失过" in kb("doctor", code=1)
    kb("gc", code=6)
    kb("check", "--repair")
    assert "完好" in kb("check") and "丢失过" not in kb("doctor")
    kb("gc")


def test_a_ledger_of_which_nothing_can_be_told_is_mended_once(kb: KbHere) -> None:
    """All documents were taken away on purpose, one was written by hand: there is nothing to put down."""
    for file in (kb.folder / "corpus" / "files").glob("*.md"):
        file.unlink()
        kb("check", "--accept", file.stem, code=1)
    shutil.rmtree(kb.folder / "corpus" / "files" / GOOD)
    (kb.folder / "corpus" / "files" / "手写.md").write_text("# 手写的示例\n\n一句话。\n", encoding="utf-8")
    _ledger(kb).unlink()
    kb("check", "--repair")
    assert "完好" in kb("check")


@pytest.mark.parametrize("left", [b"", b'0123 {"file": '])
def test_a_ledger_that_nothing_was_ever_written_to_is_not_lost(tmp_path: Path, left: bytes) -> None:
    """A full disk, or a kill, can leave it so: its name is there before its first line."""
    (tmp_path / ".ledger").write_bytes(left)
    (tmp_path / ".ledger.open").touch()
    for _ in range(2):
        ledger = Ledger(tmp_path)
        ledger.begin()
        ledger.end()
        assert not Ledger(tmp_path).is_lost()
