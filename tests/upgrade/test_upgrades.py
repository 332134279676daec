"""Libraries that earlier programs left (corpus, index, state; `<version>-<layouts>.tar.xz`), taken over by this one."""

from __future__ import annotations

import json
import re
import tarfile
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from kb.corpus.folder import Corpus
from tests.cli.running import KbHere, running

KEPT = sorted(Path(__file__).parent.glob("*.tar.xz"))


@pytest.fixture(params=KEPT, ids=[path.name.removesuffix(".tar.xz") for path in KEPT])
def old(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> KbHere:
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path, filter="data")
    monkeypatch.chdir(tmp_path)
    return KbHere(tmp_path, capsys)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.md")}


def test_a_check_says_what_to_do_and_an_index_is_made_by_itself(old: KbHere) -> None:
    before = _files(old.folder)
    assert "请运行 kb index" in old("check", code=1)
    assert "另有旧版本 1 份" in old("index")
    assert _files(old.folder) == before
    assert "完好" in old("check")
    assert "新的示例制度" in old("search", "新的示例制度")
    assert "新增 0，更新 0" in old("index")
    for id in Corpus(old.folder / "corpus").ids():
        old("show", id)


@pytest.mark.parametrize("old", KEPT[-1:], indirect=True, ids=["the last layout"])
def test_an_index_that_lacks_only_what_is_new_is_searched_until_it_is_made_anew(old: KbHere) -> None:
    before, *_ = json.loads(old("search", "完善示例制度", "--json"))["hits"]
    assert (before["date"], before["act"], before["published"]) == ("2024-03-05", "", "")
    old("index")
    after, *_ = json.loads(old("search", "完善示例制度", "--json"))["hits"]
    changed = {name for name in after if after[name] != before[name]} - {"score", "validity"}
    assert (changed, after["act"]) == ({"act", "since"}, "成文")


def test_its_state_goes_on_and_nothing_is_fetched_again(old: KbHere) -> None:
    if not (old.folder / "corpus" / ".state").is_dir():
        pytest.skip("of a time before sources")
    assert "新增 0，更新 0，撤下 0，未变 1" in old("refresh") + old.said
    assert "完好" in old("check")
    old("status")


def test_it_can_be_kept_and_brought_back(old: KbHere, tmp_path_factory: pytest.TempPathFactory) -> None:
    target = tmp_path_factory.mktemp("backups")
    old("backup", str(target))
    old("restore", str(target), str(target / "restored"))
    assert _files(target / "restored" / "corpus") == _files(old.folder / "corpus")


def test_the_server_starts_and_documents_can_be_read_before_the_index_is_made(old: KbHere) -> None:
    with running(old.folder, "serve", "--port", "0") as (server, stderr):
        try:
            said: list[str] = []
            while not (found := re.search(r"http://127\.0\.0\.1:\d+", "".join(said))):
                line = stderr.readline()
                assert line, said
                said.append(line)
            assert "示例制度" in _got(f"{found[0]}/api/v1/documents/{quote('示例')}")
            _got(f"{found[0]}/api/v1/search?q={quote('示例')}")
            old("index")
            assert '"hits"' in _got(f"{found[0]}/api/v1/search?q={quote('示例')}")
        finally:
            server.terminate()
            assert "Traceback" not in "".join(said) + stderr.read()


def _got(url: str) -> str:
    """Return an answer that is one of the program's own: a refusal, too, is a sentence."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as refusal:
        assert refusal.code == 503
        return str(refusal.read().decode())
