"""The verbs for those who use the texts: cite, export, diff, mcp."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from kb.base import storage
from kb.base.address import Address
from kb.base.errors import StorageError, UsageError
from kb.base.model import Document
from kb.cite import styles
from kb.cli.terminal import JSON, Registered, print_json, say, verb
from kb.config.settings import Settings
from kb.corpus.folder import Corpus

if TYPE_CHECKING:
    from kb.compare.sections import Comparison, Pair


@verb("cite")
@click.argument("address", metavar="文件[@版本][#条款]")
@click.option("--text", default="", metavar="原文", help="引用这段文字，它必须在文件里")
@click.option("--form", cls=Registered, labels=styles.labels, metavar="格式", help="只要一种：")
@JSON
def _cite(config: Settings, address: str, text: str, form: str | None, as_json: bool) -> int:
    """引用一份文件、其中一条一款或一段文字，例如 kb cite haojiang-2021-report#1-3-2。"""
    from kb.cite.citation import cite

    wanted = Address.read(address)
    document = Corpus(config.corpus).read(wanted.id, wanted.version)
    citation = cite(document, wanted.anchor, text, config.address, wanted.version)
    if as_json:
        print_json(asdict(citation))
    elif form:
        if not citation.form(form):
            raise UsageError(
                f"整份文件没有“{styles.labels()[form]}”这种格式：请写明条款，例如 {wanted.id}#1，或用 --text 给出原文。"
            )
        click.echo(citation.form(form).rstrip("\n"))
    else:
        for each in citation.forms:
            click.echo(f"{each.label}\n{each.text.rstrip()}\n")
    return 0


def _formats() -> dict[str, str]:
    from kb.export.formats import labels

    return labels()


@verb("export")
@click.argument("address", metavar="文件[@版本][#条款]")
@click.option(
    "--format",
    "format",
    cls=Registered,
    labels=_formats,
    required=True,
    metavar="格式",
    help="",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="文件",
    help="写到哪里，- 表示标准输出；默认写到当前文件夹",
)
def _export(config: Settings, address: str, format: str, output: Path | None) -> int:
    """把一份文件或其中一条写成 Word、PDF、Markdown 等格式，或做成存证包。"""
    from kb.export.evidence_package import evidence
    from kb.export.formats import EVIDENCE, Exported, export
    from kb.export.scope import select

    wanted, corpus = Address.read(address), Corpus(config.corpus)
    document = corpus.read(wanted.id, wanted.version)
    if format == EVIDENCE:
        if wanted.anchor:
            raise UsageError("存证包是整份文件的：请去掉 # 和后面的条款。")
        packed = evidence(corpus, document, config.address, wanted.version)
        made = Exported(f"{wanted.id}.zip", "application/zip", packed)
    else:
        made = export(select(document, wanted.anchor, config.address, wanted.version), format)
    if output == Path("-"):
        sys.stdout.buffer.write(made.data)
        return 0
    path = output or Path(made.name)
    storage.write_atomic(path, made.data)
    say(f"已写入 {path}（{len(made.data):,} 字节）。")
    return 0


@verb("diff")
@click.argument("old", metavar="文件[@版本]")
@click.argument("new", metavar="[文件[@版本]]", required=False)
@click.option("--output", type=click.Path(path_type=Path), metavar="文件", help="另存新旧条文对照表：.docx 或 .xlsx")
@JSON
def _diff(config: Settings, old: str, new: str | None, output: Path | None, as_json: bool) -> int:
    """逐节逐字比较一份文件的两个版本，或两份文件。

    只写一份文件时，比较它的上一个版本和现行版本。版本名见 kb show --json。
    """
    from kb.compare.sections import compare

    corpus = Corpus(config.corpus)
    before, after = _two(corpus, old, new)
    comparison = compare(before, after)
    if output:
        _save_comparison(comparison, before, after, output)
        return 0
    if as_json:
        print_json({"from": before.id, "to": after.id, **comparison.as_json()})
    else:
        _show_comparison(comparison)
    return 0


