"""A format of documents is one file that declares itself: everything that knows formats finds it there."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import kb.ingest.formats as package
from kb.base import leashed
from kb.base.model import Provenance
from kb.cli.main import main
from kb.config import settings
from kb.ingest import derive
from kb.ingest.formats import registry

ROOT = Path(__file__).parents[2]
SLIP = "SLIP 1\n~示例区人民政府关于做好示例工作的通知~各街道办事处：~一、总体要求~示例文字。"


@pytest.fixture
def another(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the folder of this test hold one more format."""
    before = [*package.__path__]
    monkeypatch.setattr(package, "__path__", before)
    folders = [*before, str(Path(__file__).parent / "another_format")]
    _look_in(folders)
    leashed.call(5, _look_in, folders)  # one thing after another is read by one worker
    yield
    leashed.call(5, _look_in, before)
    _look_in(before)


def _look_in(folders: list[str]) -> None:
    package.__path__ = folders
    registry.formats.cache_clear()
    sys.modules.pop("kb.ingest.formats.slip", None)


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def test_every_format_says_what_it_is() -> None:
    known = registry.formats()
    assert {"html", "markdown", "text", "docx", "word-legacy", "pdf", "ofd", "spreadsheet"} <= {e.name for e in known}
    assert len({each.name for each in known}) == len(known)
    assert len(registry.endings()) == len(set(registry.endings()))
    for each in known:
        assert each.labels.keys() == {"zh", "en"}
        assert all(ending.startswith(".") and ending == ending.lower() for ending in each.endings)


@pytest.mark.usefixtures("another")
def test_a_new_format_is_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "收文").mkdir()
    (tmp_path / "收文" / "甲.slip").write_text(SLIP, encoding="utf-8")
    (tmp_path / "收文" / "乙.txt").write_text(SLIP, encoding="utf-8")  # by its bytes, whatever its name
    assert run("ingest", "收文", "--json") == 0
    assert json.loads(capsys.readouterr().out)["new"] == 2
    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "corpus" / "files").glob("*.md")]
    assert all("一、总体要求" in text and "media_type: application/x-slip" in text for text in texts)
    assert run("formats", "--json") == 0
    assert {"name": "slip", "labels": {"zh": "示例纸条", "en": "Example slip"}, "endings": [".slip"]} in json.loads(
        capsys.readouterr().out
    )


@pytest.mark.usefixtures("another")
def test_a_new_format_is_read_from_the_web_and_stands_in_the_documentation() -> None:
    found = Provenance("http://127.0.0.1/download?id=1", "0" * 64, "2024-03-05T00:00:00Z", "")
    derived = derive.from_web(SLIP.encode(), found, "s", settings.load(None, Path("/")))
    assert derived.document.metadata.title == "示例区人民政府关于做好示例工作的通知"
    loader = importlib.machinery.SourceFileLoader("document", str(ROOT / "scripts" / "document"))
    spec = importlib.util.spec_from_loader("document", loader)
    assert spec
    generator = importlib.util.module_from_spec(spec)
    loader.exec_module(generator)
    assert "| 示例纸条 | `.slip` |" in generator.PAGES["formats.md"]()


@pytest.mark.parametrize(
    ("data", "ending", "content_type", "name"),
    [
        (b"%PDF-1.7", ".txt", "", "pdf"),
        (b"<!DOCTYPE html><p>x", ".txt", "text/plain", "html"),
        (b"<p>x", "", "text/html; charset=gbk", "html"),
        ("示例".encode(), ".md", "", "markdown"),
        (b"PK\x03\x04", ".docx", "", "docx"),
    ],
)
def test_bytes_tell_before_the_server_and_the_name(data: bytes, ending: str, content_type: str, name: str) -> None:
    chosen = registry.choose(data, ending, content_type)
    assert chosen
    assert chosen.name == name


def test_what_is_of_no_format_is_none() -> None:
    assert registry.choose(b"\x89PNG", ".png", "image/png") is None
