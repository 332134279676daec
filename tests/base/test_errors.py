"""What is said where something goes wrong that nobody thought of."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.base.errors import unforeseen


def test_what_the_machine_refuses_is_no_mistake_of_the_program(tmp_path: Path) -> None:
    with pytest.raises(OSError) as refused:
        Path("/proc/self/mem").read_bytes()  # its first page is nobody's
    assert unforeseen("更新索引", refused.value) == "更新索引时读写不了文件：磁盘读写出错：请检查磁盘。"
    with pytest.raises(FileExistsError) as mistaken:
        tmp_path.mkdir()
    assert "这是程序的毛病" in unforeseen("更新索引", mistaken.value)
