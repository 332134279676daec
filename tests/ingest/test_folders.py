"""A folder as a source: its pages' links stay inside it, no link of the file system is followed, one fault stops nothing."""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kb.fetch.lists.folder_of_files import Folder
from kb.fetch.network.fetch_errors import UnreachableError
from kb.upkeep.tally import Tally
from tests.cli.running import Kb
from tests.disks import no_more_files
from tests.ingest.refreshing import Library, source

_SECRET = "示例内部备忘：谈判底价为九百万元（示例），不得外传。"
_PAGE = (
    '<html><meta charset="utf-8"><title>关于示例凉棚的通知</title><body><div id="zoom">'
    '<p>一、示例凉棚应当避开盲道，净高不低于三米。</p><p><a href="{}">附件：示例说明</a></p></div></body></html>'
)


class Inbox:
    """A folder `inbox` with a page that links to something, beside a folder `private` that is nobody's business."""

    def __init__(self, root: Path) -> None:
        self.folder, self.private = root / "inbox", root / "private"
        self.folder.mkdir()
        self.private.mkdir()
        (self.private / "s.txt").write_text(_SECRET, encoding="utf-8")
        (self.folder / "z.txt").write_text("示例市关于雨棚的通知\n各示例单位：\n净高不低于四米。\n", encoding="utf-8")
        self.library = Library(root / "library", source(str(self.folder), "files"))

    def link(self, href: str) -> None:
        (self.folder / "a.html").write_text(_PAGE.format(href), encoding="utf-8")

    def refresh(self) -> tuple[Tally, str]:
        """Refresh; answer the tally and all texts, snapshots included, that the corpus has then."""
        tally = self.library.refresh()
        corpus = self.library.corpus
        documents = list(corpus.documents())
        shots = [corpus.snapshot(digest).decode("utf-8", "replace") for digest in corpus.snapshots.names()]
        return tally, "".join([*(each.text for each in documents), *shots])


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path)


@pytest.mark.parametrize(
    "href", ["{}/s.txt", "file://{}/s.txt", "../private/s.txt", "x/../../private/s.txt", "%2E%2E/private/s.txt"]
)
def test_a_page_cannot_bring_in_what_is_outside_the_folder(inbox: Inbox, href: str) -> None:
    inbox.link(href.format(inbox.private))
    tally, texts = inbox.refresh()
    assert (tally.new, tally.failed) == (2, 0)
    assert _SECRET not in texts
    assert "示例说明" in "".join(tally.notes) and "不在这个来源的文件夹里" in "".join(tally.notes)


def test_what_is_hidden_in_the_folder_stays_hidden(inbox: Inbox) -> None:
    (inbox.folder / ".own").mkdir()
    (inbox.folder / ".own" / "s.txt").write_text(_SECRET, encoding="utf-8")
    inbox.link(".own/s.txt")
    assert _SECRET not in inbox.refresh()[1]


@pytest.mark.parametrize("href", ["b.txt", "folder/s.txt", "#"])
def test_no_link_of_the_file_system_is_followed(inbox: Inbox, href: str) -> None:
    (inbox.folder / "b.txt").symlink_to(inbox.private / "s.txt")
    (inbox.folder / "folder").symlink_to(inbox.private)
    inbox.link(href)
    tally, texts = inbox.refresh()
    assert tally.new == 2 and _SECRET not in texts
    assert all(f"{name} 是链接，没有跟随" in "".join(tally.notes) for name in ("b.txt", "folder"))


