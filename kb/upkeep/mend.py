"""What is wrong with corpus, memory and index, and what of it can be derived again: a document from its snapshot, the index
from the documents, a source's memory from its site. Nothing is thrown away: what is replaced is kept aside.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kb.base import storage
from kb.base.errors import KbError
from kb.config.settings import Settings
from kb.corpus import front_matter, markdown
from kb.corpus.folder import Corpus
from kb.ingest import derive
from kb.law.store import Store
from kb.search.contract.engine import Engine
from kb.upkeep import seals
from kb.upkeep.in_step import index_problem, mend_index
from kb.upkeep.keeping import damaged_records


def problems(corpus: Corpus, engine: Engine, law: Store) -> list[str]:
    """Return a sentence for everything that is not as it was written, or not in step. Raises StorageError."""
    found = [problem.sentence for problem in corpus.check()]
    for name, paths in seals.damaged(corpus.root):
        files = "、".join(map(str, paths))
        found.append(f"来源 {name} 的更新记录与写入时不一致（{files}）：请运行 kb check --repair，下次更新会重新记录。")
    records = damaged_records(corpus.root)
    found += [f"{path} 与写入时不一致：它只是可疑网页的记录，可以删除，或从备份恢复。" for path in records]
    of_index = [*engine.check(corpus.fingerprints()), *law.check()]
    return [*found, *(of_index or filter(None, [index_problem(engine)]))]


def mend(corpus: Corpus, engine: Engine, law: Store, settings: Settings) -> Iterator[str]:
    """Mend what can be mended; yield a sentence for each thing that was, or that needs something else. Raises StorageError."""
    with corpus.writing():
        for path in dict.fromkeys(problem.path for problem in corpus.check()):
            if path.suffix == ".md" and path.is_file() and not path.is_symlink():
                yield from _mend_document(corpus, path, law, settings)
        for name, _ in tuple(seals.damaged(corpus.root)):
            seals.unseal(corpus.root, name)
            yield f"来源 {name} 的更新记录已损坏，已删除：下次更新会把网页全部再核对一遍。"
    yield from mend_index(corpus, law, engine)


def _mend_document(corpus: Corpus, path: Path, law: Store, settings: Settings) -> Iterator[str]:
    """Put a document or version back as it was written, where its own checksum proves what that was.

    A file that was emptied, or cut off in its front matter, has nothing to lose: it becomes what its snapshot gives
    today where that is not the same.
    """
    data = path.read_bytes()
    text = data.decode("utf-8", "replace")
    emptied = markdown.is_emptied(data) or front_matter.is_cut(text)
    if not (emptied or "\0" in text or front_matter.is_ours(text)) or front_matter.intact(text):
        return
    head = _head(law, path.relative_to(corpus.root).as_posix())
    again = _derived(corpus, path, text, settings)
    written = again if again and front_matter.written_as(text, again) else front_matter.restored(data).decode()
    same = True
    if not written and head:
        again = _derived(corpus, path, f"{head}\n-\n", settings)
        same = front_matter.written_as(head, again)
        written = again if same or emptied else ""
    if not written:
        yield (
            f"{path} 恢复不了：快照、文件头或它的来历记录也有损坏。请从备份恢复，或重新收录（kb refresh 来源 --full，"
            "或 kb ingest 原来的文件）；若是手工修改，用 kb check --accept 确认。"
        )
        return
    kept = corpus.set_aside(path, data)
    storage.write_atomic(path, written.encode())
    if same:
        yield f"{path} 已恢复成写入时的样子；替换下来的内容在 {kept}。"
    else:
        yield f"{path} 已按快照重新提取，与损坏之前写入的不完全相同（程序更新过，或曾有手工修改）：请核对。"


def _head(law: Store, file: str) -> str:
    """Return the front matter that a file had when it was sound, as far as the store of citations can tell."""
    try:
        return law.head(file)
    except KbError:
        return ""


def _derived(corpus: Corpus, path: Path, text: str, settings: Settings) -> str:
    """Derive a document from the snapshot that the head of `text` names; "" where that cannot be done."""
    folder, id = path.relative_to(corpus.root).parts[:2]
    try:
        damaged = markdown.load(text, id.removesuffix(".md"), folder)
        return markdown.dump(derive.from_snapshot(damaged, corpus.snapshot(damaged.provenance.snapshot), settings))
    except KbError:
        return ""
