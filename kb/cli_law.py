"""The verbs that deal with the law around a document: import laws."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from kb.corpus import Corpus
from kb.settings import Settings
from kb.terminal import FAILED, JSON, ChineseGroup, group, print_json, progress, say, verb


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
