"""A family of sites is one file: from a folder of the test, it is seen in settings, commands, pages and documentation."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import kb.fetch.sites
from kb.base.errors import UsageError
from kb.cli.main import group
from kb.config.kinds import kinds
from kb.config.settings import load
from kb.fetch.lists.family import families
from kb.upkeep.new_family import start_family
from kb.web.view.interface_labels import source_kind
from tests.fetch import test_saved_pages

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A checkout of its own, whose families are walked beside the program's."""
    for folder in ("kb/fetch/sites", "tests/fetch/saved"):
        (tmp_path / folder).mkdir(parents=True)
    kb.fetch.sites.__path__.append(str(tmp_path / "kb/fetch/sites"))
    yield tmp_path
    kb.fetch.sites.__path__.pop()
    for name in [name for name in sys.modules if name.startswith("kb.fetch.sites.shili")]:
        del sys.modules[name]
        delattr(kb.fetch.sites, name.rpartition(".")[2])
    kinds.cache_clear()


def test_what_the_template_writes_is_a_family_that_passes_its_test(checkout: Path) -> None:
    said = CliRunner().invoke(group, ["source", "new", "shilizhan", "--to", str(checkout)])
    assert said.exit_code == 0 and "shilizhan.py" in said.output
    kinds.cache_clear()
    importlib.invalidate_caches()
    assert "shilizhan" in families()
    test_saved_pages.play(checkout / "tests/fetch/saved/shilizhan")


def test_a_new_family_is_seen_everywhere(checkout: Path) -> None:
    start_family("shilizhan", checkout)
    kinds.cache_clear()
    importlib.invalidate_caches()
    (checkout / "kb.toml").write_text(
        '[[source]]\nname = "a"\nkind = "shilizhan"\nurl = "http://www.example.gov.cn/"\n'
    )
    (source,) = load(folder=checkout).sources
    assert not source.problem and source.kind == "shilizhan"
    loader = importlib.machinery.SourceFileLoader("document", str(ROOT / "scripts" / "document"))
    spec = importlib.util.spec_from_loader("document", loader)
    assert spec
    generator = importlib.util.module_from_spec(spec)
    loader.exec_module(generator)
    assert "| `shilizhan` | shilizhan 网站的栏目 |" in generator.PAGES["settings.md"]()
    import flask

    with flask.Flask("test").test_request_context():
        assert source_kind("shilizhan") == "shilizhan 网站的栏目"


@pytest.mark.parametrize("name", ["gkmlpt", "Shili", "示例", "../x", "x"])
def test_a_name_that_cannot_be_a_family_is_refused(checkout: Path, name: str) -> None:
    with pytest.raises(UsageError):
        start_family(name, checkout)


def test_outside_a_checkout_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="源代码文件夹"):
        start_family("shilizhan", tmp_path)


def test_every_family_says_what_it_is() -> None:
    for name, family in families().items():
        assert family.label and family.english.isascii() and family.marks, name
