"""How the command line speaks: help in Chinese, progress, JSON, and what is wrong with a call. No verbs here."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kb import __version__
from kb.base import storage
from kb.base.errors import NotFoundError
from kb.config import settings
from kb.corpus.folder import Corpus

FAILED = 1
USAGE = 2
INTERRUPTED = 130
PRIVATE = 0o077
"""The umask of a library whose files are for nobody else on the machine."""
_LOG_EVERY = 500
_EXIT_CODES = (
    "0 正常；1 有问题或部分文件失败；2 用法或设置有误；3 找不到；4 文件无法读取；5 没有可用的索引；"
    "6 系统拒绝（磁盘、权限、端口、占用）；7 网站无法访问；130 被中断"
)


class ChineseCommand(click.Command):
    """A command whose help page is in Chinese throughout."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the usage line."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix="用法：")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        options = (parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option))
        records = (option.get_help_record(ctx) for option in options)
        with formatter.section("选项"):
            formatter.write_dl(
                [(names, told.replace("[required]", "（必填）")) for names, told in filter(None, records)]
            )

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return `--help`, which says what it does in Chinese."""
        option = super().get_help_option(ctx)
        if option:
            option.help = "显示这段说明"
        return option


class NoVerb(click.UsageError):
    """There is no such verb: the message says so in Chinese."""


class ChineseGroup(ChineseCommand, click.Group):
    """All verbs, listed in the order of a first day's work."""

    command_class = ChineseCommand

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, then the verbs."""
        super().format_options(ctx, formatter)
        with formatter.section("命令"):
            formatter.write_dl([(name, verb.get_short_help_str(80)) for name, verb in self.commands.items()])
        if ctx.parent is None:
            with formatter.section("退出码"):
                formatter.write_text(_EXIT_CODES)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the verb. Raises NoVerb where there is none; an option in its place is an option's mistake."""
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise NoVerb(f"没有命令 {args[0]}", ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Keep the order in which the verbs are written below."""
        return list(self.commands)


class Registered(click.Option):
    """An option that takes one of the names in a registry, which is looked into when it is needed: `labels` are what the
    help says of each name.
    """

    def __init__(self, *names: Any, labels: Callable[[], Mapping[str, str]], **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self._what, self._labels = self.help or "", labels

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the lines of the help page, with all names."""
        told = (name if label in ("", name) else f"{name}（{label}）" for name, label in self._labels().items())
        self.help = self._what + "、".join(told)
        return super().get_help_record(ctx)

    def process_value(self, ctx: click.Context, value: Any) -> Any:
        """Return the value. Raises BadParameter for a name that there is not."""
        given = super().process_value(ctx, value)
        if isinstance(given, str) and given not in self._labels():  # click has a sign of its own for nothing given
            raise click.BadParameter(f"{self.opts[0]} 应当是其中之一：{'、'.join(self._labels())}", ctx, self)
        return given


CONFIG = click.option(
    "--config", type=click.Path(path_type=Path), metavar="文件", help="设置文件；默认是当前文件夹的 kb.toml"
)
JSON = click.option("--json", "as_json", is_flag=True, help="结果写成 JSON，供程序读取")


@click.group(cls=ChineseGroup, options_metavar="[选项]", subcommand_metavar="命令 …")
@CONFIG
@click.version_option(__version__, "-V", "--version", message="kb %(version)s", help="显示版本")
def group(config: Path | None) -> None:
    """政策文库：收录、检索、引用政策文件。"""


def verb(name: str, parent: click.Group | None = None) -> Callable[[Callable[..., int]], click.Command]:
    """Make a verb of a function that takes the settings and its parameters and answers the exit code."""

    def decorate(function: Callable[..., int]) -> click.Command:
        def run(ctx: click.Context, /, config: Path | None, **given: Any) -> int:
            loaded = settings.load(config or ctx.find_root().params["config"])
            if loaded.boundary.files == "private":
                os.umask(PRIVATE)
            return function(loaded, **given)

        functools.update_wrapper(run, function)
        return (parent or group).command(name=name, options_metavar="[选项]")(CONFIG(click.pass_context(run)))

    return decorate


@contextmanager
def progress(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function to call with (done, total; 0 while it is not known): a bar on a terminal, plain lines in a log,
    both on stderr.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: say(f"{label} {done}/{total}") if done % _LOG_EVERY == 0 else None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=None)

        def advance(done: int, total: int) -> None:
            bar.tasks[0].total = total or None  # `update` cannot take a total back
            bar.update(task, completed=done)

        yield advance


def say(message: str) -> None:
    """Tell the person at the terminal something that is not a result."""
    click.echo(message, err=True)


def print_json(value: object) -> None:
    """Print a result for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def in_words(error: click.UsageError) -> str:
    """Say in Chinese what is wrong with a call."""
    command = error.ctx.command_path if error.ctx else "kb"
    return f"{_mistake(error)}：请运行 {command} --help 查看用法。"


def _mistake(error: click.UsageError) -> str:
    match error:
        case NoVerb():
            return error.message
        case click.NoSuchOption():
            return f"没有选项 {error.option_name}"
        case click.BadOptionUsage() if "does not take a value" in error.message:
            return f"选项 {error.option_name} 后面不能写值"
        case click.BadOptionUsage():
            return f"选项 {error.option_name} 后面要写一个值"
        case click.MissingParameter(param=parameter) if parameter:
            return f"缺少参数“{parameter.make_metavar(error.ctx or click.Context(group))}”"
        case click.BadParameter(param=Registered()):
            return error.message
        case click.BadParameter(param=click.Parameter(type=click.IntRange() | click.FloatRange()) as parameter):
            return f"{_called(parameter)}应当是{_range(parameter.type)}"
        case click.BadParameter(param=click.Option(type=click.Choice(choices=choices), opts=names)):
            return f"{names[0]} 应当是其中之一：{'、'.join(choices)}"

    if extra := re.search(r"unexpected extra arguments? \((.*)\)", error.message):
        return f"多出了参数 {extra[1]}"
    return f"没有这样的命令或参数（{error.format_message()}）"


def _called(parameter: click.Parameter) -> str:
    """Name an option as it is typed, an argument as the help page does."""
    return (
        f"{parameter.opts[0]} " if isinstance(parameter, click.Option) else f"“{parameter.metavar or parameter.name}”"
    )


def _range(wanted: object) -> str:
    assert isinstance(wanted, click.IntRange | click.FloatRange)
    number = "整数" if isinstance(wanted, click.IntRange) else "数字"
    within = f"不小于 {wanted.min}" if wanted.max is None else f"在 {wanted.min} 到 {wanted.max} 之间"
    return f"{number}，{within}"


def not_vanished(config: settings.Settings) -> Corpus:
    """Return the corpus, or where to begin one. Raises StorageError where there was one and its documents have vanished."""
    from kb.law.store import Store
    from kb.upkeep.in_step import refuse_vanished

    corpus = Corpus(config.corpus)
    refuse_vanished(corpus, Store(config.index))
    return corpus


def existing(corpus: Corpus) -> Corpus:
    """Return the corpus. Raises NotFoundError where there is none, StorageError."""
    with storage.refusals(corpus.root, "读"):
        is_there = corpus.root.is_dir()
    if not is_there:
        raise NotFoundError(f"没有语料库 {corpus.root}：请先运行 kb ingest，或在放有 kb.toml 的文件夹里运行。")
    return corpus
