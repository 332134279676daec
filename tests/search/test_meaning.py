"""By meaning, with a small model; the real one is looked at where it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.search.contract.engine import Engine
from kb.search.meaning.encoder import INSTALLED, Encoder
from kb.search.meaning.neighbours import Meaning
from kb.search.meaning.vectors import passage
from kb.search.open.engines import open_engine
from tests.search.by_meaning import ByMeaning
from tests.search.shelf import Shelf, document

pytest.importorskip("onnxruntime", reason="kb[semantic] is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")

_DOGS, _ROADS = document("dogs", "养狗咬伤人，狗主应当承担赔偿责任"), document("roads", "道路施工应当办理许可证照")


class TestByMeaning(ByMeaning):
    def open(self, folder: Path, meaning: Meaning | None = None) -> Engine:
        return open_engine(folder, meaning=meaning)


def _engine(folder: Path, model: Path) -> Engine:
    return open_engine(folder, meaning=Meaning(folder, model))


def test_a_torn_end_is_left_out_and_a_flipped_byte_is_not_answered_from(tmp_path: Path, model: Path) -> None:
    engine = _engine(tmp_path, model)
    engine.update(Shelf(_DOGS, _ROADS))
    engine.learn()
    (path,) = tmp_path.glob("vectors/*/*.vectors")
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:9])
    assert _engine(tmp_path, model).stats().meant
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    damaged = _engine(tmp_path, model)
    assert damaged.stats().meant == 0 and "kb index" in damaged.stats().unmeant
    assert damaged.search("应当承担赔偿责任").total == 1
    assert damaged.learn() == 1
    assert damaged.stats().meant and not damaged.stats().unmeant


def test_a_passage_has_no_number() -> None:
    assert passage("第四十二条　市人民政府\n") == "市人民政府"
    assert passage("第一百二十条之一 资助") == "资助"
    assert passage("第三方") == "第三方"


@pytest.mark.skipif(not INSTALLED.is_dir(), reason="the model is not there: scripts/environment semantic")
def test_the_model_itself() -> None:
    question, answer, other = Encoder(INSTALLED).encode(
        ["被狗咬了谁赔钱", "饲养的动物造成他人损害的，动物饲养人应当承担侵权责任", "道路施工应当取得许可"]
    )
    assert question @ answer > question @ other + 0.1
