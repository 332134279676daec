"""Scanned pages of a PDF → text, by rapidocr (models in its wheel) on pages drawn by pdfium. The optional extra `ocr`.

Runs in the child process of `kb.ingest.formats.convert`, in one thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

import pypdfium2
from rapidocr import RapidOCR

from kb.base.errors import UnreadableError
from kb.ingest.formats import layout
from kb.ingest.formats.layout import Fragment
from kb.structure.extracted import Recognised

_DOTS_PER_POINT = 200 / 72
_LONGEST_SIDE = 4000
_SURE = 0.9
_ONE_THREAD = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Global.log_level": "critical",
}


def recognise(data: bytes, numbers: Sequence[int]) -> Recognised:
    """Read these pages (from 0) of a PDF. Raises UnreadableError when pdfium cannot draw them."""
    engine = RapidOCR(params=_ONE_THREAD)
    found: dict[int, list[tuple[Fragment, float]]] = {}
    try:
        with pypdfium2.PdfDocument(data) as document:
            for number in numbers:
                found[number] = _read(engine, document[number])
    except pypdfium2.PdfiumError as error:
        raise UnreadableError("这个 PDF 的扫描页画不出来，无法做文字识别：请重新取得这个文件。") from error
    texts = {number: layout.page_text(fragment for fragment, _ in each) for number, each in found.items()}
    converter = f"rapidocr {version('rapidocr')}"
    scores = [score for each in found.values() for _, score in each]
    pages = [number + 1 for number, text in texts.items() if text]
    return Recognised(texts, converter, tuple(_notes(pages, scores, converter)))


def _read(engine: Any, page: Any) -> list[tuple[Fragment, float]]:
    """Return the lines of a page with the engine's confidence (0 to 1) in each."""
    scale = min(_DOTS_PER_POINT, _LONGEST_SIDE / max(page.get_size()))
    answer = engine(page.render(scale=scale).to_numpy())
    if answer.txts is None:
        return []
    return [
        (_fragment(box, text), float(score))
        for box, text, score in zip(answer.boxes, answer.txts, answer.scores, strict=True)
    ]


def _fragment(box: Any, text: str) -> Fragment:
    (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
    return Fragment(float(left), float(top + bottom) / 2, float(right - left), float(bottom - top), text)


def _notes(pages: Sequence[int], scores: Sequence[float], converter: str) -> Iterable[str]:
    if scores:
        unsure = sum(score < _SURE for score in scores)
        yield (
            f"第 {'、'.join(map(str, pages))} 页是扫描件，文字由 OCR（{converter}）识别：平均置信度 "
            f"{sum(scores) / len(scores):.3f}，最低 {min(scores):.3f}，{len(scores)} 行中有 {unsure} 行低于 {_SURE}；"
            "可能有错字，引用前请核对原件。"
        )
