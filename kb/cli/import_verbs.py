"""The verbs that bring in what people already have: import laws, pages, corpus, addresses."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from kb.base import storage
from kb.base.errors import NotFoundError, UsageError
from kb.cli.source_verbs import shown_report, source_progress
from kb.cli.terminal import FAILED, JSON, ChineseGroup, group, not_vanished, print_json, progress, say, verb
from kb.config.settings import Settings
from kb.config.sources import Source
from kb.corpus.folder import Corpus, safe_name
from kb.ingest.pipeline import Report
from kb.search.open.engines import chosen_engine

_SOURCE_HELP = "来源，也是语料库里的文件夹名；默认 {}"


@group.group("import", cls=ChineseGroup, options_metavar="[选项]", subcommand_metavar="命令 …")
def _import() -> None:
    """导入现成的文件集合。"""


@verb("laws", _import)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="路径…")
@click.option("--source", default="laws", metavar="名称", help=_SOURCE_HELP.format("laws"))
@JSON
def _laws(config: Settings, paths: tuple[Path, ...], source: str, as_json: bool) -> int:
    """导入法律法规：LawRefBook/Laws 的文件夹或压缩包，或国家法律法规数据库的 DOCX。

    同一部法律的几个文本成为一份文件的几个版本。中断之后再运行会接着做。导入之后运行 kb index。
    """
    from kb.ingest.law_collections import import_laws

    with progress("导入") as on_progress:
        report = import_laws(paths, not_vanished(config), config, source, on_progress)
    return _told(report, "不是法规的文件", as_json)


@verb("corpus", _import)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="文件…")
@click.option("--source", default="", metavar="名称", help="都放进这一个来源；默认按原来的来源分")
@JSON
def _corpus(config: Settings, paths: tuple[Path, ...], source: str, as_json: bool) -> int:
    """导入另一个政策文库的 corpus.jsonl.gz（它的网页接口 /corpus.jsonl.gz 给出）。

    带来的是每份文件现在的文字、题名、文号、机关、日期和网址；旧版本、快照、修复记录不在里面。之后运行 kb index。
    """
    from kb.ingest.other_corpora import import_corpora

    with progress("导入") as on_progress:
        report = import_corpora(paths, not_vanished(config), config, source, on_progress)
    return _told(report, "读不了的行", as_json)


@verb("pages", _import)
@click.argument("path", type=click.Path(path_type=Path), metavar="文件夹")
@click.option("--source", default="", metavar="名称", help=_SOURCE_HELP.format("文件夹的名称"))
@JSON
def _pages(config: Settings, path: Path, source: str, as_json: bool) -> int:
    """导入保存下来的网页，连同它们的附件（一个文件夹，或 .zip、.tar）。

    网页里链接的附件按相对的位置在文件夹里找；文件夹以外的一概不读。再次运行只处理有变化的。
    """
    return _refreshed(config, Source(_name(source, path), "files", str(path)), as_json)


@verb("addresses", _import)
@click.argument("path", type=click.Path(path_type=Path), metavar="文件.csv")
@click.option("--source", default="", metavar="名称", help=_SOURCE_HELP.format("文件的名称"))
@click.option("--allow-private", is_flag=True, help="允许访问内网和本机地址")
@click.option("--delay", type=click.FloatRange(0, 3600), default=2.0, metavar="秒", help="两次请求之间的间隔；默认 2")
@JSON
def _addresses(config: Settings, path: Path, source: str, allow_private: bool, delay: float, as_json: bool) -> int:
    """取回一份 CSV 里的网址：每行一个，可以有 标题、发布日期、文号 几栏。

    要一直跟着更新，把它写成 kb.toml 里的来源：kind = "addresses"，url 是这个文件。
    """
    wanted = Source(_name(source, path), "addresses", str(path), allow_private=allow_private, delay=delay)
    return _refreshed(config, wanted, as_json)


def _name(source: str, path: Path) -> str:
    """Return the name of the source: as given, else as the file or folder is called."""
    name = source or safe_name(path.resolve().name.partition(".")[0])
    if not name or name != safe_name(name):
        raise UsageError(f"来源名“{name}”不能用作文件夹名：请用 --source 给一个只有文字、数字和连字符的名称。")
    return name


def _refreshed(config: Settings, source: Source, as_json: bool) -> int:
    """Refresh a source that stands in no settings; its name must not be that of another one."""
    from kb.upkeep.refresh import refresh

    if not storage.is_there(Path(source.url)):
        raise NotFoundError(f"找不到 {source.url}：请检查路径。")
    taken = next((each for each in config.sources if each.name == source.name), None)
    if taken and (taken.kind, Path(taken.url).resolve()) != (source.kind, Path(source.url).resolve()):
        raise UsageError(f"kb.toml 里已经有来源 {source.name}，是别的内容：请用 --source 换一个名称。")
    with source_progress() as on_progress:
        report = refresh((source,), Corpus(config.corpus), chosen_engine(config), config, on_progress=on_progress)
    if as_json:
        print_json(report.as_json())
    else:
        shown_report(report)
    return 0 if report.ok else FAILED


def _told(report: Report, skipped: str, as_json: bool) -> int:
    """Print what an import did, `skipped` being what the rest was, and return the exit code."""
    for name, sentence in (*report.conflicts, *report.failures):
        say(f"{name}：{sentence}")
    if as_json:
        print_json(asdict(report) | {"skipped": dict(report.skipped)})
    else:
        click.echo(
            f"新增 {report.new}，更新 {report.changed}，未变 {report.unchanged}，"
            f"冲突 {len(report.conflicts)}，失败 {len(report.failures)}；{skipped} {report.skipped.total()} 个。"
        )
    return FAILED if report.conflicts or report.failures else 0
