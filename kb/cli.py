"""The command line: `kb <verb>`. Results go to stdout, everything else to stderr.

Exit codes: 0 all is well · 1 something was found wrong, or some files failed · 2 wrong call or setting · 3 not found ·
4 unreadable document · 5 no usable index · 6 the machine refuses (disk, permission, port, lock) · 130 interrupted.
`main` is the one place where errors become sentences.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from kb import __version__, settings
from kb.corpus import Corpus
from kb.errors import KbError, NotFoundError
from kb.model import Document, Hit, Results, Section
from kb.search.engine import MAX_LIMIT, open_engine
from kb.settings import Settings

FAILED = 1
USAGE = 2
INTERRUPTED = 130
_LOG_EVERY = 500


class _ChineseCommand(click.Command):
    """A command whose help page is in Chinese throughout."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="用法：")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        options = (parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option))
        records = (option.get_help_record(ctx) for option in options)
        with formatter.section("选项"):
            formatter.write_dl([record for record in records if record])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Answer `--help`, which says what it does in Chinese."""
        option = super().get_help_option(ctx)
        if option:
            option.help = "显示这段说明"
        return option


class _ChineseGroup(_ChineseCommand, click.Group):
    """All verbs, listed in the order of a first day's work."""

    command_class = _ChineseCommand

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the verbs."""
        super().format_options(ctx, formatter)
        with formatter.section("命令"):
            formatter.write_dl([(name, verb.get_short_help_str(80)) for name, verb in self.commands.items()])
        with formatter.section("退出码"):
            formatter.write_text("0 正常；1 有问题或部分文件失败；2 用法或设置有误；3 找不到；4 文件无法读取；")
            formatter.write_text("5 没有可用的索引；6 系统拒绝（磁盘、权限、端口、占用）；130 被中断")

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Keep the order in which the verbs are written below."""
        return list(self.commands)


_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path), metavar="文件", help="设置文件；默认是当前文件夹的 kb.toml"
)
_JSON = click.option("--json", "as_json", is_flag=True, help="结果写成 JSON，供程序读取")


@click.group(cls=_ChineseGroup, options_metavar="[选项]", subcommand_metavar="命令 …")
@_CONFIG
@click.version_option(__version__, "-V", "--version", message="kb %(version)s", help="显示版本")
def group(config: Path | None) -> None:
    """政策文库：收录、检索、引用政策文件。"""


def _verb(name: str) -> Callable[[Callable[..., int]], click.Command]:
    """Make a verb of a function that takes the settings and its parameters and answers the exit code."""

    def decorate(function: Callable[..., int]) -> click.Command:
        def run(ctx: click.Context, /, config: Path | None, **given: Any) -> int:
            return function(settings.load(config or ctx.find_root().params["config"]), **given)

        functools.update_wrapper(run, function)
        return group.command(name=name, options_metavar="[选项]")(_CONFIG(click.pass_context(run)))

    return decorate


