"""The files that one post offers: each is fetched and kept as a document of its own, or as it came, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from kb.base.errors import KbError, NotFoundError, UnreadableError
from kb.base.model import Attachment, Document
from kb.fetch.lists.attachments import Offered
from kb.fetch.lists.family import Obtain
from kb.fetch.lists.item import Item
from kb.fetch.network.fetch_errors import FetchError
from kb.fetch.network.fetched import Fetched
from kb.fetch.network.urls import place_of
from kb.ingest import derive
from kb.upkeep import suspicion
from kb.upkeep.keeping import Change, Keeper, RefusedError, exchange_of, found_at
from kb.upkeep.state import Post, State
from kb.upkeep.unpacked import is_archive, members

GONE = (404, 410)
"""How a site says that there is no page any more (RFC 9110, 15.5.5 and 15.5.11)."""
_MOST = 200
_BY_SCRIPT = "要靠网页上的脚本下载"


class _NoFileError(KbError):
    """What stands at the address of an attachment is not the file."""


@dataclass(slots=True)
class PostFiles:
    """The files of the post `item`, whose document is `id`. `before`: what is kept of them, by address; `walk`: the number of
    this walk. What became of those that are documents are `changes`, what could not be had is `trouble` and in `notes`.
    """

    item: Item
    id: str
    before: Mapping[str, Attachment]
    source: str
    obtain: Obtain
    keeper: Keeper
    state: State
    walk: int
    changes: set[Change] = field(default_factory=set)
    trouble: str = ""
    notes: list[str] = field(default_factory=list)
    _posts: list[Post] = field(default_factory=list)
    _broken_off: bool = False
    """Whether the file that is being kept could not be read for want of the machine."""

    def held(self) -> Iterator[Offered]:
        """Yield the files that are kept, as a post offers them: those in an archive come with it."""
        return (Offered(each.name, each.url) for each in self.before.values() if not self._is_inside(each))

    def take(self, offered: tuple[Offered, ...]) -> tuple[Attachment, ...]:
        """Fetch what the post offers; return what is there then."""
        found: dict[str, Attachment] = {}
        held = {place_of(each.url): each.url for each in self.held() if "://" in each.url}
        for each in offered:
            # Under the address that it had before, when only http became https, or a session's number another one.
            url = held.get(place_of(each.url), each.url) or f"{self.item.url}#{each.script}"
            if url in found:
                continue
            if not each.url or (url in self.before and self.before[url].reason.startswith(_BY_SCRIPT)):
                by_hand = Attachment(each.name, url, reason=f"{_BY_SCRIPT}（{each.script}），没有取。")
                found[url] = self.before.get(url) or by_hand
            elif len(found) >= _MOST:
                found[url] = Attachment(each.name, url, reason=f"附件超过 {_MOST} 个的上限，没有取。")
            else:
                found |= {one.url: one for one in self._taken(each, url, len(found) + 1)}
        if self.trouble:
            self.notes.append(f"{self.item.title or self.item.url}：{self.trouble}")
        return tuple(found.values())

    def remember(self) -> None:
        """Put the files down in the state, once the post's document names them: not before, else the next walk takes them for
        known.
        """
        for post in self._posts:
            self.state.put(post)

    def _taken(self, offer: Offered, url: str, place: int) -> tuple[Attachment, ...]:
        """Fetch a file; where it cannot be had, return what was had before, or why there is nothing."""
        try:
            return self._fetched(offer, url, place)
        except (FetchError, NotFoundError, RefusedError, derive.BrokenOffError, _NoFileError) as error:
            self.trouble = f"附件“{offer.name}”取不到：{error}"
            why = f"没有取到：{error}" if isinstance(error, _NoFileError) else "还没有取到，下次再试。"
            return self._held_at(url) or (Attachment(offer.name, url, reason=why),)
        except UnreadableError as error:  # of a folder: asking again would change nothing
            self.notes.append(f"{self.item.title or self.item.url}：附件“{offer.name}”没有收录：{error}")
            return (self.before.get(url) or Attachment(offer.name, url, reason=str(error)),)

    def _fetched(self, offer: Offered, url: str, place: int) -> tuple[Attachment, ...]:
        """Fetch a file: a document of its own when it can be read, else a snapshot with the reason.

        The files in a .zip come after it, each under the archive's address and its name. Raises FetchError, _NoFileError,
        and BrokenOffError where a document that is here could not be read anew.
        """
        self._broken_off = False
        old = self.before.get(url)
        key = f"{self.item.key}/{url}"
        known = self.state.get(key) if old and (old.snapshot or (old.document and not self._is_left(old))) else None
        answer = self.obtain(offer.url, known.validators() if known else None)
        if answer.not_modified and old:
            held = (each for each in self.before.values() if each.url.startswith(f"{url}#"))
            return (old if offer.generic else replace(old, name=offer.name), *held)
        reason = suspicion.judge(answer)
        if reason or (suspicion.looks_like_html(answer) and not url.lower().endswith((".html", ".htm"))):
            reason, name = reason or "地址上是一个网页，不是附件", f"{self.item.key}-{place}"
            if self.keeper.is_dropped(name, answer):  # somebody has seen that there is nothing to be had
                return self._held_at(url) or (Attachment(offer.name, url, reason=f"没有取到：{reason}。"),)
            if answer.status not in GONE:
                self.keeper.set_aside(name, answer, reason)
            raise _NoFileError(f"{reason}。")
        name = derive.file_name(exchange_of(answer).response) if offer.generic else ""
        name = name or (old.name if old and offer.generic else offer.name)
        own = f"{self.id}-a{place}"
        files = (
            self._unpacked(name, url, own, answer) if is_archive(answer.body) else (self._kept(name, url, own, answer),)
        )
        post = Post(key, url, "", "kept", files[0].document, parent=self.item.key, walk=self.walk)
        self._posts.append(post if self._broken_off else post.answered(answer.validators))
        return files

    def _unpacked(self, name: str, url: str, own: str, answer: Fetched) -> tuple[Attachment, ...]:
        """Return a .zip and the files in it. Raises BrokenOffError."""
        found = list[Attachment]()
        try:
            for number, (inner, data) in enumerate(members(answer.body, self.keeper.settings.max_bytes), 1):
                part = replace(answer, body=data)
                found.append(self._kept(inner, f"{url}#{quote(inner)}", f"{own}-{number}", part))
            reason = f"压缩包，里面的 {len(found)} 个文件列在后面。"
        except derive.BrokenOffError:
            raise
        except UnreadableError as error:
            reason = str(error)
        return (Attachment(name, url, snapshot=self.keeper.snapshot(answer.body), reason=reason), *found)

    def _kept(self, name: str, url: str, own: str, answer: Fetched) -> Attachment:
        """Keep a file as a document, called `own` where it is new, or its bytes where it cannot be read. Raises BrokenOffError
        where it could be read before.
        """
        day = self.item.published
        listed, attached_to = {"附件名称": name, **({"发布日期": day} if day else {})}, self.id
        try:
            id = self.keeper.corpus.id_for(self.source, url, own)
            old = self.keeper.present(id)
            if old and self._is_of_another(old, url):  # told as the post calls it that had it first
                listed, attached_to = dict(old.provenance.listed), old.provenance.attached_to
            found = found_at(answer, url, listed, attached_to)
            if old and old.provenance.attached_to != attached_to and old.provenance.snapshot == found.snapshot:
                found = replace(found, listed=old.provenance.listed)  # nothing is another but whose file it is
            new = derive.from_web(answer.body, found, self.source, self.keeper.settings).document
            self.changes.add(self.keeper.keep(old, replace(new, id=id), answer.body))
        except UnreadableError as error:
            if isinstance(error, derive.BrokenOffError):  # the next full walk reads it again
                self._broken_off = True
                if (held := self.before.get(url)) and held.document:
                    raise
                self.notes.append(f"{self.item.title or self.item.url}：附件“{name}”没有读出文字：{error}")
            return Attachment(name, url, snapshot=self.keeper.snapshot(answer.body), reason=f"没有读出文字：{error}")
        return Attachment(name, url, document=id)

    def _is_of_another(self, held: Document, url: str) -> bool:
        """Return whether the document of a file is somebody else's: a post itself, or the file of another post that offers it."""
        other = held.provenance.attached_to
        if not other:
            return not held.provenance.withdrawn
        if other == self.id:
            return False
        try:
            post = self.keeper.present(other)
        except RefusedError:  # nobody knows: it stays as it is
            return True
        if post is None or post.provenance.withdrawn:
            return False
        return (url, held.id) in ((each.url, each.document) for each in post.provenance.attachments)

    def _is_left(self, file: Attachment) -> bool:
        """Return whether the document of a file was that of another post, which does not offer it any more."""
        try:
            held = self.keeper.present(file.document)
        except RefusedError:
            return False
        other = held.provenance.attached_to if held else ""
        return held is not None and other not in ("", self.id) and not self._is_of_another(held, file.url)

    def _is_inside(self, file: Attachment) -> bool:
        """Return whether a file is one in an archive."""
        return "#" in file.url and file.url.partition("#")[0] in self.before

    def _held_at(self, url: str) -> tuple[Attachment, ...]:
        """Return what is kept of a file and, where it is an archive, of those in it."""
        return tuple(file for at, file in self.before.items() if at == url or at.startswith(f"{url}#"))
