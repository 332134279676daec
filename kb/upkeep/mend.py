"""What is wrong with corpus, memory and index, and what of it can be derived again: a document from its snapshot, the index
from the documents, a source's memory from its site. Nothing is thrown away: what is replaced is kept aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shlex import quote

from kb.base import clock, storage
from kb.base.errors import KbError, StorageError
from kb.config.settings import Settings
from kb.corpus import front_matter, markdown
from kb.corpus.damage import SAID, as_encoded, beside, judge
from kb.corpus.folder import REPAIR, Corpus, Problem, again
from kb.corpus.ledger import Entry
from kb.ingest import derive
from kb.law.store import Store
from kb.search.contract.engine import Engine
from kb.upkeep import findings, seals
from kb.upkeep.in_step import index_problem, mend_index, refuse_vanished, vanished
from kb.upkeep.keeping import damaged_records
from kb.upkeep.status import note_lost
from kb.upkeep.verdict import KEPT, forget_backup


def problems(corpus: Corpus, engine: Engine, law: Store, settings: Settings) -> list[Problem]:
    """Return everything that is not as it was written, or not in step. Raises StorageError."""
    found = [_told_apart(corpus, each, settings) for each in corpus.check()]
    for name, paths in seals.damaged(corpus.root):
        files = "、".join(map(str, paths))
        sentence = f"来源 {name} 的更新记录与写入时不一致（{files}）：请运行 kb check --repair，下次更新会重新记录。"
        found.append(Problem(paths[0], sentence, advice=REPAIR))
    found += [
        Problem(
            path,
            f"{path} 与写入时不一致：它只是可疑网页的记录，可以删除，或从备份恢复。",
            "",
            "damaged",
            f"rm {quote(str(path))}",
        )
        for path in damaged_records(corpus.root)
    ]
    found += [
        Problem(
            path, f"{path} 与写入时不一致：它只是运行的记录，请运行 kb check --repair 删除它。", "", "damaged", REPAIR
        )
        for path in findings.damaged(corpus.root)
    ]
    present = corpus.fingerprints()
    if gone := vanished(corpus, law):
        return [*found, Problem(corpus.root, gone)]
    of_index = [
        *engine.check(present),
        *law.check(present, {each.id for each in found}),
        *filter(None, [index_problem(engine)]),
    ]
    return [*found, *(Problem(settings.index, sentence) for sentence in dict.fromkeys(of_index))]


def _told_apart(corpus: Corpus, problem: Problem, settings: Settings) -> Problem:
    """Tell more of a file that looks edited, where the text that it was can be derived again."""
    if problem.damage != "edited":
        return problem
    with storage.refusals(problem.path, "读"):
        text = markdown.plain(problem.path.read_bytes().decode("utf-8", "replace"))
    original = _derived(corpus, problem.path, text, settings)
    damage = beside(text, original) if original and front_matter.written_as(text, original) else problem.damage
    if damage == "edited":
        return problem
    return replace(
        problem, damage=damage, sentence=f"{problem.path} {SAID[damage]}。请运行 {REPAIR} 恢复。", advice=REPAIR
    )


def mend(corpus: Corpus, engine: Engine, law: Store, settings: Settings) -> Iterator[str]:
    """Mend what can be mended; yield a sentence for each thing that was, or that needs something else. Raises StorageError."""
    refuse_vanished(corpus, law)
    with corpus.writing("check --repair"):
        if corpus.ledger.is_lost():
            corpus.ledger.forgive()
            yield "账本不见了，已按现有的文件重建：在此之前丢失、损坏的，它不知道。"
        told = corpus.ledger.read()
        for path in dict.fromkeys(problem.path for problem in corpus.check()):
            if path.suffix == ".md" and not path.is_symlink():
                known = told.entries.get(path.relative_to(corpus.root).as_posix())
                yield from _mend_document(corpus, path, known, settings)
        if told.damaged:
            corpus.ledger.begin_anew(corpus.ledger.read().entries.values())
            yield f"账本有 {told.damaged} 行损坏，已按其余各行和现有文件重新建立。"
        corpus.note_found()
        for name, _ in tuple(seals.damaged(corpus.root)):
            seals.unseal(corpus.root, name)
            note_lost(corpus.root, name, clock.now())
            yield f"来源 {name} 的更新记录已损坏，已删除：下次更新会把网页全部再核对一遍。"
        for path in findings.damaged(corpus.root):
            if path == corpus.root / KEPT and path.is_file():
                forget_backup(corpus)
                yield f"{path} 已损坏，已重新记录：上次备份在哪一天不知道了，请再备份一次（kb backup 目标文件夹）。"
            else:
                storage.remove(path)
                yield f"{path} 已损坏，已删除：下次运行会重新记录。"
    yield from mend_index(corpus, law, engine)


def _mend_document(corpus: Corpus, path: Path, known: Entry | None, settings: Settings) -> Iterator[str]:
    """Put a document or version back as it was written, where a checksum, its own or the ledger's, proves what that was.

    A file that was emptied, or cut off in its front matter, or is not there any more has nothing to lose: it becomes what
    its snapshot gives today where that is not the same.
    """
    try:
        with storage.refusals(path, "读"):
            data = path.read_bytes() if path.is_file() else b""
    except StorageError as error:
        yield str(error)
        return
    if not judge(data, known):
        return
    text = markdown.plain(data.decode("utf-8", "replace"))
    written, same = _as_written(corpus, path, known, settings, data)
    if not (written and (same or markdown.is_emptied(data) or front_matter.is_cut(text))):
        head = known.front_matter if known else text
        way = again(head, path.relative_to(corpus.root).parts[0])
        yield (
            f"{path} 恢复不了：快照、文件头或它的来历记录也有损坏。请从备份恢复，或重新收录（{way}）；"
            "若是手工修改，用 kb check --accept 确认。"
        )
        return
    kept = corpus.set_aside(path, data) if data.strip(b"\0") else None
    storage.make_folder(path.parent)
    corpus.put(path, written)
    if same:
        yield f"{path} 已恢复成写入时的样子" + (f"；替换下来的内容在 {kept}。" if kept else "。")
    else:
        yield f"{path} 已按快照重新提取，与损坏之前写入的不完全相同（程序更新过，或曾有手工修改）：请核对。"


def _as_written(corpus: Corpus, path: Path, known: Entry | None, settings: Settings, data: bytes) -> tuple[bytes, bool]:
    """Return what a file was, and whether that is proven; b"" where nobody can tell."""
    if known and (there := corpus.bytes_of(known.sha256)):
        return there, True
    if decoded := as_encoded(data):
        return decoded.encode(), True
    text = data.decode("utf-8", "replace")
    again = _derived(corpus, path, text, settings)
    if again and front_matter.written_as(text, again):
        return again.encode(), True
    head = known.front_matter if known else ""
    again = _derived(corpus, path, f"{head}\n-\n", settings) if head else ""
    if again and front_matter.written_as(head, again):
        return again.encode(), True
    if one_byte := front_matter.restored(data):
        return one_byte, True
    return again.encode(), False


def _derived(corpus: Corpus, path: Path, text: str, settings: Settings) -> str:
    """Derive a document from the snapshot that the head of `text` names; "" where that cannot be done."""
    folder, id = path.relative_to(corpus.root).parts[:2]
    try:
        damaged = markdown.load(text, id.removesuffix(".md"), folder)
        return markdown.dump(derive.from_snapshot(damaged, corpus.snapshot(damaged.provenance.snapshot), settings))
    except KbError:
        return ""
