"""By meaning, with a small model; the real one is looked at where it is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.base.errors import StorageError
from kb.search.contract.engine import Engine
from kb.search.meaning.encoder import INSTALLED, Encoder
from kb.search.meaning.neighbours import Meaning
from kb.search.meaning.vectors import passage
from kb.search.open.engines import open_engine
from tests.search.by_meaning import ByMeaning
from tests.search.shelf import Shelf, document
from tests.search.small_model import small_model

pytest.importorskip("onnxruntime", reason="the extra semantic is not installed")
onnx = pytest.importorskip("onnx", reason="onnx is not installed")

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


def _without_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def _two_models(folder: Path) -> None:
    (folder / "other.onnx").write_bytes((folder / "model.onnx").read_bytes())


def _torn_model(folder: Path) -> None:
    (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes()[:500])


def _torn_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")


def _words_beyond_the_table(folder: Path) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_bytes())
    tokenizer["model"]["vocab"] |= {"示": 9_999}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))


def _one_number_for_each_word(folder: Path) -> None:
    made = onnx.helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, ["n"])
    ids = onnx.helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, ["n", "m"])
    nodes = [
        onnx.helper.make_node("Cast", ["input_ids"], ["as_float"], to=onnx.TensorProto.FLOAT),
        onnx.helper.make_node("ReduceMean", ["as_float"], ["out"], axes=[1], keepdims=0),
    ]
    _save(folder, onnx.helper.make_graph(nodes, "scores", [ids], [made]))


def _other_inputs(folder: Path) -> None:
    sound = onnx.helper.make_tensor_value_info("sound", onnx.TensorProto.FLOAT, ["n", "m"])
    made = onnx.helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, ["n", "m"])
    _save(folder, onnx.helper.make_graph([onnx.helper.make_node("Relu", ["sound"], ["out"])], "ears", [sound], [made]))


def _save(folder: Path, graph: onnx.GraphProto) -> None:
    opset = onnx.helper.make_opsetid("", 13)
    onnx.save(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8), folder / "model.onnx")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_without_tokenizer, r"没有 \*tokenizer.json.*scripts/environment semantic"),
        (_two_models, r"有 2 个 \*.onnx，只能有一个"),
        (_torn_model, "读不了模型 .*model.onnx：请换一个完整的"),
        (_torn_tokenizer, "读不了 .*tokenizer.json：请换成这个模型自己的"),
        (_words_beyond_the_table, "不能用作句向量模型.*semantic.model"),
        (_one_number_for_each_word, "形状是 .*不是每句一个向量"),
        (_other_inputs, "不能用作句向量模型（给不了它要的输入）"),
    ],
)
def test_a_folder_that_is_no_model_is_told_in_one_sentence_and_words_answer(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    model = small_model(_made(tmp_path / "model"))
    spoil(model)
    engine = _engine(tmp_path / "index", model)
    engine.update(Shelf(_DOGS, _ROADS))
    with pytest.raises(StorageError, match=said) as raised:
        engine.learn()
    assert str(raised.value).count("。") == 1 and str(tmp_path) not in str(raised.value)
    found = engine.search("应当承担赔偿责任")
    assert found.total == 1 and engine.stats().meant == 0 and engine.stats().unmeant


def test_another_model_has_vectors_of_its_own(tmp_path: Path, model: Path) -> None:
    engine = _engine(tmp_path, model)
    engine.update(Shelf(_DOGS, _ROADS))
    engine.learn()
    wider = _engine(tmp_path, small_model(_made(tmp_path / "wider"), width=48))
    assert wider.stats().meant == 0 and "kb index" in wider.stats().unmeant
    assert wider.learn() == 2 and wider.stats().meant == engine.stats().meant == 2


def test_the_model_is_loaded_with_the_first_sentence_and_not_before(tmp_path: Path, model: Path) -> None:
    _learnt(tmp_path, model)
    engine = _engine(tmp_path, model)
    assert engine.stats().meant and engine.search('"养狗"').total
    (model_file,) = model.glob("*.onnx")
    whole = model_file.read_bytes()
    try:
        model_file.write_bytes(whole[:500])  # what is found by its words needs none, and goes on without
        found = engine.search("怎么养狗的")
        assert found.related and not found.by_meaning and any("读不了模型" in note for note in found.notes)
        assert "读不了模型" in engine.stats().unmeant
        assert engine.search("应当承担赔偿责任").total == 1
    finally:
        model_file.write_bytes(whole)


def _learnt(folder: Path, model: Path) -> None:
    engine = _engine(folder, model)
    engine.update(Shelf(_DOGS, _ROADS))
    engine.learn()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


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
