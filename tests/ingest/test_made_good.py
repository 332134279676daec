"""What one refresh could not do, or was refused in the middle, the next one makes good, as if nothing had been."""

from __future__ import annotations

import errno
import io
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kb.base import inside, storage
from kb.base.errors import StorageError
from kb.corpus.folder import Corpus
from kb.fetch.network.pace import Hosts
from kb.ingest import derive
from kb.upkeep import aside, walk
from kb.upkeep.keeping import Keeper
from kb.upkeep.status import status
from tests.ingest import paper
from tests.ingest.refreshing import Hasty, Library, source
from tests.site import Content, Site, faults
from tests.site.answer import Answer
from tests.site.content import Post


class _Later(Hasty):
    """A clock that stands some days ahead."""

    def __init__(self, days: int) -> None:
        super().__init__()
        self._days = days

    def now(self) -> Any:
        from datetime import timedelta

        return super().now() + timedelta(days=self._days)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(Content(posts=8, twins_every=99, attached_every=99)) as site:
        yield site


@pytest.fixture
def library(site: Site, tmp_path: Path) -> Library:
    return Library(tmp_path / "library", source(site.url))


def alarms(library: Library) -> list[str]:
    (state,) = status((library.source,), library.corpus)
    return [each.kind for each in state.alarms]


def once(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, of: Callable[..., bool], error: Exception) -> None:
    """Let a function raise an error, the first time that it is called with such arguments."""
    real, left = getattr(owner, name), [error]

    def broken(*given: Any, **named: Any) -> Any:
        if left and of(*given, **named):
            raise left.pop()
        return real(*given, **named)

    monkeypatch.setattr(owner, name, broken)


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name in names:
            packed.writestr(f"{name}.txt", f"示例附件{name}的正文，用来检验收录，示例单位应当遵照执行。")
    return made.getvalue()


def page_with_counter(site: Site, post: Post, first: int) -> None:
    """Let the page of a post count its visits."""
    visits = iter(range(first, 1000))

    def counted(answer: Answer) -> Answer:
        answer.body = answer.body.replace(b"</body>", f"<p>浏览次数：{next(visits)}</p></body>".encode())
        return answer

    site.faults.put(post.path, counted)


def test_a_first_fill_that_was_broken_off_is_followed_by_full_sweeps(site: Site, library: Library) -> None:
    for post in site.content.listed()[2:]:
        site.faults.put(post.path, faults.status(500))
    assert library.refresh().error and library.corpus.ids()
    site.faults.clear()
    assert not library.refresh().error
    site.content.withdraw(site.content.listed()[0])
    assert library.refresh(hosts=Hosts(_Later(30))).gone == 1


def test_a_lost_memory_is_followed_by_a_full_sweep_at_once(site: Site, library: Library) -> None:
    library.refresh()
    post = site.content.listed()[0]
    site.content.withdraw(post)
    shutil.rmtree(library.corpus.root / ".state")
    assert library.refresh().gone == 1
    assert library.document(post.id).status == "withdrawn"