@_verb("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="路径…")
@click.option("--source", default="files", metavar="名称", help="来源，也是语料库里的文件夹名；默认 files")
@_JSON
def _ingest(config: Settings, paths: tuple[Path, ...], source: str, as_json: bool) -> int:
    """把文件或文件夹收进语料库（.txt .html .md .docx .pdf）。

    同一个文件再次收录时更新原来的那一份；手工修改过的不会被覆盖。收录之后运行 kb index。
    """
    from kb.ingest import pipeline

    with _progress("收录") as on_progress:
        report = pipeline.ingest(
            paths, Corpus(config.corpus), config, source, lambda done, total, _: on_progress(done, total)
        )
    for name, sentence in (*report.conflicts, *report.failures):
        _say(f"{name}：{sentence}")
    if report.skipped:
        kinds = "、".join(f"{suffix}（{count} 个）" for suffix, count in report.skipped.most_common(8))
        _say(f"没有收录其他类型的文件：{kinds}。")
    if as_json:
        _print_json(asdict(report))
    else:
        conflicts, failures = len(report.conflicts), len(report.failures)
        click.echo(
            f"新增 {report.new}，更新 {report.changed}，未变 {report.unchanged}，冲突 {conflicts}，失败 {failures}。"
        )
    return FAILED if report.conflicts or report.failures else 0


@_verb("index")
@click.option("--rebuild", is_flag=True, help="丢开现有索引，从语料库重新建立")
@_JSON
def _index(config: Settings, rebuild: bool, as_json: bool) -> int:
    """使索引与语料库一致：只处理有变化的文件。"""
    corpus, engine = _existing(Corpus(config.corpus)), open_engine(config.index)
    with _progress("建立索引") as on_progress:
        updated = engine.update(corpus, rebuild=rebuild, progress=on_progress)
    for sentence in updated.problems:
        _say(sentence)
    stats = engine.stats()
    if as_json:
        _print_json({**asdict(updated), **asdict(stats)})
    else:
        click.echo(
            f"索引现有 {stats.documents:,} 份文件、{stats.sections:,} 节"
            f"（新增 {updated.added}，更新 {updated.changed}，移除 {updated.removed}，未变 {updated.unchanged}）。"
        )
    return FAILED if updated.problems else 0


@_verb("search")
@click.argument("words", nargs=-1, required=True, metavar="查询…")
@click.option("--limit", type=click.IntRange(1, MAX_LIMIT), default=10, metavar="数", help="最多列出几节；默认 10")
@click.option("--offset", type=click.IntRange(0), default=0, metavar="数", help="跳过前几节")
@_JSON
def _search(config: Settings, words: tuple[str, ...], limit: int, offset: int, as_json: bool) -> int:
    """查找含有这些文字的章节。

    直接粘贴半句话，或用引号 "…" 表示必须原样出现；空格隔开的几段都要出现；-某某 表示不要（前面加 --，以免当作选项）。
    """
    results = open_engine(config.index).search(" ".join(words), limit=limit, offset=offset)
    if as_json:
        _print_json(results.as_json())
        return 0
    for note in results.notes:
        _say(note)
    _show_results(results, offset)
    return 0


@_verb("show")
@click.argument("address", metavar="文件[#章节]")
@_JSON
def _show(config: Settings, address: str, as_json: bool) -> int:
    """显示一份文件，或其中一节，例如 kb show haojiang-2021-report#1-3-2。"""
    id, _, anchor = address.partition("#")
    document = Corpus(config.corpus).read(id)
    sections = _at(document, anchor) if anchor else document.sections
    if as_json:
        chosen = {"sections": [asdict(section) for section in sections]} if anchor else {}
        _print_json({**document.as_json(), **chosen})
        return 0
    _show_document(document, sections)
    return 0


@_verb("serve")
@click.option("--host", metavar="地址", help="监听的地址；默认见设置")
@click.option("--port", type=click.IntRange(0, 65535), metavar="端口", help="端口；默认见设置，0 表示任选一个空闲端口")
def _serve(config: Settings, host: str | None, port: int | None) -> int:
    """提供网页和 JSON 接口，按 Ctrl+C 结束。"""
    from kb.web.server import serve

    open_engine(config.index).stats()
    serve(config, host or config.host, config.port if port is None else port, on_ready=_say)
    return 0


@_verb("check")
@click.option("--accept", metavar="文件", multiple=True, help="确认这份文件的手工修改（可多次使用）")
@_JSON
def _check(config: Settings, accept: Sequence[str], as_json: bool) -> int:
    """检查每份文件是否完好、索引是否与语料库一致。"""
    corpus = _existing(Corpus(config.corpus))
    for id in accept:
        corpus.accept(id)
        _say(f"已确认 {id} 现在的内容。")
    problems = [problem.sentence for problem in corpus.check()]
    problems += open_engine(config.index).check(corpus.fingerprints())
    if as_json:
        _print_json({"documents": len(corpus.ids()), "problems": problems})
    else:
        for sentence in problems:
            click.echo(sentence)
        click.echo(
            f"检查了 {len(corpus.ids()):,} 份文件和索引：" + (f"{len(problems)} 个问题。" if problems else "完好。")
        )
    return FAILED if problems else 0


def _existing(corpus: Corpus) -> Corpus:
    if not corpus.root.is_dir():
        raise NotFoundError(f"没有语料库 {corpus.root}：请先运行 kb ingest，或在放有 kb.toml 的文件夹里运行。")
    return corpus


def _at(document: Document, anchor: str) -> tuple[Section, ...]:
    found = tuple(section for section in document.walk() if section.anchor == anchor)
    if not found:
        known = "、".join(section.anchor for section in document.walk() if section.number)[:200]
        raise NotFoundError(f"文件 {document.id} 没有章节 #{anchor}：有编号的章节是 {known}。")
    return found


def _show_results(results: Results, offset: int) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"共 {results.total:,} 节，用时 {results.took_ms:.1f} 毫秒", style="dim")
    for place, hit in enumerate(results.hits, start=offset + 1):
        facts = "　".join(fact for fact in (hit.issuer, hit.date, hit.url) if fact)
        console.print()
        console.print(Text(f"{place}. {hit.title}", "bold"))
        console.print(Text(f"   {' › '.join(hit.heading_path)}"))
        console.print(Text("   ").append_text(_marked(hit)))
        console.print(Text(f"   {facts}", "dim"))


