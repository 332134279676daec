"""Fields of Word that carry no result: what their code shows (ECMA-376 Part 1, 17.16): EQ \\f(a,b) → a/b, a box, a choice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from docx.oxml.ns import qn

from kb.base.lazy_re import lazy_re
from kb.ingest.formats import scripts
from kb.ingest.formats.leashed.word_symbols import symbol

MISSING = "〓"
_UNSEEN = frozenset({"XE", "TC", "TA", "RD", "SET", "PRIVATE", "PRINT", "ADVANCE"})  # show nothing
_DERIVED = frozenset({"PAGE", "NUMPAGES", "SECTIONPAGES", "TOC", "INDEX"})  # are made from the text
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">", "（": "）"}
_CIRCLES = "○〇◯"
_QUOTED = lazy_re(r'"([^"]*)"')
_EQUATION = lazy_re(
    r"\\(?P<switch>[a-zA-Z*]+)\d*[ ]*|\\(?P<literal>.)|(?P<mark>[(),;，；])|(?P<text>[^\\(),;，；]+)", re.DOTALL
)


@dataclass(slots=True)
class Field:
    """A field while it is read: its code, and whether something of its result was seen."""

    code: str = ""
    in_result: bool = False
    shown: bool = False
    form: Any = None

    @property
    def kind(self) -> str:
        """Return the word that its code begins with."""
        return (self.code.split() or [""])[0].upper()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a field without a result shows, and why it may be wrong, "" where it is certain."""

    text: str
    doubt: str = ""


def shown(field: Field) -> Shown:
    """Return what a field shows that brings no result of its own."""
    code = field.code.strip()
    rest = code[len(field.kind) :].strip()
    if field.kind in _UNSEEN | _DERIVED or not code:
        return Shown("")
    if field.kind == "EQ":
        equation = _Equation(rest)
        return Shown(equation.written(), "公式的写法没有全认出" if equation.unknown else "")
    if field.kind == "FORMCHECKBOX":
        return Shown("☐", "没有写明是否选中，写作☐")
    if field.kind == "FORMDROPDOWN" and (choice := _choice(field.form)):
        return Shown(choice)
    if field.kind == "MACROBUTTON" and len(words := rest.split(None, 1)) == 2:
        return Shown(words[1])
    if field.kind == "QUOTE" and (quoted := _QUOTED.match(rest)):
        return Shown(quoted[1])
    if field.kind == "SYMBOL" and (found := _symbol(rest)):
        return Shown(found)
    return Shown(MISSING, "没有结果，标作〓")


def _choice(form: Any) -> str:
    listed = form.find(qn("w:ddList")) if form is not None else None
    if listed is None:
        return ""
    entries = [each.get(qn("w:val"), "") for each in listed.findall(qn("w:listEntry"))]
    given = (listed.find(qn(f"w:{name}")) for name in ("result", "default"))
    chosen = next((int(each.get(qn("w:val"), "0")) for each in given if each is not None), 0)
    return entries[chosen] if 0 <= chosen < len(entries) else ""


def _symbol(rest: str) -> str:
    number = re.match(r"(0x[0-9a-fA-F]+|\d+)", rest)
    font = re.search(r'\\f\s+"?([^"\\]+)"?', rest)
    if number is None:
        return ""
    code = int(number[0], 0)
    if font is not None:
        return symbol(font[1].strip(), code) or ""
    return chr(code) if 0x20 <= code < 0x110000 and "\\u" in rest else ""


class _Equation:
    """Reads the code of an EQ field: switches with arguments in brackets, separated by commas or semicolons."""

    def __init__(self, code: str) -> None:
        self._tokens = list(_EQUATION.finditer(code))
        self._at = 0
        self.unknown = False

    def written(self) -> str:
        """Return the equation on one line."""
        return self._sequence(until="")

    def _sequence(self, until: str) -> str:
        """Read up to one of the marks `until`, or to the end."""
        text = ""
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            if token["mark"] and token["mark"] in until:
                return text
            self._at += 1
            if token["switch"]:
                text += self._switch(token["switch"].lower())
            elif token["mark"] == "(":
                text += f"({self._sequence(until=')')})"
                self._at += 1
            else:
                text += token["literal"] or token["mark"] or token["text"]
        return text

    def _switch(self, name: str) -> str:
        options: list[tuple[str, str]] = []
        while self._at < len(self._tokens) and not self._is_open():
            token = self._tokens[self._at]
            if token["mark"] or (token["text"] or "").strip():
                break
            self._at += 1
            if token["switch"]:
                options.append((token["switch"].lower(), ""))
            elif token["literal"]:
                options.append(("literal", token["literal"]))
        arguments = self._arguments() if self._at < len(self._tokens) and self._is_open() else []
        return self._form(name, options, arguments)

    def _is_open(self) -> bool:
        return bool(self._tokens[self._at]["mark"] == "(")

    def _arguments(self) -> list[str]:
        found: list[str] = []
        while self._at < len(self._tokens):
            self._at += 1
            found.append(self._sequence(until="),;，；").strip())
            if self._at >= len(self._tokens) or self._tokens[self._at]["mark"] == ")":
                self._at += 1
                return found
        self.unknown = True
        return found

    def _form(self, name: str, options: list[tuple[str, str]], arguments: list[str]) -> str:
        whole = ",".join(arguments)
        if name == "f" and len(arguments) == 2:
            return f"{_grouped(arguments[0])}/{_grouped(arguments[1])}"
        if name == "r" and arguments:
            degree = scripts.raised(arguments[0]) if len(arguments) > 1 else ""
            return f"{degree}√({arguments[-1]})"
        if name == "s" or name.startswith(("up", "do")):
            low = any(option.startswith("do") for option, _ in [*options, (name, "")])
            return (scripts.lowered if low else _raised)(arguments[-1]) if arguments else ""
        if name == "o":
            return self._over(arguments)
        if name == "b":
            marks = [value for option, value in options if option == "literal"] or ["("]
            return f"{marks[0]}{whole}{marks[1] if len(marks) > 1 else _BRACKETS.get(marks[0], marks[0])}"
        if name == "i" and len(arguments) == 3:
            sign = "∑" if ("su", "") in options else "∏" if ("pr", "") in options else "∫"
            return f"{sign}{scripts.lowered(arguments[0])}{_raised(arguments[1])} {arguments[2]}"
        if name == "a" and arguments:
            return f"[{'; '.join(arguments)}]"
        if name in ("x", "l"):
            return whole
        if name == "d":
            return ""
        self.unknown = True
        return f"\\{name}({whole})"

    def _over(self, arguments: list[str]) -> str:
        """Write characters that are printed over each other."""
        inside = next((each for each in arguments if each not in _CIRCLES), "")
        if len(arguments) == 2 and any(each and each in _CIRCLES for each in arguments):
            return _circled(inside)
        self.unknown = True
        return "".join(arguments)


def _circled(text: str) -> str:
    number = int(text) if text.isascii() and text.isdigit() else 0
    for first, code, most in ((1, 0x2460, 20), (21, 0x3251, 35), (36, 0x32B1, 50)):
        if first <= number <= most:
            return chr(code + number - first)
    if len(text) == 1 and text.isascii() and text.isalpha():
        return chr((0x24B6 if text.isupper() else 0x24D0) + ord(text.upper()) - ord("A"))
    return f"({text})"


def _grouped(text: str) -> str:
    return text if text.isalnum() else f"({text})"


def _raised(text: str) -> str:
    up = scripts.raised(text)
    return up if up != text or not text else f"^({text})"
