"""A small model in ONNX, in which a sentence is the mean of its characters, and 犬 means what 狗 does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

_SAME = {"犬": "狗", "饲": "养", "罚": "款"}
_CHARACTERS = "狗养犬饲咬伤人赔偿款罚主应当承担责任道路施工许可证照办理的了我被怎么办谁"


def small_model(folder: Path, width: int = 32) -> Path:
    """Write the model, its tokenizer and its note on pooling into a folder."""
    import onnx
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
