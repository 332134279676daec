"""Twenty states of the pages look as they did (states.py)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver

from kb.config.settings import Settings
from tests.web.states import LOOKS, MADE_WITH, MOST, STATES, difference, made_with, picture, shown


@pytest.fixture(scope="module")
def place(settings: Settings, chrome: webdriver.Chrome) -> Iterator[str]:
    """The address of the example library; skips where letters are drawn otherwise than when the pictures were made."""
    if not MADE_WITH.is_file():
        pytest.skip("没有 tests/web/looks/made-with.json：请运行 .venv/bin/python scripts/screenshots")
    kept, here = json.loads(MADE_WITH.read_text(encoding="utf-8")), made_with(chrome)
    if kept != here:
        pytest.skip(f"样子没有比较：照片是另一个浏览器或另一套字体的（照片 {kept}，这里 {here}），要比较请先重拍")
    with shown(settings) as url:
        yield url


@pytest.mark.parametrize("name", STATES)
def test_a_page_looks_as_it_did(browser: webdriver.Chrome, place: str, tmp_path: Path, name: str) -> None:
    seen = picture(browser, place, STATES[name])
    share, where = difference(name, seen)
    if share > MOST:
        seen.save(tmp_path / f"{name}.png")
        where.save(tmp_path / f"{name}-difference.png")
    assert share <= MOST, f"{name}：{share:.3%} 的像素与 {LOOKS / name}.png 不同，见 {tmp_path}；有意改的，重拍"


def test_no_picture_is_left_over_and_they_are_small() -> None:
    pictures = list(LOOKS.glob("*.png"))
    assert {each.stem for each in pictures} == set(STATES)
    assert sum(each.stat().st_size for each in pictures) < 1_500_000
