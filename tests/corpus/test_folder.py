from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kb.base.errors import NotFoundError, StorageError, UnreadableError, UsageError
from kb.base.model import Document, Metadata, Provenance
from kb.corpus.folder import Corpus, safe_name
from kb.corpus.snapshots import pack
from kb.structure import outline

TEXT = "示例通知\n一、总体要求\n坚持示例。\n"


def made_of(data: bytes, text: str = TEXT, id: str = "示例", retrieved: str = "2026-01-01T00:00:00Z") -> Document:
    origin = Provenance("示例.txt", hashlib.sha256(data).hexdigest(), retrieved, "text/plain")
    return Document(id, "files", Metadata("示例通知"), origin, outline.parse(text))


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / "corpus")


def write(corpus: Corpus, data: bytes, text: str = TEXT, **more: str) -> str:
    with corpus.writing():
        return corpus.write(made_of(data, text, **more), data).state


def file_of(corpus: Corpus, id: str = "示例") -> Path:
    return corpus.root / "files" / f"{id}.md"


def edit(corpus: Corpus, before: str = "坚持", after: str = "始终坚持") -> None:
    path = file_of(corpus)
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


def test_a_corpus_that_does_not_exist_is_empty(corpus: Corpus) -> None:
    assert corpus.ids() == ()
    assert corpus.fingerprints() == {}
    assert list(corpus.documents()) == []
    assert list(corpus.check()) == []


def test_what_is_written_is_read(corpus: Corpus) -> None:
    assert write(corpus, b"a") == "new"
    assert corpus.ids() == ("示例",)
    assert corpus.read("示例") == made_of(b"a")
    assert list(corpus.documents()) == [made_of(b"a")]
    assert corpus.snapshot(made_of(b"a").provenance.snapshot) == b"a"
    assert corpus.fingerprints() == {"示例": hashlib.sha256(file_of(corpus).read_bytes()).hexdigest()}
    assert list(corpus.check()) == []


def test_a_corpus_is_handed_to_another_process(corpus: Corpus) -> None:
    write(corpus, b"a")
    assert pickle.loads(pickle.dumps(corpus)).read("示例") == made_of(b"a")


def test_what_is_kept_ready_is_what_the_file_says(corpus: Corpus) -> None:
    write(corpus, b"a")
    ready = Corpus(corpus.root, keep=100)
    assert ready.read("示例") is ready.read("示例")
    edit(corpus)
    assert "始终坚持" in ready.read("示例").text


def test_the_same_bytes_change_nothing(corpus: Corpus) -> None:
    write(corpus, b"a")
    before = file_of(corpus).stat()
    assert write(corpus, b"a", retrieved="2026-02-02T00:00:00Z") == "unchanged"
    assert file_of(corpus).stat() == before


def test_the_same_bytes_read_better_replace_the_text(corpus: Corpus) -> None:
    write(corpus, b"a")
    assert write(corpus, b"a", f"{TEXT}二、附则\n", retrieved="2026-02-02T00:00:00Z") == "changed"
    assert corpus.read("示例").provenance.retrieved == "2026-01-01T00:00:00Z"
    assert corpus.versions("示例") == ()


def test_other_bytes_keep_the_old_version(corpus: Corpus) -> None:
    write(corpus, b"a")
    old = file_of(corpus).read_bytes()
    assert write(corpus, b"b", f"{TEXT}二、附则\n", retrieved="2026-02-02T00:00:00Z") == "changed"
    (version,) = corpus.versions("示例")
    assert version == f"2026-01-01-{hashlib.sha256(old).hexdigest()[:8]}"
    assert corpus.read("示例", version) == made_of(b"a")
    assert corpus.read("示例").text.endswith("二、附则\n")
    assert list(corpus.check()) == []


def test_hand_edits_survive_the_same_bytes(corpus: Corpus) -> None:
    write(corpus, b"a")
    edit(corpus)
    assert write(corpus, b"a", f"{TEXT}二、附则\n") == "unchanged"
    assert corpus.read("示例").text == TEXT.replace("坚持", "始终坚持")


def test_hand_edits_and_other_bytes_are_a_conflict(corpus: Corpus) -> None:
    write(corpus, b"a")
    edit(corpus)
    edited = file_of(corpus).read_bytes()
    with corpus.writing():
        outcome = corpus.write(made_of(b"b", f"{TEXT}二、附则\n"), b"b")
        again = corpus.write(made_of(b"b", f"{TEXT}二、附则\n", retrieved="2026-03-03T00:00:00Z"), b"b")
    assert outcome.state == again.state == "conflict"
    assert outcome.path == again.path
    assert file_of(corpus).read_bytes() == edited
    assert corpus.read("示例", outcome.path.stem).text.endswith("二、附则\n")
    assert corpus.versions("示例") == ()  # it is no older one


