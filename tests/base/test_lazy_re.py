"""Patterns that are compiled when they are first used: like compiled ones, and none of them wrong."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import kb
from kb.base.lazy_re import compile_all, lazy_re


def test_it_does_what_a_compiled_one_does() -> None:
    number = lazy_re(r"第(?P<number>\d+)条", re.ASCII)
    assert number.pattern == r"第(?P<number>\d+)条"
    found = number.search("见第12条")
    assert found and found["number"] == "12" and number.sub("X", "见第12条") == "见X"
    assert number.groups == 1 and number.flags & re.ASCII and dict(number.groupindex) == {"number": 1}
    assert lazy_re(rb"a+").fullmatch(b"aaa")


def test_a_wrong_one_says_so_when_it_is_used() -> None:
    wrong = lazy_re("(")
    with pytest.raises(re.error):
        wrong.search("a")


def test_none_of_the_program_is_wrong() -> None:
    for module in pkgutil.walk_packages(kb.__path__, "kb."):
        if not module.name.endswith(("__main__", "ocr")):  # what reads pictures is optional
            importlib.import_module(module.name)
    compile_all()
