"""The real documents to test with: they are not part of the repository, so tests that need them skip without."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from kb.corpus.folder import Corpus
from tests.cli.running import Kb
from tests.cluster import Nodes, Unavailable

SHARED = Path(__file__).parents[2] / "shared" / "data"
BUNDLED = Path(__file__).parents[1] / "corpus"

# How long an example takes tells of the machine and of what else it does, not of the program.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


class _Templates(BytecodeCache):
    """Templates that were compiled once in this process: hundreds of tests make an application of their own."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if compiled := self._compiled.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(compiled)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Templates()}


@pytest.fixture
def kb(tmp_path: Path) -> Kb:
    """`kb`, to be run in an empty folder."""
    return Kb(tmp_path)


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled report as it was found on its disguised mirror: the snapshot of the corpus's first document."""
    corpus = Corpus(BUNDLED)
    path = tmp_path_factory.mktemp("report") / "haojiang-2021-report.txt"
    path.write_bytes(corpus.snapshot(corpus.read(path.stem).provenance.snapshot))
    return path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of shared data, read only."""
    if not SHARED.is_dir():
        pytest.skip(f"没有 {SHARED}：这项测试需要其中的真实文件")
    return SHARED


def _unpacked(archive: Path, folder: Path) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="session")
def laws(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder tree of 3,400 statutes as Markdown."""
    return _unpacked(shared_data / "laws.tar.xz", tmp_path_factory.mktemp("laws"))


@pytest.fixture(scope="session")
def notices(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 52 real documents as text, with their metadata in index.jsonl."""
    return _unpacked(shared_data / "notices.tar.xz", tmp_path_factory.mktemp("notices")) / "notices"


@pytest.fixture(scope="session")
def pages(notices: Path) -> Path:
    """A folder of 12 real pages as HTML, with their metadata in index.jsonl."""
    return notices.parent / "html"


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """A node of OpenSearch; its data is in memory where there is a file system for that."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None, prefix="kb-opensearch-") as folder:
        try:
            nodes = Nodes(Path(folder))
        except Unavailable as reason:
            pytest.skip(f"没有 OpenSearch：{reason}")
        with nodes:
            yield nodes
