"""What is said where something goes wrong that nobody thought of."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.base.errors import unforeseen


def test_what_the_machine_refuses_is_no_mistake_of_the_program(tmp_path: Path) -> None:
    with pytest.raises(OSError) as refused:
        (tmp_path / "file").write_bytes(b"") or (tmp_path / "file" / "below").read_bytes()
    said = unforeseen("更新索引", refused.value)
    assert (
        said == f"更新索引时读写不了 {tmp_path / 'file' / 'below'}：路径中有一段是文件而不是文件夹：请检查设置的路径。"
    )
    assert "这是程序的毛病" in unforeseen("更新索引", KeyError("x").with_traceback(refused.value.__traceback__))
