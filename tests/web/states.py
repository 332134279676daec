"""Twenty states of the pages, and the pictures of them in looks/: what a reader sees, kept so that no change is by chance.

`.venv/bin/python scripts/screenshots` remakes the pictures: look at what git says has changed before you keep it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import numpy as np
from PIL import Image, ImageOps
from selenium import webdriver

from kb.config.settings import Settings
from tests.web.conftest import HOSTILE, LAW, REPORT, served
from tests.web.driving import DESK, PHONE, look, until
from tests.web.examples import REPORTS

LOOKS = Path(__file__).parent / "looks"
MADE_WITH = LOOKS / "made-with.json"
SCALE = 0.5
BITS = 4  # kept of each channel: pictures are small then
FAR = 48
"""How far a channel of a pixel may be from the picture's, of 255."""

MOST = 0.0003
"""The share of pixels that may be farther. A word that is another on a desk is about twice as many."""

# What is another each time (when the index was made), and what blinks or moves.
_STILL = """
*, *::before, *::after { transition: none !important; animation: none !important; caret-color: transparent !important; }
.state-of, header.tally .scope, .status .figures dd, .advice p { visibility: hidden !important; }
"""
_LETTERS = """data:text/html;charset=utf-8,<body style="margin:8px;font-size:20px">
<p style="font-family:'Noto Sans CJK SC'">政策文库 Abg 012 ↑¶★✕</p><p style="font-family:'Noto Serif CJK SC'">第一条 <b>示例</b> §12</p>
<p style="font-family:monospace">sha256 9f</p><p style="font-family:Georgia,serif">Aa <input type=date></p>"""


@dataclass(frozen=True)
class State:
    """A page in a window and a colour scheme; `press` is clicked, and `then` waited for, before it is looked at."""

    page: str
    size: tuple[int, int] = DESK
    scheme: str = "light"
    press: str = ""
    then: str = ""


_OLDER, _NEWER = (quote(id) for id in list(REPORTS)[:2])
_FIGURES = "&".join(f"d={quote(id)}" for id in REPORTS)
_COMPARED = f"/d/{_NEWER}/compare?with={_OLDER}"
_LAW = f"/d/{quote(LAW)}"

STATES = {
    "home": State("/"),
    "home-phone-dark": State("/", PHONE, "dark"),
    "results": State("/search?q=行政复议"),
    "results-phone": State("/search?q=行政复议", PHONE),
    "results-narrowed-dark": State("/search?q=示例&group=section&year=2018&year=2021", DESK, "dark"),
    "answer": State(f"/search?q={quote('示例市示例条例第二条')}"),
    "nearest": State(f"/search?q={quote('示例机关应当履行下列职能')}"),
    "nothing-phone-dark": State(f"/search?q={quote('“查无此语”')}", PHONE, "dark"),
    "report": State(f"/d/{REPORT}?q=行政复议#1-3-2"),
    "report-phone-dark": State(f"/d/{REPORT}?q=行政复议#1-3-2", PHONE, "dark"),
    "law-menu": State(f"{_LAW}#art-2", press="#art-2 .permalink", then=".card.menu"),
    "law-more-phone": State(_LAW, PHONE, press=".bar .more > summary", then=".bar .more[open]"),
    "doubts": State(f"/d/{quote(HOSTILE)}"),
    "citing-dark": State(f"/d/{REPORT}/cite?anchor=1-3-2", DESK, "dark"),
    "compared": State(_COMPARED),
    "changes-phone": State(f"{_COMPARED}&show=changes", PHONE),
    "chooser": State(f"{_LAW}/compare"),
    "figures-dark": State(f"/parallel?{_FIGURES}&view=figures", DESK, "dark"),
    "status": State("/status"),
    "missing-phone": State(f"/d/{REPORT}/9-9-9", PHONE),
}


@contextmanager
def shown(settings: Settings) -> Iterator[str]:
    """Serve a library under a public name, so that whole addresses are the same each time; answer where."""
    with served(replace(settings, address="https://kb.example.cn")) as url:
        yield url


def picture(browser: webdriver.Chrome, address: str, state: State) -> Image.Image:
    """Return how a state looks, half as large."""
    look(browser, state.size, state.scheme)
    browser.get(address + state.page)
    browser.execute_script(
        "const still = new CSSStyleSheet(); still.replaceSync(arguments[0]); document.adoptedStyleSheets = [still]",
        _STILL,
    )
    if "#" in state.page:
        until(browser, "document.querySelector('.tree [aria-current]') !== null")
    if state.press:
        browser.execute_script("document.querySelector(arguments[0]).click()", state.press)
        until(browser, f"document.querySelector({json.dumps(state.then)}) !== null")
    browser.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))")
    return _taken(browser, browser.execute_script("return scrollY"), state.size)


def keep(name: str, seen: Image.Image) -> None:
    """Keep a picture, with few shades."""
    LOOKS.mkdir(exist_ok=True)
    ImageOps.posterize(seen, BITS).save(LOOKS / f"{name}.png", optimize=True)


def difference(name: str, seen: Image.Image) -> tuple[float, Image.Image]:
    """Return the share of pixels that are not those of the kept picture, and a picture of them in black; 1 for another size."""
    kept = Image.open(LOOKS / f"{name}.png").convert("RGB")
    if kept.size != seen.size:
        return 1.0, kept
    far = np.abs(np.asarray(seen, np.int16) - np.asarray(kept, np.int16)).max(axis=2) > FAR
    return float(far.mean()), Image.fromarray(np.where(far, 0, 255).astype(np.uint8))


def made_with(browser: webdriver.Chrome) -> dict[str, str]:
    """Return what decides how letters look here: the browser, and a digest of letters as it draws them."""
    look(browser, DESK, "light")
    browser.get(_LETTERS)
    drawn = hashlib.sha256(_taken(browser, 0, (400, 240)).tobytes()).hexdigest()
    return {"chromium": str(browser.capabilities["browserVersion"]), "letters": drawn}


def _taken(browser: webdriver.Chrome, top: int, size: tuple[int, int]) -> Image.Image:
    clip = {"x": 0, "y": top, "width": size[0], "height": size[1], "scale": SCALE}
    browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})  # those of a phone fade away
    taken = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "clip": clip})
    browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": False})
    return Image.open(io.BytesIO(base64.b64decode(taken["data"]))).convert("RGB")
