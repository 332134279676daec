"""Citing and comparing on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kb.config.settings import load
from kb.corpus.folder import Corpus
from kb.ingest.pipeline import ingest
from kb.law.store import Store
from tests.cli.running import EXAMPLE, KbHere


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one example document in its corpus, in two versions."""
    folder = tmp_path_factory.mktemp("reading")
    settings = load(folder=folder)
    for text in (EXAMPLE, EXAMPLE.replace("坚持示例原则", "坚持公平原则")):
        (folder / "示例通知.txt").write_text(text, encoding="utf-8")
        ingest([folder / "示例通知.txt"], Corpus(settings.corpus), settings)
    Store(settings.index).update(Corpus(settings.corpus))
    return folder


@pytest.fixture
def changed(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> KbHere:
    monkeypatch.chdir(folder)
    return KbHere(folder, capfd)


def test_a_section_is_cited_in_every_form_or_in_one(changed: KbHere) -> None:
    shown = changed("cite", "示例通知#1-1")
    assert "《示例区人民政府办公室关于做好示例工作的通知》（示府办〔2024〕1号），一、（一）。" in shown
    assert changed("cite", "示例通知#1-1", "--form", "quotation").startswith("“（一）基本原则\n坚持公平原则。”\n——《")
    made = json.loads(changed("cite", "示例通知", "--text", "做好行政复议工作", "--json"))
    assert (made["anchor"], made["quotation"]) == ("1", "做好行政复议工作")


@pytest.mark.parametrize("host", ["", "http://127.0.0.1:8000", "https://kb.example.cn", "kb.example.cn"])
@pytest.mark.parametrize("name", ["示例通知", "%E7%A4%BA%E4%BE%8B%E9%80%9A%E7%9F%A5"])
def test_an_address_that_is_pasted_names_what_its_page_shows(changed: KbHere, host: str, name: str) -> None:
    section, version = changed("show", "示例通知#1-1"), Corpus(changed.folder / "corpus").versions("示例通知")[0]
    assert changed("show", f"{name}#1-1") == section
    for address in (f"/d/{name}#1-1", f"/d/{name}/1-1", f"/d/{name}?q=%E5%85%AC%E5%B9%B3#1-1:~:text=x"):
        assert changed("show", host + address) == section
    older = changed("show", f"示例通知@{version}#1-1")
    assert "坚持示例原则" in changed("show", f"{host}/d/{name}/versions/{version}#1-1") == older != section
    assert changed("diff", f"{host}/d/{name}") == changed("diff", "示例通知")
    assert changed("citations", f"{host}/d/{name}/") == changed("citations", "示例通知")
    assert f"/versions/{version}?quote=" in changed("cite", f"{host}/d/{name}/versions/{version}#1-1")
    changed("show", f"{host}/d/{name}?on=2024-01-01", code=2)
    assert "请写明版本" in changed.said


def test_what_is_found_and_cited_can_be_shown(changed: KbHere) -> None:
    (changed.folder / "public.toml").write_text('[serve]\naddress = "https://kb.example.cn"\n', encoding="utf-8")
    changed("index")
    places = re.findall(r"　(\S+#\S+)$", changed("search", "原则"), re.MULTILINE)
    assert places
    for found in places:
        assert changed("show", found).startswith("题名：")
        cited = json.loads(changed("cite", found, "--json", "--config", "public.toml"))["url"]
        assert cited.startswith("https://kb.example.cn/d/")
        assert changed("show", cited) == changed("show", found)


def test_a_paragraph_or_an_item_of_an_article_is_shown(changed: KbHere) -> None:
    law = "# 示例法\n\n第一条 为了示例。\n\n示例的事项有：\n\n（一）示例之一；\n\n（二）示例之二。\n"
    (changed.folder / "corpus/files/示例法.md").write_text(law, encoding="utf-8")
    assert changed("show", "示例法#art-1-p2").endswith("\n\n示例的事项有：\n（一）示例之一；\n（二）示例之二。\n")
    (item,) = json.loads(changed("show", "示例法#art-1-p2-i2", "--json"))["sections"]
    assert (item["anchor"], item["text"]) == ("art-1-p2-i2", "（二）示例之二。\n")
    changed("show", "示例法#art-1-p3", code=3)
    assert "没有章节 #art-1-p3：有编号的章节是 art-1" in changed.said


def test_a_header_written_by_hand_that_cannot_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    kb, file = KbHere(tmp_path, capfd), tmp_path / "corpus/files/示例.md"
    file.parent.mkdir(parents=True)
    for headless in ("# 示例\n\n示例内容。\n", "---\ntitle: 示例\n---\n示例内容。\n", "---\n\n示例内容。\n"):
        file.write_text(headless, encoding="utf-8")
        kb("index")
        assert "完好" in kb("check") and kb.said == ""
    broken = "---\nissuer: 示例机关\ntitle: [坏\nkind: 通知\n---\n示例内容。\n"
    file.write_bytes(b"\xef\xbb\xbf" + broken.replace("\n", "\r\n").encode())
    for _ in range(2):
        kb("index", code=1)
        assert f"{file.relative_to(tmp_path)} 的文件头没有采用：第 3 行附近不是合格的 YAML" in kb.said.replace(
            f"{tmp_path}/", ""
        )
    assert "的文件头没有采用：第 3 行" in kb("check", code=1)
    assert "示例内容" in kb("search", "示例内容")


@pytest.mark.parametrize(
    ("item", "typed"),
    [
        ("date", "2024-13-45"),
        ("date", "2024年3月5日"),
        ("  retrieved", "昨天"),
        ("  retrieved", "2024-W01-1"),
        ("  edition", "2024-02-30"),
    ],
)
def test_a_day_mistyped_in_a_header_is_named_and_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], item: str, typed: str
) -> None:
    monkeypatch.chdir(tmp_path)
    kb = KbHere(tmp_path, capfd)
    for number in "12":
        (tmp_path / f"{number}.txt").write_text(EXAMPLE.replace("1号", f"{number}号"), encoding="utf-8")
    kb("ingest", "1.txt", "2.txt")
    kb("index")
    path = tmp_path / "corpus/files/1.md"
    head = re.sub(rf"^{item}: .*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    place = "provenance:\n" if item[0] == " " else "---\n"
    path.write_text(head.replace(place, f"{place}{item}: {typed}\n", 1), encoding="utf-8")
    told = f"{item.strip()} 写着“{typed}”"
    kb("check", "--accept", "1", code=4)
    assert told in kb.said
    (tmp_path / "index/citations.sqlite").unlink()
    kb("index", code=1)
    assert told in kb.said
    assert told in kb("check", code=1)
    found = kb("search", "行政复议")
    assert "2024-03-05　2#1" in found and "1#1" in found and "无法判断" not in kb.said
    kb("cite", "1#1")
    kb("check", "--repair")
    assert "完好" in kb("check")


def test_what_cannot_be_cited_says_why(changed: KbHere) -> None:
    changed("cite", "示例通知#9", code=3)
    assert "#9" in changed.said or "“9”" in changed.said
    changed("cite", "示例通知", "--text", "别处的文字", code=2)
    assert "没有这段文字" in changed.said
    changed("cite", "示例通知", "--form", "quotation", code=2)
    assert "--text" in changed.said
    changed("cite", "示例通知", "--form", "apa", code=2)
    assert "--form 应当是其中之一：manual、" in changed.said


def test_the_last_change_is_shown_in_characters(changed: KbHere) -> None:
    shown = changed("diff", "示例通知")
    assert "坚持[-示例-]{+公平+}原则。" in shown
    assert shown.startswith("修改 1，未变 ")
    told = json.loads(changed("diff", "示例通知", "--json"))
    assert [each["new"]["anchor"] for each in told["sections"] if each["change"] == "changed"] == ["1-1"]
    version = json.loads(changed("show", "示例通知", "--json"))["versions"][1]["version"]
    assert changed("diff", f"示例通知@{version}") == changed("diff", f"示例通知@{version}", "示例通知") == shown


def test_one_version_alone_cannot_be_compared(changed: KbHere) -> None:
    corpus = Corpus(changed.folder / "corpus")
    with corpus.writing():
        alone = corpus.root / "files" / "示例.md"
        alone.write_text("# 示例\n\n示例内容。\n", encoding="utf-8")
    changed("diff", "示例", code=2)
    assert "只有一个版本" in changed.said


def test_a_section_is_written_to_a_file_or_to_standard_output(changed: KbHere) -> None:
    changed("export", "示例通知#1-1", "--format", "docx")
    assert (changed.folder / "示例通知-1-1.docx").read_bytes().startswith(b"PK") and "示例通知-1-1.docx" in changed.said
    assert "坚持公平原则。" in changed("export", "示例通知#1-1", "--format", "txt", "-o", "-")
    changed("export", "示例通知", "--format", "zip", "-o", "证据.zip")
    assert (changed.folder / "证据.zip").read_bytes().startswith(b"PK")


def test_what_cannot_be_exported_says_why(changed: KbHere) -> None:
    changed("export", "示例通知#1", "--format", "zip", code=2)
    assert "整份文件" in changed.said
    changed("export", "没有", "--format", "md", code=3)
    changed("export", "示例通知", "--format", "md", "-o", "没有的文件夹/x.md", code=6)
    changed("export", "示例通知", code=2)
