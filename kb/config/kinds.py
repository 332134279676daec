"""The kinds of sources, as each family of sites declares itself; found by walking the package of families.

What is read here is the declaration: names, labels and settings. How a family lists its posts is `kb/fetch`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module

from kb.base.registry import declared

Value = str | bool | int | float | tuple[str, ...]
Table = tuple[tuple[str, Value, str], ...]

FAMILIES = "kb.fetch.sites"
"""The package of families: each module declares one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a family of sites declares: its `name` in kb.toml, its labels, how one tells it, and its settings.

    `reads` are those settings of a source that only some kinds heed (urls, css), `needs` those that must be there, as
    (setting, what to say where it is missing). `settings` are the family's own: a table in kb.toml that is named like
    the kind. A `local` source is a path of this machine and no address. One whose addresses are `named` is asked for each of
    them at every refresh, and a page that is missing is withdrawn.
    """

    name: str
    label: str
    english: str
    marks: str
    reads: tuple[str, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()
    settings: Table = ()
    local: bool = False
    named: bool = False


@cache
def kinds() -> dict[str, Kind]:
    """Return every kind by its name, in the order of its modules."""
    return {each.name: each for each in declared(import_module(FAMILIES), Kind)}
