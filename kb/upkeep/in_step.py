"""One state: corpus → store of citations → index. The only caller of their `update`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from kb.base.deadline import OverTimeError
from kb.base.errors import BadIndexError, KbError, StorageError, unforeseen
from kb.corpus.folder import Corpus
from kb.law.store import OF_ANOTHER_VERSION, Store
from kb.search.contract.engine import Engine, Progress, Updated
from kb.search.embedded.generations import FINGERPRINTS
from kb.upkeep import findings

_MOST_LOST = 5
_RENEWED = "引用库由另一个版本的程序建立：已重建。"
_LOST = "引用库不见了：已重建。"
_REBUILT = "引用库已损坏：已重建；请检查磁盘。"
_INDEX_REBUILT = "索引已损坏：已重建（语料库不受影响）；请检查磁盘。"
_GONE_ON_FROM = "索引最新的一代已损坏：从前一代接着更新（语料库不受影响）；请检查磁盘。"

Showing = Callable[[str], AbstractContextManager[Progress]]
"""Shows how far a step, which it is told the name of, has come: with (documents done, documents to do)."""


@dataclass(slots=True)
class Outcome:
    """What was done: `updated` by engine; `problems` are sentences on documents, `errors` what kept a step from its end,
    `mended` what was made anew, `damaged` which of that because it was damaged (see `findings.note_rebuilt`), `lost` which files
    are not there any more: the index is in step with the corpus all the same.
    """

    updated: dict[str, Updated] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    errors: list[KbError] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        """Say all that is not in step, "" when everything is."""
        return " ".join(dict.fromkeys([*self.problems, *map(str, self.errors)]))


def vanished(corpus: Corpus, law: Store) -> str:
    """Say that the corpus has no document and no ledger, though there is a store of citations, or an index, of some: a disk that
    is not mounted, a path that is not the one; "" where that is not so.

    A ledger proves that the folder is the one: what is not there any more it tells by itself.
    """
    index = law.path.parent
    try:
        if any(True for _ in corpus.files()) or corpus.ledger.read().entries:
            return ""
        known = len(law.fingerprints()) if law.exists() else 0
    except KbError:  # damaged, another version's, or left half made
        known = 0
    try:
        if not known and all(each.stat().st_size <= len("{}") for each in index.glob(f"gen-*/{FINGERPRINTS}")):
            return ""
    except OSError:  # told by who asks for the index
        return ""
    of = f"由 {known:,} 份文件建立的" if known else "从前建立的"
    return (
        f"语料库 {corpus.root} 里一份文件也没有，而索引 {index} 是{of}：多半是盘没有挂上，或者路径不对。"
        f"请挂上、改正，或用 kb restore 把备份恢复到新的文件夹；真要从空的开始，先把 {index} 移走。"
    )


def refuse_vanished(corpus: Corpus, law: Store) -> None:
    """Keep a new corpus from being begun in the place of one that is not there. Raises StorageError."""
    if sentence := vanished(corpus, law):
        raise StorageError(sentence)


def bring_in_step(
    corpus: Corpus, law: Store, engines: Mapping[str, Engine], *, rebuild: bool = False, show: Showing | None = None
) -> Outcome:
    """Make the store of citations and the indexes those of the corpus.

    The store comes first: an index answers how documents stand only from a store of the same state. Trouble with one step
    does not keep the others back. Vectors come last, and only where the settings ask for them.
    Raises StorageError where the documents have vanished: what was found of them would go, too.
    """
    refuse_vanished(corpus, law)
    outcome, shown = Outcome(), show or _silent
    lost = [problem.sentence for problem in corpus.lost()]
    outcome.lost += lost[:_MOST_LOST]
    outcome.lost += [f"不见了的文件共 {len(lost):,} 份：全部列在 kb check 里。"] if len(lost) > _MOST_LOST else []
    with _noted(outcome), shown("查找引用") as progress:
        told = _told(law)
        outcome.problems += law.update(corpus, rebuild=rebuild or bool(told), progress=progress)
        outcome.mended += [told] if told and not rebuild else []
    for name, engine in engines.items():
        with _noted(outcome), shown("建立索引") as progress:
            outcome.updated[name] = _updated(engine, corpus, outcome, rebuild, progress)
            outcome.problems += outcome.updated[name].problems
    outcome.damaged += [each for each in outcome.mended if each not in (_RENEWED, _LOST)]
    if outcome.damaged:
        with _noted(outcome):
            findings.note_rebuilt(corpus.root, outcome.damaged)
    for engine in engines.values():  # last of all: everything can be searched by its words meanwhile
        with _noted(outcome), shown("按意思查找") as progress:
            engine.learn(progress)
    return outcome


def _told(law: Store) -> str:
    """Say why the store of citations is to be made anew, "" where it is sound, or there never was one."""
    wrong = law.check()
    if not wrong or not law.exists():
        return _LOST if wrong else ""
    return _RENEWED if wrong == [OF_ANOTHER_VERSION] else _REBUILT


def _updated(engine: Engine, corpus: Corpus, outcome: Outcome, rebuild: bool, progress: Progress) -> Updated:
    """Update an index; one that is damaged is made anew, for nobody may look for weeks."""
    try:
        updated = engine.update(corpus, rebuild=rebuild, progress=progress)
        outcome.mended += [_GONE_ON_FROM] if updated.damaged else []
    except BadIndexError:
        if rebuild:
            raise
        updated = engine.update(corpus, rebuild=True, progress=progress)
        outcome.mended.append(_INDEX_REBUILT)
    return updated


def index_problem(engine: Engine) -> str:
    """Return why an index cannot be searched, or cannot tell how documents stand; "" where it can do both."""
    try:
        return engine.stats().unknown
    except (BadIndexError, StorageError) as error:
        return str(error)
    except OverTimeError:
        return "索引没有及时回答：请检查集群是否过载或有节点停住。"


def mend_index(corpus: Corpus, law: Store, engine: Engine) -> Iterator[str]:
    """Bring what is damaged or behind in step again; yield a sentence for each part. Raises StorageError."""
    if told := _told(law):
        law.update(corpus, rebuild=True)
        yield told
    present = corpus.fingerprints()
    if law.check(present) or engine.check(present) or index_problem(engine):
        law.update(corpus)
        yield _mended(corpus, engine)


def _mended(corpus: Corpus, engine: Engine) -> str:
    """Update an index, make it anew where it is damaged itself or cannot tell how documents stand; say which, and what is not in it.

    Of documents that cannot be read an updated index has what they said, one made anew has not.
    """
    try:
        unread = engine.update(corpus).problems
        if not engine.check(None if unread else corpus.fingerprints()) and not index_problem(engine):
            kept = "索引里原来有的照旧检索得到，原来没有的检索不到"
            return f"索引已更新；{len(unread)} 份文件或旧版本读不出来：{kept}。" if unread else "索引已更新。"
    except BadIndexError:
        pass
    unread = engine.update(corpus, rebuild=True).problems
    return f"索引已重建；{len(unread)} 份文件或旧版本读不出来，检索不到。" if unread else "索引已重建。"


@contextmanager
def _noted(outcome: Outcome) -> Iterator[None]:
    try:
        yield
    except KbError as error:
        outcome.errors.append(error)
    except Exception as error:  # noqa: BLE001 — a step that meets a mistake of ours must not stop the others
        outcome.errors.append(KbError(unforeseen("使索引与语料库一致", error)))


def _silent(_: str) -> AbstractContextManager[Progress]:
    return nullcontext(lambda done, total: None)  # noqa: ARG005
