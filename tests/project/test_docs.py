"""The documentation says what the program does: nothing left out, nothing stale, every example runs."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from kb.config.kinds import kinds
from kb.config.settings import SETTINGS
from kb.config.sources import parse

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("document", str(ROOT / "scripts" / "document"))
    spec = importlib.util.spec_from_loader("document", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["commands.md", "settings.md", "formats.md"])
def test_a_reference_is_what_the_code_says(generator: ModuleType, name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == generator.PAGES[name](), "run .venv/bin/python scripts/document"


def test_kb_toml_shows_every_setting_at_its_default() -> None:
    shown = tomllib.loads((ROOT / "kb.toml").read_text(encoding="utf-8"))
    given = {
        f"{table}.{key}": value
        for table, entries in shown.items()
        if table != "source"
        for key, value in entries.items()
    }
    assert given == {name: list(default) if isinstance(default, tuple) else default for name, default, _ in SETTINGS}


def test_every_family_of_sources_has_its_page_and_the_index_leads_to_it() -> None:
    index = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    assert {page.stem for page in (ROOT / "docs" / "sites").glob("*.md")} == set(kinds())
    for kind in kinds().values():
        page = (ROOT / "docs" / "sites" / f"{kind.name}.md").read_text(encoding="utf-8")
        assert f"[{kind.name}](sites/{kind.name}.md)" in index
        assert re.findall("^## (.+)$", page, re.MULTILINE) == ["怎样认", "要写什么", "怎样取", "取不全时", "跑一遍"]
        for table in re.findall(r"```toml\n(.*?)```", page, re.DOTALL):
            (source,) = parse(tomllib.loads(table)["source"], table, "kb.toml")
            assert (source.kind, source.problem) == (kind.name, "")
        assert all(name in page for name, _ in kind.needs)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_path_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    paths = re.findall(r"`((?:kb|scripts|tests|docs|benchmarks)/[\w./-]+)`", text)
    missing = [link for link in links if not (page.parent / link).exists()]
    missing += [path for path in paths if not (ROOT / path).exists()]
    assert not missing


def test_the_documentation_is_a_site_whose_search_knows_chinese_words(generator: ModuleType, tmp_path: Path) -> None:
    generator.build_site(tmp_path / "site")
    index = json.loads((tmp_path / "site" / "search" / "search_index.json").read_bytes())
    titles = {entry["title"].replace("\u200b", "") for entry in index["docs"]}
    assert {"政策文库", "命令参考", "设置"} <= titles
    assert any("\u200b行政复议\u200b" in entry["text"] for entry in index["docs"])