def test_the_folder_itself_may_be_reached_by_a_link(inbox: Inbox, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(inbox.folder)
    inbox.library.source = source(str(tmp_path / "link"), "files")
    inbox.link("说明.txt")
    (inbox.folder / "说明.txt").write_text("示例说明：立柱间距五米（示例）。\n", encoding="utf-8")
    tally, texts = inbox.refresh()
    assert tally.failed == 0 and "立柱间距五米" in texts


def test_a_missing_attachment_is_said_and_taken_when_it_comes(inbox: Inbox) -> None:
    inbox.link("%E8%AF%B4%E6%98%8E.txt")  # as browsers write 说明.txt
    tally, texts = inbox.refresh()
    assert tally.new == 2 and "净高不低于四米" in texts
    assert "附件“附件：示例说明”取不到：文件夹里没有 说明.txt" in "".join(tally.notes)
    (inbox.folder / "说明.txt").write_text("示例说明：立柱间距五米（示例）。\n", encoding="utf-8")
    tally, texts = inbox.refresh()
    assert tally.failed == 0 and texts.count("立柱间距五米") == 2  # the text and its snapshot


def test_an_attachment_on_the_web_is_named_and_no_failure(inbox: Inbox) -> None:
    inbox.link("http://www.example.gov.cn/shili.docx")
    tally, _ = inbox.refresh()
    assert (tally.new, tally.failed) == (2, 0)
    assert "在网上" in "".join(tally.notes)


def test_links_in_an_archive_are_named(inbox: Inbox, tmp_path: Path) -> None:
    (inbox.folder / "b.txt").symlink_to(inbox.private / "s.txt")
    packed = tmp_path / "inbox.tar"
    with tarfile.open(packed, "w") as archive:
        archive.add(inbox.folder, "inbox")
    inbox.library.source = source(str(packed), "files")
    tally, texts = inbox.refresh()
    assert tally.new == 1 and _SECRET not in texts
    assert "inbox/b.txt 是链接" in "".join(tally.notes)


def test_links_named_on_the_command_line_are_refused_in_words(kb: Kb) -> None:
    (kb.folder / "private").mkdir()
    (kb.folder / "private" / "s.txt").write_text(_SECRET, encoding="utf-8")
    (kb.folder / "in").mkdir()
    for name, target in (("b.txt", "private/s.txt"), ("folder", "private"), ("in/c.txt", "../private/s.txt")):
        (kb.folder / name).symlink_to(target)
    kb("ingest", "b.txt", "folder", code=1)
    assert kb.said.count("是链接，没有跟随") == 2
    kb("ingest", "in")
    assert "链接（1 个）" in kb.said
    kb("import", "laws", "folder", code=2)
    assert "是链接，没有跟随" in kb.said
    assert not [name for _, _, names in os.walk(kb.folder / "corpus") for name in names if name.endswith(".md")]


@pytest.mark.parametrize("href", ["a%00b.pdf", "a" * 300 + ".pdf", "loop.pdf"])
def test_a_link_that_can_be_no_file_stops_nothing(inbox: Inbox, href: str) -> None:
    (inbox.folder / "loop.pdf").symlink_to("loop.pdf")
    inbox.link(href)
    tally, texts = inbox.refresh()
    assert (tally.error, tally.new) == ("", 2) and "净高不低于四米" in texts


def test_a_file_whose_name_is_no_text_is_named_and_stops_nothing(inbox: Inbox) -> None:
    (inbox.folder / os.fsdecode(b"a\xff.txt")).write_text("示例。\n", encoding="utf-8")
    tally, _ = inbox.refresh()
    assert (tally.error, tally.new) == ("", 1) and "a\ufffd.txt 的文件名不是 UTF-8" in "".join(tally.notes)


@pytest.mark.parametrize("name", ["x.tar.gz", "x.tar.xz", "x.zip"])
def test_a_damaged_archive_is_an_error_of_its_source(inbox: Inbox, tmp_path: Path, name: str) -> None:
    packed = Path(
        shutil.make_archive(str(tmp_path / "x"), {"gz": "gztar", "xz": "xztar", "ip": "zip"}[name[-2:]], inbox.folder)
    )
    whole = packed.read_bytes()
    packed.write_bytes(whole[: len(whole) // 2])
    inbox.library.source = source(str(packed), "files")
    assert inbox.library.refresh().error


@pytest.mark.parametrize(("kind", "name"), [("gztar", "./z.txt"), ("zip", "z.txt")])
def test_an_archive_that_cannot_be_opened_now_is_not_damaged(
    inbox: Inbox, tmp_path: Path, kind: str, name: str
) -> None:
    folder = Folder(
        source(shutil.make_archive(str(tmp_path / "x"), kind, inbox.folder), "files"), inbox.library.settings
    )
    read = lambda: folder.read(name, datetime(2026, 1, 1, tzinfo=UTC))  # noqa: E731
    assert read().body
    for look in (lambda: list(folder.lists()), read):
        with no_more_files(), pytest.raises(UnreachableError, match="这一次读不了"):
            look()


def test_links_in_a_zip_are_named(inbox: Inbox, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        link = zipfile.ZipInfo("b.txt")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    inbox.library.source = source(str(tmp_path / "x.zip"), "files")
    tally, texts = inbox.refresh()
    assert tally.new == 0 and "/etc/passwd" not in texts and "b.txt 是链接" in "".join(tally.notes)
