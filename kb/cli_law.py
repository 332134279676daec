"""The verbs that deal with the law around a document: import laws, citations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from kb.corpus import Corpus
from kb.law import answers
from kb.law.resolve import Resolved
from kb.law.store import Reader, Store
from kb.settings import Settings
from kb.terminal import FAILED, JSON, ChineseGroup, existing, group, print_json, progress, say, verb


@group.group("import", cls=ChineseGroup, options_metavar="[选项]", subcommand_metavar="命令 …")
def _import() -> None:
    """导入现成的文件集合。"""


@verb("laws", _import)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="路径…")
@click.option("--source", default="laws", metavar="名称", help="来源，也是语料库里的文件夹名；默认 laws")
@JSON
def _laws(config: Settings, paths: tuple[Path, ...], source: str, as_json: bool) -> int:
    """导入法律法规：LawRefBook/Laws 的文件夹或压缩包，或国家法律法规数据库的 DOCX。

    同一部法律的几个文本成为一份文件的几个版本。中断之后再运行会接着做。导入之后运行 kb index。
    """
    from kb.ingest.laws import import_laws

    with progress("导入") as on_progress:
        report = import_laws(paths, Corpus(config.corpus), config, source, on_progress)
    for name, sentence in (*report.conflicts, *report.failures):
        say(f"{name}：{sentence}")
    if as_json:
        print_json(asdict(report))
    else:
        click.echo(
            f"新增 {report.new}，更新 {report.changed}，未变 {report.unchanged}，"
            f"冲突 {len(report.conflicts)}，失败 {len(report.failures)}；不是法规的文件 {report.skipped.total()} 个。"
        )
    return FAILED if report.conflicts or report.failures else 0


@verb("citations")
@click.argument("document", metavar="文件")
@JSON
def _citations(config: Settings, document: str, as_json: bool) -> int:
    """列出一份文件引用了什么：在哪一节、怎么称呼、指语料库里的哪一份哪一条。"""
    with _up_to_date(config) as reader:
        found = answers.citations(reader, document)
    if as_json:
        print_json([answers.as_json(each) for each in found])
        return 0
    for each in found:
        click.echo(f"#{each.found.anchor}　{each.found.text}　→　{_meaning(each)}")
    lacking = sum(each.target is None for each in found)
    say(f"共 {len(found)} 处引用，其中 {lacking} 处所指的文件不在语料库里，或不能确定是哪一份。")
    return 0


@contextmanager
def _up_to_date(config: Settings) -> Iterator[Reader]:
    """Open the store of citations after bringing it up with the corpus."""
    store = Store(config.index)
    with progress("查找引用") as on_progress:
        for sentence in store.update(existing(Corpus(config.corpus)), progress=on_progress):
            say(sentence)
    with store.reading() as reader:
        yield reader


def _meaning(resolved: Resolved) -> str:
    target = resolved.target
    if target is None:
        return "不在语料库里"
    address = target.document.id + (f"#{target.anchor}" if target.anchor else "")
    version = f"（{target.version[:10]} 的文本）" if target.version else ""
    return address + version + ("，但没有这一条款" if target.missing else "")
