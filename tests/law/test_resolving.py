"""Which document, text and place a citation means: through a store on disk."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from kb.base.checksums import Seal
from kb.base.errors import BadIndexError, NotFoundError, StorageError
from kb.corpus.folder import Corpus
from kb.law import citation_json
from kb.law.resolve import Resolved, Resolver, Target
from kb.law.store import FILE, Store
from tests.disks import fill, small_disk
from tests.law.laws import LAW, RULES, Shelf
from tests.law.test_finding import LABELLED


def resolved(shelf: Shelf, id: str) -> list[Resolved]:
    with shelf.store.reading() as reader:
        return citation_json.citations(reader, id)


def targets(shelf: Shelf, id: str) -> list[tuple[str, str, str]]:
    """Answer (text, document, anchor) of what a document cites, "" for what is not there."""
    return [
        (each.found.text, each.target.document.id if each.target else "", each.target.anchor if each.target else "")
        for each in resolved(shelf, id)
    ]


def test_citations_lead_to_the_document_and_the_place(shelf: Shelf) -> None:
    shelf.put("示例法", LAW)
    shelf.put("示例办法", RULES, date="2015-04-01")
    assert shelf.update() == []
    found = targets(shelf, "示例办法")
    assert ("《中华人民共和国示例法》（以下简称《示例法》）第二条第一款第（二）项", "示例法", "art-2-p1-i2") in found
    assert ("《示例法》第二条", "示例法", "art-2") in found


def test_what_is_cited_may_come_later_and_go_again(shelf: Shelf) -> None:
    shelf.put("示例办法", RULES)
    shelf.update()
    assert ("《示例法》第二条", "", "") in targets(shelf, "示例办法")
    shelf.put("示例法", LAW)
    shelf.update()
    assert ("《示例法》第二条", "示例法", "art-2") in targets(shelf, "示例办法")
    (shelf.corpus.root / "示例" / "示例法.md").unlink()
    shelf.update()
    assert ("《示例法》第二条", "", "") in targets(shelf, "示例办法")


def test_an_update_reads_only_what_changed(shelf: Shelf) -> None:
    shelf.put("示例法", LAW)
    shelf.put("示例办法", RULES)
    shelf.update()
    seen: list[tuple[int, int]] = []
    shelf.store.update(shelf.corpus, progress=lambda done, total: seen.append((done, total)))
    assert seen == []
    shelf.put("示例办法", RULES + "第四条　依照《示例法》第三条。\n")
    shelf.store.update(shelf.corpus, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]


def test_an_article_that_is_not_there_is_said_to_be_missing(shelf: Shelf) -> None:
    shelf.put("示例法", LAW)
    shelf.put("示例办法", RULES)
    shelf.update()
    missing = [each for each in resolved(shelf, "示例办法") if each.target and each.target.missing]
    assert [(each.found.text, each.target and each.target.anchor) for each in missing] == [("第九百九十九条", "")]


def test_the_text_in_force_on_the_citing_documents_day_is_meant(shelf: Shelf) -> None:
    shelf.put("示例法", LAW, edition="2009-12-01", date="2009-12-01", effective="2010-01-01")
    newer = LAW.replace("第三条　本法", "第三条　示例。\n第四条　本法")
    shelf.put("示例法", newer, edition="2018-03-01", date="2018-03-01", effective="2018-05-01")
    shelf.put("旧办法", RULES, date="2015-04-01")
    shelf.put("新办法", RULES, date="2018-06-01")
    shelf.update()
    dates = {
        id: {each.target.version[:10] for each in resolved(shelf, id) if each.target and each.found.name}
        for id in ("旧办法", "新办法")
    }
    assert dates == {"旧办法": {"2009-12-01"}, "新办法": {""}}


def test_titles_and_numbers_of_one_document_mean_the_same(shelf: Shelf) -> None:
    shelf.put(
        "公告",
        "示例市人民政府关于调整示例事项办理时限的公告\n一、示例。\n",
        document_number="示府〔2020〕75号",
        issuer="示例市人民政府",
    )
    texts = {
        "全称": "《示例市人民政府关于调整示例事项办理时限的公告》",
        "文号": "示府[2020] 75 号文件",
        "两者": "《关于调整示例事项办理时限的公告》（示府【2020】75号）",
        "省略机关": "《关于调整示例事项办理时限的公告》",
    }
    for id, text in texts.items():
        shelf.put(id, f"示例通知{id}\n一、根据{text}。\n", date="2021-01-01")
    shelf.update()
    assert {each[1] for id in texts for each in targets(shelf, id)} == {"公告"}


def test_what_a_notice_forwards_is_its_annex(shelf: Shelf) -> None:
    text = "示例局关于印发示例工作方案的通知\n现将《示例工作方案》印发给你们。\n示例局\n2020年1月1日\n附件\n示例工作方案\n一、目标\n二、步骤\n"
    shelf.put("通知", text, date="2020-01-01")
    shelf.put("后来的通知", "示例通知\n一、按照《示例工作方案》办理。\n", date="2021-01-01")
    shelf.update()
    assert targets(shelf, "后来的通知") == [("《示例工作方案》", "通知", "annex-1")]


def test_the_order_in_which_documents_come_changes_nothing(shelf: Shelf, tmp_path: Path) -> None:
    texts = {
        "示例法": LAW,
        "办法": RULES,
        "通知": "示例通知\n一、依照示例法第二条和《示例市示例办法》第二条、第九条。\n",
    }
    one_by_one = Shelf(tmp_path / "other")
    for id in reversed(texts):
        one_by_one.put(id, texts[id], date="2015-04-01")
        one_by_one.update()
    for id, text in texts.items():
        shelf.put(id, text, date="2015-04-01")
    shelf.update()
    for id in texts:
        assert targets(shelf, id) == targets(one_by_one, id) == targets(shelf, id)


def test_ten_thousand_citations_in_one_section_are_kept_in_time_that_grows_with_them(shelf: Shelf) -> None:
    shelf.put("示例法", LAW)
    shelf.put("通知", "示例通知\n一、" + "依照《示例法》第二条、民法典、" * 5_000 + "\n")
    started = time.process_time()
    shelf.update()
    assert len(resolved(shelf, "通知")) == 10_000
    assert time.process_time() - started < 10


def test_a_text_younger_than_its_citation_is_told(shelf: Shelf) -> None:
    shelf.put("示例法", LAW, edition="2018-03-01", date="2018-03-01", effective="2018-05-01")
    shelf.put("旧办法", RULES, date="2015-04-01")
    shelf.put("新办法", RULES, date="2019-04-01")
    shelf.update()
    later = {
        id: {each.target.later for each in resolved(shelf, id) if each.target and each.found.name}
        for id in ("旧办法", "新办法")
    }
    assert later == {"旧办法": {"2018-05-01"}, "新办法": {""}}


def test_an_amendment_without_numbered_paragraphs_is_not_said_to_lack_one(shelf: Shelf) -> None:
    shelf.put("修正案", "示例法修正案（一）\n一、示例。\n示例二款。\n二、示例。\n")
    shelf.put("通知", "示例通知\n一、依照《示例法修正案（一）》第一条第二款和第九条。\n")
    shelf.update()
    found = [(each.target.anchor, each.target.missing) for each in resolved(shelf, "通知") if each.target]
    assert found == [("1", False), ("", True)]


def test_an_annex_is_called_by_the_line_below_its_number(shelf: Shelf) -> None:
    text = "示例条例\n第一条　依照所附《示例税目税率表》执行。\n附件：\n示例税目税率表\n续表\n"
    shelf.put("条例", text)
    shelf.update()
    assert targets(shelf, "条例") == [("《示例税目税率表》", "条例", "annex-1")]


def test_documents_that_cite_themselves_or_each_other(shelf: Shelf) -> None:
    shelf.put(
        "甲", "示例甲办法\n第一条　依照《示例乙办法》第一条和本办法第一条、《示例甲办法》第二条。\n第二条　示例。\n"
    )
    shelf.put("乙", "示例乙办法\n第一条　依照《示例甲办法》第二条。\n")
    shelf.update()
    assert [each[1:] for each in targets(shelf, "甲")] == [("乙", "art-1"), ("甲", "art-1"), ("甲", "art-2")]
    assert [each[1:] for each in targets(shelf, "乙")] == [("甲", "art-2")]


def test_a_new_law_repeals_the_old_one_of_its_name_and_not_itself(shelf: Shelf) -> None:
    shelf.put("示例条例", "示例条例\n第一条　本条例施行，1996年发布的《示例条例》同时废止。\n")
    shelf.update()
    assert ("《示例条例》", "", "") in targets(shelf, "示例条例")


def test_both_ends_agree(shelf: Shelf) -> None:
    shelf.put("示例法", LAW)
    shelf.put("示例办法", RULES)
    shelf.put("通知", "示例通知\n一、依照示例法和《示例市示例办法》第二条。\n")
    shelf.update()
    with shelf.store.reading() as reader:
        resolver = Resolver(reader)
        documents = list(reader.documents())
        down = {
            (citing.id, each.found.anchor, each.found.start, each.target.document.id)
            for citing in documents
            for each in resolver.citations(citing)
            if each.target and each.target.document.id != citing.id
        }
        up = {
            (citing.id, each.found.anchor, each.found.start, cited.id)
            for cited in documents
            for citing, each in resolver.cited_by(cited)
        }
    assert down == up != set()


def test_a_damaged_store_is_said_to_be_one_and_made_anew(shelf: Shelf) -> None:
    shelf.put("示例法", LAW)
    with pytest.raises(BadIndexError, match="kb index"), shelf.store.reading():
        pass
    shelf.update()
    assert shelf.store.check() == []
    shelf.store.path.write_bytes(b"not a database" * 1000)
    assert len(shelf.store.check()) == 1
    with pytest.raises(BadIndexError, match="已损坏"):
        shelf.update()
    shelf.store.update(shelf.corpus, rebuild=True)
    assert targets(shelf, "示例法")
    with pytest.raises(NotFoundError, match="没有编号"):
        resolved(shelf, "没有的")


@pytest.mark.parametrize("layout", ["this version's", "another version's"])
def test_a_store_that_cannot_be_made_anew_is_the_old_one(tmp_path: Path, layout: str) -> None:
    """The disk is full: what there is stays, and nothing else is said of it."""
    with small_disk(tmp_path / "disk", 4) as disk:
        shelf = Shelf(disk)
        shelf.put("示例法", LAW)
        shelf.update()
        if layout == "another version's":
            with closing(sqlite3.connect(shelf.store.path)) as database:
                database.execute("PRAGMA user_version = 1")
        before = shelf.store.path.read_bytes()
        fill(disk / "fill", 40_000)
        with pytest.raises(StorageError, match="磁盘已满"):
            shelf.store.update(shelf.corpus, rebuild=layout == "this version's")
        assert shelf.store.path.read_bytes() == before
        assert {path.name for path in shelf.store.path.parent.iterdir()} <= {
            FILE,
            f"{FILE}-wal",
            f"{FILE}-shm",
            "citations.lock",
            "citations.sha256",
        }
        (disk / "fill").unlink()
        shelf.store.update(shelf.corpus)
        assert targets(shelf, "示例法") and shelf.store.check() == []


@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.parametrize("killed_at", ["the file", "its seal"])
def test_a_kill_while_a_store_is_put_in_its_place_tells_nothing_wrong(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, killed_at: str, damaged: bool
) -> None:
    shelf.put("示例法", LAW)
    shelf.update()
    if damaged:
        shelf.store.path.write_bytes(shelf.store.path.read_bytes()[:-1] + b"x")

    shelf.put("示例办法", RULES)
    replace = Path.replace

    def killed(what: Path | Seal, to: object) -> None:
        if isinstance(what, Seal) or to == shelf.store.path:
            raise SystemExit
        replace(what, str(to))

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(*((Path, "replace") if killed_at == "the file" else (Seal, "put_on")), killed)
        shelf.store.update(shelf.corpus, rebuild=True)
    assert bool(shelf.store.check()) == (damaged and killed_at == "the file")
    shelf.store.update(shelf.corpus, rebuild=True)
    assert shelf.store.check() == [] and targets(shelf, "示例法")


def test_a_store_of_which_only_the_log_fits_on_the_disk_is_the_old_one(tmp_path: Path) -> None:
    """What SQLite keeps in its log it brings into the file when it closes that, and says nothing where there is no room."""
    with small_disk(tmp_path / "disk", 16) as disk:
        shelf = Shelf(tmp_path / "corpus")
        for number in range(8):
            articles = (
                f"第{n}条 依照《示例法{number}{n}》第二条，并按照《示例办法{n}》第五条执行。\n" for n in range(1, 200)
            )
            shelf.put(f"示例法{number}", f"示例法{number}\n" + "".join(articles))
        store = Store(disk / "index")
        store.update(shelf.corpus)
        before = store.path.read_bytes()
        refused = 0
        for tenths in range(8, 26, 2):
            fill(disk / "fill", len(before) * tenths // 10)
            with suppress(StorageError):
                store.update(shelf.corpus, rebuild=True)
                before, refused = store.path.read_bytes(), refused - 1
            refused += 1
            (disk / "fill").unlink()
            assert store.path.read_bytes() == before and store.check() == []
            assert len(store.fingerprints()) == 8
        assert refused


def test_the_command_answers_what_the_interface_promises(shelf: Shelf) -> None:
    shelf.put("示例法", LAW)
    shelf.put("示例办法", RULES)
    shelf.update()
    ran = subprocess.run(
        [sys.executable, "-m", "kb", "citations", "示例办法", "--json"],
        cwd=shelf.corpus.root.parent,
        capture_output=True,
        check=True,
    )
    told = json.loads(ran.stdout)
    assert set(told[0]) == {"anchor", "start", "end", "text", "kind", "target", "title"}
    url = quote("/d/示例法#art-2-p1-i2", safe="/#")
    meant = {"document": "示例法", "version": "", "anchor": "art-2-p1-i2", "url": url, "later": False}
    assert told[0]["target"] == meant
    assert told[0]["title"] == "中华人民共和国示例法"
    section = next(each for each in shelf.corpus.read("示例办法").walk() if each.anchor == told[0]["anchor"])
    assert section.text[told[0]["start"] : told[0]["end"]] == told[0]["text"]


@pytest.mark.parametrize("half", ["first", "last"])
def test_hand_labelled_citations_mean_the_right_document_and_place(
    half: str, labelled: Corpus, labelled_store: Store
) -> None:
    wanted: dict[tuple[Any, ...], tuple[str | None, str]] = {
        (row["document"], row["anchor"], start, end): (document, anchor)
        for row in LABELLED[half]
        for start, end, document, anchor in row["citations"]
    }
    with labelled_store.reading() as reader:
        got = {
            (id, each.found.anchor, each.found.start, each.found.end): each.target
            for id in {place[0] for place in wanted}
            for each in citation_json.citations(reader, id)
        }
    both = [(wanted[place], got[place]) for place in wanted if place in got]
    right = [(want, target) for want, target in both if (target.document.id if target else None) == want[0]]
    at_place = [target for want, target in right if (target.anchor if target else "") == want[1]]
    assert len(right) / len(both) >= 0.97
    assert len(at_place) / len(both) >= 0.95


def test_a_place_in_an_older_text_is_followed_to_where_it_stands_now(shelf: Shelf) -> None:
    old = "示例法\n第一条　甲的内容。\n第二条　乙的内容。\n第三条　丙的内容。\n第四条　丁的内容。\n"
    new = "示例法\n第一条　甲的内容。\n第二条　新的一条。\n第三条　乙的内容。\n第四条　改过的丙。\n第五条　丁的内容。\n"
    shelf.put("示例法", old, edition="2010-01-01", date="2010-01-01")
    shelf.put("示例法", new, edition="2020-01-01", date="2020-01-01")
    shelf.update()
    with shelf.store.reading() as reader:
        resolver, law = Resolver(reader), reader.document("示例法")
        assert law is not None
        version = shelf.corpus.versions("示例法")[0]
        now = {article: resolver.present_anchor(Target(law, version, f"art-{article}")) for article in (1, 2, 3, 4)}
    assert now == {1: "art-1", 2: "art-3", 3: "art-4", 4: "art-5"}
