"""Collections of laws through the front door: `import_laws` into a corpus on disk."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document as Docx

from kb.base.errors import NotFoundError, UnreadableError
from kb.cite.citation import cite
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.ingest.law_collections import import_laws
from kb.ingest.rederive import rederive
from kb.law.records import in_force_from

_LAW = """# 中华人民共和国示例法

{events}

<!-- INFO END -->

## 第一章 总则

第一条 为了示例，制定本法。

{text}
"""
_FIRST = "2001年1月1日 第九届全国人民代表大会第一次会议通过"
_AMENDED = f"{_FIRST}\n\n2015年3月1日 第十二届全国人民代表大会第三次会议《关于修改〈中华人民共和国示例法〉的决定》修正"
_PART = "# 中华人民共和国示例法典\n\n# {part}\n\n2020年5月1日 第十三届全国人民代表大会第三次会议通过\n\n<!-- INFO END -->\n\n{text}"


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "collection"
    _put(folder / "行政法/示例法(2001-01-01).md", _LAW.format(events=_FIRST, text="第二条 旧的示例。"))
    _put(folder / "行政法/示例法(2015-03-01).md", _LAW.format(events=_AMENDED, text="第二条 新的示例。"))
    _put(
        folder / "示例法典/附则.md",
        _PART.format(part="附则", text="##\n\n第十二条 本法自2021年1月1日起施行。《示例法》同时废止。"),
    )
    _put(
        folder / "示例法典/总则.md", _PART.format(part="总则", text="## 第一章 一般规定\n\n第一条 为了示例，制定本法。")
    )
    _put(
        folder / "DLC/示例/地方性法规/示例市示例条例(2019-07-02).md",
        "# 示例市示例条例\n\n2019年6月1日 示例市第一届人民代表大会常务委员会第二次会议通过\n\n2019年9月1日 施行\n\n<!-- INFO END -->\n\n第一条 示例。",
    )
    _put(folder / "行政法/_index.md", "---\nbookCollapseSection: true\n---\n")
    _put(folder / "README.md", "# 示例\n")
    return folder


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path / "corpus")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "corpus", tmp_path / "index", "127.0.0.1", 0, 10_000_000, 60)


def test_texts_of_one_law_are_versions_of_one_document(collection: Path, corpus: Corpus, settings: Settings) -> None:
    report = import_laws([collection], corpus, settings)
    assert not report.failures
    assert corpus.ids() == ("示例市示例条例", "示例法", "示例法典")
    law = corpus.read("示例法")
    assert "新的示例" in law.text
    assert (law.metadata.kind, law.metadata.issuer, law.metadata.date) == ("法律", "全国人民代表大会", "2015-03-01")
    present, older = corpus.history("示例法")
    assert (present.date, older.date) == ("2015-03-01", "2001-01-01")
    assert "旧的示例" in corpus.read("示例法", older.version).text
    assert report.skipped.total() == 2


def test_texts_may_come_in_any_order(collection: Path, corpus: Corpus, settings: Settings) -> None:
    import_laws([collection / "行政法/示例法(2015-03-01).md"], corpus, settings)
    import_laws([collection / "行政法/示例法(2001-01-01).md"], corpus, settings)
    assert "新的示例" in corpus.read("示例法").text
    assert [each.date for each in corpus.history("示例法")] == ["2015-03-01", "2001-01-01"]
    assert not list(corpus.check())


def test_parts_are_joined_in_the_order_of_their_articles(collection: Path, corpus: Corpus, settings: Settings) -> None:
    import_laws([collection], corpus, settings)
    code = corpus.read("示例法典")
    anchors = [section.anchor for section in code.walk()]
    assert anchors.index("art-1") < anchors.index("art-12")
    way = {section.anchor: [each.heading for each in above] for above, section in code.paths()}
    assert (way["ch-1"], way["art-1"]) == (["总则"], ["总则", "一般规定"])
    assert way["art-12"] == ["附则"]
    assert code.text.count("中华人民共和国示例法典") == 1
    assert any("附则.md" in note for note in code.provenance.notes)


def test_local_regulations_say_who_made_them(collection: Path, corpus: Corpus, settings: Settings) -> None:
    import_laws([collection], corpus, settings)
    facts = corpus.read("示例市示例条例").metadata
    assert (facts.kind, facts.issuer) == ("地方性法规", "示例市人民代表大会常务委员会")
    assert (facts.date, facts.effective) == ("2019-06-01", "2019-09-01")


def test_a_text_is_that_of_the_last_amendment_that_it_lists(corpus: Corpus, settings: Settings, tmp_path: Path) -> None:
    listed = f"{_FIRST}\n\n2011年2月25日 第十一届全国人民代表大会常务委员会第十九次会议通过的《中华人民共和国示例法修正案（八）》"
    _put(tmp_path / "刑法/示例法.md", _LAW.format(events=listed, text="第二条之一 后来的示例。"))
    import_laws([tmp_path / "刑法"], corpus, settings)
    law = corpus.read("示例法")
    # The day an amendment is made is not the day it takes effect; here nothing tells that one.
    assert (law.metadata.date, law.provenance.edition, in_force_from(law)) == ("2011-02-25", "2011-02-25", "")
    assert cite(law, "art-2-1").form("manual") == "《中华人民共和国示例法》（2011年修正）第2条之一。"


@pytest.mark.parametrize(("named", "date"), [("2020-11-29", "2020-11-29"), ("2016-04-01", "2016-02-06")])
def test_a_change_that_the_preamble_leaves_out_is_dated_by_the_files_name(
    named: str, date: str, corpus: Corpus, settings: Settings, tmp_path: Path
) -> None:
    cut = f"{_FIRST}\n\n2016年2月6日 《国务院关于修改部分行政法规的决定》第一次修订  根据"
    _put(tmp_path / f"行政法/示例法({named}).md", _LAW.format(events=cut, text="第二条 示例。"))
    import_laws([tmp_path / "行政法"], corpus, settings)
    law = corpus.read("示例法")
    assert (law.metadata.date, law.provenance.edition) == (date, named)
    assert law.metadata.alternatives.get("date", ()) == (("2016-02-06",) if date == named else ())
    assert cite(law).form("manual") == f"《中华人民共和国示例法》（{date[:4]}年修订）。"
    assert list(rederive(corpus, settings)) == []


def test_an_archive_is_read_and_a_second_run_finds_everything_there(
    collection: Path, corpus: Corpus, settings: Settings, tmp_path: Path
) -> None:
    archive = tmp_path / "laws.tar.xz"
    with tarfile.open(archive, "w:xz") as tar:
        tar.add(collection, "laws")
    first = import_laws([archive], corpus, settings)
    again = import_laws([archive], corpus, settings)
    assert again.unchanged == first.new + first.changed == 4
    assert not again.new + again.changed


@pytest.mark.parametrize(
    "damage", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-1] + b"?")]
)
def test_importing_again_mends_the_snapshots_as_the_check_says(
    collection: Path, corpus: Corpus, settings: Settings, damage: Callable[[Path], None]
) -> None:
    import_laws([collection], corpus, settings)
    snapshots = sorted(corpus.snapshots.root.rglob("*.gz"))
    for snapshot in snapshots:
        damage(snapshot)
    about_documents = [problem.sentence for problem in corpus.check() if problem.path.suffix == ".md"]
    assert len(about_documents) == len(snapshots) == 4
    assert all("kb import laws" in sentence and "kb ingest" not in sentence for sentence in about_documents)
    assert import_laws([collection], corpus, settings).unchanged == 4
    assert not list(corpus.check())


def test_files_of_the_national_database_are_read(tmp_path: Path, corpus: Corpus, settings: Settings) -> None:
    page = Docx()
    for line in (
        "示例管理条例",
        "（2019年3月2日中华人民共和国国务院令第900号公布　自2019年5月1日起施行）",
        "第一条　为了示例，制定本条例。",
        "第二条　示例由示例机关负责。",
    ):
        page.add_paragraph(line)
    path = tmp_path / "示例管理条例_20190302.docx"
    page.save(str(path))
    assert not import_laws([path], corpus, settings).failures
    law = corpus.read("示例管理条例")
    assert (law.metadata.kind, law.metadata.issuer) == ("行政法规", "国务院")
    assert (law.provenance.edition, law.metadata.effective) == ("2019-03-02", "2019-05-01")
    assert "art-2" in [section.anchor for section in law.walk()]


def test_deriving_again_changes_nothing(collection: Path, corpus: Corpus, settings: Settings) -> None:
    import_laws([collection], corpus, settings)
    assert list(rederive(corpus, settings)) == []


def test_a_damaged_archive_is_said_to_be_one(corpus: Corpus, settings: Settings, tmp_path: Path) -> None:
    archive = tmp_path / "laws.tar.xz"
    archive.write_bytes(b"\xfd7zXZ\x00 not really")
    with pytest.raises(UnreadableError, match="压缩包"):
        import_laws([archive], corpus, settings)
    with pytest.raises(NotFoundError):
        import_laws([tmp_path / "nowhere"], corpus, settings)
    assert corpus.ids() == ()
