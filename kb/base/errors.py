"""What can go wrong, in words for people. `kb.cli.main` and `kb.web.site.app` are the two places that show them.

Each error carries one clear Chinese sentence saying what is wrong and what to do about it.
"""

from __future__ import annotations

import errno
import traceback
from pathlib import Path
from typing import TypeGuard


class KbError(Exception):
    """Anything a user or operator can do something about.

    `exit_code` is what the command line ends with, `status` what a web answer has.
    """

    exit_code = 1
    status = 500


class UsageError(KbError):
    """The call itself is wrong: a setting, an option, a query."""

    exit_code = 2
    status = 400


class NotFoundError(KbError):
    """There is no such document, anchor, version or file."""

    exit_code = 3
    status = 404


class UnreadableError(KbError):
    """An input file or a corpus document cannot be read as what it should be."""

    exit_code = 4
    status = 500


class BadIndexError(KbError):
    """There is no usable index: none yet, damaged, or made by another version."""

    exit_code = 5
    status = 503


class OtherFormatError(BadIndexError):
    """The index was made by another version: documents can be read while it is made anew."""


class StorageError(KbError):
    """The machine refuses: disk full, no permission, a port in use, a lock held."""

    exit_code = 6
    status = 503


class BusyError(KbError):
    """As much of this is being done as may be at a time: later, or in a smaller piece, it can be done."""

    exit_code = 6
    status = 503


class TooOftenError(KbError):
    """Somebody asks for it more often than may be: later it can be asked again."""

    exit_code = 6
    status = 429


REASONS = {
    errno.ENOSPC: "磁盘已满：请腾出空间后再试",
    errno.EDQUOT: "磁盘配额已用完：请腾出空间后再试",
    errno.EFBIG: "文件超过了系统允许的大小：请检查磁盘和用户限额",
    errno.EACCES: "没有权限：请检查文件夹的所有者和权限",
    errno.EPERM: "没有权限：请检查文件夹的所有者和权限",
    errno.EROFS: "所在的文件系统是只读的：请换一个可写的位置，或重新挂载",
    errno.ENOTDIR: "路径中有一段是文件而不是文件夹：请检查设置的路径",
    errno.EEXIST: "路径中有一段是文件而不是文件夹：请检查设置的路径",
    errno.EMFILE: "打开的文件太多：请稍后再试，或提高 ulimit -n",
    errno.ENFILE: "系统打开的文件太多：请稍后再试",
    errno.EIO: "磁盘读写出错：请检查磁盘",
    errno.EISDIR: "这是文件夹，不是文件：请写文件的路径",
    errno.ENOENT: "没有这个文件或文件夹：请检查路径",
    errno.ENAMETOOLONG: "路径中有一段名称太长：请换短一些的名称",
    errno.ELOOP: "路径中的链接绕成了圈：请检查链接",
}

_OF_PATHS = (errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENOENT, errno.ENAMETOOLONG, errno.ELOOP)
"""What may as well be a mistake of the program."""


def refusal(error: OSError) -> str:
    """Return why the machine refuses, and what to do, without a full stop."""
    return REASONS.get(error.errno or 0, f"系统拒绝了操作（{error.strerror or error}）：请检查磁盘和权限")


def is_refusal(error: BaseException) -> TypeGuard[OSError]:
    """Return whether it is the machine that refuses: no room, no permission, a disk that fails. A file that is torn is no such thing."""
    return isinstance(error, OSError) and error.errno in REASONS and error.errno not in _OF_PATHS


def unforeseen(doing: str, error: Exception) -> str:
    """Return a sentence that says that the program itself is at fault, and where, or that the machine refused what nobody thought
    it would: for the few places where one file, one source or one step that meets that must not stop the others.
    """
    if is_refusal(error):
        return f"{doing}时读写不了{f' {error.filename} ' if error.filename else '文件'}：{refusal(error)}。"
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return f"{doing}时程序自己出了错（{type(error).__name__}：{str(error)[:200]}，{where}）：这是程序的毛病，请连同这句话报告。"
