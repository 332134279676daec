"""`kb source new`: the start of a family of sites in a checkout, written from the template beside `kb/fetch/sites`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from kb.base import storage
from kb.base.errors import UsageError
from kb.base.lazy_re import lazy_re
from kb.config.kinds import kinds

_NAME = lazy_re(r"[a-z][a-z0-9_]{1,30}")
_SITES, _SAVED, _DOCS = Path("kb/fetch/sites"), Path("tests/fetch/saved"), Path("docs/sites")


def start_family(name: str, checkout: Path) -> tuple[Path, ...]:
    """Write the module of a family, a saved page, what is expected of it and its page of documentation; return their paths.

    Raises UsageError for a name that cannot be one or is one already, and where there is no checkout.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"“{name}”不能用作种类的名称：请用小写英文字母、数字和下划线，例如 hanweb。")
    if name in kinds() or (checkout / _SITES / f"{name}.py").exists():
        raise UsageError(f"已经有名为 {name} 的种类：请换一个名称。")
    if not (checkout / _SITES).is_dir() or not (checkout / _SAVED).is_dir():
        raise UsageError(f"{checkout} 里没有 {_SITES} 和 {_SAVED}：请在本项目的源代码文件夹里运行，或用 --to 指出它。")
    written = {
        checkout / _SITES / f"{name}.py": "family.py.txt",
        checkout / _SAVED / name / "index.html": "page.html.txt",
        checkout / _SAVED / name / "expected.json": "expected.json.txt",
        checkout / _DOCS / f"{name}.md": "document.md.txt",
    }
    for path, template in written.items():
        text = (files("kb.fetch") / "template" / template).read_text(encoding="utf-8")
        storage.make_folder(path.parent)
        storage.write_atomic(path, text.replace("NAME", name).encode())
    return tuple(written)
