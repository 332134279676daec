"""A sentence model in ONNX: texts in, unit vectors out. The model is a folder that the settings name."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.base.errors import StorageError

Floats = NDArray[np.float32]

INSTALLED = Path(sys.prefix, "share", "kb", "bge-small-zh-v1.5")
"""Where `scripts/environment semantic` puts the model."""

_COMPONENTS = ("onnxruntime", "tokenizers", "simsimd")
_TOKENS = 256
# Small batches of equal lengths are the fastest: what is padded is computed, too.
_BATCH = 8
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_TRIED = ("示例", "示例条例")


class Encoder:
    """Turns texts into unit vectors of `width` numbers. `name` tells its vectors from those of other models.

    The model is loaded when the first text is encoded. Many threads may use one. What is wrong with it is told to readers,
    too: without the path of its folder.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        """Find the model in a folder: one .onnx file and its tokenizer.json.

        Raises StorageError where the optional components or the model are not there.
        """
        self._model, self._words = _one(folder, "*.onnx"), _one(folder, "*tokenizer.json")
        if missing := next((each for each in _COMPONENTS if not find_spec(each)), ""):
            raise StorageError(
                f"缺少可选组件（{missing}）：请运行 scripts/environment semantic，或 pip install 'zhengce-wenku[semantic]'。"
            )
        self._threads, self._mean = threads, _is_mean(folder)
        self.name = f"{_digest(self._model)[:8]}{_digest(self._words)[:8]}{'m' * self._mean}"
        self._loading = Lock()
        self._loaded: _Loaded | None = None

    @property
    def width(self) -> int:
        """Return how many numbers a vector has. Raises StorageError as `encode` does."""
        return self._ready().width

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return a unit vector for each text; of a long one, for its beginning.

        Raises StorageError where the files are no sentence model and its tokenizer.
        """
        loaded = self._ready()
        try:
            return loaded.encode(texts)
        except loaded.failures as error:
            raise self._no_model("分词和模型不是一套") from error

    def _ready(self) -> _Loaded:
        with self._loading:
            self._loaded = self._loaded or self._load()
            return self._loaded

    def _load(self) -> _Loaded:
        from onnxruntime import InferenceSession, SessionOptions
        from onnxruntime.capi import onnxruntime_pybind11_state as failures
        from tokenizers import Tokenizer

        options = SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 4  # what goes wrong is said once, in a sentence
        # An arena keeps the memory of the longest batch for good, in each process that serves.
        options.enable_cpu_mem_arena = False
        refusals = (failures.Fail, failures.InvalidProtobuf, failures.InvalidGraph, failures.NotImplemented)
        wrong = (failures.InvalidArgument, failures.RuntimeException, failures.Fail)
        try:
            session = InferenceSession(str(self._model), options, providers=["CPUExecutionProvider"])
        except (*refusals, failures.InvalidArgument, failures.NoSuchFile, failures.RuntimeException) as error:
            raise StorageError(f"读不了模型 {self._model.name}：请换一个完整的 ONNX 文件。") from error
        try:
            tokenizer = Tokenizer.from_file(str(self._words))
        except Exception as error:  # tokenizers raises nothing narrower
            raise StorageError(f"读不了 {self._words.name}：请换成这个模型自己的 tokenizer.json。") from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(_TOKENS)
        loaded = _Loaded(session, tokenizer, self._mean, wrong)
        if not loaded.inputs <= set(_INPUTS):
            raise self._no_model("给不了它要的输入")
        try:
            made = loaded.run([each.ids for each in tokenizer.encode_batch(_TRIED)])
        except wrong as error:
            raise self._no_model("分词和模型不是一套") from error
        if made.ndim != 2 or len(made) != len(_TRIED) or not made.shape[1] or not np.isfinite(made).all():
            raise self._no_model(f"输出的形状是 {tuple(made.shape)}，不是每句一个向量")
        loaded.width = made.shape[1]
        return loaded

    def _no_model(self, why: str) -> StorageError:
        return StorageError(f"{self._model.name} 不能用作句向量模型（{why}）：请检查 kb.toml 的 semantic.model。")


class _Loaded:
    """A model and its tokenizer in memory; `failures` are what running it raises."""

    width = 0

    def __init__(self, session: Any, tokenizer: Any, mean: bool, failures: tuple[type[Exception], ...]) -> None:
        self._session, self._tokenizer, self._mean, self.failures = session, tokenizer, mean, failures
        self.inputs = {each.name for each in session.get_inputs()}

    def encode(self, texts: Sequence[str]) -> Floats:
        """See `Encoder.encode`."""
        tokens = [each.ids for each in self._tokenizer.encode_batch(texts)]
        order = sorted(range(len(tokens)), key=lambda number: len(tokens[number]))
        vectors = np.zeros((len(texts), self.width), np.float32)
        for batch in _batches(order):
            made = self.run([tokens[number] for number in batch])
            vectors[batch] = made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12)
        return vectors

    def run(self, batch: Sequence[Sequence[int]]) -> Floats:
        """Return what the model makes of some texts' tokens."""
        longest = max(1, *map(len, batch))
        ids, mask = np.zeros((2, len(batch), longest), np.int64)
        for number, tokens in enumerate(batch):
            ids[number, : len(tokens)], mask[number, : len(tokens)] = tokens, 1
        given = dict(zip(_INPUTS, (ids, mask, np.zeros_like(ids)), strict=True))
        made: Floats = self._session.run(None, {name: given[name] for name in self.inputs})[0]
        if made.ndim == 3:
            weights = mask[..., None].astype(np.float32)
            made = (made * weights).sum(1) / np.maximum(weights.sum(1), 1) if self._mean else made[:, 0]
        return made


def is_installed() -> bool:
    """Tell whether the optional components and the model that comes with them are there."""
    return INSTALLED.is_dir() and all(map(find_spec, _COMPONENTS))


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
        there = f"有 {len(found)} 个 {pattern}，只能有一个" if found else f"没有 {pattern}"
        raise StorageError(
            f"按意思查找的模型不在 {folder.name}（{there}）：请运行 scripts/environment semantic，"
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
