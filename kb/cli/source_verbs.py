"""The verbs that deal with sources: refresh, status, source try, source add, rederive."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from kb.base.errors import KbError, StorageError, UsageError
from kb.cli.terminal import CONFIG, FAILED, JSON, ChineseGroup, existing, group, print_json, progress, say, verb
from kb.config.settings import Settings
from kb.config.sources import only_related
from kb.corpus.folder import Corpus
from kb.search.contract.engine import Engine, Machines
from kb.search.open.engines import chosen_engine
from kb.upkeep.tally import Progress, Report, Tally

if TYPE_CHECKING:
    from kb.ingest.rederive import Difference, Kind
    from kb.upkeep.aside import Aside
    from kb.upkeep.status import SourceStatus
    from kb.upkeep.trial import Trial
    from kb.upkeep.verdict import Verdict

_COUNTS = {
    "new": "新增",
    "changed": "更新",
    "gone": "撤下",
    "unchanged": "未变",
    "suspicious": "可疑",
    "failed": "失败",
}
_NOTES = 5
_DELAY = 1.0
_RELOAD = "网页服务开着的，让它重新读取设置：systemctl reload kb（或 kill -HUP 主进程）。"


@verb("refresh")
@click.argument("names", nargs=-1, metavar="[来源…]")
@click.option("--full", is_flag=True, help="全面核对：找出撤下和悄悄修改的文件")
@click.option("--accept-shorter", is_flag=True, help="来源的列表确实短了一大截：照现在的")
@click.option("--related", is_flag=True, help="只要与已有文件相关的：被它们引用，或主题相同")
@click.option("--dry-run", is_flag=True, help="只看会取到什么，不写入")
@JSON
def _refresh(
    config: Settings,
    names: tuple[str, ...],
    full: bool,
    accept_shorter: bool,
    related: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """从来源取回新的和有变化的文件，并更新索引。

    不写来源就是全部。中断之后再运行会接着做。这次都做成时退出码是 0；从前的毛病看 kb status。
    """
    from kb.upkeep.refresh import chosen, refresh

    if accept_shorter and not names:
        raise UsageError("--accept-shorter 要写明是哪个来源：kb refresh 来源 --accept-shorter。")
    sources = [only_related(source) if related else source for source in chosen(config, names)]
    if not sources:
        say("kb.toml 里还没有来源：请参照其中的例子加上 [[source]]，或运行 kb source add 网址。")
        return FAILED
    corpus, engine = Corpus(config.corpus), chosen_engine(config)
    with source_progress() as on_progress:
        report = refresh(
            sources,
            corpus,
            engine,
            config,
            full=full,
            shorter=accept_shorter,
            dry_run=dry_run,
            on_progress=on_progress,
        )
    if as_json:
        print_json(report.as_json())
    else:
        shown_report(report)
    return 0 if report.ok else FAILED


@verb("status")
@click.option(
    "--acknowledge",
    metavar="警报",
    multiple=True,
    help="知道了这个警报：它不变就不再报（名称见 kb doctor；可多次使用）",
)
@JSON
def _status(config: Settings, acknowledge: tuple[str, ...], as_json: bool) -> int:
    """一切是否正常：每个来源、索引、语料库、磁盘、时钟；有没有人知道的警报以外的警报，有就以退出码 1 结束。"""
    from kb.corpus.ledger import user
    from kb.upkeep import findings

    judged, meant = _verdict(config)
    if acknowledge:
        corpus = Corpus(config.corpus)
        for each in findings.acknowledge(acknowledge, judged.findings, corpus.root, user()):
            say(f"记下了：{each.name} 有人知道。它变成别的毛病，或恢复之后再出现，会再报。")
        judged, meant = _verdict(config)
    code = FAILED if judged.open else 0
    index = next((each.sentence for each in judged.findings if each.name.startswith("index/")), "")
    if as_json:
        print_json(
            {
                "sources": [asdict(each) for each in judged.sources],
                "index": index,
                "findings": findings.as_json(judged.findings),
                **_measured(judged),
                **({"meaning": meant} if meant else {}),
                **({"cluster": asdict(judged.machines)} if judged.machines else {}),
            }
        )
        return code
    if not judged.sources:
        click.echo("kb.toml 里还没有来源。")
    for source in judged.sources:
        _show_source(source)
        for each in judged.findings:
            if each.name.startswith(f"{source.name}/"):
                click.echo(f"    警报：{each.told}")
    names = {source.name for source in judged.sources}
    for each in judged.findings:
        if each.name.partition("/")[0] not in names:
            click.echo(f"{each.title}警报：{each.told}")
    if meant:
        there = f"{meant['sections']:,} 节有向量（旧版本在内）。" if meant["sections"] else ""
        click.echo(f"按意思查找：{there}{meant['problem']}")
    if judged.machines:
        _show_machines(judged.machines)
    if judged.checked:
        click.echo(f"上次核对每个字节：{judged.checked}。")
    return code


def _measured(judged: Verdict) -> dict[str, object]:
    """Return what is known beside the findings: when every byte was read, when all was backed up, the room on the disks."""
    disks = [{**asdict(each), "folder": str(each.folder)} for each in judged.disks]
    return {"checked": judged.checked, "kept": judged.kept, "disks": disks}


def _verdict(config: Settings) -> tuple[Verdict, dict[str, object]]:
    """Return how everything is, and what is found by meaning where the settings ask for it and the index can be searched."""
    from kb.law.store import Store
    from kb.search.open.engines import chosen_engine
    from kb.upkeep.verdict import verdict

    corpus, engine = Corpus(config.corpus), chosen_engine(config)
    judged = verdict(config, corpus, engine, Store(config.index))
    broken = any(each.name.startswith("index/") for each in judged.findings)
    asked = config.semantic and not broken and corpus.ids() and not corpus.writer()
    return judged, _meant(engine) if asked else {}


def _show_source(each: SourceStatus) -> None:
    success = each.last_success or ("不知道" if each.unknown else "还没有过")
    closed = "，已停办" if each.closed else ""
    click.echo(
        f"{each.name}（{each.title}）：上次成功 {success}，文件 {each.documents:,} 份，最新 {each.newest or '—'}{closed}"
    )
    if each.unfinished:
        click.echo(f"    {each.unfinished}")
    if each.next_due:
        click.echo(f"    下次应在 {each.next_due} 之前")
    for sentence in each.problems[:_NOTES]:
        click.echo(f"    {sentence}")


def _show_machines(machines: Machines) -> None:
    missing = f"，还缺 {machines.missing} 份" if machines.missing else ""
    click.echo(f"集群：{machines.status}，{len(machines.nodes)} 个节点，分片 {machines.copies} 份在{missing}。")
    for node in machines.nodes:
        click.echo(f"    {node.name}：磁盘还有 {node.free / 1e9:,.1f} GB（{node.free / node.total:.0%}）")


def _meant(engine: Engine) -> dict[str, object]:
    """Return how many sections are found by meaning, and why none are or nobody can tell."""
    from kb.search.meaning.encoder import is_installed

    stats = engine.stats()
    missing = (
        "" if stats.meant or stats.unmeant or is_installed() else "没有装，只按词语（scripts/environment semantic）。"
    )
    return {"sections": stats.meant, "problem": stats.unmeant or missing}


@verb("doctor")
@JSON
def _doctor(config: Settings, as_json: bool) -> int:
    """出了什么毛病、从什么时候起、接下来输入什么命令；一切正常就以退出码 0 结束。"""
    from kb.upkeep import findings

    judged, _ = _verdict(config)
    writer = None
    with suppress(StorageError):  # that the corpus cannot be looked at is a finding
        writer = Corpus(config.corpus).writer()
    if as_json:
        print_json({"findings": findings.as_json(judged.findings), **_measured(judged), "writer": writer})
        return FAILED if judged.open else 0
    for number, each in enumerate(judged.findings, start=1):
        click.echo(f"{number}. {each.title}：{each.sentence}")
        click.echo(f"   从何时起：{each.since or '没有记录'}")
        if each.advice:
            click.echo(f"   接下来：{each.advice}")
        if each.acknowledged:
            click.echo(f"   有人知道：{each.acknowledged}")
        else:
            click.echo(f"   知道了、暂不处理：kb status --acknowledge {each.name}")
    if writer:
        click.echo(f"进程 {writer} 正在写入语料库。")
    for disk in judged.disks:
        need = "还不知道一年要用多少" if disk.year is None else f"照现在的速度一年要用 {disk.year / 1e9:,.1f} GB"
        click.echo(f"磁盘 {disk.folder}：还有 {disk.free / 1e9:,.1f} GB，{need}。")
    click.echo(f"上次核对每个字节：{judged.checked or '还没有过（kb check）'}。")
    unseen = judged.kept_in and not os.path.isdir(judged.kept_in)  # noqa: PTH112 — no error where it may not be looked at
    place = f"，在 {judged.kept_in}" + ("（现在从这里看不到它）" if unseen else "") if judged.kept_in else ""
    click.echo(f"上次完好的备份：{judged.kept or '没有记录（kb backup）'}{place}。")
    if not judged.findings:
        click.echo("没有发现毛病。")
    return FAILED if judged.open else 0


@verb("rederive")
@click.option("--write", is_flag=True, help="把新的结果写入语料库（手工修改过的文件不动）")
@JSON
def _rederive(config: Settings, write: bool, as_json: bool) -> int:
    """用保存的快照把每份文件重新提取一遍（不联网），先按变化的种类列出数目和例子，再逐份显示与现在的差别。

    写入之后，原来的地址仍能打开，转到那段文字现在的地址。有提取不了的文件就以退出码 1 结束。
    """
    from kb.ingest.rederive import kinds, rederive

    corpus = existing(Corpus(config.corpus))
    with corpus.writing("rederive") if write else nullcontext():
        differences = list(rederive(corpus, config))
        grouped = kinds(differences)
        if not as_json:
            _show_differences(differences, grouped)
        if write:
            again = {
                each.id: each for each in rederive(corpus, config, write=True, ids=[each.id for each in differences])
            }
            differences = [again.get(each.id, each) for each in differences]
    if as_json:
        print_json({"differences": [asdict(each) for each in differences], "kinds": [asdict(each) for each in grouped]})
    else:
        stored = f"，写入 {sum(each.written for each in differences):,} 份" if write else ""
        click.echo(f"{len(corpus.ids()):,} 份文件中 {len(differences):,} 份有差别{stored}。")
    return FAILED if any(each.problem for each in differences) else 0


def _show_differences(differences: Sequence[Difference], grouped: Sequence[Kind]) -> None:
    for kind in grouped:
        click.echo(f"{kind.name}：{kind.count:,} 份")
        for id, shown in kind.examples:
            click.echo(f"  {id}：{shown}")
    for each in differences:
        click.echo(f"{each.id}：{each.problem or '有差别的是 ' + '、'.join(each.fields)}")
        click.echo(each.diff, nl=False)


@group.group(name="source", cls=ChineseGroup, options_metavar="[选项]", subcommand_metavar="命令 …")
def source_group() -> None:
    """试一试来源，或为一个网址写一段来源。"""


@verb("try", source_group)
@click.argument("name", metavar="来源")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, metavar="数", help="最多看几条；默认 20")
def _try(config: Settings, name: str, limit: int) -> int:
    """看看一个来源会取到什么；什么也不写入。"""
    from kb.upkeep.refresh import chosen
    from kb.upkeep.trial import try_source

    (source,) = chosen(config, [name])
    trial = try_source(source, config, limit)
    total = f"，列表共 {trial.total:,} 条" if trial.total else ""
    click.echo(f"最前面的 {len(trial.items)} 条{total}（✓ 会收录，× 不会）：")
    for item, selected in trial.items:
        click.echo(f"{'✓' if selected else '×'} {item.published or '日期不详'}　{item.title}　{item.url}")
    for sentence in _of_trial(trial):
        click.echo(sentence)
    if trial.problem:
        say(trial.problem)
    return FAILED if trial.problem or not trial.items else 0


def _of_trial(trial: Trial) -> Iterator[str]:
    """Say what the pages, the first posts and their files gave, and what would be missed."""
    if trial.pages:
        yield f"\n看了 {len(trial.pages)} 页，各有 {'、'.join(map(str, trial.pages))} 条。"
    for document in trial.documents:
        facts = document.metadata
        yield f"读出：{facts.title}　{facts.issuer}　{facts.document_number}　{facts.date}"
        yield f"　　　正文 {len(document.text):,} 字，{sum(1 for _ in document.walk())} 节，附件 {len(document.provenance.attachments)} 个。"
    for file in trial.files:
        yield f"附件：{file.name}　{'取到' if file.document else file.reason or '存为快照'}"
    for sentence in trial.misses:
        yield f"会缺：{sentence}"


@verb("add", source_group)
@click.argument("url", metavar="网址")
@click.option("--allow-private", is_flag=True, help="允许访问内网和本机地址")
def _add(config: Settings, url: str, allow_private: bool) -> int:
    """看一看这个网址，写出适合它的一段 [[source]]，供粘贴到 kb.toml。"""
    from kb.config.kinds import kinds
    from kb.upkeep.propose import as_toml, propose
    from kb.upkeep.trial import try_source

    source = propose(url, config, allow_private=allow_private)
    kind = kinds()[source.kind]
    click.echo(as_toml(source), nl=False)
    say(f"认出：{kind.label}（{kind.marks}）。")
    try:
        trial = try_source(replace(source, delay=_DELAY), config)
    except KbError as error:
        say(f"试取没有成功：{error}")
    else:
        for sentence in filter(None, (*_of_trial(trial), trial.problem)):
            say(sentence.strip())
    say(f"请把上面这一段加进 kb.toml，再运行 kb source try 名称 看看会取到什么。{_RELOAD}")
    return 0


@verb("list", source_group)
@JSON
def _list(config: Settings, as_json: bool) -> int:
    """列出现成的来源，以及 kb.toml 里已经启用的。"""
    from kb.config.kinds import kinds
    from kb.config.ready import ready_sources

    own = {source.name: source for source in config.sources}
    if as_json:
        ready = [{key: value for key, value in asdict(each).items() if key != "lines"} for each in ready_sources()]
        problems = {name: source.problem for name, source in own.items() if source.problem}
        told = [{**each, "enabled": each["name"] in own} for each in ready]
        print_json({"ready": told, "enabled": list(own), "problems": problems})
        return 0
    for source in config.sources:
        kind = kinds()[source.kind].label
        click.echo(f"✓ {source.name}　{source.title or source.name}　{source.url}　{source.problem or kind}")
    for each in ready_sources():
        if each.name not in own:
            click.echo(f"· {each.name}　{each.title}　{each.url}　{each.about}")
    say("✓ 已在 kb.toml 里；· 是现成的，启用它：kb source enable 名称。别的网站：kb source add 网址。")
    return 0


@source_group.command(name="enable", options_metavar="[选项]")
@click.argument("name", metavar="来源")
@CONFIG
@click.pass_context
def _enable(ctx: click.Context, name: str, config: Path | None) -> int:
    """把一个现成的来源写进 kb.toml（其余内容和注释不变）。"""
    from kb.config.ready import enable
    from kb.config.settings import FILE_NAME

    path = (config or ctx.find_root().params["config"] or Path(FILE_NAME)).absolute()
    enable(name, path)
    say(f"已写进 {path}。先看看会取到什么：kb source try {name}；取回来：kb refresh {name}。{_RELOAD}")
    return 0


@verb("aside", source_group)
@click.argument("names", nargs=-1, metavar="[来源…]")
@click.option(
    "--accept", metavar="名称", multiple=True, help="收下：它就是那份文件现在的文字，原来的成为旧版本（可多次使用）"
)
@click.option("--drop", metavar="名称", multiple=True, help="丢弃：同样的回答以后不再报告（可多次使用）")
@JSON
def _aside(
    config: Settings, names: tuple[str, ...], accept: tuple[str, ...], drop: tuple[str, ...], as_json: bool
) -> int:
    """列出更新时另外保存、没有收录的可疑网页：名称、大小、原因；逐个收下或丢弃。还有没处理的，退出码是 1。"""
    from kb.upkeep import aside

    corpus = existing(Corpus(config.corpus))
    aside.need_sources(names, corpus, config)
    for id in aside.accept(accept, corpus, config) if accept else ():
        say(f"已收下 {id}。接下来运行 kb index，就能检索到它。")
    if drop:
        say(f"已丢弃 {aside.drop(drop, corpus, config)} 个。")
    found, unread = list(aside.asides(corpus, names)), aside.unread(corpus, names)
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        for each in found:
            size = "大小不知道" if each.size is None else f"{each.size:,} 字节"
            click.echo(f"{each.source}　{each.name}　{each.title or each.url}　{size}　{each.retrieved}")
            click.echo(f"    {each.reason}（{_held(each)}）{each.url if each.title else ''}")
            click.echo(f"    {_ways(each)}丢弃：kb source aside --drop {each.name}")
        if found or not unread:
            click.echo(f"{len(found):,} 个另存的网页等着判断。" if found else "没有另存的网页。")
    if unread:
        say(f"另有 {unread:,} 个另存的网页，记录已损坏，读不出来：是哪几个，见 kb check。")
    return FAILED if found or unread else 0


def _ways(each: Aside) -> str:
    """Say how a page that was set aside is taken: a file that is attached to one comes with it."""
    if each.is_post is None:
        return f"收下：先 kb refresh {each.source}，重新记录它属于哪一份　"
    return f"收下：kb source aside --accept {each.name}　" if each.is_post else ""


def _held(each: Aside) -> str:
    """Say what the library has of a page that was set aside."""
    if each.is_post is None:
        return "来源的更新记录不在，不知道标题和现有的是哪一份"
    if each.document:
        return f"现有的 {each.document} 没有动"
    return "还没有收录过" if each.is_post else "是一个附件"


@verb("new", source_group)
@click.argument("name", metavar="种类")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="文件夹",
    help="源代码所在的文件夹；默认是当前文件夹",
)
def _new(config: Settings, name: str, to: Path) -> int:  # noqa: ARG001
    """开发者用：为一类新的网站写一个开头，附一张保存的网页和应当读出的结果。"""
    from kb.upkeep.new_family import start_family

    for path in start_family(name, to):
        click.echo(str(path))
    say(
        "换上真的网页，照它改模块和 expected.json；检验：.venv/bin/python -m pytest tests/fetch -k saved。其余几步见 docs/sources.md 的“新的一类”。"
    )
    return 0


def shown_report(report: Report) -> None:
    """Print what a refresh did: counts to stdout, troubles to stderr."""
    for name, tally in report.sources.items():
        click.echo(f"{name}：{_in_words(tally)}")
        for sentence in (tally.error, tally.short, *tally.notes):
            if sentence:
                say(f"    {sentence}")
    for sentence in filter(None, (*report.mended, report.index, *report.found, report.untold)):
        say(sentence)
    click.echo(f"用时 {report.seconds:.1f} 秒。")


def _in_words(tally: Tally) -> str:
    return "，".join(f"{_COUNTS[name]} {count}" for name, count in tally.counts().items())


@contextmanager
def source_progress() -> Iterator[Progress]:
    """Show how far each source is: a bar on a terminal, plain lines in a log."""
    if not Console(stderr=True).is_terminal:
        yield lambda name, done, total: say(f"{name} {done}/{total or '?'}") if done and done % 100 == 0 else None
        return
    with progress("更新") as advance:
        yield lambda _, done, total: advance(done, total)
