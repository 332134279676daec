"""存证包: one ZIP with all that shows where a document's text comes from and what was done to it.

The same state of the corpus gives the same bytes: names, times and record ids come from the document, not from the day.
"""

from __future__ import annotations

import hashlib
import io
import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from itertools import pairwise
from pathlib import PurePosixPath

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from kb import __version__
from kb.base.errors import NotFoundError, StorageError, UnreadableError
from kb.base.model import Document, Exchange, Repair
from kb.compare.sections import compare
from kb.corpus.folder import Corpus, Version, safe_name
from kb.export.formats import export
from kb.export.page import page
from kb.export.scope import Selection, select
from kb.export.tables import as_csv

_KINDS = {
    "annotation": "去除夹注",
    "realigned": "字节归位",
    "lost-byte": "推算丢失的字节",
    "mark": "还原标点",
    "doubtful": "存疑",
}
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # ZIP knows no day before


def evidence(corpus: Corpus, document: Document, base: str = "", version: str = "") -> bytes:
    """Return the ZIP of a document, or of one of its versions. Raises what reading the corpus raises."""
    selection = select(document, base=base, version=version)
    files = dict(_files(corpus, selection, version))
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    files["SHA256SUMS"] = sums.encode()
    moment = _moment(document)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, data)
    return packed.getvalue()


def _files(corpus: Corpus, selection: Selection, version: str) -> Iterator[tuple[str, bytes]]:
    document = selection.document
    yield "说明.txt", _about(selection).encode()
    yield "还原文字.txt", document.text.encode()
    yield "所见文字.txt", as_found(document).encode()
    yield "还原记录.csv", _repairs(document)
    yield "全部数据.json", export(selection, "json").data
    yield "版本变化.json", _changes(corpus, document, version)
    yield "打印稿.html", page(selection)
    try:
        yield "打印稿.pdf", export(selection, "pdf").data
    except StorageError as error:
        yield "打印稿.pdf.缺少.txt", f"{error}\n".encode()
    yield from _snapshot(corpus, document)


def _snapshot(corpus: Corpus, document: Document) -> Iterator[tuple[str, bytes]]:
    """The bytes as found, the head of the answer that brought them, and both as a WARC record."""
    provenance = document.provenance
    try:
        data = corpus.snapshot(provenance.snapshot)
    except (NotFoundError, UnreadableError) as error:
        yield "原件.缺少.txt", f"{error}\n".encode()
        return
    yield f"原件/{safe_name(PurePosixPath(provenance.origin).name or document.id)}", data
    if provenance.exchange:
        yield "请求与应答.json", _json(asdict(provenance.exchange))
    yield "原件.warc.gz", warc(document, data)


def warc(document: Document, data: bytes) -> bytes:
    """The snapshot as a WARC 1.1 file (ISO 28500): a response with its request, or a resource where none was kept."""
    provenance = document.provenance
    made = io.BytesIO()
    writer = WARCWriter(made, gzip=True, warc_version="1.1")
    uri = provenance.exchange.url if provenance.exchange else f"urn:sha256:{provenance.snapshot}"
    moment = provenance.retrieved or "1980-01-01T00:00:00Z"

    def add(kind: str, body: bytes, headers: StatusAndHeaders | None = None, type: str = "") -> None:
        id = uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {uri} {provenance.snapshot}")
        facts = {"WARC-Record-ID": f"<urn:uuid:{id}>", "WARC-Date": moment}
        record = writer.create_warc_record(
            uri, kind, io.BytesIO(body), len(body), type, warc_headers_dict=facts, http_headers=headers
        )
        writer.write_record(record)

    if provenance.exchange:
        add("request", b"", _request(provenance.exchange))
        add("response", data, _response(provenance.exchange))
    else:
        add("resource", data, type=provenance.media_type or "application/octet-stream")
    return made.getvalue()


def _request(exchange: Exchange) -> StatusAndHeaders:
    return StatusAndHeaders(f"GET {exchange.url} HTTP/1.1", _pairs(exchange.request), is_http_request=True)


def _response(exchange: Exchange) -> StatusAndHeaders:
    """The head as received. The snapshot is decompressed: what said otherwise stands under another name."""
    renamed = {"content-encoding", "transfer-encoding", "content-length"}
    heads = [
        (f"X-Archive-Orig-{name}" if name.lower() in renamed else name, value)
        for name, value in _pairs(exchange.response)
    ]
    return StatusAndHeaders(str(exchange.status), heads, protocol="HTTP/1.1")


