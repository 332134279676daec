"""Secrets, which are in no file of settings, so that those can be shown and copied: environment variables, or files that they name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from kb.base.errors import UsageError


def secret(variable: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return what an environment variable holds, or the file that the one with `_FILE` behind its name names; "" for neither.

    Raises UsageError for a file that cannot be read.
    """
    named = environment.get(f"{variable}_FILE")
    if not named:
        return environment.get(variable, "")
    try:
        return Path(named).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"读不了 {variable}_FILE 所指的文件 {named}：请检查路径和权限。") from error
