"""One walk over what a source offers: new and changed posts are fetched and kept, vanished ones marked.

A walk that was interrupted is taken up where it stopped: what it had dealt with carries its number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from kb.base import clock
from kb.base.errors import NotFoundError, UnreadableError
from kb.base.model import Attachment, Document
from kb.config.kinds import kinds
from kb.config.sources import Source
from kb.fetch.lists.attachments import Offered, offered
from kb.fetch.lists.family import Obtain
from kb.fetch.lists.item import Item, Lists, Page, SourceError
from kb.fetch.lists.led_on import arrive
from kb.fetch.lists.post_pages import further_pages, joined, lacking
from kb.fetch.lists.promised import Promise
from kb.fetch.network.fetch_errors import BadAddressError, FetchError, RedirectError, RobotsError, TooLargeError
from kb.fetch.network.fetched import Fetched, Validators
from kb.ingest import derive
from kb.ingest.formats.extract import extract_html
from kb.upkeep import suspicion
from kb.upkeep.gate import Gate
from kb.upkeep.keeping import PLACES, Change, Keeper, RefusedError, found_at, likeness
from kb.upkeep.post_files import GONE, PostFiles
from kb.upkeep.selection import Selection
from kb.upkeep.state import HELD, Outcome, Post, State
from kb.upkeep.tally import Tally

_MOST_TRIES = 8
_IN_A_ROW = 5
# The page's own fault: the site answers, so the next one may be asked for.
_ALONE = (BadAddressError, RedirectError, RobotsError, TooLargeError, NotFoundError, UnreadableError)


@dataclass(slots=True)
class Walk:
    """Walks over one source. `full` asks for every page again and looks for what is gone; `shorter`: somebody has seen that
    the list has become much shorter.
    """

    source: Source
    obtain: Obtain
    keeper: Keeper
    state: State
    selection: Selection
    now: datetime
    full: bool
    on_progress: Callable[[int, int], None]
    join: Callable[[str, str], str]
    tally: Tally = field(default_factory=Tally)
    number: int = 0
    deep: bool = True
    shorter: bool = False
    looked_at: int = 0
    missing: int = 0
    kept: int = 0
    _met: set[str] = field(default_factory=set)
    _gate_here: Gate | None = None
    _lacks: list[str] = field(default_factory=list)
    _troubled: int = 0
    _failures: int = 0
    _standing: int = 0
    _unlisted: bool = False
    _refused: int = 0

    @property
    def named(self) -> bool:
        """Whether the settings name each address of the source: then a page that is missing is withdrawn."""
        return kinds()[self.source.kind].named

    def run(self, lists: Lists) -> None:
        """Walk to the end. Raises SourceError, FetchError and StorageError; then the next walk goes on from here."""
        self._standing = self.state.count("kept")
        for pages in lists:
            self._list(pages)
        self._judge_lists()
        if self.full and self._is_whole() and self.source.kind != "files":
            self._look_for_gone()
        self._try_again()
        self._sum_up()

    def _list(self, pages: Iterator[Page]) -> None:
        """Walk over one list, and compare what it gave with what it says that it has."""
        said, listed, walked, before = Promise(), 0, 0, self.looked_at
        for page in pages:
            said = Promise(page.total or said.items, page.pages or said.pages)
            listed, walked = listed + len(page.items), walked + bool(page.items)
            self.tally.notes += page.notes
            fresh = self._page(page, before + said.items if said.items >= listed else 0)
            # News stands at the head of a list; what is older than a page's older half is known.
            if not self.deep and not any(fresh[len(fresh) // 2 :]):
                return
        self.missing += max(0, said.items - listed)
        if listed < said.items:
            self._lacks.append(f"{said.items} 篇中只列出 {listed} 篇")
        elif walked < said.pages and not said.items:
            self._lacks.append(f"{said.pages} 页中只取到 {walked} 页")

    def _page(self, page: Page, total: int) -> list[bool]:
        """Consider the items of a page; answer which are news."""
        fresh = []
        for item in page.items:
            fresh.append(self._consider(item))
            self.looked_at += 1
            self.on_progress(self.looked_at, total)
        self.state.commit()
        return fresh

    def _consider(self, item: Item) -> bool:
        """Fetch what is new or changed. Answers whether the list says something new."""
        known = self.state.get(item.key)
        if known is None and "://" in item.url and (known := self.state.at(item.url)):
            item = replace(item, key=known.key)  # the same place: http or https, www or mobile, another column's link
        if (
            known
            and known.walk == self.number
            and (not known.trouble or item.key in self._met or known.tries >= _MOST_TRIES)
        ):
            return False  # listed twice, or done before an interruption; what was in trouble then is asked for again
        fresh = known is None or known.digest != item.digest
        if not (known and known.document) and not self.selection.may(item):
            self._remember(item, known, "skipped")
        elif fresh or self.full or self._is_due(known):
            self._visit(item, known, fresh=fresh)
        elif known:
            self.state.put(replace(known, walk=self.number))
        return fresh

    def _is_due(self, known: Post | None) -> bool:
        """Return whether a post that is not as it should be is to be asked for again."""
        if known is None or known.outcome == "gone":
            return True
        return bool(known.trouble) and known.tries < _MOST_TRIES

    def _visit(self, item: Item, known: Post | None, *, fresh: bool, listed: bool | None = True) -> None:
        """Ask for a post's page and deal with the answer; `listed`: whether a list has the post, None where nobody knows."""
        self._unlisted = listed is False
        try:
            validators = known.validators() if known and not fresh else None
            answer = arrive(self.obtain(item.url, validators), lambda url: self.obtain(url, validators))
        except (FetchError, NotFoundError, UnreadableError) as error:
            if isinstance(error, NotFoundError) and known and listed is False:  # the file is in the folder no more
                self._let_go(known)
            else:
                self._fail(item, known, str(error), stops=self.source.kind != "files" and not isinstance(error, _ALONE))
            return
        try:
            self._deal(item, known, answer, listed)
            self._refused = 0
        except RefusedError as error:  # of one document that is here: nobody knows how the page differs from it
            self._unlisted = False
            self._fail(item, known, str(error))
            self._refused += 1
            if self._refused >= _IN_A_ROW:  # of the whole folder, it seems
                raise

    def _deal(self, item: Item, known: Post | None, answer: Fetched, listed: bool | None) -> None:
        judged = not answer.not_modified and answer.status not in GONE
        reason = suspicion.judge_post(answer, item.title, self.source.css.body) if judged else ""
        self._failures = self._failures if reason else 0
        if answer.status in GONE:
            self._miss(item, known, answer.status, listed)
        elif answer.not_modified and known and known.outcome == "same":
            self.state.put(replace(known, walk=self.number))
        elif answer.not_modified and known:
            self._not_modified(item, known)
        elif reason:
            self._set_aside(item, known, answer, reason)
        else:
            self._read_whole(item, known, answer)

    def _miss(self, item: Item, known: Post | None, status: int, listed: bool | None) -> None:
        """Deal with a page that is not there: what no list has either is withdrawn, or was never had and is let go."""
        if known and known.document and (listed is False or self.named):
            self._withdraw(known)
        elif known and listed is False:
            self._let_go(known)
        else:
            there = "列表里有它，但" if listed else ""
            self._fail(item, known, f"{there}网页不存在（{status}）")

    def _let_go(self, known: Post) -> None:
        """Ask no more for what failed and is offered no more; a document that was had before stays."""
        outcome = known.outcome if known.document else "gone"
        self.state.put(replace(known, outcome=outcome, walk=self.number, trouble="", item="", tries=0, digest=""))

    def _read_whole(self, item: Item, known: Post | None, answer: Fetched) -> None:
        """Fetch the further pages of a post, where it has any, and read them as one document."""
        if self.source.kind == "files" or not suspicion.looks_like_html(answer):
            self._read(item, known, answer)
            return
        try:
            pages = further_pages(answer, lambda url: self.obtain(url, None))
            whole = self._joined(answer, pages) if pages else answer
        except (FetchError, UnreadableError) as error:
            self._fail(item, known, f"它有几页，没有取全：{error}", stops=not isinstance(error, _ALONE))
            return
        rest = {"其余各页": " ".join(page.final_url for page in pages)} if pages else {}
        self._read(replace(item, labels={**item.labels, **rest}), known, whole)

    def _joined(self, answer: Fetched, pages: tuple[Fetched, ...]) -> Fetched:
        """Make one page of several, each of them kept as it came. Raises UnreadableError when one is no part of it."""
        body = self.source.css.body
        texts = []
        for page in (answer, *pages):
            if reason := suspicion.judge_post(page, "", body):
                raise UnreadableError(f"{page.final_url} 可疑：{reason}")
            texts.append(extract_html(page.body, content_type=page.header("Content-Type"), body=body).text)
            self.keeper.snapshot(page.body)
        # No validators: they would speak of the first page alone.
        whole = replace(answer, body=joined(answer, pages, tuple(texts)), validators=Validators(answer.final_url))
        text = extract_html(whole.body, content_type="text/html; charset=utf-8", body=body).text
        for page, part in zip((answer, *pages), texts, strict=True):
            if lacking(part, text):
                raise UnreadableError(f"{page.final_url} 的文字接不上前一页")
        return whole

    def accept(self, item: Item, known: Post | None, answer: Fetched) -> None:
        """Keep an answer as the document, on somebody's word: the gate is not asked."""
        self._read(item, known, answer, on_word=True)

    def _read(self, item: Item, known: Post | None, answer: Fetched, *, on_word: bool = False) -> None:
        """Make a document of a good answer, as the gate finds or `on_word`, and keep it."""
        corpus = self.keeper.corpus
        try:
            found = found_at(answer, item.url, item.labels)
            derived = derive.from_web(answer.body, found, self.source.name, self.keeper.settings, self.source.css.body)
            name = f"{self.source.name}-{item.key}" if "://" in item.url else ""
            id = (known.document if known else "") or corpus.id_for(self.source.name, item.url, name)
            old = self.keeper.present(id)
        except derive.BrokenOffError as error:
            self._fail(item, known, str(error))
            return
        except UnreadableError as error:
            if known and known.outcome == "kept":  # it was readable before: something is wrong with this answer
                self._set_aside(item, known, answer, str(error))
            else:
                self.keeper.snapshot(answer.body)
                self._fail(item, known, str(error))
            return
        gate, new = self._gate(), derived.document
        files = self._offered(item, answer, derived.attachments)
        offers = bool(files) or any(note.startswith("图片：") for note in new.provenance.notes)
        if on_word:
            reason = ""
        elif old:
            reason = gate.judge_successor(old, derived, answer)
        else:
            reason = gate.judge_first(derived, item.title, answer, offers=offers)
        if reason:
            self._set_aside(item, known, answer, reason)
        elif not old and not on_word and not self.selection.takes(derived.document, item):
            self._remember(item, known, "skipped")
        else:
            if not on_word and (twin := self._twin(item, new, files)):
                self._share(item, known, twin, answer)
            elif known and known.outcome == "same":  # it shared a document and now differs
                self._read(item, None, answer)
            else:
                self._keep(item, known, answer, replace(new, id=id), old, files)

    def _twin(self, item: Item, new: Document, files: tuple[Offered, ...]) -> Post | None:
        """Return the other post of the source whose document is the same in all that a reader sees."""
        twin = self.state.like(_likeness(item, new, files))
        if self.source.kind == "files" or twin is None or twin.key == item.key or twin.outcome != "kept":
            return None
        return twin if self.keeper.present(twin.document) else None

    def _share(self, item: Item, known: Post | None, twin: Post, answer: Fetched) -> None:
        """Let a post share the document of another one: it is one document that stands in several places."""
        held = self.keeper.present(twin.document)
        if held and (known is None or known.outcome != "same"):
            self.keeper.note_place(held, answer.final_url)
        self._remember(item, known, "same", twin.document, validators=answer.validators)
        self.state.commit_soon()

    def _offered(self, item: Item, answer: Fetched, in_text: tuple[tuple[str, str], ...]) -> tuple[Offered, ...]:
        """Return the files that a post offers: those that the list names, then those of its page."""
        if self.source.kind == "files":
            return tuple(Offered(name, self.join(answer.final_url, url)) for name, url in in_text)
        listed = tuple(Offered(name, url) for name, url in item.attachments)
        names = {each.name for each in listed} | {_address(each.url) for each in listed}
        of_page = offered(answer, in_text) if suspicion.looks_like_html(answer) else ()
        return (*listed, *(each for each in of_page if each.name not in names and _address(each.url) not in names))

    def _gate(self) -> Gate:
        if self._gate_here is None:
            self._gate_here = Gate(self.obtain, self.source.css.body, self.keeper.reread)
        return self._gate_here

    def _keep(
        self,
        item: Item,
        known: Post | None,
        answer: Fetched,
        new: Document,
        old: Document | None,
        offered: tuple[Offered, ...],
    ) -> None:
        """Keep a document with its attachments, and remember it."""
        before = {each.url: each for each in old.provenance.attachments} if old else {}
        files = self._files(item, new.id, before)
        attachments = self._taken(files, offered)
        if old and (places := old.provenance.listed.get(PLACES)):
            new = replace(new, provenance=replace(new.provenance, listed={**new.provenance.listed, PLACES: places}))
        provenance = replace(new.provenance, attachments=attachments)
        change = self.keeper.keep(old, replace(new, provenance=provenance), answer.body)
        if self.source.kind != "files":
            self.state.note_likeness(_likeness(item, new, offered), item.key)
        self.kept += 1
        self._count(change, files.changes, new.id)
        files.remember()
        self._remember(item, known, "kept", new.id, trouble=files.trouble, validators=answer.validators)
        self.state.commit_soon()

    def _not_modified(self, item: Item, known: Post) -> None:
        """The page is as it was; its attachments may be others."""
        old = self.keeper.present(known.document)
        if old is None or not self.keeper.sound(old):  # deleted or damaged here: as if it had never been fetched
            self._visit(item, None, fresh=True)
            return
        before = {each.url: each for each in old.provenance.attachments}
        files = self._files(item, old.id, before)
        listed = tuple(Offered(name, url) for name, url in item.attachments if url not in before)
        attachments = self._taken(files, (*files.held(), *listed))
        change: Change = "changed" if old.provenance.withdrawn else "unchanged"
        if attachments != old.provenance.attachments:
            new = replace(old, provenance=replace(old.provenance, attachments=attachments))
            change = self.keeper.keep(old, new, self.keeper.data(old))
        elif change == "changed":
            self.keeper.withdraw(old.id, "")
        self._count(change, files.changes, old.id)
        files.remember()
        kept = Validators(known.final_url, known.etag, known.modified)
        self._remember(item, known, "kept", known.document, trouble=files.trouble, validators=kept)

    def _files(self, item: Item, id: str, before: Mapping[str, Attachment]) -> PostFiles:
        return PostFiles(item, id, before, self.source.name, self.obtain, self.keeper, self.state, self.number)

    def _taken(self, files: PostFiles, offered: tuple[Offered, ...]) -> tuple[Attachment, ...]:
        """Fetch what a post offers, and say what could not be had."""
        try:
            return files.take(offered)
        finally:
            self.tally.failed += bool(files.trouble)
            self.tally.notes += files.notes

    def _count(self, change: Change, of_attachments: set[Change], id: str) -> None:
        """Count a post once: new, or changed when it or an attachment did."""
        if change == "conflict":
            kept = f"{self.source.name}/{id}"
            self.tally.notes.append(
                f"{id}：来源有了新版本，但现有文件经过手工修改，没有覆盖；新版本放在 {kept}/ 里。"
                f"保留自己的：kb check --accept {id}；改用新版本：把它复制成 {kept}.md；之后运行 kb index。"
            )
        if change == "new":
            self.tally.new += 1
            if self.state.recall("complete", False):
                self.state.remember("arrived", self.now.date().isoformat())
        elif change != "unchanged" or of_attachments - {"unchanged"}:
            self.tally.changed += 1

    def _fail(self, item: Item, known: Post | None, reason: str, *, stops: bool = False) -> None:
        """Remember that a post could not be had. The document that is there stays.

        Raises SourceError when the site has failed several times in a row: the rest would fare no better.
        """
        if self._is_off_the_lists(item, known, reason):
            self._failures += stops
            return
        self.tally.failed += 1
        self._in_trouble(item, known, "failed", reason)
        self._failures += stops
        if self._failures >= _IN_A_ROW:
            self.state.commit()
            raise SourceError(f"连续 {_IN_A_ROW} 次取不到网页，先停下，下次接着来。最后一次：{reason}")

    def _set_aside(self, item: Item, known: Post | None, answer: Fetched, reason: str) -> None:
        """Keep a suspicious answer apart. Raises SourceError when the site answers nothing else any more.

        One that the operator has thrown away is not spoken of again.
        """
        if self._is_off_the_lists(item, known, reason):
            return
        if self.keeper.is_dropped(item.key, answer):
            self._remember(item, known, known.outcome if known and known.outcome in HELD else "suspicious")
            self.state.commit()
            return
        self.keeper.set_aside(item.key, answer, reason)
        self.tally.suspicious += 1
        self._in_trouble(item, known, "suspicious", reason)
        self._failures += 1
        if self._failures >= _IN_A_ROW:
            self.state.commit()
            raise SourceError(f"连续 {_IN_A_ROW} 个网页可疑，先停下，下次接着来。最后一次：{reason}")

    def _is_off_the_lists(self, item: Item, known: Post | None, reason: str) -> bool:
        """Let go what no list has any more and whose page does not tell what became of it; answer whether that is so.

        A document that was had stays as it is.
        """
        if not (self._unlisted and known):
            return False
        if known.document:
            self.tally.notes.append(
                f"{self._called(item)}：列表里没有它了，它的网页又不说明是不是撤下了（{reason.rstrip('。')}）。"
            )
        self._let_go(known)
        return True

    def _called(self, item: Item) -> str:
        """Return what people know a post by: a file of a folder by its whole name."""
        return item.url if self.source.kind == "files" else item.title or item.url

    def _in_trouble(self, item: Item, known: Post | None, outcome: Outcome, reason: str) -> None:
        self.tally.notes.append(f"{self._called(item)}：{reason.rstrip('。')}。")
        self._troubled += bool(known and known.outcome == "kept")
        self._remember(item, known, known.outcome if known and known.outcome in HELD else outcome, trouble=reason)
        self.state.commit()

    def _remember(
        self,
        item: Item,
        known: Post | None,
        outcome: Outcome,
        document: str = "",
        *,
        trouble: str = "",
        validators: Validators | None = None,
    ) -> None:
        """Put a post down in the state, with this walk's number."""
        if trouble:
            self._met.add(item.key)
        today = self.now.date().isoformat()
        day = item.published[:10] if len(item.published) >= 10 else today
        fresh = known is None or known.digest != item.digest
        post = Post(
            key=item.key,
            url=item.url,
            digest=item.digest,
            outcome=outcome,
            document=document or (known.document if known else ""),
            trouble=trouble,
            walk=self.number,
            noticed=min(day, today) if fresh or not known else known.noticed,
            tries=(known.tries if known and not fresh else 0) + 1 if trouble else 0,
            item=item.dump() if trouble else "",
        )
        self.state.put(post.answered(validators))

    def _is_whole(self) -> bool:
        """Return whether the lists gave nearly as many posts as they say there are."""
        return self.missing * 10 <= self.looked_at + self.missing

    def _judge_lists(self) -> None:
        """See whether the lists are whole. Raises SourceError when they are not: nothing may be taken as gone then."""
        folder, accepts = self.source.kind == "files", f"kb refresh {self.source.name} --accept-shorter"
        before = self.state.recall("listed", -1)
        if not self.looked_at and not self.shorter and before and (self._standing or not folder):
            why = "没有挂载上？" if folder else "网站可能改版了。"
            raise SourceError(
                f"{'文件夹' if folder else '列表'}是空的：没有把任何文件当作撤下。{why}确实空了，运行 {accepts}。"
            )
        if not self.deep:
            return
        if not self._is_whole():
            self.tally.notes.append(f"网站说还有 {self.missing} 篇，却没有列出：没有把任何文件当作撤下。")
        self._judge_promises()
        # What is taken out of a folder stays; addresses were taken out of the settings by hand.
        settled = self.shorter or self.named or folder
        if self.looked_at * 2 < before and not settled:
            self.state.remember("walk", {"number": self.number, "open": False, "full": self.full})
            self.state.remember("complete", False)  # the next walk, too, goes to the end and sees it
            if self.full:
                self.state.remember("swept", clock.stamp(self.now))  # all pages were asked for
            raise SourceError(
                f"列表从 {before} 篇缩到了 {self.looked_at} 篇：没有把任何文件当作撤下。网站可能改版了，用"
                f" kb source try {self.source.name} 看看；确实只有这些，运行 {accepts}。"
            )
        self.state.remember("listed", self.looked_at)

    def _judge_promises(self) -> None:
        """Say that a list gave fewer posts than it says it has, unless the settings say that so many are known to lack."""
        lacks = "；".join(self._lacks) if self.missing > self.source.missing or not self.missing else ""
        if lacks:
            self.tally.short = f"列表不全：{lacks}。请运行 kb source try {self.source.name} 看看缺在哪里；核对过确实没有的，在来源里设 missing。"
        # The same lack twice is not mended by walking to the end once more.
        self.state.remember("complete", not lacks or lacks == self.state.recall("lacks", ""))
        self.state.remember("lacks", lacks)
        self.state.remember("short", self.tally.short)

    def _look_for_gone(self) -> None:
        """Ask for the pages of the posts that no list has any more: only a page that is missing, too, is withdrawn."""
        last = self.state.recall("asked last", "")
        # From where it was given up the last time: what comes first may never be answered.
        for post in sorted(self.state.unseen(self.number), key=lambda post: (post.key <= last, post.key)):
            if self._failures >= _IN_A_ROW:
                self.tally.notes.append(f"连续 {_IN_A_ROW} 次取不到不在列表里的网页：其余的下一次再问。")
                self._failures = 0
                return
            self.state.remember("asked last", post.key)
            try:
                old = self.keeper.present(post.document)
            except RefusedError as error:  # the next full walk asks again
                self.tally.failed += 1
                self.tally.notes.append(f"{post.url or post.document}：{error}")
                continue
            url = post.url or (old.provenance.origin if old else "")
            if not url:  # it could not be read when the memory was begun anew, and is not there any more
                continue
            listed = dict(old.provenance.listed) if old else {}
            attachments = tuple((each.name, each.url) for each in old.provenance.attachments) if old else ()
            listed.pop("原文链接", None)
            item = Item(post.key, url, listed.get("标题", ""), post.noticed, "", listed, attachments)
            self._visit(item, post, fresh=False, listed=False)

    def _withdraw(self, post: Post) -> None:
        if post.outcome == "same":  # one place fewer; the document stands in another
            self.state.put(self._gone(replace(post, document="")))
            return
        heir = next((each for each in self.state.sharing(post.document) if each.walk == self.number), None)
        if heir:  # the document still stands in another place
            self.state.put(replace(heir, outcome="kept"))
            self.state.put(replace(post, outcome="same", walk=self.number))
            self.state.commit()
            return
        if post.outcome == "gone":  # an address of a `page` source, which is asked for as long as the settings name it
            self.state.put(replace(post, walk=self.number))
            return
        held = self.keeper.present(post.document)
        if held and held.provenance.withdrawn:  # listed again and never to be had; or the last walk broke off here
            self.state.put(self._gone(post))
            return
        if not self.keeper.withdraw(post.document, self.now.date().isoformat()):
            self.tally.notes.append(
                f"{post.document}：来源已撤下，但文件经过手工修改或已损坏，没有标记；请运行 kb check 查看。"
            )
        self.tally.gone += 1
        self.state.put(self._gone(post))
        self.state.commit()

    def _gone(self, post: Post) -> Post:
        return replace(post, outcome="gone", walk=self.number, trouble="", etag="", modified="", digest="")

    def _try_again(self) -> None:
        """Ask once more for what failed or was suspicious in earlier walks and was not met in this one."""
        unlisted = self.deep and self._is_whole()
        for post in self.state.troubled(self.number, math.inf if unlisted else _MOST_TRIES):
            self._visit(Item.load(post.item), post, fresh=False, listed=False if unlisted else None)

    def _sum_up(self) -> None:
        done = self.tally.new + self.tally.changed
        self.tally.unchanged = max(0, self.state.count("kept") - done - self._troubled)
        self.state.remember("walk", {"number": self.number, "open": False, "full": self.full})
        if self.deep and not self._lacks:
            self.state.remember("complete", True)
        if not self.deep:
            self.tally.short = self.state.recall("short", "")
        if self.full or not self.state.recall("swept", ""):
            self.state.remember("swept", clock.stamp(self.now))
        self.state.commit()


def _likeness(item: Item, document: Document, files: tuple[Offered, ...]) -> str:
    published = item.published or document.metadata.published
    return likeness(document, published, (f"{each.name} {each.url.rpartition('/')[2]}" for each in files))


def _address(url: str) -> str:
    """Name an address apart from how it is fetched, http or https."""
    return url.partition("://")[2] or url
