"""One file for one new thing: what the modules of a package declare is found by looking, nowhere listed by hand."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def declared(package: ModuleType, kind: type[T]) -> list[T]:
    """Return the values of a kind that stand in the modules of `package`, in the order of the modules' names.

    A module is a file in one of the folders of `package.__path__`; importing it must be cheap and do nothing.
    """
    modules = [import_module(f"{package.__name__}.{found.name}") for found in iter_modules(package.__path__)]
    values = [value for module in modules for value in vars(module).values() if isinstance(value, kind)]
    return list({id(value): value for value in values}.values())
