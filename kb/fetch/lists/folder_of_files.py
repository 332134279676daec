"""A folder or an archive that people drop documents into."""

from __future__ import annotations

import errno
import lzma
import posixpath
import re
import stat
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from kb.base import inside, storage
from kb.base.errors import NotFoundError, UnreadableError, refusal
from kb.base.lazy_re import lazy_re
from kb.config.settings import Settings
from kb.config.sources import Source
from kb.fetch.lists.item import Item, Lists, Page, short_key
from kb.fetch.network.fetch_errors import UnreachableError
from kb.fetch.network.fetched import Fetched, Validators
from kb.ingest.formats import files, registry

_PAGE = 500
_LINKS_NAMED = 5
# What a damaged archive raises, according to how it is packed.
_BROKEN = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)
_ON_THE_WEB = lazy_re(r"(?:https?:)?//", re.IGNORECASE)
# What the machine may grant the next time.
_PASSING = (errno.EMFILE, errno.ENFILE, errno.EIO, errno.ENOMEM, errno.EAGAIN, errno.ESTALE, errno.ETIMEDOUT)
# An address of another kind (file:, C:), or a path from the root of the machine.
_ELSEWHERE = lazy_re(r"[A-Za-z][A-Za-z0-9+.-]*:|/")


class Folder:
    """The files of a folder, or of an archive."""

    def __init__(self, source: Source, settings: Settings) -> None:
        self._path = Path(source.url)
        self._settings = settings
        self._links: list[str] = []
        self._notes: list[str] = []
        self._others = Counter[str]()

    def lists(self) -> Lists:
        """Yield what is there as one list. Raises NotFoundError when there is no such folder or archive."""
        if not self._path.exists():
            raise NotFoundError(f"找不到 {self._path}：请检查这个来源的 url。")
        yield self._pages(sorted(self._members()))

    def _pages(self, members: list[tuple[str, str]]) -> Iterator[Page]:
        """Yield pages of the files that can be read; a file's size and time tell whether it is another one.

        The first says what else is there: who looks for news alone reads no other.
        """
        links = sorted(self._links)
        notes = [*(f"{_printable(name)} {files.LINK}" for name in links[:_LINKS_NAMED]), *self._notes]
        if len(links) > _LINKS_NAMED:
            notes.append(f"这样的链接另有 {len(links) - _LINKS_NAMED} 个。")
        if self._others:
            notes.append(files.other_kinds(self._others))
        for start in range(0, max(len(members), 1), _PAGE):
            part = members[start : start + _PAGE]
            items = (Item(short_key(name), name, Path(name).stem, stamp=stamp) for name, stamp in part)
            yield Page(tuple(items), len(members), () if start else tuple(notes))

    def _members(self) -> Iterator[tuple[str, str]]:
        """Yield (name, stamp) of each file of a kind that can be read."""
        for name, stamp in self._listed():
            hidden = any(part.startswith(".") for part in Path(name).parts)
            if hidden:
                continue
            if Path(name).suffix.lower() in registry.endings():
                yield name, stamp
            else:
                self._others[Path(name).suffix.lower() or Path(name).name] += 1

    def _listed(self) -> Iterator[tuple[str, str]]:
        """Yield (name, stamp) of every file; one whose name is no UTF-8 is only noted: it could be named nowhere."""
        try:
            for name, stamp in self._all():
                if _printable(name) == name:
                    yield name, stamp
                else:
                    self._notes.append(f"{_printable(name)} 的文件名不是 UTF-8，没有收录：请改名。")
        except _BROKEN as error:
            _passing(error, str(self._path))
            raise UnreadableError(f"{self._path} 读不到底（{error}）：请检查这个文件夹或压缩包。") from error

    def _all(self) -> Iterator[tuple[str, str]]:
        if self._path.is_dir():
            for path in storage.below(self._path):
                name = path.relative_to(self._path).as_posix()
                if path.is_symlink():
                    self._links.append(name)
                elif path.is_file():
                    status = path.stat()
                    yield name, f"{status.st_size} {status.st_mtime_ns}"
        elif self._path.suffix.lower() == ".zip":
            with self._zip() as packed:
                for entry in packed.infolist():
                    if stat.S_ISLNK(entry.external_attr >> 16):
                        self._links.append(entry.filename)
                    elif not entry.is_dir():
                        yield entry.filename, f"{entry.file_size} {entry.CRC}"
        else:
            with self._tar() as archive:
                for each in archive:
                    if each.issym() or each.islnk():
                        self._links.append(each.name)
                    elif each.isfile():
                        yield each.name, f"{each.size} {each.mtime}"

    @staticmethod
    def join(page: str, link: str) -> str:
        """Return the name of the file that a link of a saved page leads to: relative to the page, as browsers save them.

        What leads nowhere in the folder stays as it is, for `read` to refuse.
        """
        if _ELSEWHERE.match(link):
            return link
        path = unquote(re.split("[?#]", link, maxsplit=1)[0])
        return posixpath.normpath(posixpath.join(posixpath.dirname(page), path))

    def read(self, name: str, time: datetime) -> Fetched:
        """Read one file as if it had been fetched.

        Raises NotFoundError where there is none, UnreadableError for one that cannot be read or is not in the folder.
        """
        return Fetched(
            url=name,
            final_url=name,
            status=200,
            reason="",
            request_headers=(),
            response_headers=(),
            body=self._bytes(name),
            time=f"{time:%Y-%m-%dT%H:%M:%SZ}",
            validators=Validators(name),
            not_modified=False,
            certificate_checked=False,
            address="",
        )

    def _bytes(self, name: str) -> bytes:
        parts = PurePosixPath(name).parts
        if _ON_THE_WEB.match(name):
            raise UnreadableError(f"{name} 在网上，文件夹来源不去取：需要它，请把它存进文件夹。")
        if _ELSEWHERE.match(name) or not parts or any(part.startswith(".") for part in parts):
            raise UnreadableError(f"{name} 不在这个来源的文件夹里，没有收录：需要它，请把它放进文件夹。")
        if self._path.is_dir():
            return self._file(name)
        limit = self._settings.max_bytes + 1
        try:
            if self._path.suffix.lower() == ".zip":
                with self._zip() as packed, packed.open(name) as member:
                    linked = stat.S_ISLNK(packed.getinfo(name).external_attr >> 16)
                    data = member.read(limit)
            else:
                with self._tar() as archive:
                    entry = archive.getmember(name)
                    linked = entry.issym() or entry.islnk()
                    file = archive.extractfile(entry) if entry.isfile() else None
                    data = file.read(limit) if file else b""
        except KeyError as error:
            raise NotFoundError(f"压缩包里没有 {name}。") from error
        except _BROKEN as error:
            _passing(error, name)
            raise UnreadableError(f"解不开压缩包里的 {name}（{error}）：请检查这个压缩包。") from error
        if linked:
            raise UnreadableError(f"{name} {files.LINK}")
        if len(data) == limit:
            raise UnreadableError(files.too_large(limit, self._settings))
        return data

    def _file(self, name: str) -> bytes:
        """Read a file that is in the folder itself: no link on the way to it, or to it, is followed."""
        try:
            data = inside.read(self._path, name, self._settings.max_bytes)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFoundError(f"文件夹里没有 {name}。") from error
        except inside.TooLargeError as error:
            raise UnreadableError(files.too_large(error.size, self._settings)) from error
        except UnreadableError as error:
            raise UnreadableError(f"{_printable(name)} {error}") from error
        except OSError as error:
            _passing(error, _printable(name))
            raise UnreadableError(f"{_printable(name)} 打不开（{error.strerror}）：请检查文件名和权限。") from error
        except ValueError as error:
            raise UnreadableError(f"{_printable(name)} 打不开：请检查文件名。") from error
        if not data.strip():
            raise UnreadableError(files.EMPTY)
        return data

    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self._path)
        except (OSError, zipfile.BadZipFile) as error:
            _passing(error, str(self._path))
            raise UnreadableError(f"打不开压缩包 {self._path}（{error}）：请检查这个文件。") from error

    def _tar(self) -> tarfile.TarFile:
        try:
            return tarfile.open(self._path)
        except (OSError, EOFError, tarfile.TarError) as error:
            _passing(error, str(self._path))
            raise UnreadableError(
                f"打不开 {self._path}（{error}）：files 来源应当是文件夹、.zip 或 .tar 压缩包。"
            ) from error


def _passing(error: Exception, name: str) -> None:
    """Raise UnreachableError for what the machine may grant the next time."""
    if isinstance(error, OSError) and error.errno in _PASSING:
        raise UnreachableError(f"{name} 这一次读不了：{refusal(error)}。", name) from error


def _printable(name: str) -> str:
    """Return a name with � for what is no UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
