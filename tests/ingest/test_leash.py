"""Files of any kind that would take for ever, or all memory: one sentence each, and the others are taken."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from kb.base.errors import UnreadableError
from kb.base.model import Provenance
from kb.config import settings
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.ingest import derive, pipeline
from kb.law.records import record

GOOD = "示例市人民政府关于示例工作的通知\n一、总体要求\n坚持依法行政。\n"
PAGE = "<html><body><div class='article-content'>示例文字，示例文字，示例文字。{}</div></body></html>"
HUGE = "示例办法\n" + "".join(f"第{number}条 示例机关办理示例事项。\n" for number in range(1, 30_001))
LONG = {
    "空白.txt": "示例办法\n甲" + " " * 500_000 + "乙\n",
    "书名号.txt": "示例办法\n" + "《" * 500_000 + "\n",
    "注释.md": "# 示例办法\n\n" + "<!--" * 150_000 + "\n",
    "竖线.md": "# 示例办法\n\n" + "|" * 500_000 + "\n" + "|-" * 250_000 + "|\n",
    "编号.html": PAGE.format("<ol>" + "<li>示例事项</li>" * 8_000 + "</ol>"),
    "图片.html": PAGE.format("<p>" + "字<img src='a.gif'>" * 8_000 + "</p>"),
    "引用.txt": "示例办法\n" + "依照《示例法》第十二条、第十三条的规定，" * 12_000 + "\n",
    "条.txt": HUGE[: len(HUGE) // 2],
}


def conf(folder: Path, seconds: float) -> Settings:
    return replace(settings.load(None, folder), timeout=seconds)


@pytest.mark.parametrize("name", list(LONG))
def test_time_grows_with_the_text_and_no_faster(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(LONG[name], encoding="utf-8")
    corpus = Corpus(tmp_path / "corpus")
    report = pipeline.ingest([path], corpus, conf(tmp_path, 30))
    assert not report.failures
    (id,) = corpus.ids()
    before = time.process_time()
    record(corpus, id)
    assert time.process_time() - before < 15


@pytest.mark.parametrize("name", ["条.txt", "条.md", "条.html"])
def test_a_file_that_takes_too_long_is_refused_and_stops_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / "好.txt").write_text(GOOD, encoding="utf-8")
    written = PAGE.format("".join(f"<p>{line}</p>" for line in HUGE.splitlines()))
    (tmp_path / name).write_text(written if name.endswith("html") else HUGE, encoding="utf-8")
    corpus = Corpus(tmp_path / "corpus")
    report = pipeline.ingest([tmp_path / name, tmp_path / "好.txt"], corpus, conf(tmp_path, 1))
    assert report.failures == [
        (name, "转换超过了时限（1 秒）：请拆分这个文件，或在 kb.toml 里调高 ingest.timeout_seconds。")
    ]
    assert corpus.ids() == ("好",)


def test_a_page_of_a_site_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    page = PAGE.format("".join(f"<p>{line}</p>" for line in HUGE.splitlines())).encode()
    found = Provenance("https://example.org/1.html", "", "", "")
    with pytest.raises(UnreadableError, match="超过了时限"):
        derive.from_web(page, found, "示例", conf(tmp_path, 1))


PRIVATE = "\ue123"
SPANS = PAGE.format("<table>" + "<tr><td rowspan=60 colspan=60>甲</td><td>乙</td></tr>" * 20_000 + "</table>")
HOSTILE = {
    "无人能读.txt": (
        "示例市关于示例的通知\n" + (PRIVATE * 80 + "\n") * 12_500,
        "读不出的字太多（1000000 个，占 100%）",
    ),
    "一半读不出.txt": (
        "示例市关于示例的通知\n" + ("甲" + PRIVATE) * 150_000 + "\n",
        "读不出的字太多（150000 个，占 50%）",
    ),
    "合并.html": (SPANS, "一张表格摊开后超过 1000000 格"),
    "标签.md": ("---\ntitle: 示例\n" + "".join(f"k{n}: v\n" for n in range(60_000)) + "---\n正文。\n", "60001 项"),
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_what_nobody_could_read_or_keep_is_refused_with_its_verdict(name: str, tmp_path: Path) -> None:
    (tmp_path / "好.txt").write_text(GOOD, encoding="utf-8")
    (tmp_path / name).write_text(HOSTILE[name][0], encoding="utf-8")
    corpus = Corpus(tmp_path / "corpus")
    before = time.process_time()
    report = pipeline.ingest([tmp_path / name, tmp_path / "好.txt"], corpus, conf(tmp_path, 30))
    assert time.process_time() - before < 5  # of this process, which no leash holds
    ((refused, verdict),) = report.failures
    assert refused == name
    assert HOSTILE[name][1] in verdict
    assert corpus.ids() == ("好",)


def test_a_text_with_many_doubtful_characters_is_kept_and_written_in_seconds(tmp_path: Path) -> None:
    (tmp_path / "多处.txt").write_text("示例办法\n" + ("示例文字" + PRIVATE) * 45_000 + "\n", encoding="utf-8")
    corpus = Corpus(tmp_path / "corpus")
    before = time.process_time()
    report = pipeline.ingest([tmp_path / "多处.txt"], corpus, conf(tmp_path, 30))
    assert time.process_time() - before < 5
    assert report.doubtful == ["多处"]
    assert len(corpus.read("多处").provenance.repairs) == 45_000


def test_cells_that_span_more_than_there_is_are_read_without_loss(tmp_path: Path) -> None:
    wide = "<table border=1><tr><td colspan=1000000>甲</td><td>乙</td></tr><tr><td rowspan=99999>丙</td><td>丁</td></tr></table>"
    (tmp_path / "宽.html").write_text(PAGE.format(wide), encoding="utf-8")
    corpus = Corpus(tmp_path / "corpus")
    assert not pipeline.ingest([tmp_path / "宽.html"], corpus, conf(tmp_path, 30)).failures
    assert all(cell in corpus.read("宽").text for cell in "甲乙丙丁")
