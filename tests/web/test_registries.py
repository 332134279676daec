"""One file for one new thing: a file in a folder is enough for commands, pages, the interface and its description."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from kb.config.settings import Settings

NEW = {
    "export.formats": """
from kb.export.formats import Format
SHOUT = Format("loud", "示例格式", "Example format", "text/x-loud",
               lambda chosen: chosen.text.upper().encode(), order=9, in_api="loud")
""",
    "cite.styles": """
from kb.cite.styles import Style
PLAIN = Style("plain", "示例样式", "Example style",
              lambda passage, own, source: f"示例：{passage.document.metadata.title}", order=9)
""",
}
LANGUAGE = """
name = "Esperanto"
[sentences]
"检索" = "Serĉi"
"""
# A fresh process: what is found is found when the program starts.
LOOK = """
import json, sys
from importlib import import_module
from pathlib import Path

folder = Path(sys.argv[1])
for room in ("export.formats", "cite.styles", "web.languages"):
    import_module(f"kb.{room}").__path__.append(str(folder / room))

from click.testing import CliRunner
from kb.cli.main import group
from kb.config.settings import load
from kb.web.site.app import create_app

def command(*words):
    return CliRunner().invoke(group, [*words]).output

client = create_app(load()).test_client()
print(json.dumps({
    "export": command("export", "haojiang-2021-report#1", "--format", "loud", "-o", "-"),
    "export help": command("export", "--help"),
    "cite": command("cite", "haojiang-2021-report", "--form", "plain"),
    "cite help": command("cite", "--help"),
    "page": client.get("/d/haojiang-2021-report").text,
    "page in English": client.get("/d/haojiang-2021-report?lang=en").text,
    "page in Esperanto": client.get("/?lang=eo").text,
    "saved": client.get("/d/haojiang-2021-report.loud").content_type,
    "by program": client.get("/api/v1/documents/haojiang-2021-report.loud").content_type,
    "described": list(client.get("/api/v1/openapi.json").json["paths"]),
    "citation": client.get("/api/v1/documents/haojiang-2021-report/citation").text,
}))
"""


@pytest.fixture(scope="module")
def seen(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the program shows with a file more in each folder."""
    folder = tmp_path_factory.mktemp("new")
    for room, text in NEW.items():
        (folder / room).mkdir()
        (folder / room / "example.py").write_text(text, encoding="utf-8")
    (folder / "web.languages").mkdir()
    (folder / "web.languages" / "eo.toml").write_text(LANGUAGE, encoding="utf-8")
    command = [sys.executable, "-c", LOOK, str(folder)]
    done = subprocess.run(command, cwd=settings.corpus.parent, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_new_export_format_is_in_commands_pages_and_the_interface(seen: dict[str, Any]) -> None:
    assert "2021" in seen["export"] and "loud（示例格式）" in "".join(seen["export help"].split())
    assert ">示例格式<" in seen["page"] and ">Example format<" in seen["page in English"]
    assert seen["saved"].startswith("text/x-loud") and seen["by program"].startswith("text/x-loud")
    assert "/documents/{id}.loud" in seen["described"]


def test_a_new_citation_style_is_in_commands_and_the_interface(seen: dict[str, Any]) -> None:
    assert seen["cite"].startswith("示例：濠江区2021年")
    assert "plain（示例样式）" in "".join(seen["cite help"].split())
    assert "示例样式" in json.loads(seen["citation"])["forms"][-1]["label"]


def test_a_new_language_can_be_chosen(seen: dict[str, Any]) -> None:
    assert 'lang="eo"' in seen["page in Esperanto"] and "Serĉi" in seen["page in Esperanto"]
    assert ">Esperanto</a>" in seen["page"]