def _marked(hit: Hit) -> Text:
    text = Text(hit.snippet.replace("\n", " "))
    for start, end in hit.highlights:
        text.stylize("bold yellow", start, end)
    return text


def _show_document(document: Document, sections: tuple[Section, ...]) -> None:
    facts = document.metadata
    rows = [
        ("题名", facts.title + ("（题名由系统拟定）" if facts.found.get("title") == "supplied" else "")),
        ("发文机关", facts.issuer),
        ("文号", facts.document_number),
        ("日期", facts.date),
        ("来源", facts.url or document.provenance.origin),
    ]
    click.echo("\n".join(f"{label}：{value}" for label, value in rows if value) + "\n")
    for section in sections:
        click.echo("".join(each.text for each in section.walk()), nl=False)


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function to call with (done, total): a bar on a terminal, plain lines in a log, both on stderr."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: _say(f"{label} {done}/{total}") if done % _LOG_EVERY == 0 else None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _say(message: str) -> None:
    click.echo(message, err=True)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _in_words(error: click.UsageError) -> str:
    """Say in Chinese what is wrong with a call."""
    command = error.ctx.command_path if error.ctx else "kb"
    return f"{_mistake(error)}：请运行 {command} --help 查看用法。"


def _mistake(error: click.UsageError) -> str:
    match error:
        case click.NoSuchOption():
            return f"没有选项 {error.option_name}"
        case click.BadOptionUsage():
            return f"选项 {error.option_name} 后面要写一个值"
        case click.MissingParameter(param=parameter) if parameter:
            return f"缺少参数“{parameter.make_metavar(error.ctx or click.Context(group))}”"
        case click.BadParameter(param=click.Option(type=click.IntRange(min=low, max=high), opts=names)):
            return f"{names[0]} 应当是整数，" + (f"在 {low} 到 {high} 之间" if high else f"不小于 {low}")

    return f"没有这样的命令或参数（{error.format_message()}）"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `kb` and end the process with its exit code."""
    try:
        code = group.main(args=arguments, prog_name="kb", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        _say(error.format_message())
        code = USAGE
    except click.UsageError as error:
        _say(_in_words(error))
        code = USAGE
    except KbError as error:
        _say(str(error))
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        _say("已中断；已经写好的内容不受影响。")
        code = INTERRUPTED
    sys.exit(code)
