"""A sentence model in ONNX: texts in, unit vectors out. The model is a folder that the settings name."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.base.errors import StorageError

Floats = NDArray[np.float32]

INSTALLED = Path(sys.prefix, "share", "kb", "bge-small-zh-v1.5")
"""Where `scripts/environment semantic` puts the model."""

_TOKENS = 256
# Small batches of equal lengths are the fastest: what is padded is computed, too.
_BATCH = 8


class Encoder:
    """Turns texts into unit vectors of `width` numbers. `name` tells its vectors from those of other models."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Open the model in a folder: one .onnx file and its tokenizer.json.

        Raises StorageError where the optional components or the model are not there.
        """
        model, tokenizer = _one(folder, "*.onnx"), _one(folder, "*tokenizer.json")
        try:
            from onnxruntime import InferenceSession, SessionOptions
            from onnxruntime.capi import onnxruntime_pybind11_state as failures
            from tokenizers import Tokenizer
        except ModuleNotFoundError as error:
            raise StorageError(
                f"缺少可选组件（{error.name}）：请运行 scripts/environment semantic，或 pip install 'kb[semantic]'。"
            ) from error
        options = SessionOptions()
        options.intra_op_num_threads = threads
        # An arena keeps the memory of the longest batch for good, in each process that serves.
        options.enable_cpu_mem_arena = False
        try:
            self._session = InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except (failures.Fail, failures.InvalidProtobuf, failures.InvalidGraph, failures.NotImplemented) as error:
            raise StorageError(f"读不了模型 {model}：请换一个完整的 ONNX 文件。") from error
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_TOKENS)
        self._inputs = {each.name for each in self._session.get_inputs()}
        self._mean = _is_mean(folder)
        self.name = f"{_digest(model)[:8]}{_digest(tokenizer)[:8]}{'m' * self._mean}"
        self.width = int(self._session.get_outputs()[0].shape[-1])

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a unit vector for each text; of a long one, for its beginning."""
        tokens = [each.ids for each in self._tokenizer.encode_batch(texts)]
        order = sorted(range(len(tokens)), key=lambda number: len(tokens[number]))
        vectors = np.zeros((len(texts), self.width), np.float32)
        for batch in _batches(order):
            vectors[batch] = self._run([tokens[number] for number in batch])
        return vectors

    def _run(self, batch: Sequence[Sequence[int]]) -> Floats:
        longest = max(map(len, batch))
        ids, mask = np.zeros((2, len(batch), longest), np.int64)
        for number, tokens in enumerate(batch):
            ids[number, : len(tokens)], mask[number, : len(tokens)] = tokens, 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        made = self._session.run(None, {name: given[name] for name in given if name in self._inputs})[0]
        if made.ndim == 3:
            weights = mask[..., None].astype(np.float32)
            made = (made * weights).sum(1) / weights.sum(1) if self._mean else made[:, 0]
        vectors: Floats = made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12)
        return vectors


def whole_numbers(vectors: Floats) -> NDArray[np.int8]:
    """Return vectors as they are kept and compared: their direction, in a byte a number."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12)
    whole: NDArray[np.int8] = np.round(vectors / largest * 127).astype(np.int8)
    return whole


def _batches(order: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(order), _BATCH):
        yield list(order[start : start + _BATCH])


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    if len(found) != 1:
        raise StorageError(
            f"按意思查找的模型不在 {folder}（要有一个 {pattern}）：请运行 scripts/environment semantic，"
            'kb.toml 的 [semantic] model = "文件夹" 可以指定别的模型。'
        )
    return found[0]


def _is_mean(folder: Path) -> bool:
    """Tell whether a sentence is the mean of its words' vectors, as the model's own note says, or its first vector."""
    try:
        told = json.loads((folder / "1_Pooling" / "config.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return bool(told.get("pooling_mode_mean_tokens"))


@cache
def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
