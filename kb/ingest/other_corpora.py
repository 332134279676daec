"""Another corpus → this one: the `corpus.jsonl.gz` that a library gives away, one document a line.

Each document becomes a text with its facts in front, which is its snapshot from then on; it is read like any other. Where
that reading does not come to the same characters, the document says so.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from kb.base import inside, scratch
from kb.base.errors import NotFoundError, StorageError, UnreadableError, is_refusal, refusal
from kb.config.settings import Settings
from kb.corpus.folder import Corpus, safe_name
from kb.ingest import pipeline
from kb.ingest.formats import files
from kb.ingest.pipeline import Input, Report

_GZIP = b"\x1f\x8b"
_BATCH = 200
_HEAD = {
    "title": "标题",
    "document_number": "文号",
    "issuer": "发文机关",
    "date": "成文日期",
    "published": "发布日期",
    "effective": "施行日期",
    "url": "原文链接",
}


def import_corpora(
    paths: Sequence[Path],
    corpus: Corpus,
    settings: Settings,
    source: str = "",
    on_progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Bring the documents of other corpora in, each into the folder of its source, or all into that of `source`.

    The same line again changes nothing. Raises NotFoundError, UnreadableError for a damaged file (what came before it is
    whole), UsageError for a bad source name, StorageError.
    """
    report, done = Report(), 0
    with corpus.writing("import corpus"):
        for path in paths:
            for batch in _batches(_lines(path, settings, report)):
                _take(batch, corpus, settings, source, report)
                done += len(batch)
                if on_progress:
                    on_progress(done, 0)
    return report


def _take(batch: list[Mapping[str, Any]], corpus: Corpus, settings: Settings, source: str, report: Report) -> None:
    """Write some documents by way of the files that they become."""
    by_source: dict[str, list[Mapping[str, Any]]] = {}
    for each in batch:
        by_source.setdefault(source or safe_name(str(each.get("source") or "")) or "corpus", []).append(each)
    for name, some in by_source.items():
        with scratch.folder("corpus") as folder:
            inputs = list(_inputs(some, folder))
            for each, (given, built) in zip(some, pipeline.build_all(inputs, name, settings), strict=True):
                if built.document:
                    id = corpus.id_for(name, given.origin)
                    document = replace(built.document, id=id)
                    if _bare(document.text) != _bare(_text(each["sections"])):
                        sentence = "读回来的文字和原来的库里不完全一样，请对照原来的库。"
                        report.failures.append((id, sentence))
                    pipeline.count(report, corpus.write(document, built.data))
                    if built.document.provenance.doubts:
                        report.doubtful.append(id)
                else:
                    report.failures.append((given.origin, built.failure))


def _inputs(documents: list[Mapping[str, Any]], folder: Path) -> Iterator[Input]:
    for number, each in enumerate(documents):
        path = folder / f"{number}.txt"
        path.write_text(_written(each), encoding="utf-8")
        yield Input(path, f"{each['document']}.txt")


def _batches(lines: Iterator[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    batch = []
    for each in lines:
        batch.append(each)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _lines(path: Path, settings: Settings, report: Report) -> Iterator[Mapping[str, Any]]:
    """Yield the documents of a file; a line that is none, or that says why there is none, is named in the report."""
    if not path.exists():
        raise NotFoundError(f"找不到 {path}：请检查路径。")
    if path.is_symlink() or not path.is_file():
        raise UnreadableError(
            f"{path} {files.LINK if path.is_symlink() else '不是文件：请给 corpus.jsonl 或 corpus.jsonl.gz。'}"
        )
    try:
        with inside.opened(path.parent, path.name) as plain, _unpacked(plain) as stream:
            number = 0
            while line := stream.readline(settings.max_bytes + 1):
                number += 1
                document, problem = _document(line, settings)
                if document:
                    yield document
                elif problem:
                    report.failures.append((f"{path.name} 第 {number} 行", problem))
                if len(line) > settings.max_bytes and not line.endswith(b"\n"):
                    while (rest := stream.readline(1 << 20)) and not rest.endswith(b"\n"):
                        pass
    except (OSError, EOFError, zlib.error) as error:
        if is_refusal(error):
            raise StorageError(f"{path} 读到一半读不下去：{refusal(error)}。前面的已经导入。") from error
        raise UnreadableError(f"{path} 读不到底（{error}）：前面的已经导入，请检查文件是否下载完整。") from error


def _unpacked(file: BinaryIO) -> BinaryIO:
    packed = file.read(2) == _GZIP
    file.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file


def _document(line: bytes, settings: Settings) -> tuple[Mapping[str, Any] | None, str]:
    """Return what a line holds, or why it holds nothing; an empty line is neither."""
    if len(line) > settings.max_bytes:
        return None, files.too_large(len(line), settings)
    if not line.strip():
        return None, ""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None, "不是 JSON：没有导入。"
    if not isinstance(value, dict) or not isinstance(value.get("document"), str) or not value["document"]:
        return None, "不是一份文件：没有导入。"
    if value.get("problem"):
        return None, f"{value['document']} 在原来的库里就读不了（{value['problem']}），没有导入。"
    if not isinstance(value.get("sections"), list):
        return None, f"{value['document']} 没有章节，没有导入。"
    return value, ""


def _written(document: Mapping[str, Any]) -> str:
    """Write a document as a text with its facts in front; headings are told by their numbers again."""
    head = {label: str(document.get(name) or "") for name, label in _HEAD.items()}
    told = "".join(f"{label}: {json.dumps(value, ensure_ascii=False)}\n" for label, value in head.items() if value)
    return f"---\n{told}---\n\n{_text(document['sections'])}"


def _text(sections: Sequence[Any]) -> str:
    """Return the text of sections with all below them."""
    found = ""
    for each in sections:
        if isinstance(each, dict):
            found += f"{each.get('text') or ''}{_text(each.get('children') or ())}"
    return found


def _bare(text: str) -> str:
    return "".join(text.split())
