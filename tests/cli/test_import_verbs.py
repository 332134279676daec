"""A library from nothing: what people already have, brought in by `kb import`."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.base.errors import StorageError
from kb.config import settings
from kb.corpus.folder import Corpus
from kb.ingest.law_collections import import_laws
from kb.ingest.other_corpora import import_corpora
from tests.cli.running import EXAMPLE, Kb
from tests.conftest import BUNDLED
from tests.disks import no_more_files
from tests.site import Content, Site


@pytest.fixture
def kb(tmp_path: Path) -> Kb:
    (tmp_path / "kb.toml").write_text('[corpus]\npath = "corpus"\n\n[index]\npath = "index"\n')
    return Kb(tmp_path)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(Content(posts=4)) as opened:
        yield opened


def _given_away(path: Path, *more: str) -> None:
    """Write a corpus.jsonl.gz as the interface gives it."""
    corpus = Corpus(BUNDLED)
    lines = [json.dumps(corpus.as_json(id), ensure_ascii=False) for id in corpus.ids()]
    path.write_bytes(gzip.compress("\n".join((*lines, *more, "")).encode()))


def test_another_corpus_comes_in_to_the_character_and_once(kb: Kb, tmp_path: Path) -> None:
    _given_away(tmp_path / "corpus.jsonl.gz")
    assert kb("import", "corpus", "corpus.jsonl.gz").startswith("新增 1，")
    theirs, ours = (
        Corpus(BUNDLED).read("haojiang-2021-report"),
        Corpus(tmp_path / "corpus").read("haojiang-2021-report"),
    )
    assert "".join(ours.text.split()) == "".join(theirs.text.split())
    assert (ours.source, ours.metadata.title, ours.metadata.issuer, ours.metadata.date) == (
        theirs.source,
        theirs.metadata.title,
        theirs.metadata.issuer,
        theirs.metadata.date,
    )
    assert kb("import", "corpus", "corpus.jsonl.gz").startswith("新增 0，更新 0，未变 1，")
    assert "0 份有差别" in kb("rederive")


def test_lines_that_are_no_documents_are_named_and_stop_nothing(kb: Kb, tmp_path: Path) -> None:
    _given_away(tmp_path / "c.gz", '{"document": "坏的", "problem": "已损坏"}', "不是 JSON", "[]", "")
    told = json.loads(kb("import", "corpus", "c.gz", "--source", "bie", "--json", code=1))
    assert told["new"] == 1 and len(told["failures"]) == 3
    assert "坏的 在原来的库里就读不了" in told["failures"][0][1]
    assert (tmp_path / "corpus/bie/haojiang-2021-report.md").is_file()


def test_a_file_that_breaks_off_says_so_and_keeps_what_came_before(kb: Kb, tmp_path: Path) -> None:
    _given_away(tmp_path / "c.gz")
    whole = (tmp_path / "c.gz").read_bytes()
    (tmp_path / "c.gz").write_bytes(whole[:-200])
    kb("import", "corpus", "c.gz", code=4)
    kb("import", "corpus", "没有.gz", code=3)


def test_a_machine_that_refuses_is_no_damaged_file(tmp_path: Path) -> None:
    """What cannot be opened now is not torn: nobody is sent to fetch it again."""
    _given_away(tmp_path / "c.gz")
    (tmp_path / "laws").mkdir()
    (tmp_path / "laws" / "示例.txt").write_text(EXAMPLE, encoding="utf-8")
    laws = Path(shutil.make_archive(str(tmp_path / "laws"), "xztar", tmp_path / "laws"))
    config, corpus = settings.load(None, tmp_path), Corpus(tmp_path / "corpus")
    for import_, path in ((import_corpora, tmp_path / "c.gz"), (import_laws, laws)):
        with no_more_files(), pytest.raises(StorageError, match="打开的文件太多"):
            import_([path], corpus, config)


def test_saved_pages_come_with_their_files_and_nothing_from_outside(kb: Kb, tmp_path: Path) -> None:
    pages, secret = tmp_path / "保存的网页", tmp_path / "别处"
    (pages / "甲_files").mkdir(parents=True)
    secret.mkdir()
    (secret / "s.txt").write_text("示例底价三百万元，不得外传。")
    (pages / "甲_files/附件.txt").write_text("示例附件的文字，间距三米。")
    for name, link in (("甲", "甲_files/附件.txt"), ("乙", "../别处/s.txt"), ("丙", str(secret / "s.txt"))):
        (pages / f"{name}.html").write_text(
            f"<html><meta charset='utf-8'><title>关于示例{name}的通知</title><div id='zoom'><p>一、示例{name}由示例局负责落实到位。</p>"
            f"<a href='{link}'>附件：说明</a></div></html>"
        )
    (pages / "链接.txt").symlink_to(secret / "s.txt")
    said = kb("import", "pages", "保存的网页")
    documents = list(Corpus(tmp_path / "corpus").documents())
    assert "可疑 0，失败 0" in said and len({each.id for each in documents}) == 4
    text = "".join(each.text for each in documents)
    assert "间距三米" in text and "示例底价" not in text
    assert all(f"示例{name}由示例局" in text for name in "甲乙丙")


def test_a_list_of_addresses_is_fetched_and_followed(kb: Kb, tmp_path: Path, site: Site) -> None:
    posts = site.content.listed()
    rows = [f"{post.title},{site.url}{post.path},2025-11-0{n}" for n, post in enumerate(posts[:3], 1)]
    (tmp_path / "清单.csv").write_bytes("\n".join(("标题,网址,发布日期", *rows, "没有网址的,,")).encode("gb18030"))
    call = ("import", "addresses", "清单.csv", "--allow-private", "--delay", "0")
    assert kb(*call).startswith("清单：新增 3")
    assert {
        each.metadata.title for each in Corpus(tmp_path / "corpus").documents() if not each.provenance.attached_to
    } == {post.title for post in posts[:3]}
    site.content.withdraw(posts[0])
    site.content.edit(posts[1])
    assert kb(*call).startswith("清单：新增 0，更新 1，撤下 1，")
    assert "第 5 行没有 http" in kb.said


def test_a_list_is_a_source_too(kb: Kb, tmp_path: Path, site: Site) -> None:
    (tmp_path / "l.csv").write_text(f"{site.url}{site.content.listed()[0].path}\n")
    with (tmp_path / "kb.toml").open("a") as settings:
        settings.write('\n[[source]]\nname = "l"\nkind = "addresses"\nurl = "l.csv"\nallow_private = true\ndelay = 0\n')
    assert "✓" in kb("source", "try", "l")
    assert kb("refresh", "l").startswith("l：新增 1")
    (tmp_path / "l.csv").write_text("名称,备注\n甲,乙\n")
    kb("refresh", "l", code=1)
    assert "里没有网址" in kb.said


def test_a_name_that_a_source_has_is_refused(kb: Kb, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x.txt").write_text(EXAMPLE)
    with (tmp_path / "kb.toml").open("a") as settings:
        settings.write('\n[[source]]\nname = "a"\nkind = "page"\nurl = "http://www.example.gov.cn/a.html"\n')
    kb("import", "pages", "a", code=2)
    kb("import", "pages", "a", "--source", "bie")
