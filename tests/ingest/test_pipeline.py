from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest

from kb.base.errors import NotFoundError, StorageError, UsageError
from kb.config import settings
from kb.corpus.folder import Corpus
from kb.ingest import pipeline
from kb.ingest.pipeline import Report
from tests.ingest import paper

TEXT = "示例市人民政府关于示例工作的通知\n一、总体要求\n坚持依法行政。\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / "corpus")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "示例"
    folder.mkdir()
    return folder


def ingest(corpus: Corpus, *paths: Path, source: str = "files") -> Report:
    return pipeline.ingest(paths, corpus, settings.load(None, corpus.root.parent), source)


def put(folder: Path, name: str, text: str = TEXT) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def counts(report: Report) -> tuple[int, int, int, int, int]:
    return report.new, report.changed, report.unchanged, len(report.conflicts), len(report.failures)


def test_every_kind_of_file_becomes_a_document(corpus: Corpus, inbox: Path) -> None:
    put(inbox, "甲.txt")
    put(inbox, "乙.md", "# 示例办法\n\n## 第一章 总则\n\n第一条 为了示例。\n")
    put(inbox, "丙.html", f"<html><body><article><p>{'</p><p>'.join(TEXT.splitlines())}</p></article></body></html>")
    document = docx.Document()
    for line in TEXT.splitlines():
        document.add_paragraph(line)
    (inbox / "丁.docx").write_bytes(paper.word(document))
    (inbox / "戊.pdf").write_bytes(paper.pdf([TEXT.splitlines()]))
    report = ingest(corpus, inbox)
    assert counts(report) == (5, 0, 0, 0, 0), report.failures
    assert corpus.ids() == ("丁", "丙", "乙", "戊", "甲")
    for id in ("甲", "丙", "丁", "戊"):
        assert corpus.read(id).text == TEXT
    assert corpus.read("戊").provenance.origin == "示例/戊.pdf"
    assert corpus.snapshot(corpus.read("戊").provenance.snapshot) == (inbox / "戊.pdf").read_bytes()
    assert list(corpus.check()) == []


def test_a_second_ingest_changes_nothing(corpus: Corpus, inbox: Path) -> None:
    path = put(inbox, "甲.txt")
    assert counts(ingest(corpus, path)) == (1, 0, 0, 0, 0)
    before = corpus.fingerprints()
    assert counts(ingest(corpus, path)) == (0, 0, 1, 0, 0)
    assert corpus.fingerprints() == before


def test_a_changed_file_updates_its_document(corpus: Corpus, inbox: Path) -> None:
    ingest(corpus, put(inbox, "甲.txt"))
    assert counts(ingest(corpus, put(inbox, "甲.txt", f"{TEXT}二、附则\n"))) == (0, 1, 0, 0, 0)
    (version,) = corpus.versions("甲")
    assert corpus.read("甲", version).text == TEXT


def test_a_conflict_says_where_the_new_version_is(corpus: Corpus, inbox: Path) -> None:
    ingest(corpus, put(inbox, "甲.txt"))
    kept = corpus.root / "files" / "甲.md"
    kept.write_text(kept.read_text(encoding="utf-8").replace("坚持", "始终坚持"), encoding="utf-8")
    report = ingest(corpus, put(inbox, "甲.txt", f"{TEXT}二、附则\n"))
    ((id, sentence),) = report.conflicts
    (beside,) = (corpus.root / "files" / "甲").iterdir()
    assert id == "甲"
    assert f"放在 {beside}。" in sentence
    assert "始终坚持" in corpus.read("甲").text


def test_files_of_one_name_are_two_documents(corpus: Corpus, inbox: Path) -> None:
    put(inbox, "a/通知.txt")
    put(inbox, "b/通知.txt", f"{TEXT}二、附则\n")
    ingest(corpus, inbox)
    first, second = corpus.ids()
    assert first == "通知"
    assert second.startswith("通知-")
    assert counts(ingest(corpus, inbox)) == (0, 0, 2, 0, 0)


def test_nothing_is_passed_over_silently(corpus: Corpus, inbox: Path) -> None:
    put(inbox, "图.png")
    put(inbox, ".隐藏.txt")
    put(inbox, "没有后缀")
    put(inbox, "_index.md", "---\nhidden: true\n---")
    report = ingest(corpus, inbox)
    assert dict(report.skipped) == {".png": 1, ".txt": 1, "没有后缀": 1}
    assert [path for path, _ in report.failures] == ["示例/_index.md"]
    assert corpus.ids() == ()


def test_the_corpus_itself_is_no_input(corpus: Corpus, inbox: Path) -> None:
    put(inbox, "甲.txt")
    inside = Corpus(inbox / "corpus")
    assert counts(ingest(inside, inbox)) == (1, 0, 0, 0, 0)
    assert counts(ingest(inside, inbox)) == (0, 0, 1, 0, 0)


def test_one_bad_file_in_three_hundred_stops_nothing(corpus: Corpus, inbox: Path) -> None:
    for number in range(300):
        put(inbox, f"{number:04}.txt", f"{TEXT}第{number}号\n")
    (inbox / "0150.txt").write_bytes(os.urandom(2000))
    heard: list[tuple[int, int, str]] = []
    conf = settings.load(None, corpus.root.parent)
    report = pipeline.ingest([inbox], corpus, conf, on_progress=lambda *each: heard.append(each))
    assert counts(report) == (299, 0, 0, 0, 1)
    assert report.failures[0][0] == "示例/0150.txt"
    assert [done for done, _, _ in heard] == list(range(1, 301))
    assert heard[-1] == (300, 300, "示例/0299.txt")


