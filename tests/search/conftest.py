"""A small model for the tests of finding by meaning."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.search.small_model import small_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small sentence model; tests read it only."""
    pytest.importorskip("onnxruntime", reason="the extra semantic is not installed")
    pytest.importorskip("onnx", reason="onnx is not installed")
    return small_model(tmp_path_factory.mktemp("model"))
