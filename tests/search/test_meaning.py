"""By meaning, with a small model in which a sentence is the mean of its characters, and 犬 means what 狗 does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kb.base.errors import NotFoundError, StorageError
from kb.search.contract.engine import Engine
from kb.search.meaning.encoder import INSTALLED, Encoder
from kb.search.meaning.neighbours import Meaning
from kb.search.meaning.vectors import passage
from kb.search.open.engines import open_engine
from kb.search.query.conditions import Condition
from tests.search.conformance import places
from tests.search.shelf import Shelf, document

pytest.importorskip("onnxruntime", reason="kb[semantic] is not installed")
onnx = pytest.importorskip("onnx", reason="onnx is not installed")

_SAME = {"犬": "狗", "饲": "养", "罚": "款"}
_CHARACTERS = "狗养犬饲咬伤人赔偿款罚主应当承担责任道路施工许可证照办理的了我被怎么办谁"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _model(tmp_path_factory.mktemp("model"), width=32)


def _model(folder: Path, width: int) -> Path:
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {"?": 0} | {each: number for number, each in enumerate(_CHARACTERS, start=1)}
    table = np.random.default_rng(0).standard_normal((len(words), width)).astype(np.float32)
    table[0] = 0.01
    for one, other in _SAME.items():
        table[words[one]] = table[words[other]]
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["n", "m"])
    made = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["n", "m", width])
    node = helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])
    graph = helper.make_graph([node], "characters", [ids], [made], [numpy_helper.from_array(table, "table")])
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(whole, folder / "model.onnx")
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    return folder


_DOGS, _ROADS = document("dogs", "养狗咬伤人，狗主应当承担赔偿责任"), document("roads", "道路施工应当办理许可证照")
_QUESTION = "犬咬伤我谁办"


def _engine(folder: Path, model: Path) -> Engine:
    return open_engine(folder, meaning=Meaning(folder, model))


def test_other_words_are_found_by_what_they_mean_and_it_is_said(tmp_path: Path, model: Path) -> None:
    engine = _engine(tmp_path, model)
    engine.update(Shelf(_ROADS, document("dogs", "饲犬", "道路的责任")))
    query = "怎么养狗的"
    assert not open_engine(tmp_path).search(query).by_meaning
    before = engine.stats()
    assert (before.meant, bool(before.unmeant)) == (0, True)
    assert engine.learn() > 0
    results = engine.search(query)
    assert results.total == 0 and results.by_meaning == sum(hit.by_meaning for hit in results.hits) > 0
    assert places(results)[0] == ("dogs", "s-1") and results.hits[0].by_meaning
    assert any("按意思找到" in note for note in results.notes)
    after = engine.stats()
    assert after.meant and not after.unmeant and after.state != before.state


def test_literal_hits_stay_first_and_counted(tmp_path: Path, model: Path) -> None:
    engine, plain = _engine(tmp_path, model), open_engine(tmp_path)
    engine.update(Shelf(_ROADS, document("dogs", "饲犬咬伤人", "狗主应当承担赔偿责任")))
    engine.learn()
    query = "应当承担赔偿责任"
    with_meaning, by_words = engine.search(query), plain.search(query)
    assert with_meaning.total == by_words.total == 1
    assert with_meaning.hits[0].literal and not with_meaning.hits[0].by_meaning
    assert not engine.search(f'"{query}"').by_meaning


def test_conditions_and_exclusions_apply(tmp_path: Path, model: Path) -> None:
    engine = _engine(tmp_path, model)
    engine.update(Shelf(_DOGS, _ROADS, document("more", "饲犬的主人应当赔偿")))
    engine.learn()
    every = engine.search("怎么养狗的")
    assert {hit.document for hit in every.hits} >= {"dogs", "more"}
    only = engine.search("怎么养狗的", conditions=[Condition("document", ("more",))])
    assert {hit.document for hit in only.hits} == {"more"}
    assert only.related == sum(hit.document == "more" for hit in every.hits)
    without = engine.search("怎么养狗的 -饲犬")
    assert "more" not in {hit.document for hit in without.hits}


def test_only_what_is_new_is_computed(tmp_path: Path, model: Path) -> None:
    engine, shelf = _engine(tmp_path, model), Shelf(_DOGS, _ROADS)
    engine.update(shelf)
    first = engine.learn()
    assert first == 2 and engine.learn() == 0
    engine.update(shelf, rebuild=True)
    assert engine.learn() == 0 and engine.stats().meant
    shelf.put(document("roads", "道路许可"))
    engine.update(shelf)
    assert engine.learn() == 1
    assert len(list(tmp_path.glob("vectors/*/*.map"))) == 1


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


def test_without_the_model_words_answer_and_it_is_said(tmp_path: Path) -> None:
    engine = _engine(tmp_path / "index", tmp_path / "nowhere")
    engine.update(Shelf(_DOGS))
    assert engine.search("应当承担赔偿责任").total == 1
    assert "scripts/environment semantic" in engine.stats().unmeant
    with pytest.raises(StorageError, match="scripts/environment semantic"):
        engine.learn()


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


def test_like_provisions_are_those_of_other_documents(tmp_path: Path, model: Path) -> None:
    engine = _engine(tmp_path, model)
    engine.update(
        Shelf(_DOGS, _ROADS, document("more", "饲犬咬伤人的，主人应当承担赔偿", "犬咬人"), document("same", "狗"))
    )
    with pytest.raises(NotFoundError, match="请运行 kb index"):
        engine.like("dogs", "s-1")
    engine.learn()
    found = engine.like("dogs", "s-1")
    assert found[0].document == "more" and found[0].anchor == "s-1" and found[0].likeness > 0.6
    assert len({each.document for each in found}) == len(found) and "dogs" not in {each.document for each in found}
    assert [each.likeness for each in found] == sorted((each.likeness for each in found), reverse=True)
    with pytest.raises(NotFoundError, match="没有 dogs#s-9"):
        engine.like("dogs", "s-9")
