"""Formulas of Word (Office Math, ECMA-376 Part 1, 22.1) → one line: a/b, x^(2), √(a), ∑_(i)^(n)."""

from __future__ import annotations

from typing import Any

from docx.oxml.ns import qn

from kb.ingest.formats import scripts

_SINGLE = 1


def linear(formula: Any) -> str:
    """Return a formula as it is typed on one line; nothing of it is left out."""
    return "".join(_written(child) for child in formula)


def _written(node: Any) -> str:
    kind = node.tag.rsplit("}", 1)[-1]
    if kind == "t":
        return node.text or ""
    if kind.endswith("Pr"):
        return ""
    if kind == "f":
        return f"{_grouped(_part(node, 'num'))}/{_grouped(_part(node, 'den'))}"
    if kind in ("sSup", "sSub", "sSubSup"):
        return _part(node, "e") + _lowered(_part(node, "sub")) + _raised(_part(node, "sup"))
    if kind == "rad":
        degree = _part(node, "deg")
        return f"{scripts.raised(degree) if degree else ''}√({_part(node, 'e')})"
    if kind == "nary":
        sign = node.find(f"{qn('m:naryPr')}/{qn('m:chr')}")
        limits = _lowered(_part(node, "sub")) + _raised(_part(node, "sup"))
        return f"{sign.get(qn('m:val'), '∫') if sign is not None else '∫'}{limits} {_part(node, 'e')}"
    if kind == "d":
        return _delimited(node)
    if kind == "m":
        rows = (", ".join(map(linear, row.findall(qn("m:e")))) for row in node.findall(qn("m:mr")))
        return f"[{'; '.join(rows)}]"
    if kind == "eqArr":
        return "; ".join(map(linear, node.findall(qn("m:e"))))
    if kind in ("limLow", "limUpp"):
        return f"{_part(node, 'e')}_({_part(node, 'lim')})"
    return linear(node)


def _delimited(node: Any) -> str:
    def mark(name: str, usual: str) -> str:
        found = node.find(f"{qn('m:dPr')}/{qn(f'm:{name}')}")
        return usual if found is None else found.get(qn("m:val"), "")

    inner = mark("sepChr", "|").join(map(linear, node.findall(qn("m:e"))))
    return f"{mark('begChr', '(')}{inner}{mark('endChr', ')')}"


def _part(node: Any, name: str) -> str:
    found = node.find(qn(f"m:{name}"))
    return linear(found) if found is not None else ""


def _grouped(text: str) -> str:
    return text if len(text) <= _SINGLE or text.isalnum() else f"({text})"


def _raised(text: str) -> str:
    if not text:
        return ""
    up = scripts.raised(text)
    return up if up != text else f"^({text})"


def _lowered(text: str) -> str:
    return scripts.lowered(text) if text else ""