# The workers are fresh processes: what Python loads at each start changes them.
DEADLY = """
import os
from kb.ingest.formats import files

plain = files.load

def deadly(path, *given):
    if path.name == "0030.txt":
        os.kill(os.getpid(), 9)
    return plain(path, *given) + (b"x" * (1 << 62) if path.name == "0031.txt" else b"")

files.load = deadly
"""
INGESTING = """
import sys
from pathlib import Path
from kb.config import settings
from kb.corpus.folder import Corpus
from kb.ingest import pipeline

inbox, corpus = map(Path, sys.argv[1:])
report = pipeline.ingest([inbox], Corpus(corpus), settings.load(None, inbox))
print(report.new, *(name for name, _ in report.failures), *(sentence for _, sentence in report.failures))
"""


def test_a_worker_that_dies_takes_one_file_with_it(corpus: Corpus, inbox: Path) -> None:
    for number in range(60):
        put(inbox, f"{number:04}.txt", f"{TEXT}第{number}号\n")
    put(inbox.parent, "sitecustomize.py", DEADLY)
    ended = subprocess.run(
        [sys.executable, "-c", INGESTING, inbox, corpus.root],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(inbox.parent)},
    )
    assert ended.stdout.startswith("58 示例/0030.txt 示例/0031.txt ")
    assert ended.stdout.count("可能内存不足") == 2
    assert len(corpus.ids()) == 58


def test_a_path_that_is_not_there_is_not_found(corpus: Corpus, inbox: Path) -> None:
    with pytest.raises(NotFoundError, match="找不到"):
        ingest(corpus, inbox / "没有.txt")
    assert not corpus.root.exists()


def test_a_single_file_of_unknown_kind_is_a_failure(corpus: Corpus, inbox: Path) -> None:
    report = ingest(corpus, put(inbox, "图.png"))
    assert "不认识的文件类型" in report.failures[0][1]


def test_a_bad_source_name_is_a_wrong_call(corpus: Corpus, inbox: Path) -> None:
    with pytest.raises(UsageError, match="来源名"):
        ingest(corpus, put(inbox, "甲.txt"), source="../x")


def test_a_corpus_path_through_a_file_is_refused(tmp_path: Path, inbox: Path) -> None:
    blocked = put(tmp_path, "file", "x")
    with pytest.raises(StorageError, match="是文件而不是文件夹"):
        ingest(Corpus(blocked / "corpus"), put(inbox, "甲.txt"))


def test_a_held_corpus_says_by_whom(corpus: Corpus, inbox: Path) -> None:
    with corpus.writing(), pytest.raises(StorageError, match=f"进程号 {os.getpid()}"):
        ingest(Corpus(corpus.root), put(inbox, "甲.txt"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("这台机器不允许挂载文件系统（需要 root）；tests/faults 用 strace 试过磁盘已满")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_stops_with_one_sentence_and_loses_nothing(small_disk: Path, inbox: Path) -> None:
    corpus = Corpus(small_disk / "corpus")
    ingest(corpus, put(inbox, "甲.txt"))
    before = corpus.fingerprints()
    for number in range(30):
        put(inbox, f"{number:02}.txt", TEXT + os.urandom(10_000).hex())
    with pytest.raises(StorageError, match="磁盘已满"):
        ingest(corpus, inbox)
    after = corpus.fingerprints()
    assert after.items() >= before.items()
    assert 1 < len(after) < 31
    assert list(corpus.check()) == []
    assert [document.text[:5] for document in corpus.documents()] == [TEXT[:5]] * len(after)


def test_a_folder_that_is_not_writable_is_refused(small_disk: Path, inbox: Path) -> None:
    corpus = Corpus(small_disk / "corpus")
    ingest(corpus, put(inbox, "甲.txt"))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StorageError, match="只读"):
        ingest(corpus, put(inbox, "乙.txt"))
    assert corpus.read("甲").text == TEXT


def test_the_report_comes_back_whole(report: Path, corpus: Corpus) -> None:
    ingest(corpus, report)
    document = corpus.read("haojiang-2021-report")
    origin = document.provenance
    assert document.text.startswith("2021年,濠江区法治政府建设工作坚持")
    assert "首页 > 濠江区人民政府门户网站 > 公开目录 > 政务公开 > 政策" in origin.furniture
    for repair in origin.repairs:
        assert document.text[repair.position :].startswith(repair.restored), repair
    assert len(origin.repairs) > 600
    assert any("另有 4 处复原" in note for note in origin.notes)
    assert next(section for section in document.walk() if section.anchor == "1-3-2").text.startswith(
        "2.深入推进行政复议"
    )


def test_real_notices_and_pages_are_ingested(notices: Path, pages: Path, corpus: Corpus) -> None:
    report = ingest(corpus, notices, pages)
    assert report.new == len([*notices.glob("*.txt"), *pages.glob("*.html")])
    assert report.failures == []
    for document in corpus.documents():
        assert document.text
        assert document.provenance.snapshot
    assert list(corpus.check()) == []
