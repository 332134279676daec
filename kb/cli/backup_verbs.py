"""The verbs that keep the library elsewhere, bring it back, and clear away what it can do without: backup, restore, gc."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import click

from kb.base import clock
from kb.base.errors import NotFoundError, StorageError
from kb.cli.terminal import FAILED, JSON, existing, not_vanished, print_json, say, verb
from kb.config import settings
from kb.config.settings import Settings
from kb.corpus.folder import Corpus

_KEPT = 30
_SHOWN = 10


@verb("backup")
@click.argument("target", type=click.Path(path_type=Path), metavar="目标文件夹")
@click.option(
    "--keep", type=click.IntRange(2), default=_KEPT, metavar="数", help="留几次备份，更早的删去；默认 30，至少 2"
)
@click.option("--check", "check_only", is_flag=True, help="不备份，只把那里每一次备份的每个字节核对一遍")
@click.option("--new", is_flag=True, help="以前备份到这里，现在那里一次也没有了：从头开始（只用一次）")
@JSON
def _backup(config: Settings, target: Path, keep: int, check_only: bool, new: bool, as_json: bool) -> int:
    """把语料库、订阅、读者名单和设置备份到一个文件夹（另一块盘、挂载的网络盘）。

    每次备份是其中一个文件夹，里面就是文件本身；没有变的与上一次共用（硬链接）。写完逐字节读回来核对，才算数；中途断了，
    以前的备份不动。语料库有损坏，或者上一次备份里有文件坏了，照样备份并说明（退出码 1），这时不删去任何以前的备份。
    以前备份到这里，现在一次也没有（多半是盘没有挂载），就什么也不写。索引不备份：它由语料库生成。
    """
    from kb.upkeep import backup
    from kb.upkeep.verdict import note_backup, note_bad_backup, used_targets

    if check_only:
        return _checked(target, as_json)
    context = click.get_current_context()
    home = context.params.get("config") or context.find_root().params["config"] or Path(settings.FILE_NAME)
    corpus = existing(not_vanished(config))
    try:
        kept = backup.back_up(config, home.absolute(), target, keep, used=used_targets(corpus), new=new)
    except NotFoundError as error:
        with suppress(StorageError):
            note_bad_backup(corpus, target.resolve(), f"{clock.stamp()} 的备份没有做成：{error}", clock.now())
        raise
    place, problems, now = kept.state.path.parent, kept.state.problems, clock.now()
    try:
        if problems:
            sentence = f"{clock.stamp(now)} 的备份（在 {place}）不完好，共 {len(problems):,} 处：{problems[0]}先运行 kb check --repair，照它说的做，再备份一次。"
            note_bad_backup(corpus, place, sentence, now)
        else:
            note_backup(corpus, kept.state.path, now)
    except StorageError as error:
        say(f"没有记下这次备份：{error}")
    for sentence in kept.notes:
        say(sentence)
    for sentence in kept.damaged[:_SHOWN]:
        say(f"上一次备份有损坏或读不出来的：{sentence}")
    if kept.damaged:
        say(
            f"共 {len(kept.damaged):,} 处：这一次没有与它们共用，都重新写了。以前的备份一次也没有删去；"
            f"哪几次还完好，运行 kb backup {place} --check。"
        )
    for sentence in kept.state.problems[:_SHOWN]:
        say(f"这次备份不完好：{sentence}")
    if kept.state.problems:
        say(
            f"共 {len(kept.state.problems)} 处：语料库里损坏的，备份里也是这样；读不出来的，备份里没有。"
            "以前的备份一次也没有删去。先运行 kb check --repair，照它说的做，再备份一次。"
        )
    if as_json:
        told = asdict(kept)
        print_json(told | {"state": told["state"] | {"path": str(kept.state.path)}})
    else:
        click.echo(f"备份在 {kept.state.path}：{kept.state.documents:,} 份文件。")
        click.echo(
            f"{kept.files:,} 个文件逐字节读回核对过，都与写入的相同：新写 {kept.copied:,} 个（{kept.written / 1e6:,.1f} MB），"
            f"与上一次共用 {kept.linked:,} 个。" + (f"删去更早的 {len(kept.removed)} 次。" if kept.removed else "")
        )
    return FAILED if kept.state.problems or kept.damaged else 0


def _checked(target: Path, as_json: bool) -> int:
    """Say of each state whether every byte of it is as it was written."""
    from kb.upkeep import backup

    states = backup.states(target)
    found = {state.path.name: backup.damage(state.path) for state in states}
    if not found:
        raise NotFoundError(f"{target} 里没有备份。")
    if as_json:
        print_json(found)
    for state in states:
        wrong = found[state.path.name]
        if not as_json and wrong:
            click.echo(f"{state.path.name}：" + "".join(wrong[:_SHOWN]) + f"共 {len(wrong)} 处。")
        elif not as_json:
            click.echo(f"{state.path.name}：" + ("与写入时一致。" if state.problems else "完好。"))
        if not state.known:
            say("".join(state.problems))
        elif state.problems:
            say(f"{state.path.name}：备份的时候语料库就有 {len(state.problems)} 处不完好，记在它的 {backup.ABOUT} 里。")
    return FAILED if any(found.values()) else 0


@verb("restore")
@click.argument("source", type=click.Path(path_type=Path), metavar="备份")
@click.argument("folder", type=click.Path(path_type=Path), default=Path(), metavar="[文件夹]")
@click.option("--partial", is_flag=True, help="有损坏的备份也恢复：好的都恢复，坏的逐个列出（退出码 1）")
def _restore(config: Settings, source: Path, folder: Path, partial: bool) -> int:  # noqa: ARG001
    """把备份恢复到一个空的（或还没有的）文件夹；默认是当前文件夹。

    写 kb backup 的目标文件夹，就恢复最近一次；写其中一次备份的文件夹，就恢复那一次。先核对备份的每个字节；坏了的文件，别的备份里有同样的一份就用那一份，
    都没有就什么也不写，说明还能怎样恢复。写好之后再读回核对。之后在那里运行 kb index 和 kb check。
    """
    from kb.upkeep import backup

    restored = backup.restore(source, folder.resolve(), partial=partial)
    state, lacking = restored.state, restored.lacking
    for sentence in (*restored.notes, *state.problems[:_SHOWN], *(f"没有恢复：{each}" for each in lacking)):
        say(sentence)
    if lacking:
        say(
            f"共 {len(lacking):,} 处没有恢复。语料库里的，kb check --repair 按账本和快照恢复，恢复不了的它会说；"
            "kb.toml、读者名单、订阅要另外放回去。"
        )
    documents = "" if lacking or not state.known else f"{state.documents:,} 份文件，"
    click.echo(f"已恢复 {state.path.name}：{documents}{restored.files:,} 个文件在备份里和写好之后都逐字节核对过。")
    click.echo(f"接下来：cd {folder.resolve()} && " + ("kb check --repair" if lacking else "kb index && kb check"))
    return FAILED if state.problems or lacking else 0


@verb("gc")
@click.option("--dry-run", "dry", is_flag=True, help="只列出会删去什么")
@JSON
def _gc(config: Settings, dry: bool, as_json: bool) -> int:
    """删去语料库用不着的：重复的、旧的可疑回答（每个网页留最近一个），再没有什么提到的快照。

    文件、旧版本和它们的快照从不删去；可疑的回答至少要 keep.days 天旧（与后来的相同的除外）。先用 --dry-run 看一看。
    """
    from kb.upkeep.surplus import collect

    corpus = existing(Corpus(config.corpus))
    found = collect(corpus, config.keep_days, write=not dry)
    if as_json:
        print_json([{"file": str(each.path), "reason": each.reason, "bytes": each.size} for each in found])
        return 0
    for each in found:
        click.echo(f"{each.path.relative_to(corpus.root)}：{each.reason}")
    size = sum(each.size for each in found) / 1e6
    click.echo(f"{'会删去' if dry else '删去了'} {len(found):,} 个文件（{size:,.1f} MB）。")
    return 0