def test_a_lost_memory_is_begun_anew_though_a_document_cannot_be_read(
    site: Site, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.refresh()
    posts = site.content.listed()
    site.content.withdraw(posts[0])
    shutil.rmtree(library.corpus.root / ".state")
    first = f"shili-{min(post.id for post in posts)}.md"
    last = f"shili-{max(post.id for post in posts)}.md"
    assert posts[0].id in (int(first[6:-3]), int(last[6:-3]))
    middle = f"shili-{sorted(post.id for post in posts)[4]}.md"
    once(monkeypatch, Corpus, "_bytes", lambda _, path: path.name == middle, StorageError("示例：读不了。"))
    tally = library.refresh()
    assert (tally.error, tally.gone) == ("", 1)
    site.content.withdraw(next(post for post in posts if f"shili-{post.id}.md" == middle))
    assert library.refresh(full=True).gone == 1


def test_what_came_in_an_archive_is_not_taken_for_known_before_its_post_says_so(
    site: Site, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = site.content.listed()[0]
    site.content.attach(post, "shili.zip", archive("甲"))
    assert library.refresh().ok
    site.content.attach(post, "shili.zip", archive("甲", "乙"))
    own = f"shili-{post.id}"
    once(monkeypatch, Keeper, "keep", lambda _, old, new, data: new.id == own, StorageError("示例：磁盘已满。"))
    assert "磁盘已满" in library.refresh(full=True).error
    assert library.refresh(full=True).ok
    names = [each.name for each in library.document(post.id).provenance.attachments]
    assert names == ["示例附件.zip", "甲.txt", "乙.txt"]
    assert library.refresh(full=True).ok and not list(library.corpus.check())


def test_a_document_that_the_machine_refuses_to_read_is_not_taken_for_none(
    site: Site, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.refresh()
    post = site.content.listed()[0]
    text = library.document(post.id).text

    def shrunk(answer: Answer) -> Answer:
        for line in post.paragraphs[3:-2]:
            answer.body = answer.body.replace(line.encode(), b"")
        return answer

    site.faults.put(post.path, shrunk)
    name = f"shili-{post.id}.md"
    once(monkeypatch, Corpus, "_bytes", lambda _, path: path.name == name, StorageError("示例：打开的文件太多。"))
    tally = library.refresh(full=True)
    assert (tally.failed, tally.error) == (1, "") and "打开的文件太多" in tally.notes[0]
    assert library.document(post.id).text == text and "lacking" in alarms(library)
    assert library.refresh().suspicious == 1, "what has lost half of its words is no successor"
    assert library.document(post.id).text == text and library.corpus.versions(f"shili-{post.id}") == ()


def test_a_withdrawn_post_whose_document_could_not_be_read_is_withdrawn_the_next_time(
    site: Site, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.refresh()
    post = site.content.listed()[0]
    site.content.withdraw(post)
    name = f"shili-{post.id}.md"
    once(monkeypatch, Corpus, "_bytes", lambda _, path: path.name == name, StorageError("示例：读不了。"))
    assert library.refresh(full=True).failed == 1
    assert library.refresh(full=True).gone == 1


@pytest.mark.parametrize("known", [True, False])
def test_the_end_of_the_process_that_reads_is_no_fault_of_an_attachment(
    site: Site, library: Library, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    post = site.content.listed()[0]
    site.content.attach(post, "shili.pdf", paper.pdf([["示例附件第一版的正文，示例单位应当遵照执行。"]]))
    if known:
        assert library.refresh().ok
        site.content.attach(post, "shili.pdf", paper.pdf([["示例附件第二版的正文，示例单位应当遵照执行。"]]))
    error = derive.BrokenOffError("示例：转换它的程序意外终止。")
    once(monkeypatch, walk.derive, "from_web", lambda data, *_: data.startswith(b"%PDF"), error)
    tally = library.refresh(full=True)
    assert "意外终止" in " ".join(tally.notes)
    (attachment,) = library.document(post.id).provenance.attachments
    assert bool(attachment.document) is known and tally.ok is not known
    assert library.refresh(full=True).ok
    (attachment,) = library.document(post.id).provenance.attachments
    assert ("第二版" if known else "第一版") in library.corpus.read(attachment.document).text


def test_a_page_that_could_not_be_read_for_want_of_a_process_is_not_suspicious(
    site: Site, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.refresh()
    post = site.content.listed()[0]
    site.content.edit(post)
    error = derive.BrokenOffError("示例：转换它的程序意外终止。")
    once(monkeypatch, walk.derive, "from_web", lambda *_: True, error)
    tally = library.refresh(full=True)
    assert (tally.failed, tally.suspicious) == (1, 0)
    assert not (library.corpus.root / ".suspicious").exists()
    assert library.refresh().changed == 1


def test_an_attachment_that_came_late_makes_no_version(site: Site, library: Library) -> None:
    post = site.content.listed()[0]
    site.content.attach(post, "shili.pdf", paper.pdf([["示例附件的正文，示例单位应当遵照执行。"]]))
    site.faults.put(post.attachment_path, faults.status(500))
    page_with_counter(site, post, 1)
    assert library.refresh().failed == 1
    assert not library.document(post.id).provenance.attachments[0].document
    site.faults.clear()
    page_with_counter(site, post, 500)
    assert library.refresh().ok
    assert library.document(post.id).provenance.attachments[0].document
    assert library.corpus.versions(f"shili-{post.id}") == () and not list(library.corpus.check())


@pytest.mark.parametrize("fault", [faults.status(403), faults.status(404), faults.login(), faults.empty()])
def test_an_attachment_that_is_none_is_told_and_asked_for_again(
    site: Site, library: Library, fault: faults.Fault
) -> None:
    post = site.content.listed()[0]
    site.content.attach(post, "shili.pdf", paper.pdf([["示例附件的正文，示例单位应当遵照执行。"]]))
    site.faults.put(post.attachment_path, fault)
    tally = library.refresh()
    assert not tally.ok and f"{post.title}：附件“示例附件.pdf”取不到" in tally.notes[0]
    assert "没有取到" in library.document(post.id).provenance.attachments[0].reason
    assert "lacking" in alarms(library)
    site.faults.clear()
    assert library.refresh().ok and alarms(library) == []
    assert library.document(post.id).provenance.attachments[0].document


def test_a_memory_that_cannot_be_opened_is_told_by_the_status(
    site: Site, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.refresh()
    (library.corpus.root / ".state" / "shili.sqlite-journal").mkdir()
    assert library.refresh().error
    assert "failed" in alarms(library)
    (library.corpus.root / ".state" / "shili.sqlite-journal").rmdir()
    assert library.refresh().ok and alarms(library) == []


def test_a_refresh_that_cannot_write_tells_the_alarm(site: Site, library: Library, tmp_path: Path) -> None:
    library.refresh()
    heard = tmp_path / "heard"
    library.settings = replace(library.settings, alarm=f"cat >> {heard}")
    (library.corpus.root / ".lock").unlink()
    (library.corpus.root / ".lock").mkdir()
    with pytest.raises(StorageError):
        library.refresh()
    assert "运行" in heard.read_text(encoding="utf-8")
    assert storage.is_folder(library.corpus.root / ".lock")


def names_of(library: Library, post: Post) -> list[str]:
    return [each.name for each in library.document(post.id).provenance.attachments]


def lastingly(monkeypatch: pytest.MonkeyPatch, refused: Callable[[Path], bool]) -> None:
    """Let the machine refuse to read some files of the corpus."""
    real = Corpus._bytes

    def read(corpus: Corpus, path: Path) -> bytes:
        if refused(path):
            raise StorageError(f"读不了 {path.name}：示例。")
        return real(corpus, path)

    monkeypatch.setattr(Corpus, "_bytes", read)


def pdf(word: str) -> bytes:
    return paper.pdf([[f"示例附件{word}的正文，示例单位应当遵照执行。"]])


def test_a_fill_gets_past_posts_that_never_answer(site: Site, library: Library) -> None:
    for post in site.content.listed()[1:6]:
        site.faults.put(post.path, faults.status(500))
    errors = [library.refresh().error for _ in range(10)]
    assert errors[0] and not errors[-1]
    assert len(library.corpus.ids()) == 3


def test_wrong_settings_cost_no_memory_and_are_one_alarm(site: Site, library: Library) -> None:
    library.refresh()
    good, heard = library.settings, library.folder / "heard"
    library.source = replace(library.source, problem="设置文件第 3 行：示例")
    library.settings = replace(good, sources=(library.source,), alarm=f"cat >> {heard}")
    assert library.refresh().error
    assert heard.read_text(encoding="utf-8").count("第 3 行") == 1
    library.source, library.settings = good.sources[0], good
    tally = library.refresh()
    assert (tally.notes, tally.unchanged) == ([], 8)


def test_an_archive_that_is_not_there_once_keeps_what_was_in_it(site: Site, library: Library) -> None:
    post = site.content.listed()[0]
    site.content.attach(post, "shili.zip", archive("甲", "乙"))
    library.refresh()
    before = names_of(library, post)
    site.faults.put(post.attachment_path, faults.status(404))
    assert library.refresh(full=True).failed == 1 and names_of(library, post) == before
    site.faults.clear()
    assert library.refresh(full=True).ok and names_of(library, post) == before == ["示例附件.zip", "甲.txt", "乙.txt"]


def test_a_late_attachment_of_a_page_whose_snapshot_is_lost(site: Site, library: Library) -> None:
    post = site.content.listed()[0]
    site.content.attach(post, "shili.pdf", pdf("一"))
    site.faults.put(post.attachment_path, faults.status(404))
    page_with_counter(site, post, 1)
    library.refresh()
    digest = library.document(post.id).provenance.snapshot
    (library.corpus.root / ".snapshots" / digest[:2] / f"{digest}.gz").unlink()
    site.faults.clear()
    page_with_counter(site, post, 500)
    tally = library.refresh(full=True)
    assert (tally.error, tally.failed) == ("", 0) and library.document(post.id).provenance.attachments[0].document


def test_a_late_attachment_does_not_hide_that_a_post_is_there_again(site: Site, library: Library) -> None:
    post = site.content.listed()[0]
    site.content.attach(post, "shili.pdf", pdf("一"))
    site.faults.put(post.attachment_path, faults.status(404))
    page_with_counter(site, post, 1)
    library.refresh()
    site.content.withdraw(post)
    assert library.refresh(full=True).gone == 1
    post.withdrawn = False
    site.faults.clear()
    page_with_counter(site, post, 500)
    assert library.refresh(full=True).ok
    assert library.document(post.id).status == "current"


def test_an_attachment_that_replaces_another_is_a_version_beside_a_dead_link(site: Site, library: Library) -> None:
    post = site.content.listed()[0]
    site.content.attach(post, "a.pdf", pdf("一"))
    link = '<p><a href="/gkmlpt/attachment/0/9/dead.pdf">示例死链.pdf</a></p>'
    closing = "示例区人民政府办公室</p>"

    def with_dead_link(answer: Answer) -> Answer:
        answer.body = answer.body.replace(closing.encode(), (closing + link).encode(), 1)
        return answer

    site.faults.put("*dead.pdf", faults.status(404))
    site.faults.put(post.path, with_dead_link)
    library.refresh()
    site.content.attach(post, "b.pdf", pdf("二"))
    site.content.edit(post)
    post.edits = 0
    assert library.refresh(full=True).changed == 1
    assert len(library.corpus.versions(f"shili-{post.id}")) == 1


def test_a_post_off_the_lists_keeps_its_labels_though_it_could_not_be_read_once(
    site: Site, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.refresh()
    post = next(each for each in site.content.listed() if each.number)
    labels = library.document(post.id).provenance.listed
    listed = site.content.listed
    monkeypatch.setattr(site.content, "listed", lambda *given: [each for each in listed(*given) if each.id != post.id])
    name = f"shili-{post.id}.md"
    once(monkeypatch, Corpus, "_bytes", lambda _, path: path.name == name, StorageError("示例：读不了。"))
    assert library.refresh(full=True).failed == 1
    for full in (False, True):
        library.refresh(full=full)
        assert library.document(post.id).provenance.listed == labels


def test_a_folder_that_refuses_all_ends_the_walk(site: Site, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.refresh()
    lastingly(monkeypatch, lambda path: path.parent.name == "shili")
    tally = library.refresh(full=True)
    assert "读不了" in tally.error and tally.failed < 8


def test_files_that_the_disk_refuses_keep_no_other_from_being_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "示例"
    folder.mkdir()
    for number in range(12):
        text = f"示例文件{number}的正文，示例单位应当遵照执行。" * 5
        (folder / f"a{number:02}.txt").write_text(text, encoding="utf-8")
    library = Library(tmp_path / "library", source(str(folder), kind="files"))
    bad, real = {f"a{number:02}.txt" for number in range(2, 8)}, inside.read

    def read(root: Path, name: Any, most: int) -> bytes:
        if str(name) in bad:
            raise OSError(errno.EIO, "Input/output error")
        return real(root, name, most)

    monkeypatch.setattr(inside, "read", read)
    assert library.refresh().failed == 6 and len(library.corpus.ids()) == 6
    monkeypatch.undo()
    assert library.refresh().ok and len(library.corpus.ids()) == 12


def test_a_snapshot_that_the_disk_refuses_is_written_anew(
    site: Site, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, real = library.corpus.snapshots.store(b"shili"), inside.read

    def read(root: Path, name: Any, most: int) -> bytes:
        if digest in str(name):
            raise OSError(errno.EIO, "Input/output error")
        return real(root, name, most)

    monkeypatch.setattr(inside, "read", read)
    assert library.corpus.snapshots.store(b"shili") == digest


def test_an_attachment_that_somebody_dropped_is_told_no_more(site: Site, library: Library) -> None:
    post = site.content.listed()[0]
    site.content.attach(post, "shili.pdf", pdf("一"))
    site.faults.put(post.attachment_path, faults.login())
    assert library.refresh().failed == 1
    (found,) = aside.asides(library.corpus)
    aside.drop([found.name], library.corpus, library.settings)
    assert library.refresh().ok and alarms(library) == []
    assert not list(aside.asides(library.corpus))


def test_an_attachment_whose_document_cannot_be_read_once_keeps_its_post_from_nothing(
    site: Site, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = site.content.listed()[0]
    site.content.attach(post, "shili.pdf", pdf("一"))
    library.refresh()
    (attachment,) = library.document(post.id).provenance.attachments
    site.content.edit(post)
    site.content.files["shili.pdf"] = pdf("二")
    name = f"{attachment.document}.md"
    with monkeypatch.context() as meanwhile:
        real = Corpus._bytes

        def refused(self: Corpus, path: Path) -> bytes:
            if path.name == name:
                raise StorageError("示例：读不了。")
            return real(self, path)

        meanwhile.setattr(Corpus, "_bytes", refused)
        tally = library.refresh(full=True)
    assert (tally.failed, tally.changed) == (1, 1)
    assert "第1次修改" in library.document(post.id).text
    assert library.refresh().ok
    assert "示例附件二" in library.corpus.read(attachment.document).text


def shared_file(site: Site) -> tuple[Post, Post]:
    """Let the page of a second post offer the file of the first one, under a name of its own."""
    first, second = site.content.listed()[:2]
    for post in (first, second):
        site.content.attach(post, "shili.pdf", paper.pdf([["示例附件的正文，示例单位应当遵照执行。"]]))

    def of_first(answer: Answer) -> Answer:
        answer.body = answer.body.replace(second.attachment_path.encode(), first.attachment_path.encode())
        return answer

    site.faults.put(second.path, of_first)
    return first, second


def test_a_file_that_two_posts_offer_is_one_document_of_the_first(site: Site, library: Library) -> None:
    first, second = shared_file(site)
    assert library.refresh().ok
    (one,) = library.document(first.id).provenance.attachments
    others = library.document(second.id).provenance.attachments
    assert one.document and one.document in [each.document for each in others if each.url == one.url]
    before = library.corpus.read(one.document)
    again = library.refresh(full=True)
    assert (again.changed, again.ok) == (0, True)
    assert library.corpus.versions(one.document) == () and library.corpus.read(one.document) == before
    site.content.files[first.attachment] = paper.pdf([["示例附件改过的正文，示例单位应当遵照执行。"]])
    library.refresh(full=True)
    library.refresh(full=True)
    assert len(library.corpus.versions(one.document)) == 1
    assert library.corpus.read(one.document).provenance.attached_to == before.provenance.attached_to


def test_a_file_goes_to_the_post_that_still_offers_it(site: Site, library: Library) -> None:
    first, second = shared_file(site)
    library.refresh()
    (one,) = library.document(first.id).provenance.attachments
    before = library.corpus.read(one.document)
    holder, heir = (library.document(post.id).id for post in (first, second))
    if before.provenance.attached_to == heir:  # whichever came first
        first, holder, heir = second, heir, holder
    site.content.withdraw(first)
    site.faults.put(
        "/gkmlpt/attachment/*", lambda _: Answer(body=site.content.files["shili.pdf"], media_type="application/pdf")
    )
    for _ in range(2):  # the withdrawal is seen at the end of the first
        library.refresh(full=True)
    after = library.corpus.read(one.document)
    assert (after.provenance.attached_to, after.text) == (heir, before.text)
    assert library.corpus.versions(one.document) == () and not list(library.corpus.check())


def test_a_file_whose_first_post_cannot_be_read_once_is_kept(
    site: Site, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = shared_file(site)
    library.refresh()
    (one,) = library.document(first.id).provenance.attachments
    before = library.corpus.read(one.document)
    site.content.files[first.attachment] = paper.pdf([["示例附件改过的正文，示例单位应当遵照执行。"]])
    name = f"{before.provenance.attached_to}.md"
    with monkeypatch.context() as once_only:
        once(once_only, Corpus, "_bytes", lambda _, path: path.name == name, StorageError("示例：读不了。"))
        library.refresh(full=True)
    library.refresh(full=True)
    assert "改过的正文" in library.corpus.read(one.document).text
    assert len(library.corpus.versions(one.document)) == 1


def test_a_file_that_is_a_post_itself_keeps_its_own_words(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "示例.pdf").write_bytes(paper.pdf([["示例附件的正文，示例单位应当遵照执行。"]]))
    for name in ("甲", "乙"):
        page = f"<p>示例{name}：各示例单位应当遵照执行。</p><p><a href='示例.pdf'>附件{name}</a></p>"
        (inbox / f"{name}.html").write_text(f"<html><body><h1>示例{name}</h1>{page}</body></html>", encoding="utf-8")
    library = Library(tmp_path / "library", replace(source("http://127.0.0.1:9"), kind="files", url=str(inbox)))
    for _ in range(3):
        assert library.refresh(full=True).ok
    (id,) = [each.id for each in library.corpus.documents() if each.provenance.origin.endswith(".pdf")]
    assert len(library.corpus.versions(id)) <= 1
    assert not library.corpus.read(id).provenance.attached_to
