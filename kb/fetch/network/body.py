"""Read a response's body within a limit of size that holds before and after decompression."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import NamedTuple

_GZIP_WINDOW = 31  # zlib: 15 bits of window, plus 16 for gzip's own header
_GZIP_MAGIC = b"\x1f\x8b"
_ZLIB_HEAD = 2


class Limit(NamedTuple):
    """How many bytes a body may have; what is over it is an error, or is left off when `cut`."""

    size: int
    cut: bool = False


class TooLarge(Exception):
    """The body is over the limit."""


class Garbled(Exception):
    """The body is not in the compression that its header names, or was cut off."""


class Plain:
    """A body that is not compressed."""

    whole = True

    def feed(self, data: bytes, room: int) -> bytes:
        """Return the data, at most `room` bytes."""
        return data[:room]


class Gzip:
    """A body in gzip, of one or more members (RFC 1952, 2.2); what follows the last one is ignored, as gzip does."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP_WINDOW)
        self._any = False

    @property
    def whole(self) -> bool:
        """Whether a member ended where the data did; an empty body counts."""
        return self._member.eof or not self._any

    def feed(self, data: bytes, room: int) -> bytes:
        """Return what `data` decompresses to, at most `room` bytes: a bomb is not unpacked further."""
        out = bytearray()
        while data and len(out) < room:
            if self._member.eof:
                if not data.startswith(_GZIP_MAGIC):
                    break
                self._member = zlib.decompressobj(_GZIP_WINDOW)
            self._any = True
            out += self._member.decompress(data, room - len(out))
            data = self._member.unconsumed_tail or self._member.unused_data
        return bytes(out)


class Deflate:
    """A body in "deflate", which we do not ask for and some servers send: zlib's format, or, as often, without its head."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None
        self._head = b""

    @property
    def whole(self) -> bool:
        """Whether the stream ended where the data did; an empty body counts."""
        return self._stream.eof if self._stream else not self._head

    def feed(self, data: bytes, room: int) -> bytes:
        """Return what `data` decompresses to, at most `room` bytes."""
        if self._stream is None:
            self._head += data
            if len(self._head) < _ZLIB_HEAD:
                return b""
            data, has_head = self._head, self._head[0] & 15 == 8 and int.from_bytes(self._head[:2]) % 31 == 0
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS)
        return self._stream.decompress(self._stream.unconsumed_tail + data, room) if room > 0 else b""


def read(chunks: Iterable[bytes], encoding: str, limit: Limit, *, page: bool = False) -> bytes:
    """Join the chunks, decompressed. Raises TooLarge or Garbled.

    A `page` is text, whose server may pack it and not say so. `encoding` is the Content-Encoding header: we ask for gzip alone; words that name no compression ("utf-8") are
    mistakes of servers and mean nothing.
    """
    name = encoding.strip().lower()
    if name in ("br", "zstd", "compress") or "," in name:
        raise Garbled(f"压缩方式 {name} 没有约定过")
    decoder: Gzip | Deflate | Plain = Gzip() if name in ("gzip", "x-gzip") else Plain()
    decoder = Deflate() if name == "deflate" else decoder
    body, received = bytearray(), 0
    for chunk in chunks:
        if not received and page and isinstance(decoder, Plain) and chunk.startswith(_GZIP_MAGIC):
            decoder = Gzip()  # packed, and the header forgotten
        received += len(chunk)
        try:
            body += decoder.feed(chunk, limit.size + 1 - len(body))
        except zlib.error as error:
            raise Garbled("压缩的内容解不开") from error
        if max(received, len(body)) > limit.size:
            if limit.cut:
                return bytes(body[: limit.size])
            raise TooLarge
    if not decoder.whole:
        raise Garbled("压缩的内容不完整")
    return bytes(body)