def test_accepted_edits_still_survive_and_settle_the_conflict(corpus: Corpus) -> None:
    write(corpus, b"a")
    edit(corpus)
    write(corpus, b"b")
    corpus.accept("示例")
    assert list(corpus.check()) == []
    assert write(corpus, b"b") == "unchanged"
    assert write(corpus, b"c") == "conflict"
    assert "始终坚持" in corpus.read("示例").text
    assert "确认" in corpus.read("示例").provenance.notes[-1]


def test_edits_are_reported_and_shown_with_a_note(corpus: Corpus) -> None:
    write(corpus, b"a")
    edit(corpus)
    (problem,) = corpus.check()
    assert problem.id == "示例"
    assert "与写入时不一致：手工修改或损坏" in problem.sentence
    assert "与写入时不一致" in corpus.read("示例").provenance.notes[-1]


def test_a_damaged_file_is_never_overwritten(corpus: Corpus) -> None:
    write(corpus, b"a")
    file_of(corpus).write_bytes(b"---\ntitle: [\nprovenance:\n---\n")
    with pytest.raises(UnreadableError, match="文件头"):
        corpus.read("示例")
    assert len(list(corpus.check())) == 1
    assert write(corpus, b"a") == "conflict"
    assert file_of(corpus).read_bytes().startswith(b"---\ntitle: [")
    unreadable: list[UnreadableError] = []
    assert list(corpus.documents(unreadable.append)) == []
    assert len(unreadable) == 1


@pytest.mark.parametrize(
    ("found", "damaged", "reason"),
    [
        (b"title:", b"title: [", "第 2 行附近不是合格的 YAML"),
        (b"provenance:", b"provenance", "附近不是合格的 YAML"),
        (b"title:", b"title: \x07", "YAML 不允许的字符"),
        (b"provenance:", b"origins:", "缺少必要的项"),
    ],
)
def test_a_broken_front_matter_is_told_in_one_sentence(
    corpus: Corpus, found: bytes, damaged: bytes, reason: str
) -> None:
    write(corpus, b"a")
    file_of(corpus).write_bytes(file_of(corpus).read_bytes().replace(found, damaged, 1))
    with pytest.raises(UnreadableError, match=reason) as told:
        corpus.read("示例")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[:-1], lambda data: data[:5] + b"x" + data[6:]])
def test_a_damaged_snapshot_is_found_and_mended(corpus: Corpus, damage: Callable[[bytes], bytes]) -> None:
    write(corpus, b"a")
    (snapshot,) = (corpus.root / ".snapshots").rglob("*.gz")
    snapshot.write_bytes(damage(snapshot.read_bytes()))
    with pytest.raises(UnreadableError, match=r"快照.*已损坏"):
        corpus.snapshot(snapshot.stem)
    assert {problem.path for problem in corpus.check()} == {snapshot, file_of(corpus)}
    assert write(corpus, b"a") == "unchanged"
    assert list(corpus.check()) == []


def test_a_missing_snapshot_is_found_and_mended(corpus: Corpus) -> None:
    write(corpus, b"a")
    (snapshot,) = (corpus.root / ".snapshots").rglob("*.gz")
    snapshot.unlink()
    with pytest.raises(NotFoundError, match="没有快照"):
        corpus.snapshot(snapshot.stem)
    assert "缺失" in next(corpus.check()).sentence
    write(corpus, b"a")
    assert list(corpus.check()) == []


def test_a_snapshot_is_a_gzip_file_that_is_the_same_everywhere() -> None:
    import gzip

    assert gzip.decompress(pack(b"abc" * 1000)) == b"abc" * 1000
    assert pack(b"abc") == pack(b"abc")


def test_files_that_nothing_reads_are_reported(corpus: Corpus) -> None:
    write(corpus, b"a")
    write(corpus, b"b")
    file_of(corpus).unlink()
    (corpus.root / "孤儿.md").write_text("# 示例\n", encoding="utf-8")
    sentences = [problem.sentence for problem in corpus.check()]
    assert len(sentences) == 2
    assert "不在任何来源文件夹内" in sentences[0]
    assert "是旧版本" in sentences[1]


