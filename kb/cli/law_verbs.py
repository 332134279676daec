"""The verbs that deal with the law around a document: citations, gaps, stale-basis, cite-check."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kb.base import clock, storage
from kb.base.address import Address
from kb.base.deadline import Deadline, within
from kb.base.errors import NotFoundError, UnreadableError
from kb.cli.terminal import FAILED, JSON, existing, print_json, say, verb
from kb.config.settings import Settings
from kb.corpus.folder import Corpus
from kb.law import citation_json
from kb.law.basis import CHANGED, Changed, change_of, stale
from kb.law.checking import about, check, headline
from kb.law.gaps import gaps
from kb.law.reader import Reader
from kb.law.resolve import Resolved
from kb.law.since import Fates
from kb.law.store import Store


@verb("citations")
@click.argument("document", metavar="文件")
@JSON
def _citations(config: Settings, document: str, as_json: bool) -> int:
    """列出一份文件引用了什么：在哪一节、怎么称呼、指语料库里的哪一份哪一条。"""
    with _reading(config) as reader:
        found = citation_json.citations(reader, Address.read(document).id)
    if as_json:
        print_json([citation_json.as_json(each) for each in found])
        return 0
    for each in found:
        click.echo(f"#{each.found.anchor}　{each.found.text}　→　{_meaning(each)}")
    lacking = sum(each.target is None for each in found)
    say(f"共 {len(found)} 处引用，其中 {lacking} 处所指的文件不在语料库里，或不能确定是哪一份。")
    return 0


@verb("gaps")
@click.option("--limit", type=click.IntRange(1), default=50, metavar="数", help="最多列出几份；默认 50")
@JSON
def _gaps(config: Settings, limit: int, as_json: bool) -> int:
    """列出被引用而语料库里没有的文件：引用最多的在前，附上可能的来源。"""
    with _reading(config) as reader:
        missing = gaps(reader)
    if as_json:
        print_json([gap.as_json() for gap in missing[:limit]])
    for gap in () if as_json else missing[:limit]:
        ended = f"；已被 {gap.repealed_by} 废止" if gap.repealed_by else ""
        click.echo(
            f"{gap.documents:>5} 份 {gap.citations:>5} 处　{gap.name}{f'（{gap.day}）' if gap.day else ''}　（{gap.source}{ended}）"
        )
    say(f"共缺 {len(missing):,} 份，列出 {min(limit, len(missing)):,} 份。")
    return 0


def _kinds_of_change() -> str:
    return "、".join(f"{name} {label}" for name, label in CHANGED.items())


@verb("stale-basis")
@click.option("--only", type=click.Choice(list(CHANGED)), metavar="变化", help=f"只列这一种：{_kinds_of_change()}")
@JSON
def _stale_basis(config: Settings, only: Changed | None, as_json: bool) -> int:
    """列出依据在成文之后修改或废止了的文件：依据废止的在前，其次是修改的、不能断定的；各按变化的日期，最近的在前。"""
    with _reading(config) as reader:
        found = list(stale(Fates(reader, clock.today())))
    found = [(each, links) for each, links in found if only in (None, change_of(links))]
    if as_json:
        print_json(
            [
                {
                    "document": each.id,
                    "title": each.title,
                    "date": each.date,
                    "basis": [link.as_json() for link in links],
                }
                for each, links in found
            ]
        )
        return 0
    for each, links in found:
        click.echo(f"{each.title}（{each.date}）　{each.id}")
        for link in links:
            click.echo(f"    {link.resolved.found.text}：{link.word}。{link.fate.note}")
    say(f"共 {len(found):,} 份文件的依据在成文之后有变化。")
    return 0


@verb("cite-check")
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True), metavar="文件")
@click.option("--on", metavar="日期", help="引用的是哪一天的法：文字写成或行为发生的日期，例如 2021-11-22；默认今天")
@click.option("--until", metavar="日期", help="看到哪一天为止的变化：意见的日期；默认今天")
@click.option(
    "--word", type=click.Path(path_type=Path), metavar="文件", help="另存审阅稿（Word）：逐处标色、批注，前面有总表"
)
@JSON
def _cite_check(
    config: Settings, path: Path, on: str | None, until: str | None, word: Path | None, as_json: bool
) -> int:
    """核对一段文字里的每一处引用：条款存在、引文一致，还是引文有出入、此后修改、已经失效、查无此条、无法判断、未识别、不在语料库里。

    文件用 - 表示从标准输入读取。全部存在、一致时退出码是 0。
    """
    text, on = _text_of(path), on or clock.today()
    until = until or max(on, clock.today())
    with within(Deadline(config.heavy_seconds)), _reading(config) as reader:
        checked = list(check(reader, Corpus(config.corpus), text, on, until))
    if word:
        from kb.export.reviewed_memo import reviewed_memo

        storage.write_atomic(word, reviewed_memo(text, checked, headline(checked), about(on, until), until))
        say(f"已写入 {word}。")
    if as_json:
        print_json([each.as_json() for each in checked])
    else:
        for each in checked:
            click.echo(f"{each.word}　{each.named}　{each.fate.note}")
            for sentence in each.sentences[bool(each.fate.note) :]:
                click.echo(f"    {sentence}")
        say(f"共 {len(checked)} 处引用{f'：{headline(checked)}' if checked else ''}。")
    return 0 if all(each.fate.status == "right" for each in checked) else FAILED


def _text_of(path: Path) -> str:
    """Read a text, "-" from standard input. Raises NotFoundError, StorageError, UnreadableError where it is not UTF-8."""
    standard = path == Path("-")
    with storage.refusals(path, "读"):
        if not (standard or path.exists()):
            raise NotFoundError(f"找不到 {path}：请检查路径。")
        data = sys.stdin.buffer.read() if standard else path.read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UnreadableError(f"{path} 不是 UTF-8 文本：请另存为 UTF-8 后再核对。") from error


@contextmanager
def _reading(config: Settings) -> Iterator[Reader]:
    """Open the store of citations, and say where the corpus has gone on since it was made. Writes nothing."""
    store, corpus = Store(config.index), existing(Corpus(config.corpus))
    if store.behind(corpus.fingerprints()):
        say("引用库不是语料库现在的样子，下面说的是上次更新时的：请运行 kb index。")
    with store.reading() as reader:
        yield reader


def _meaning(resolved: Resolved) -> str:
    target = resolved.target
    if target is None:
        return "没有认出" if resolved.found.kind == "unmarked" else "不在语料库里"
    address = target.document.id + (f"#{target.anchor}" if target.anchor else "")
    version = f"（{target.version[:10]} 的文本）" if target.version else ""
    return address + version + ("，但没有这一条款" if target.missing else "")
