"""The account is kept in the corpus, shown by commands, and read back to the character."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kb.base.model import Account, Document, Metadata, Provenance, Remark, Section
from kb.cli.main import main
from kb.corpus import markdown

REMARKS = (
    Remark("批注", "第 1 页", "不是正文，没有收入", "自2023年起“废止”: - #", 1, True),
    Remark("页眉", "", "没有收入正文", "", 3),
)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def test_an_account_is_read_back_as_it_was_written() -> None:
    provenance = Provenance("示例.pdf", "0" * 64, "2024-01-01T00:00:00Z", "application/pdf")
    document = Document("d", "s", Metadata("示例"), provenance, (Section("title", "", "示例", "示例\n"),))
    for account in (Account(), Account(90, 100, REMARKS), Account(0, 0, REMARKS[:1])):
        told = replace(document, provenance=replace(provenance, account=account))
        assert markdown.load(markdown.dump(told), "d", "s").provenance.account == account


def test_doubts_are_listed_with_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "好.txt").write_text("示例市关于甲事的通知\n一、照办。\n", encoding="utf-8")
    assert run("ingest", "好.txt") == 0
    assert run("doubts") == 0
    (tmp_path / "坏.txt").write_text("示例市关于水价的通知\n一、每吨1\ue01085元。\n", encoding="utf-8")
    capsys.readouterr()
    assert run("ingest", "坏.txt") == 0
    assert "存疑" in capsys.readouterr().err
    assert run("doubts", "--json") == 1
    (found,) = json.loads(capsys.readouterr().out)
    assert found["title"] == "示例市关于水价的通知"
    assert [(each["what"], each["count"], each["doubt"]) for each in found["doubts"]] == [("存疑的字", 1, True)]
    assert run("doubts") == 1
    assert "1 份文件有存疑之处" in capsys.readouterr().out


def test_check_says_how_many_documents_are_doubtful_and_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "坏.txt").write_text("示例市关于水价的通知\n一、每吨1\ue01085元。\n", encoding="utf-8")
    assert (run("ingest", "坏.txt"), run("index")) == (0, 0)
    capsys.readouterr()
    assert run("check") == 0
    assert "1 份文件有存疑之处：在哪里、为什么，见 kb doubts。" in capsys.readouterr().err
    assert run("check", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "documents": 1,
        "problems": [],
        "doubtful": 1,
        "damage": [],
        "ledger": "",
    }
    assert run("show", "坏") == 0
    shown = capsys.readouterr()
    assert "每吨1〓85元" in shown.out
    assert "1 处存疑" in shown.err
    assert "kb doubts 坏" in shown.err


HEAD = "---\ntitle: 示例办法\n---\n"


@pytest.mark.parametrize(
    ("ending", "head"), [("md", ""), ("md", HEAD), ("md", f"{HEAD}::: tip\n提示\n:::\n"), ("txt", HEAD)]
)
def test_comments_of_markdown_are_named_with_their_line(
    ending: str, head: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    body = "# 示例办法\n\n<!-- 本办法已废止，\n见新办法 -->\n第一条 甲<!-- 待核 -->乙。\n\n第二条 丙<!-- 没有结束\n"
    Path(f"示例.{ending}").write_text(head + body, encoding="utf-8")
    assert run("ingest", f"示例.{ending}") == 0
    document = markdown.load(Path("corpus/files/示例.md").read_text(encoding="utf-8"), "示例", "files")
    assert "甲乙。" in document.text
    assert "<!-- 没有结束" in document.text
    assert "待核" not in document.text
    first = head.count("\n") + 3
    assert [(each.where, each.sample, each.doubt) for each in document.provenance.account.remarks] == [
        (f"第 {first} 行", "本办法已废止， 见新办法", True),
        (f"第 {first + 2} 行", "待核", False),
    ]
