"""What fifteen tasks of the three users cost, before and now: clicks, keys, screens scrolled, seconds, in a real browser.

`python benchmarks/tasks.py --before LAWS,TROUBLED --now LAWS,TROUBLED` takes the addresses of servers: of the laws of
../shared/data, and of a library that is empty and has one source that was never fetched. Each task is done at 1280 and 390
pixels, light and dark, with and without scripts. Needs Debian's chromium.

Words that are typed are a key each, words that are pasted are one; a box takes a click before it is typed into; what is
outside the window takes a screen for each that the reader scrolls. Seconds are the machine's alone, from the first page to
what was looked for. Without scripts, what a button would copy is selected (a click) and copied (a key).
"""

from __future__ import annotations

import argparse
import math
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    ElementNotInteractableException,
    StaleElementReferenceException,
)
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

SIZES = {"电脑": (1280, 900), "手机": (390, 844)}
ARTICLE = "国防、外交"
SENTENCE = "公民、法人或者其他组织认为行政机关的行政行为侵犯其合法权益"
MEMO = "依照《中华人民共和国行政处罚法》第三十三条，初次违法且危害后果轻微并及时改正的，可以不予行政处罚；又见合同法第五十二条、民法典第五百八十五条。"
FIND = """
const [css, words] = arguments;
return [...document.querySelectorAll(css)].find((each) => each.checkVisibility() && each.getClientRects().length && each.textContent.includes(words)) ?? null;
"""
CHOOSE = """
const [list, words] = arguments;
list.value = [...list.options].find((each) => each.textContent.includes(words)).value;
"""
SCROLL = """
const box = arguments[0].getBoundingClientRect();
const off = box.top < 0 ? -box.top : Math.max(0, Math.min(box.bottom, box.top + 80) - innerHeight);
if (off > 1) arguments[0].scrollIntoView({ block: "center", behavior: "instant" });
return off / innerHeight;
"""


class Impossible(Exception):
    """What is looked for is not there to be found; says why."""