def _pairs(headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, value.replace("\r", " ").replace("\n", " ")) for name, value in headers.items()]


def as_found(document: Document) -> str:
    """The text with every repair undone. Characters that were converted from traditional stay: the snapshot has those."""
    pieces, position = [], 0
    text = document.text
    for repair in document.provenance.repairs:
        if repair.position < position:
            continue  # lies in a place that is already as found
        pieces += [text[position : repair.position], repair.found]
        position = repair.position + len(repair.restored)
    return "".join([*pieces, text[position:]])


def _repairs(document: Document) -> bytes:
    rows: list[list[str]] = []
    anchors = _anchors(document)
    for number, repair in enumerate(document.provenance.repairs, start=1):
        rows.append(
            [
                str(number),
                str(repair.position),
                _anchor_at(anchors, repair),
                repair.found,
                repair.restored,
                _KINDS[repair.kind],
            ]
        )
    return as_csv(rows, ("序号", "位置（从 0 数的字）", "章节", "所见原样", "还原为", "方式"))


def _anchors(document: Document) -> list[tuple[int, str]]:
    found, start = [], 0
    for section in document.walk():
        found.append((start, section.anchor))
        start += len(section.text)
    return found


def _anchor_at(anchors: list[tuple[int, str]], repair: Repair) -> str:
    return next((anchor for start, anchor in reversed(anchors) if start <= repair.position), "")


def _changes(corpus: Corpus, document: Document, version: str) -> bytes:
    """Every version there is, and what each changed against the one before it."""
    history = corpus.history(document.id)
    told = {
        "version": version or history[0].version,
        "versions": [asdict(each) for each in history],
        "withdrawn": document.provenance.withdrawn,
        "changes": [_change(corpus, document.id, newer, older) for newer, older in pairwise(history)],
    }
    return _json(told)


def _change(corpus: Corpus, id: str, newer: Version, older: Version) -> dict[str, object]:
    step = {"from": older.version, "to": newer.version}
    try:
        difference = compare(corpus.read(id, older.version), corpus.read(id, newer.version)).as_json()
    except UnreadableError as error:
        return {**step, "problem": str(error)}
    changed = [each for each in difference["sections"] if each["change"] != "same"]
    return {**step, "counts": difference["counts"], "sections": changed}


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _moment(document: Document) -> tuple[int, int, int, int, int, int]:
    retrieved = document.provenance.retrieved
    if not retrieved:
        return _EARLIEST
    when = datetime.fromisoformat(retrieved)
    return max(_EARLIEST, (when.year, when.month, when.day, when.hour, when.minute, when.second))


def _about(selection: Selection) -> str:
    facts, provenance = selection.document.metadata, selection.document.provenance
    sentences = (each.sentence.removeprefix("存疑：") for each in provenance.doubts)
    doubts = "".join(f"存疑：{each}\n" for each in (*selection.doubts, *sentences))
    doubts += f"{selection.incomplete}\n" if selection.incomplete else ""
    return f"""《{facts.title}》存证包

{selection.source}
本库地址：{selection.citation.url}
取得时间（UTC）：{provenance.retrieved or "不详"}
原件 SHA-256：{provenance.snapshot or "没有原件"}
还原：{len(provenance.repairs)} 处；繁体转简体：{provenance.simplified} 字
{doubts}
原件/            取得时的原样字节
原件.warc.gz     原件与请求、应答的头部（ISO 28500）；没有经过网络取得的是 resource 记录
请求与应答.json  请求与应答的头部（经过网络取得的才有）
所见文字.txt     撤销每一处还原之后的文字（繁简转换不撤销，见原件）
还原文字.txt     本库显示、检索、引用的文字
还原记录.csv     每一处还原：位置、所见、还原为、方式
版本变化.json    保存的各个版本，以及每次变化的逐字差别
全部数据.json    本库关于这份文件的全部数据
打印稿.html/pdf  供打印和附卷
SHA256SUMS       以上各文件的校验值，用 sha256sum -c SHA256SUMS 核对

由政策文库 kb {__version__} 生成。
"""
