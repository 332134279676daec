"""Every family recognises its saved pages, and reads off them what their expected.json says."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from kb.config.sources import Source, parse
from kb.fetch.lists.family import families
from kb.upkeep.propose import as_toml
from tests.fetch.playing import Saved, answer

SAVED = Path(__file__).parent / "saved"


def play(folder: Path) -> None:
    """Recognise and read one folder of saved pages."""
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    site = Saved({url: (folder / name).read_bytes() for url, name in expected["answers"].items()})
    bare = Source("shili", "page", expected["url"])
    ordered = sorted(families().values(), key=lambda each: each.surest)
    first = answer(expected["url"], site.pages[expected["url"]])
    known = (source for family in ordered if family.detect and (source := family.detect(bare, site, first)))
    found = next(known, None)
    assert found, f"no family recognises {expected['url']}: mend its detect"
    assert found.kind == folder.name.partition("-")[0]
    (again,) = parse(tomllib.loads(as_toml(found))["source"], as_toml(found), "kb.toml")
    assert not again.problem
    family = families()[again.kind]
    assert family.lists
    pages = [page for pages in family.lists(again, site, {}) for page in pages]
    assert [{"items": len(page.items), "total": page.total} for page in pages] == expected["pages"]
    items = [[item.url, item.title, item.published] for page in pages for item in page.items]
    assert items == expected["items"]


@pytest.mark.parametrize("name", sorted(path.parent.name for path in SAVED.glob("*/expected.json")))
def test_a_family_reads_its_saved_pages(name: str) -> None:
    play(SAVED / name)


def test_every_family_of_sites_has_saved_pages() -> None:
    played = {path.parent.name.partition("-")[0] for path in SAVED.glob("*/expected.json")}
    assert played == {name for name, family in families().items() if family.detect}