@dataclass
class Reader:
    """Somebody before the browser, who counts. `old` tells which pages these are."""

    chrome: webdriver.Chrome
    laws: str
    troubled: str
    old: bool
    scripts: bool
    files: Path
    clicks: int = 0
    keys: int = 0
    screens: int = 0
    seconds: float = 0

    def opens(self, address: str) -> None:
        self.chrome.get("about:blank")  # else another place of the same page is not opened anew
        self.chrome.get(address)

    def finds(self, css: str, words: str = "") -> WebElement:
        """Return the first that is shown and has these words, once it is there, and scroll to it."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if found := self.chrome.execute_script(FIND, css, words):
                self.screens += math.ceil(self.chrome.execute_script(SCROLL, found))
                return found
            time.sleep(0.02)
        raise Impossible(f"没有 {css} {words}（{self.chrome.current_url}）")

    def clicks_on(self, css: str, words: str = "") -> None:
        found = self.finds(css, words)
        try:
            found.click()
        except ElementClickInterceptedException:  # under the line that stands at an edge: the reader scrolls a little
            self.chrome.execute_script("arguments[0].scrollIntoView({ block: 'center' })", found)
            found.click()
        except ElementNotInteractableException:  # the driver takes what is shown of a folded list for hidden
            self.chrome.execute_script("arguments[0].focus(); arguments[0].click()", found)
        except StaleElementReferenceException:  # it was that of the page before
            self.finds(css, words).click()
        self.clicks += 1

    def enters(self, css: str) -> None:
        """Click into a box, unless it waits for words already."""
        if self.chrome.switch_to.active_element != self.finds(css):
            self.clicks_on(css)

    def types(self, css: str, words: str) -> None:
        self.enters(css)
        self.keys += len(words) + 1
        self.chrome.switch_to.active_element.send_keys(words, Keys.ENTER)

    def pastes(self, css: str, words: str, enter: bool = True) -> None:
        self.enters(css)
        self.keys += 1 + enter
        self.chrome.switch_to.active_element.send_keys(words, *([Keys.ENTER] if enter else []))

    def chooses(self, css: str, words: str) -> None:
        """Take an option of a list: a click opens it, another takes the option."""
        self.clicks += 2
        self.chrome.execute_script(CHOOSE, self.finds(css), words)

    def copies(self, button: str, words: str) -> None:
        """By the button; where there is none, or scripts are off, by hand."""
        if self.scripts and button and self.chrome.execute_script(FIND, button, ""):
            self.clicks_on(button)
            return
        self.finds(words)
        self.clicks += 1
        self.keys += 1

    def saves(self, css: str, words: str, ending: str) -> None:
        before = set(self.files.glob(f"*.{ending}"))
        self.clicks_on(css, words)
        until = time.monotonic() + 30
        while not set(self.files.glob(f"*.{ending}")) - before:
            if time.monotonic() > until:
                raise Impossible(f"没有下载到 .{ending}")
            time.sleep(0.02)


def article(reader: Reader) -> None:
    reader.opens(reader.laws)
    reader.types("main input[name=q]", "行政复议法12")
    if reader.old:
        reader.clicks_on(".hit h2 a")
        reader.finds(":target", ARTICLE)
    else:
        reader.finds(".answer .whole", ARTICLE)


def citation(reader: Reader) -> None:
    reader.opens(reader.laws)
    reader.types("main input[name=q]", "行政复议法12")
    if reader.old:
        reader.clicks_on(".hit h2 a")
        reader.clicks_on("#kb-cite > summary")
        reader.clicks_on("#kb-cite a", "引用其中一条")
        reader.chooses("#kb-anchor", "第十二条")
        reader.clicks_on(".pick button")
    else:
        reader.clicks_on(".answer .do a", "引用")
    reader.finds("#kb-form-manual", "第12条")
    reader.copies("button[data-copies=kb-form-manual]", "#kb-form-manual")


def editions(reader: Reader) -> None:
    reader.opens(reader.laws)
    reader.types("main input[name=q]", "中华人民共和国行政复议法")
    reader.clicks_on(".hit h2 a, .answer h2 a", "行政复议法")
    if reader.old:
        reader.clicks_on(".versions a", "与前一版对照")
    else:
        reader.clicks_on(".bar .acts a", "对照")
    reader.finds("tr.changed")


def half_a_sentence(reader: Reader) -> None:
    reader.opens(reader.laws)
    reader.pastes("main input[name=q]", SENTENCE)
    reader.clicks_on(".hit h2 a")
    reader.finds(":target mark")


def memo(reader: Reader) -> None:
    reader.opens(reader.laws)
    reader.clicks_on("main a", "核对")
    reader.pastes("#kb-text", MEMO, enter=False)
    reader.clicks_on(".asking button", "核对")
    reader.finds(".checked .fate")


def word(reader: Reader) -> None:
    reader.opens(reader.laws)
    reader.types("main input[name=q]", "行政复议法12")
    if reader.old:
        reader.clicks_on(".hit h2 a")
        reader.clicks_on("#kb-cite > summary")
        reader.clicks_on("#kb-cite a", "引用其中一条")
        reader.chooses("#kb-anchor", "第十二条")
        reader.clicks_on(".pick button")
        reader.saves(".downloads a", "Word", "docx")
    else:
        reader.saves(".answer .do a", "Word", "docx")


def repealed(reader: Reader) -> None:
    reader.opens(reader.laws)
    reader.types("main input[name=q]", "合同法")
    if reader.old:
        raise Impossible("不说")
    reader.finds(".ended-law", "民法典")


def outline(reader: Reader) -> None:
    reader.opens(f"{reader.laws}/d/民法典")
    if reader.chrome.get_window_size() and not reader.chrome.execute_script(
        "return matchMedia('(min-width: 60rem)').matches"
    ):
        reader.clicks_on("nav.outline > details > summary")
    reader.clicks_on(".branch:has(> details.articles a[href='#art-585']) > details > summary")
    reader.clicks_on(".tree a[href='#art-585']")
    reader.finds(":target", "违约金")


def districts(reader: Reader) -> None:
    reader.opens(reader.laws)
    reader.types("main input[name=q]", "嘉兴市养犬管理条例")
    reader.clicks_on(".hit h2 a, .answer h2 a", "嘉兴市养犬管理条例")
    reader.clicks_on(".ways a", "同类文件对比")
    reader.clicks_on(".actions button", "逐节对照")
    reader.finds(".row")


def citing(reader: Reader) -> None:
    reader.opens(f"{reader.laws}/d/行政处罚法#art-26")
    if reader.old:
        reader.clicks_on(":target .cited-by > summary")
        reader.clicks_on(":target .cited-by a")
        reader.finds("cite, a.cites, :target", "行政处罚法")
    else:
        reader.clicks_on(":target .cited-by")
        reader.finds(".citing em")


def results_taken(reader: Reader) -> None:
    reader.opens(reader.laws)
    reader.types("main input[name=q]", "停车收费")
    reader.saves(".take a, .taking button", "Excel" if reader.old else "导出结果", "xlsx")


def followed(reader: Reader) -> None:
    reader.opens(reader.laws)
    reader.types("main input[name=q]", "停车收费")
    if reader.old:
        reader.clicks_on(".take a", "订阅")
        if "search.atom" not in reader.chrome.current_url:
            raise Impossible("没有到订阅的地址")
    else:
        reader.clicks_on(".taking button", "订阅")
        reader.finds(".feed code", "search.atom")


def standing_of_the_library(reader: Reader) -> None:
    reader.opens(reader.laws)
    reader.clicks_on("footer a", "来源与索引状态")
    reader.finds("main", "条款")


def what_is_wrong(reader: Reader) -> None:
    reader.opens(reader.troubled)
    reader.clicks_on("footer a" if reader.old else "aside.alarms a", "状态")
    reader.copies(".source button.copy", ".source")


def first_command(reader: Reader) -> None:
    reader.opens(reader.troubled)
    reader.copies(".beginning button.copy", "main code")


TASKS: dict[str, Callable[[Reader], None]] = {
    "律师：看行政复议法第十二条全文": article,
    "律师：复制它的引注": citation,
    "律师：两个文本之间改了什么": editions,
    "律师：贴半句话，到那一条": half_a_sentence,
    "律师：核对一段文字里的引用": memo,
    "律师：一条的 Word": word,
    "律师：合同法还有没有效": repealed,
    "研究：民法典里到第 585 条": outline,
    "研究：几个城市的养犬条例并排": districts,
    "研究：谁引用处罚法第二十六条，怎样说": citing,
    "研究：检索结果存成 Excel": results_taken,
    "研究：跟踪一个检索": followed,
    "管理：库里的情况": standing_of_the_library,
    "管理：哪里不对，复制命令": what_is_wrong,
    "管理：空的库，第一条命令": first_command,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for side in ("--before", "--now"):
        parser.add_argument(side, required=True, metavar="LAWS,TROUBLED")
    parser.add_argument("--only", default="", help="only tasks with these words")
    parser.add_argument("--rounds", type=int, default=2, help="how often in each colour scheme")
    chosen = parser.parse_args()
    ways = list(product(SIZES, (True, False)))
    print("| 任务 |", " | ".join(f"{size}，{'有' if scripts else '无'}脚本" for size, scripts in ways), "|")
    print("|---|" + "---|" * len(ways))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, browser(Path(folder)) as chrome:
        for name, task in TASKS.items():
            if chosen.only not in name:
                continue
            cells = [
                " → ".join(done(task, chrome, Path(folder), (chosen.before, chosen.now), way, chosen.rounds))
                for way in ways
            ]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


def done(
    task: Callable[[Reader], None],
    chrome: webdriver.Chrome,
    folder: Path,
    sides: tuple[str, str],
    way: tuple[str, bool],
    rounds: int,
) -> list[str]:
    """Do a task on both sides in turn, in both colour schemes; return clicks, keys, screens and the median of the seconds."""
    size, scripts = way
    told: list[list[Reader | Impossible]] = [[], []]
    for scheme in ("light", "dark") * rounds:
        for side, (address, tries) in enumerate(zip(sides, told, strict=True)):
            appear(chrome, size, scheme, scripts)
            reader = Reader(chrome, *address.split(","), side == 0, scripts, folder)
            began = time.perf_counter()
            try:
                task(reader)
            except Impossible as why:
                tries.append(why)
            else:
                reader.seconds = time.perf_counter() - began
                tries.append(reader)
    return [summed(tries) for tries in told]


def summed(tries: list[Reader | Impossible]) -> str:
    """Return what a task cost; of tries that are not alike the dearest, and the median of the seconds."""
    if refused := [each for each in tries if isinstance(each, Impossible)]:
        return str(refused[0])
    readers = [each for each in tries if isinstance(each, Reader)]
    clicks, keys, screens = max((each.clicks, each.keys, each.screens) for each in readers)
    return f"{clicks}·{keys}·{screens}·{statistics.median(each.seconds for each in readers):.1f}"


def appear(chrome: webdriver.Chrome, size: str, scheme: str, scripts: bool) -> None:
    width, height = SIZES[size]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})


@contextmanager
def browser(folder: Path) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in ("headless=new", "no-sandbox", "disable-gpu", f"user-data-dir={folder / 'profile'}"):
        options.add_argument(f"--{flag}")
    options.add_experimental_option("prefs", {"download.default_directory": str(folder)})
    chrome = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield chrome
    chrome.quit()


if __name__ == "__main__":
    main()