@verb("mcp")
@click.option("--http", is_flag=True, help="经 HTTP 提供（地址是 /mcp）；默认用标准输入输出")
@click.option("--host", default="127.0.0.1", metavar="地址", help="HTTP 监听的地址；默认 127.0.0.1")
@click.option("--port", type=click.IntRange(1, 65535), default=8001, metavar="端口", help="HTTP 的端口；默认 8001")
def _mcp(config: Settings, http: bool, host: str, port: int) -> int:
    """让助手（MCP 客户端）检索、读条文、比较、引用。需要可选组件：scripts/environment mcp。"""
    try:
        from kb.mcp.server import build
    except ModuleNotFoundError as error:
        raise StorageError(
            f"缺少可选组件（{error.name}）：请运行 scripts/environment mcp，或 pip install 'zhengce-wenku[mcp]'。"
        ) from error
    if http:
        from kb.mcp import over_http

        over_http.run(config, host, port, lambda: say(f"MCP 服务：http://{host}:{port}/mcp （按 Ctrl+C 结束）"))
    else:
        build(config).run("stdio")
    return 0


def _save_comparison(comparison: Comparison, before: Document, after: Document, output: Path) -> None:
    """Write the table of old and new articles. Raises UsageError for an ending that is neither Word's nor a workbook's."""
    from kb.export.comparison_table import comparison_docx, comparison_xlsx, title_of_text
    from kb.structure.wholeness import breaks_off

    old, new = (title_of_text(each, each.provenance.dated) for each in (before, after))
    incomplete = (breaks_off(before), breaks_off(after))
    if output.suffix == ".docx":
        data = comparison_docx(comparison, (old, new), after.provenance.retrieved, incomplete)
    elif output.suffix == ".xlsx":
        data = comparison_xlsx(comparison, (old, new), incomplete)
    else:
        raise UsageError(f"对照表存成 .docx 或 .xlsx，现在是“{output.name[-40:]}”。")
    storage.write_atomic(output, data)
    say(f"已写入 {output}（{len(data):,} 字节）。")


def _two(corpus: Corpus, old: str, new: str | None) -> tuple[Document, Document]:
    """Read what is to be compared. Raises UsageError where there is one text only."""
    if new:
        return _read(corpus, old), _read(corpus, new)
    wanted = Address.read(old)
    older = wanted.version or next(iter(corpus.versions(wanted.id)), "")
    if not older:
        raise UsageError(f"{wanted.id} 只有一个版本，没有可以比较的：请再写一份文件。")
    return corpus.read(wanted.id, older), corpus.read(wanted.id)


def _read(corpus: Corpus, name: str) -> Document:
    wanted = Address.read(name)
    return corpus.read(wanted.id, wanted.version)


def _show_comparison(comparison: Comparison) -> None:
    from kb.compare.sections import CHANGES

    console = Console(highlight=False, soft_wrap=True)
    counts = "，".join(f"{CHANGES[change]} {count}" for change, count in comparison.counts.items() if count)
    console.print(f"{counts}。\n", style="dim")
    for pair in comparison.pairs:
        if pair.change != "same":
            console.print(Text(f"{CHANGES[pair.change]}　{_names(pair)}", "bold"))
            console.print(_marked(pair))


def _names(pair: Pair) -> str:
    names = [section.label or section.anchor for section in (pair.old, pair.new) if section]
    return names[0] if len(set(names)) == 1 else " → ".join(names)


def _marked(pair: Pair) -> Text:
    """The characters of both texts: [-deleted-] and {+inserted+}, as git words them, so that it reads without colours."""
    text = Text()
    for run in pair.runs:
        match run.kind:
            case "inserted":
                text.append(f"{{+{run.text.rstrip()}+}}", "green")
            case "deleted":
                text.append(f"[-{run.text.rstrip()}-]", "red")
            case "same":
                text.append(run.text if len(run.text) < 80 else f"{run.text[:30]} … {run.text[-30:]}")
    return text
