"""The verbs that deal with the corpus: ingest, index, search, show, serve, check."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kb.base import clock, deadline, scratch, storage
from kb.base.address import Address
from kb.base.errors import (
    BadIndexError,
    BusyError,
    NotFoundError,
    OtherFormatError,
    StorageError,
    UnreadableError,
    UsageError,
)
from kb.base.model import Document, Hit, Remark, Results, Section
from kb.base.workers import SHARED_METRICS
from kb.chinese.unreadable import MISSING
from kb.cite.facts import days
from kb.cli.terminal import FAILED, JSON, PRIVATE, existing, not_vanished, print_json, progress, say, verb
from kb.config import boundary, settings
from kb.config.boundary import MODES, told
from kb.config.settings import ENGINES, Settings
from kb.corpus.folder import Corpus
from kb.law.store import Store
from kb.search.answer.summary import alternatives, proof
from kb.search.contract.engine import GROUPS, MAX_LIMIT, ORDERS, Engine, Group, Order, Stats, Updated
from kb.search.open.agreement import differences, sample
from kb.search.open.engines import chosen_engine

_SHOWN_ANCHORS = 20
_LOOK = 5.0
"""Seconds for which a server that starts waits for its index."""
_DOUBTFUL = "bold red reverse"


@verb("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="路径…")
@click.option("--source", default="files", metavar="名称", help="来源，也是语料库里的文件夹名；默认 files")
@JSON
def _ingest(config: Settings, paths: tuple[Path, ...], source: str, as_json: bool) -> int:
    """把文件或文件夹收进语料库；能读哪些格式，见 kb formats。

    同一个文件再次收录时更新原来的那一份；手工修改过的不会被覆盖。收录之后运行 kb index。
    """
    from kb.ingest import pipeline
    from kb.ingest.formats.files import other_kinds

    with progress("收录") as on_progress:
        report = pipeline.ingest(
            paths, not_vanished(config), config, source, lambda done, total, _: on_progress(done, total)
        )
    for name, sentence in (*report.conflicts, *report.failures):
        say(f"{name}：{sentence}")
    if report.skipped:
        say(other_kinds(report.skipped))
    if report.doubtful:
        say(
            f"其中 {len(report.doubtful)} 份有存疑之处：{'、'.join(report.doubtful[:5])}{'……' if len(report.doubtful) > 5 else ''}。详见 kb doubts。"
        )
    if report.new or report.changed:
        say("接下来运行 kb index，就能检索到它们。")
    if as_json:
        print_json(asdict(report) | {"skipped": dict(report.skipped)})
    else:
        conflicts, failures = len(report.conflicts), len(report.failures)
        click.echo(
            f"新增 {report.new}，更新 {report.changed}，未变 {report.unchanged}，冲突 {conflicts}，失败 {failures}。"
        )
    return FAILED if report.conflicts or report.failures else 0


@verb("formats")
@JSON
def _formats(config: Settings, as_json: bool) -> int:  # noqa: ARG001
    """列出能读的文件格式和它们的扩展名。"""
    from kb.ingest.formats import registry

    known = registry.formats()
    if as_json:
        print_json([{"name": each.name, "labels": each.labels, "endings": each.endings} for each in known])
        return 0
    table = Table("格式", "扩展名", "名称", box=None, pad_edge=False)
    for each in known:
        table.add_row(each.labels["zh"], " ".join(each.endings), each.name)
    Console().print(table)
    return 0


@verb("doubts")
@click.argument("addresses", nargs=-1, metavar="[编号…]")
@JSON
def _doubts(config: Settings, addresses: tuple[str, ...], as_json: bool) -> int:
    """列出有存疑之处的文件：读不准的字、没能读出的部分、来历不明的正文。有就以退出码 1 结束。

    不给编号时看全部文件。每一处的来历见 kb show 编号 --json 的 provenance.account，或网页上的“来源与修复记录”。
    """
    corpus = existing(Corpus(config.corpus))
    unread: list[UnreadableError] = []
    asked = (corpus.read(Address.read(id).id) for id in addresses) if addresses else corpus.documents(unread.append)
    found, total = list[tuple[Document, tuple[Remark, ...]]](), len(addresses or corpus.ids())
    with progress("查看") as shown:
        for number, document in enumerate(asked, 1):
            shown(number, total)
            if doubts := document.provenance.doubts:
                found.append((document, doubts))
    if as_json:
        print_json([_doubtful(document, doubts) for document, doubts in found])
    else:
        for document, doubts in found:
            click.echo(f"{document.id}　{document.metadata.title}")
            for each in doubts:
                click.echo(f"  {each.sentence.removeprefix('存疑：')}")
        if found or not unread:
            click.echo(f"{len(found):,} 份文件有存疑之处。" if found else "没有存疑之处。")
    if unread:
        say(f"另有 {len(unread):,} 份文件读不出来，没有看：是哪几份、为什么，见 kb check。")
    return FAILED if found or unread else 0


def _doubtful(document: Document, doubts: Sequence[Remark]) -> dict[str, object]:
    return {
        "document": document.id,
        "title": document.metadata.title,
        "share": document.provenance.account.share,
        "doubts": [asdict(each) for each in doubts],
    }


@verb("index")
@click.option("--rebuild", is_flag=True, help="丢开现有索引，从语料库重新建立")
@click.option(
    "--engine",
    "kind",
    type=click.Choice([*ENGINES, "both"]),
    metavar="引擎",
    help="建立哪一个引擎的索引：" + "、".join(ENGINES) + "、both（两个都建）；默认见设置 engine.kind",
)
@JSON
def _index(config: Settings, rebuild: bool, kind: str | None, as_json: bool) -> int:
    """使索引与语料库一致：只处理有变化的文件。"""
    from kb.upkeep.in_step import bring_in_step
    from kb.upkeep.status import note_indexed

    corpus = existing(Corpus(config.corpus))
    kinds = ENGINES if kind == "both" else (kind or config.engine,)
    engines = {each: chosen_engine(config, each) for each in kinds}
    done = bring_in_step(corpus, Store(config.index), engines, rebuild=rebuild, show=progress)
    for sentence in done.mended:
        say(sentence)
    told = {}
    for each, updated in done.updated.items():
        told[each] = {**asdict(updated), **asdict(engines[each].stats())}
        if not as_json:
            click.echo(_updated(updated, engines[each].stats()))
    if not done.said and config.engine in kinds:
        note_indexed(corpus.root)
    misread = [each.sentence for each in corpus.misread()]
    problems = [*done.lost, *done.problems, *misread]
    for sentence in dict.fromkeys([*problems, *map(str, done.errors)]):
        say(sentence)
    if done.errors:
        return done.errors[0].exit_code
    if as_json:
        beside = {"mended": done.mended, "lost": done.lost, "problems": done.problems, "misread": misread}
        print_json({**(told if len(told) > 1 else told[kinds[0]]), **beside})
    return FAILED if problems else 0


@verb("search")
@click.argument("words", nargs=-1, required=True, metavar="查询…")
@click.option("--limit", type=click.IntRange(1, MAX_LIMIT), default=10, metavar="数", help="最多列出几节；默认 10")
@click.option("--offset", type=click.IntRange(0), default=0, metavar="数", help="跳过前几节")
@click.option(
    "--order",
    type=click.Choice(ORDERS),
    default="relevance",
    metavar="次序",
    help="relevance 相关（默认）、date 最新在前、rank 效力位阶",
)
@click.option(
    "--group",
    type=click.Choice(GROUPS),
    default="section",
    metavar="单位",
    help="section 逐节（默认）、document 每份文件最多 3 节，--limit 和 --offset 以文件计",
)
@JSON
def _search(
    config: Settings, words: tuple[str, ...], limit: int, offset: int, order: Order, group: Group, as_json: bool
) -> int:
    """查找含有这些文字的章节。

    直接粘贴半句话，或用引号 "…" 表示必须原样出现；空格隔开的几段都要出现；OR 表示任一；-某某 表示不要（前面加 --，以免当作选项）；
    标题:办法、机关:濠江区、日期:2021..2022、条:12 限定范围；民法典1165 直达条文。全部写法见 docs/search.md。
    """
    results = chosen_engine(config).search(" ".join(words), limit=limit, offset=offset, order=order, group=group)
    if as_json:
        print_json(results.as_json())
        return 0
    for note in (*results.notes, *alternatives(results)):
        say(note)
    _show_results(results, offset)
    return 0


@verb("show")
@click.argument("address", metavar="文件[@版本][#章节]")
@click.option("--history", "wordings", is_flag=True, help="这一节在各个文本里怎样写，由什么改动，新近的在前")
@JSON
def _show(config: Settings, address: str, wordings: bool, as_json: bool) -> int:
    """显示一份文件、它的一个旧版本，或其中一节、一款，例如 kb show haojiang-2021-report#1-3-2。

    也可以粘贴网页的地址。有哪些版本见 --json 里的 versions；比较两个版本用 kb diff。
    """
    wanted, corpus = Address.read(address), Corpus(config.corpus)
    if wordings:
        return _show_history(config, corpus, wanted, as_json)
    document = corpus.read(wanted.id, wanted.version)
    sections = _at(document, wanted.anchor) if wanted.anchor else document.sections
    if as_json:
        chosen = {"sections": [asdict(section) for section in sections]} if wanted.anchor else {}
        print_json({**corpus.as_json(wanted.id, wanted.version), **chosen})
        return 0
    present = corpus.read(wanted.id) if wanted.version else document
    _show_document(document, sections, present.provenance.withdrawn)
    return 0


def _show_history(config: Settings, corpus: Corpus, wanted: Address, as_json: bool) -> int:
    """Print the wordings that a section had. Raises UsageError without a section, BadIndexError without a store."""
    from kb.law.article_history import STEPS, history

    if not wanted.anchor:
        raise UsageError(f"--history 要写明哪一节，例如 kb show {wanted.id}#art-1 --history。")
    with Store(config.index).reading() as reader:
        found = history(reader, corpus, wanted.id, wanted.anchor, wanted.version)
    if as_json:
        print_json({"document": wanted.id, "anchor": wanted.anchor, "wordings": [asdict(each) for each in found]})
        return 0
    for each in found:
        since = f"自 {each.since} 起施行" if each.since else "施行日期不详"
        click.echo(
            f"{STEPS[each.step]}　{each.made or '日期不详'} 的文本（{each.version or '现行'}，{since}）　{each.label}"
        )
        if each.others:
            click.echo(f"　　另见：{'、'.join(each.others)}")
        for by in each.by:
            known = f"《{by.title}》（{by.document}）" if by.document else ""
            click.echo(f"　　{'可能来自' if len(each.by) > 1 else '来自'}：{known}{by.sentence or by.day}")
        if each.missing:
            told = "更早的文本库里没有" if each.step == "first kept" else "库里没有这些时候的文本，变化也可能发生在其中"
            click.echo(f"　　{told}：{'、'.join(each.missing)}")
        click.echo(f"{each.text.rstrip()}\n" if each.text else "")
    return 0


@verb("serve")
@click.option("--host", metavar="地址", help="监听的地址；默认见设置")
@click.option("--port", type=click.IntRange(0, 65535), metavar="端口", help="端口；默认见设置，0 表示任选一个空闲端口")
@click.option(
    "--mode",
    type=click.Choice(list(MODES)),
    metavar="给谁用",
    help="local 本机、public 公开、intranet 内网、confidential 保密；默认见设置",
)
def _serve(config: Settings, host: str | None, port: int | None, mode: str | None) -> int:
    """提供网页和 JSON 接口，按 Ctrl+C 结束。

    收到 SIGTERM，答完已经收到的请求再结束；收到 SIGHUP，重新读取设置和程序，不丢一个请求。
    """

    def bounded(config: Settings) -> Settings:
        config = replace(config, boundary=boundary.chosen(mode, dict(config.parts))) if mode else config
        boundary.check(config, host or config.host)
        return config

    context = click.get_current_context()
    path = context.params.get("config") or context.find_root().params["config"]
    if path is None and storage.is_there(Path(settings.FILE_NAME)):
        path = Path(settings.FILE_NAME).absolute()  # it must not go: without it there is no boundary and no login
    if path is None and config.readers_file and storage.is_there(config.readers_file):
        raise UsageError(
            f"有读者名单 {config.readers_file}，却没有 {settings.FILE_NAME}，就谁都不用登录：请放回它，或用 --config 指明；真不要登录，请移走名单。"
        )
    config = bounded(config)
    if config.boundary.files == "private":
        os.umask(PRIVATE)
        for kept in (config.corpus, config.index, config.follow):
            storage.make_private(kept)
    with scratch.folder("metrics") as folder:
        os.environ[SHARED_METRICS] = str(folder)
        from kb.web.site.http_server import serve  # not before: what it imports looks at that variable once

        engine = chosen_engine(config)
        try:
            with deadline.within(deadline.Deadline(_LOOK)):
                engine.stats()
        except (StorageError, OtherFormatError) as error:  # documents can be read meanwhile
            say(f"{error}现在只能阅读，不能检索；好了之后自己就能检索，不用重新启动。")
        except BusyError:
            say(f"索引在 {_LOOK:g} 秒内没有打开：先启动，打开之前只能阅读，不能检索。")
        again = serve(
            config,
            host or config.host,
            config.port if port is None else port,
            on_ready=lambda ready: say(f"{ready}\n{told(config.boundary)}"),
            reread=lambda: bounded(settings.load(path)),
            tell=say,
        )
        if again:
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # the folder goes as one that nobody holds
    return 0


@verb("check")
@click.option("--accept", metavar="文件", multiple=True, help="确认这份文件的手工修改（可多次使用）")
@click.option(
    "--repair", is_flag=True, help="恢复能恢复的：损坏的文件按快照还原，索引重建；没有确认的手工修改也会被还原"
)
@click.option("--engines", is_flag=True, help="也检查另一个引擎的索引，并用一些查询比较两个引擎的回答")
@JSON
def _check(config: Settings, accept: Sequence[str], repair: bool, engines: bool, as_json: bool) -> int:
    """检查每个字节是否与写入时一致、索引是否与语料库一致；有问题就以退出码 1 结束。

    也说有多少份文件存疑：那不是损坏，不改变退出码；看在哪里、为什么，用 kb doubts（有就以退出码 1 结束）。
    """
    from kb.upkeep.mend import mend, problems
    from kb.upkeep.status import note_indexed
    from kb.upkeep.verdict import note_checked, told_found

    corpus = existing(Corpus(config.corpus))
    for id in (Address.read(each).id for each in accept):
        corpus.accept(id)
        say(f"已确认 {id} 现在的内容。")
    engine, law = chosen_engine(config), Store(config.index)
    others = [chosen_engine(config, kind) for kind in ENGINES if kind != config.engine] if engines else []
    for sentence in mend(corpus, engine, law, config) if repair else ():
        say(sentence)
    problematic = problems(corpus, engine, law, config)
    found = [each.sentence for each in problematic]
    for other in others:
        found += other.check(corpus.fingerprints()) or _compared(engine, other, corpus)
    found = list(dict.fromkeys(found))
    since = corpus.ledger.read().found
    is_new = since > told_found(corpus)
    try:
        if not found:
            note_indexed(corpus.root)
        note_checked(corpus, problematic, config.index, clock.now(), since)
    except StorageError as error:
        say(f"没有记下这次核对：{error}")
    doubtful = sum(1 for _ in corpus.doubtful())
    ledger = f"账本里有照当时的样子补记的文件（最近一次 {since}）：在那之前的损坏和删除，账本不知道。" if since else ""
    if as_json:
        damage = [
            {"file": str(each.path), "document": each.id, "damage": each.damage} for each in problematic if each.damage
        ]
        told = {"documents": len(corpus.ids()), "problems": found, "damage": damage, "doubtful": doubtful}
        print_json({**told, "ledger": ledger})
    else:
        if is_new:
            say(ledger)
        for sentence in found:
            click.echo(sentence)
        if doubtful:
            say(f"{doubtful:,} 份文件有存疑之处：在哪里、为什么，见 kb doubts。")
        click.echo(f"检查了 {len(corpus.ids()):,} 份文件和索引：" + (f"{len(found)} 个问题。" if found else "完好。"))
    return FAILED if found else 0


def _compared(engine: Engine, other: Engine, corpus: Corpus) -> list[str]:
    try:
        return differences(engine, other, list(sample(corpus)))
    except (BadIndexError, StorageError) as error:
        return [str(error)]


def _updated(updated: Updated, stats: Stats) -> str:
    older = f"，另有旧版本 {stats.versions:,} 份" if stats.versions else ""
    counted = "（旧版本在内）" if stats.versions else ""
    meant = f"其中 {stats.meant:,} 节可以按意思找到{counted}。" if stats.meant else ""
    return (
        f"索引现有 {stats.documents:,} 份文件、{stats.sections:,} 节"
        f"{older}（新增 {updated.added}，更新 {updated.changed}，移除 {updated.removed}，未变 {updated.unchanged}）。{meant}"
    )


def _at(document: Document, anchor: str) -> tuple[Section, ...]:
    from kb.cite.passage import section_at

    try:
        return (section_at(document, anchor),)
    except NotFoundError as error:
        known = [section.anchor for section in document.walk() if section.number]
        some = "、".join(known[:_SHOWN_ANCHORS]) + (f" 等 {len(known)} 节" if len(known) > _SHOWN_ANCHORS else "")
        advice = f"有编号的章节是 {some}" if known else "这份文件没有编号的章节"
        raise NotFoundError(f"文件 {document.id} 没有章节 #{anchor[:80]}：{advice}。") from error


def _show_results(results: Results, offset: int) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{proof(results)}。", style="dim")
    for place, hit in enumerate(results.hits, start=offset + 1):
        address = str(Address(hit.document, hit.version, hit.anchor))
        version = f"旧版本 {hit.version[:10]}" if hit.version else ""
        facts = "　".join(fact for fact in (hit.validity, version, hit.issuer, hit.date, address) if fact)
        console.print()
        related = "（按意思找到）" if hit.by_meaning else "（词语相近）"
        how = "（直达）" if hit.direct else "" if hit.literal else related
        console.print(Text(f"{place}. {hit.title}{how}", "bold"))
        console.print(Text(f"   {' › '.join(hit.heading_path)}"))
        console.print(Text("   ").append_text(_marked(hit)))
        console.print(Text(f"   {facts}", "dim"))


def _marked(hit: Hit) -> Text:
    text = Text(hit.snippet.replace("\n", " "))
    text.highlight_regex(f"{MISSING}+", _DOUBTFUL)
    for start, end in hit.highlights:
        text.stylize("bold yellow", start, end)
    return text


def _show_document(document: Document, sections: tuple[Section, ...], withdrawn: str) -> None:
    facts = document.metadata
    gone = f"{withdrawn} 发现来源网站不再提供这份文件；这里保留最后取得的文字。" if withdrawn else ""
    rows = [
        ("题名", facts.title + ("（题名由系统拟定）" if facts.found.get("title") == "supplied" else "")),
        ("发文机关", facts.issuer),
        ("文号", facts.document_number),
        ("日期", days(document)),
        ("来源", facts.url or document.provenance.origin),
        ("已撤下", gone),
        *(("说明", note) for note in document.provenance.notes),
    ]
    click.echo("\n".join(f"{label}：{value}" for label, value in rows if value) + "\n")
    marked, places = 0, document.doubtful()
    for section in (each for top in sections for each in top.walk()):
        doubts = places.get(section.anchor, ())
        click.echo("".join(_with_doubts(section.text, doubts)), nl=False)
        marked += len(doubts)
    if marked:
        say(f"以上文字有 {marked} 处存疑（无法证明原文，照所见保留；〓 是读不出的字）：见 kb doubts {document.id}。")


def _with_doubts(text: str, doubts: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Yield a text piece by piece, what is doubtful in it marked on a terminal."""
    done = 0
    for start, end in doubts:
        yield text[done:start]
        yield click.style(text[start:end], fg="red", bold=True, reverse=True) if end > start else ""
        done = end
    yield text[done:]
