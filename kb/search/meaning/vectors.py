"""The vectors of texts, kept beside the generations of an index: a rebuild computes none of them again.

`vectors/MODEL/` has one file of records, each a text's key, a checksum and its vector, that only grows, and for each
generation that has them the record of every section. A run that is killed goes on where it was; what was torn is left out.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from kb.base import storage
from kb.base.lazy_re import lazy_re
from kb.search.meaning.encoder import Encoder, whole_numbers

Rows = NDArray[np.int32]
NONE, LACKING = -1, -2
"""The rows of sections that are to have no vector, and of those that have none yet."""

Progress = Callable[[int, int], None]

_LONGEST = 1_000  # characters: more than the tokens that a model takes
_KEY = 16
_AT_ONCE = 500
# A file is written anew when fewer than one record in so many is still of use.
_WORN = 3
# Vectors are used when no more than one in so many is missing.
_PARTLY = 2
_NUMBER = lazy_re(r"第[零〇一二三四五六七八九十百千两]+(?:编|分编|章|节|条)(?:之[一二三四五六七八九十]+)?\s*")


class _Map(msgspec.Struct, frozen=True, array_like=True):
    """Which record is that of each section, of the first `count` records of `file`, whose bytes have `digest`.

    `rows` are NONE where a section is to have none, LACKING where it has none yet; `width` counts the numbers of a vector.
    """

    file: str
    count: int
    digest: str
    rows: bytes
    width: int


class Kept(NamedTuple):
    """The vectors of one generation: a matrix of whole numbers, mapped from disk, and the row of each section (or NONE, or LACKING)."""

    vectors: NDArray[np.int8]
    rows: Rows


def passage(text: str) -> str:
    """Return what of a section's text is told to the model: its words without its number, as many as the model takes."""
    found = _NUMBER.match(text)
    return text[found.end() if found else 0 :].strip()[:_LONGEST]


def map_of(root: Path, name: str, generation: str) -> Path:
    """Return the file that tells the records of a generation's sections, which need not be there."""
    return root / name / f"{generation}.map"


def read(root: Path, name: str, generation: str) -> Kept | None:
    """Return the vectors of a generation; None where it has none, or they are damaged."""
    try:
        sealed = map_of(root, name, generation).read_bytes()
        if xxhash.xxh3_128_digest(sealed[_KEY:]) != sealed[:_KEY]:
            return None
        known = msgspec.msgpack.decode(sealed[_KEY:], type=_Map)
        records = _records(root / name / known.file, known.width)[: known.count]
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
    if len(records) < known.count or _digest(records) != known.digest:
        return None
    return Kept(records["vector"], np.frombuffer(known.rows, np.int32))


def learn(
    root: Path, encoder: Encoder, generation: str, passages: Sequence[str], progress: Progress | None = None
) -> int:
    """Give a generation the vectors of its sections' passages ("" for those without); return how many were computed.

    Raises StorageError when the machine refuses; what was computed until then stays.
    """
    folder = root / encoder.name
    storage.make_folder(folder)
    with storage.lock(folder / ".lock"), storage.refusals(folder):
        storage.remove_leftovers(folder)
        keys = [_key(each) if each else b"" for each in passages]
        path = _sound_file(folder, encoder.width, set(keys))
        known = _known(path, encoder.width)
        missing = {key: text for key, text in zip(keys, passages, strict=True) if key and key not in known}
        if known and len(missing) * _PARTLY < len(keys):  # good enough until the rest is there, and it is said
            _publish(folder, path, encoder.width, generation, keys, known)
        waiting = sorted(missing, key=lambda key: len(missing[key]))
        for start in range(0, len(waiting), _AT_ONCE):
            some = waiting[start : start + _AT_ONCE]
            _append(path, some, whole_numbers(encoder.encode([missing[key] for key in some])))
            if progress:
                progress(start + len(some), len(waiting))
        _publish(folder, path, encoder.width, generation, keys, _known(path, encoder.width))
        return len(waiting)


def forget(root: Path, generation: str) -> None:
    """Remove what tells the records of other generations of an engine than one; the vectors themselves stay."""
    for path in root.glob(f"*/{generation.partition('-')[0]}-*.map"):
        if path.stem != generation:
            path.unlink(missing_ok=True)


def _publish(
    folder: Path, path: Path, width: int, generation: str, keys: Sequence[bytes], known: dict[bytes, int]
) -> None:
    rows = np.fromiter((known.get(key, LACKING) if key else NONE for key in keys), np.int32, len(keys))
    records = _records(path, width)
    packed = msgspec.msgpack.encode(_Map(path.name, len(records), _digest(records), rows.tobytes(), width))
    storage.write_atomic(map_of(folder.parent, folder.name, generation), xxhash.xxh3_128_digest(packed) + packed)


def _sound_file(folder: Path, width: int, wanted: set[bytes]) -> Path:
    """Return the newest file of records, written anew where some are damaged or most are of no use."""
    files = sorted(folder.glob("*.vectors"))
    path = files[-1] if files else folder / "000001.vectors"
    if not path.exists():
        path.touch()
        storage.sync(folder)
        return path
    records = _records(path, width)
    sound = np.fromiter((_check(each) == each["check"] for each in records), bool, len(records))
    useful = sound & np.fromiter((bytes(each) in wanted for each in records["key"]), bool, len(records))
    if sound.all() and _WORN * useful.sum() >= len(records):
        os.truncate(path, records.nbytes)  # a record that was being written when the machine stopped
        return path
    new = folder / f"{int(path.stem) + 1:06d}.vectors"
    storage.write_atomic(new, records[useful].tobytes())
    for old in files[:-1]:  # the last one may still be read by its map
        old.unlink()
    return new


def _append(path: Path, keys: Sequence[bytes], vectors: NDArray[np.int8]) -> None:
    records = np.zeros(len(keys), _layout(vectors.shape[1]))
    records["key"], records["vector"] = np.frombuffer(b"".join(keys), f"V{_KEY}"), vectors
    records["check"] = [_check(each) for each in records]
    with path.open("ab") as file:
        file.write(records.tobytes())
        file.flush()
        os.fsync(file.fileno())


def _known(path: Path, width: int) -> dict[bytes, int]:
    return {bytes(key): row for row, key in enumerate(_records(path, width)["key"])}


def _records(path: Path, width: int) -> NDArray[np.void]:
    layout = _layout(width)
    count = path.stat().st_size // layout.itemsize
    return np.memmap(path, layout, "r", shape=count) if count else np.empty(0, layout)


def _layout(width: int) -> np.dtype[np.void]:
    return np.dtype([("key", f"V{_KEY}"), ("check", "<u8"), ("vector", "i1", (width,))])


def _check(record: np.void) -> int:
    return xxhash.xxh3_64_intdigest(bytes(record["key"]) + record["vector"].tobytes())


def _digest(records: NDArray[np.void]) -> str:
    return xxhash.xxh3_128_hexdigest(records.view(np.uint8).data if len(records) else b"")


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_KEY).digest()
