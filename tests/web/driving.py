"""What the browser tests do with the browser: its window, its colours, its scripts, what it shows."""

from __future__ import annotations

from selenium import webdriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

PHONE, DESK = (390, 844), (1280, 900)


def look(browser: webdriver.Chrome, size: tuple[int, int], scheme: str) -> None:
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def scripts(browser: webdriver.Chrome, allowed: bool) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not allowed})


def seen(browser: webdriver.Chrome, element: WebElement) -> bool:
    """Whether it is rendered: the driver's own answer takes a folded <details> for hidden, whatever the style says."""
    return bool(browser.execute_script("return arguments[0].checkVisibility()", element))


def until(browser: webdriver.Chrome, script: str) -> object:
    """Wait until an expression of the page's scripts is true, and answer it."""
    return WebDriverWait(browser, 10).until(lambda _: browser.execute_script(f"return {script}"))


def clipboard(browser: webdriver.Chrome, address: str) -> str:
    """What a click on the page has copied."""
    permissions = {"origin": address, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    browser.execute_cdp_cmd("Browser.grantPermissions", permissions)
    return str(browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])"))