def test_one_id_in_two_sources_is_reported(corpus: Corpus) -> None:
    for source in ("甲", "乙"):
        (corpus.root / source).mkdir(parents=True)
        (corpus.root / source / "示例.md").write_text("# 示例\n", encoding="utf-8")
    assert corpus.ids() == ("示例",)
    (problem,) = corpus.check()
    assert "相同" in problem.sentence


def test_markdown_put_in_by_hand_is_a_document(corpus: Corpus) -> None:
    (corpus.root / "laws").mkdir(parents=True)
    (corpus.root / "laws" / "示例法.md").write_text("# 示例法\n\n第一条 为了示例。\n", encoding="utf-8")
    document = corpus.read("示例法")
    assert (document.source, document.metadata.title) == ("laws", "示例法")
    assert list(corpus.check()) == []
    with pytest.raises(UsageError, match="不是由 kb 写入"):
        corpus.accept("示例法")


@pytest.mark.parametrize(
    "id", ["", "..", "../x", "/etc/passwd", "a/b", "a\\b", "a\0b", ".tmp-1", "字" * 300, "示例/v", "没有"]
)
def test_an_address_never_leads_out_of_the_corpus(corpus: Corpus, id: str) -> None:
    write(corpus, b"a")
    (corpus.root.parent / "x.md").write_text("# 秘密\n", encoding="utf-8")
    with pytest.raises(NotFoundError, match="没有编号为"):
        corpus.read(id)
    with pytest.raises(NotFoundError, match=f"没有名为.*的版本：有的是 {corpus.history('示例')[0].version}。"):
        corpus.read("示例", id or "x")


def test_a_link_never_leads_out_of_the_corpus(corpus: Corpus, tmp_path: Path) -> None:
    write(corpus, b"a")
    secret = tmp_path / "secret.md"
    secret.write_text("# 秘密\n", encoding="utf-8")
    (corpus.root / "files" / "link.md").symlink_to(secret)
    with pytest.raises(NotFoundError):
        corpus.read("link")
    assert corpus.ids() == ("示例",)
    (problem,) = corpus.check()
    assert "是链接" in problem.sentence


@pytest.mark.parametrize("digest", ["", "..", "0" * 64, "../../x", "A" * 64])
def test_a_snapshot_that_is_none_is_not_found(corpus: Corpus, digest: str) -> None:
    with pytest.raises(NotFoundError):
        corpus.snapshot(digest)


def test_ids_are_stable_and_their_own(corpus: Corpus) -> None:
    with corpus.writing():
        first = corpus.id_for("files", "甲/通知.txt")
        corpus.write(
            replace(made_of(b"a", id=first), provenance=replace(made_of(b"a").provenance, origin="甲/通知.txt")), b"a"
        )
        second = corpus.id_for("files", "乙/通知.txt")
        assert first == "通知"
        assert second.startswith("通知-")
        assert corpus.id_for("laws", "甲/通知.txt") not in (first, second)
    with corpus.writing():
        assert corpus.id_for("files", "甲/通知.txt") == first
        assert corpus.id_for("files", "乙/通知.txt") == second


def test_ids_differ_in_more_than_case(corpus: Corpus) -> None:
    with corpus.writing():
        first, second = corpus.id_for("files", "A/Notice.txt"), corpus.id_for("files", "B/NOTICE.txt")
    assert first.casefold() != second.casefold()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("国办发〔2019〕5号（试行）", "国办发〔2019〕5号（试行）"),
        ("a/b\\c:d*e?f#g%h", "a-b-c-d-e-f-g-h"),
        ("..", "未命名"),
        (".hidden", "hidden"),
        ("a \n\tb", "a-b"),
        ("e\u0301", "é"),
        ("x\u202etxt", "xtxt"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_long_names_are_bounded_and_stay_different() -> None:
    one, two = safe_name("字" * 100 + "甲"), safe_name("字" * 100 + "乙")
    assert one != two
    assert max(len(each.encode()) for each in (one, two)) <= 200


@pytest.mark.parametrize("source", ["", "..", "a/b", ".snapshots"])
def test_a_source_is_a_plain_folder_name(corpus: Corpus, source: str) -> None:
    with corpus.writing(), pytest.raises(UsageError, match="来源名"):
        corpus.id_for(source, "x.txt")


def test_two_writers_do_not_meet(corpus: Corpus) -> None:
    with corpus.writing(), pytest.raises(StorageError, match="正由另一个进程写入"), Corpus(corpus.root).writing():
        pass
