"""Regular expressions that are compiled when they are first used: hundreds of them take half a second of every start."""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast
from weakref import WeakSet


def lazy_re(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what `re.compile` would, for a constant of a module that only its own methods are asked of: functions of `re`
    and libraries want a compiled one. The first use raises re.error where it is wrong.
    """
    return cast("re.Pattern[AnyStr]", _Lazy(pattern, flags))


def compile_all() -> None:
    """Compile those of all modules that are loaded: for a process of which many are forked, so that each need not."""
    for each in list(_made):
        each.match  # noqa: B018  any attribute does


class _Lazy:
    """Becomes like the compiled one: it takes over its attributes."""

    def __init__(self, pattern: Any, flags: int) -> None:
        self.pattern, self._flags = pattern, flags
        _made.add(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self._flags)
        self.__dict__ |= {each: getattr(compiled, each) for each in dir(compiled) if not each.startswith("_")}
        return getattr(compiled, name)


_made = WeakSet[_Lazy]()
