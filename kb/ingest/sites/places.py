"""Sources that are no site: single addresses, and a folder or an archive that people drop documents into."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator, MutableMapping
from datetime import datetime
from pathlib import Path
from typing import Any

from kb.errors import NotFoundError, UnreadableError
from kb.ingest.formats import files
from kb.ingest.network.fetched import Fetched, Validators
from kb.ingest.sites.listed import Item, Lists, Page, Web, short_key
from kb.settings import Settings
from kb.sources import Source

_PAGE = 500


def pages(source: Source, web: Web, memory: MutableMapping[str, Any]) -> Lists:  # noqa: ARG001
    """Yield the addresses of a `page` source as one list."""
    addresses = dict.fromkeys((source.url, *source.urls))
    yield iter((Page(tuple(Item(short_key(url), url) for url in addresses)),))


class Folder:
    """The files of a folder, or of an archive."""

    def __init__(self, source: Source, settings: Settings) -> None:
        self._path = Path(source.url)
        self._settings = settings

    def lists(self) -> Lists:
        """Yield what is there as one list. Raises NotFoundError when there is no such folder or archive."""
        if not self._path.exists():
            raise NotFoundError(f"找不到 {self._path}：请检查这个来源的 url。")
        yield self._pages(sorted(self._members()))

    def _pages(self, members: list[tuple[str, str]]) -> Iterator[Page]:
        """Yield pages of the files that can be read; a file's size and time tell whether it is another one."""
        for start in range(0, len(members), _PAGE):
            part = members[start : start + _PAGE]
            items = (Item(short_key(name), name, Path(name).stem, stamp=stamp) for name, stamp in part)
            yield Page(tuple(items), len(members))

    def _members(self) -> Iterator[tuple[str, str]]:
        """Yield (name, stamp) of each file of a kind that can be read."""
        for name, stamp in self._all():
            hidden = any(part.startswith(".") for part in Path(name).parts)
            if Path(name).suffix.lower() in files.SUFFIXES and not hidden:
                yield name, stamp

    def _all(self) -> Iterator[tuple[str, str]]:
        if self._path.is_dir():
            for path in self._path.rglob("*"):
                if path.is_file():
                    status = path.stat()
                    yield path.relative_to(self._path).as_posix(), f"{status.st_size} {status.st_mtime_ns}"
        elif self._path.suffix.lower() == ".zip":
            with self._zip() as archive:
                yield from ((each.filename, f"{each.file_size} {each.CRC}") for each in archive.infolist())
        else:
            with self._tar() as archive:
                yield from ((each.name, f"{each.size} {each.mtime}") for each in archive if each.isfile())

    def read(self, name: str, time: datetime) -> Fetched:
        """Read one file as if it had been fetched. Raises UnreadableError."""
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
        if self._path.is_dir():
            return files.load(self._path / name, self._settings)
        limit = self._settings.max_bytes + 1
        try:
            if self._path.suffix.lower() == ".zip":
                with self._zip() as packed, packed.open(name) as member:
                    data = member.read(limit)
            else:
                with self._tar() as archive:
                    file = archive.extractfile(name)
                    data = file.read(limit) if file else b""
        except (KeyError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, tarfile.TarError) as error:
            raise UnreadableError(f"解不开压缩包里的 {name}（{error}）：请检查这个压缩包。") from error
        if len(data) == limit:
            raise UnreadableError(files.too_large(limit, self._settings))
        return data

    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self._path)
        except (OSError, zipfile.BadZipFile) as error:
            raise UnreadableError(f"打不开压缩包 {self._path}（{error}）：请检查这个文件。") from error

    def _tar(self) -> tarfile.TarFile:
        try:
            return tarfile.open(self._path)
        except (OSError, EOFError, tarfile.TarError) as error:
            raise UnreadableError(
                f"打不开 {self._path}（{error}）：files 来源应当是文件夹、.zip 或 .tar 压缩包。"
            ) from error
