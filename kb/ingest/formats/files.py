"""Files on disk → text, by the format that their bytes and names tell."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path, PurePosixPath

from kb.base import inside
from kb.base.errors import UnreadableError
from kb.base.model import Remark
from kb.chinese.unreadable import identified
from kb.config.settings import Settings
from kb.ingest.formats import registry
from kb.ingest.formats.registry import Given
from kb.structure.extracted import Extracted

LINK = inside.LINK
EMPTY = "是空文件：没有可以收录的文字。"
_MOST_KINDS = 8


def load(path: Path, settings: Settings, root: Path | None = None) -> bytes:
    """Read the bytes of a file in `root`, by default the folder where it lies.

    Raises UnreadableError when it cannot be read, is a link or behind one, empty or larger than the limit.
    """
    root = root or path.parent
    try:
        data = inside.read(root, PurePosixPath(path.relative_to(root)), settings.max_bytes)
    except FileNotFoundError as error:
        raise UnreadableError("不是普通文件，或者已经不在：请检查路径。") from error
    except inside.TooLargeError as error:
        raise UnreadableError(too_large(error.size, settings)) from error
    except OSError as error:
        raise UnreadableError(f"打不开（{error.strerror}）：请检查文件权限和磁盘。") from error
    if not data.strip():
        raise UnreadableError(EMPTY)
    return data


def too_large(size: int, settings: Settings) -> str:
    """Say that a file, or what it unpacks to, is too large."""
    limit = settings.max_bytes // 1_000_000
    return f"太大（{size / 1_000_000:.0f} MB，上限 {limit} MB）：请拆分，或在 kb.toml 里调高 ingest.max_megabytes。"


def other_kinds(found: Counter[str]) -> str:
    """Say of what kinds, by the endings of their names, files are there that cannot be read."""
    shown = "、".join(f"{ending}（{count} 个）" for ending, count in found.most_common(_MOST_KINDS))
    return f"没有收录其他类型的文件：{shown}{'……' if len(found) > _MOST_KINDS else ''}。"


def read(data: bytes, ending: str, given: Given) -> Extracted:
    """Read the bytes of a file whose name has this ending (".pdf"; "" where it tells nothing).

    Raises UnreadableError with the reason, also for a file of no format.
    """
    chosen = registry.choose(data, ending, given.content_type)
    if chosen is None:
        raise UnreadableError(
            f"还不能读取这种文件（{ending or '没有扩展名'}）：可以收录 {' '.join(registry.endings())}。"
        )
    extracted = chosen.read(data, given)
    if not extracted.text:
        raise UnreadableError("里面没有文字：没有可以收录的内容。")
    return _identified(extracted)


def _identified(extracted: Extracted) -> Extracted:
    """Put the characters that are meant in the place of signs that only look like them, one for one."""
    text, count = identified(extracted.text)
    if not count:
        return extracted
    found = "".join(dict.fromkeys(old for old, new in zip(extracted.text, text, strict=True) if old != new))
    remark = Remark("部首之类的字符", "", "代替汉字，已换回本字", found[:20], count)
    account = replace(extracted.account, remarks=(*extracted.account.remarks, remark))
    labels = {label: identified(value)[0] for label, value in extracted.labels.items()}
    return replace(extracted, text=text, title=identified(extracted.title)[0], labels=labels, account=account)
