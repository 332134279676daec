"""Which lines of a text are its articles: the numbering that explains all of its lines best.

A line that starts with 第三条 may be the third article, cite it (第三条规定的…), quote that of another text, or be the
seventh with a figure misread. No line can tell by itself, so the whole is weighed: how the number is joined to what
follows, whether the line above is finished, and which numbers come before and after. The chain with the most weight is
the numbering; a line whose damaged number fits into a hole of it, and no other does, is the article that is missing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise

from kb.base.lazy_re import lazy_re
from kb.base.model import Section
from kb.chinese.numerals import Joint, Number, article, hanzi

Values = tuple[int, ...]

_WEIGHT: dict[Joint, float] = {"apart": 4, "joined": 2.5, "marked": 2.5, "citing": 1.5, "cited": 0}
_UNFINISHED = 1.5  # a line above that breaks off shows that this one goes on with it
_ODD = 1.2  # where numbers stand apart from the text, one that does not is less likely a number
_MISSING, _MISSING_EACH, _MISSING_MOST = 1.0, 0.3, 3.5
_AGAIN = 3.6  # another text begins with 第一条
_ASTRAY = 5.0  # a number that follows nothing
_NEAR = 12  # numbers: a hole is not wider, else the text leaps
_WRAPPED = 20  # characters: a shorter line above is a heading or a name, not one that breaks off
_FINISHED = lazy_re(r"[。；：！？;:!?）)”》〉…]\s*$")
_FEW_BOLD = 2  # a single bold number may be there by chance
_EXCERPT = 4  # articles: so many that do not begin with 第一条 may be quoted
_ANNOUNCED = lazy_re(r"[：:]\s*$")
_REPLY = lazy_re(r"答复|批复|复函|的函|解读|解答|问答|请示|通知|通报|公告|意见|说明|案例|判决|裁定|决定书")
_HEAD = 6  # lines
_ANSWER = lazy_re(r"答复|批复|复函|解答|问答")
_SOURCE = lazy_re(r"规定(?!如下|：?$)|条规定|下列规定|如下规定|规定如下.{0,2}$")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line that may be an article, and how much speaks for it."""

    line: int
    number: Number
    joint: Joint
    weight: float


def articles(
    lines: Sequence[str], numbers: Sequence[Number | None], quoted: set[int], bold: Set[int] = frozenset()
) -> dict[int, Number]:
    """Return the numbers of the lines that are articles; `quoted` are the lines inside quotations of several lines.

    `bold` are the lines whose number alone is bold: where most articles are printed so, these are articles, whatever follows.

    A number that is damaged has the value that its place gives it; `printed` is what stands there.
    """
    found = _candidates(lines, quoted, bold)
    chain = _last_in_place(_without_quotations(_heaviest(found), lines, numbers), lines)
    return {each.line: each.number for each in chain} | _restored(chain, lines, quoted)


def _candidates(lines: Sequence[str], quoted: set[int], bold: Set[int]) -> list[Candidate]:
    read = [(i, each) for i, line in enumerate(lines) if (each := article(line))]
    read = _by_bold(read, bold)
    read = [(i, each) for i, each in read if i not in quoted or (each[1] == "apart" and "“" in lines[i])]
    apart = sum(joint == "apart" for _, (_, joint) in read) * 2 > len(read)
    return [
        Candidate(i, number, joint, weight)
        for i, (number, joint) in read
        if (weight := _weight(i, joint, apart, lines)) > 0
    ]


def _by_bold(read: list[tuple[int, tuple[Number, Joint]]], bold: Set[int]) -> list[tuple[int, tuple[Number, Joint]]]:
    """Take bold numbers as standing apart where most numbers that are no citations are bold."""
    sure = sum(i not in bold and joint not in ("citing", "cited") for i, (_, joint) in read)
    printed = sum(i in bold for i, _ in read)
    if printed < _FEW_BOLD or printed <= sure:
        return read
    return [
        (i, (replace(number, doubtful=False), "apart") if i in bold else (number, joint)) for i, (number, joint) in read
    ]


def _weight(i: int, joint: Joint, apart: bool, lines: Sequence[str]) -> float:
    weight = _WEIGHT[joint]
    above = lines[i - 1].strip() if i else ""
    if len(above) > _WRAPPED and not _FINISHED.search(above) and not above.startswith("|"):
        weight -= _UNFINISHED if joint != "apart" else 0.5
    weight -= _ODD if apart and joint in ("citing", "marked") else 0
    return max(weight, 0.2) if _WEIGHT[joint] else 0


def _heaviest(found: Sequence[Candidate]) -> list[Candidate]:
    """Return the chain of candidates with the most weight, less the cost of its holes and leaps; linear in their number."""
    scores: list[float] = []
    before: list[int] = []
    at: dict[Values, int] = {}  # values → where the best chain ends that ends with them
    first: dict[int, int] = {}  # the same by the first of the values: 3之二 is followed by 4, too
    best = -1
    for i, each in enumerate(found):
        values = each.number.values
        chosen, cost = _chosen(values, scores, at, first, best, found[best].number.values if best >= 0 else ())
        score = each.weight - cost + (scores[chosen] if chosen >= 0 else 0)
        scores.append(score)
        before.append(chosen)
        later = cost > 0  # of two with the same number after a hole, the first may fill it
        if _is_better(scores, i, at.get(values, -1), later):
            at[values] = i
        if _is_better(scores, i, first.get(values[0], -1), later):
            first[values[0]] = i
        if best < 0 or score >= scores[best]:
            best = i
    chain: list[Candidate] = []
    while best >= 0:
        chain.append(found[best])
        best = before[best]
    return chain[::-1]


def _is_better(scores: Sequence[float], new: int, known: int, later: bool) -> bool:
    return known < 0 or scores[new] > scores[known] or (later and scores[new] == scores[known])


def _chosen(
    values: Values,
    scores: Sequence[float],
    at: Mapping[Values, int],
    first: Mapping[int, int],
    best: int,
    reached: Values,
) -> tuple[int, float]:
    """Return (the chain that is best gone on with, -1 for none, what that costs); `reached` is what the best one ends with."""
    if best >= 0 and first.get(values[0] - 1) == best and len(values) == 1:
        return best, 0.0
    start = 0.0 if values == (1,) else 1.5
    options = [(-start, 0.0, -1, start)]

    def offer(end: int | None, cost: float) -> None:
        if end is not None:
            options.append((scores[end] - cost, -cost, end, cost))

    if len(values) == 1:
        offer(first.get(values[0] - 1), 0)
    else:
        offer(at.get(values[:-1] if values[-1] == 1 else (*values[:-1], values[-1] - 1)), 0)
        offer(first.get(values[0]), _MISSING)
        offer(first.get(values[0] - 1), _MISSING + _MISSING_EACH)
    for missing in range(1, _NEAR + 1):
        offer(first.get(values[0] - 1 - missing), min(_MISSING + _MISSING_EACH * missing, _MISSING_MOST))
    if best >= 0:
        offer(best, _AGAIN if values == (1,) else _MISSING_MOST if values > reached else _ASTRAY)
    _, _, end, cost = max(options)
    return end, cost


def number_of(line: str, value: int) -> Number | None:
    """Return the number with which the line of an article of this value starts, damaged or not."""
    read = article(line)
    if read:
        return read[0]
    for arabic in (False, True):
        if end := _damaged(line, value, arabic):
            return _number(line, value, end)
    return None


def _last_in_place(chain: list[Candidate], lines: Sequence[str]) -> list[Candidate]:
    """Give the last article the number due there where it leaps away and one character explains it: 18, 第五九条."""
    if len(chain) < 2 or chain[-1].number.values[0] <= chain[-2].number.values[0] + _NEAR:
        return chain
    last, due = chain[-1], chain[-2].number.values[0] + 1
    end = _damaged(lines[last.line], due, arabic=last.number.printed.strip("第条 ").isdigit())
    return [*chain[:-1], replace(last, number=_number(lines[last.line], due, end))] if end else chain


# Articles of another text


def _without_quotations(
    chain: list[Candidate], lines: Sequence[str], numbers: Sequence[Number | None]
) -> list[Candidate]:
    """Leave out the runs of articles that a reply or a notice quotes without marks."""
    head = "".join(lines[:_HEAD])
    runs = _runs(chain)
    own: list[list[Candidate]] = []
    for at, run in enumerate(runs):
        goes_on = own and at + 1 < len(runs) and runs[at + 1][0].number.values[0] == own[-1][-1].number.values[0] + 1
        leaps = own and run[0].number.values != (1,) and _is_announced(run[0].line, lines, numbers)
        if not goes_on and not leaps and not _is_quoted(run, lines, numbers, head):
            own.append(run)
    return [each for run in own for each in run]


def _runs(chain: Iterable[Candidate]) -> list[list[Candidate]]:
    runs: list[list[Candidate]] = []
    last: Values = ()
    for each in chain:
        values = each.number.values
        if not runs or values[0] < last[0] or values[0] > last[0] + _NEAR or values == last:
            runs.append([])
        runs[-1].append(each)
        last = values
    return runs


def _is_quoted(run: Sequence[Candidate], lines: Sequence[str], numbers: Sequence[Number | None], head: str) -> bool:
    start = run[0].line
    above = lines[start - 1] if start else ""
    announced = _is_announced(start, lines, numbers)
    if run[0].number.values == (1,):
        return announced and bool(_ANSWER.search(head)) and bool(_SOURCE.search(above)) and len(run) <= _EXCERPT
    if len(run) > _EXCERPT or any(number and number.style in _CHAPTERS for number in numbers[:start]):
        return False
    goes_on = any(number and number.style == "hanzi" for number in numbers[run[-1].line :])
    return announced or bool(_REPLY.search(head)) or goes_on


def _is_announced(line: int, lines: Sequence[str], numbers: Sequence[Number | None]) -> bool:
    """Return whether the line above, or the one above the headings there, says that something follows."""
    at = line - 1
    while at > 0 and (number := numbers[at]) and number.style in _CHAPTERS:
        at -= 1
    return at >= 0 and bool(_ANNOUNCED.search(lines[at]))


_CHAPTERS = {"part", "book", "subbook", "chapter", "division"}

# Damaged numbers

_ODD_CHARACTER = lazy_re(r"[^\u4e00-\u9fff〇○零，。、；：:（）()“”《》]")
_CLASSIFIER = "届次章节款项编篇部号名位个年季批类种级期天人大百千十轮步点代阶，。、；：,.:;"
_STARTS = lazy_re(r"[第笫弟苐荣]|[一二三四五六七八九十百千〇○零\d]{1,8}条|.{1,9}条")


def _restored(chain: Sequence[Candidate], lines: Sequence[str], quoted: set[int]) -> dict[int, Number]:
    """Return the articles whose damaged numbers fill the holes of a chain, each the only one that can."""
    if not chain:
        return {}
    arabic = chain[0].number.printed.strip("第条 ").isdigit()
    restored: dict[int, Number] = {}
    for above, below in pairwise(chain):
        wanted = [*range(above.number.values[0] + 1, below.number.values[0])]
        if 0 < len(wanted) <= _NEAR:
            restored |= _fill(wanted, range(above.line + 1, below.line), lines, quoted, arabic)
    head, last = chain[0], chain[-1]
    if 1 < head.number.values[0] <= _NEAR:
        inside = range(max(0, head.line - _AROUND), head.line)
        restored |= _fill([*range(1, head.number.values[0])], inside, lines, quoted, arabic, broken=True)
    line, due = last.line, last.number.values[0] + 1
    while line < len(lines):
        inside = range(line + 1, min(len(lines), line + _AROUND))
        found = _fill([due], inside, lines, quoted, arabic, broken=True)
        restored |= found
        line, due = max(found, default=len(lines)), due + 1
    return restored


_AROUND = 30  # lines above the first article and below the last


def _fill(
    wanted: Sequence[int],
    inside: Iterable[int],
    lines: Sequence[str],
    quoted: set[int],
    arabic: bool,
    broken: bool = False,
) -> dict[int, Number]:
    """Return what fills a hole; `broken` asks that the number cannot be read as another one."""
    fits: list[tuple[int, dict[int, int]]] = []
    for i in inside:
        if i in quoted or not _STARTS.match(lines[i]) or (broken and _stands(i, lines)):
            continue
        ends = {value: end for value in wanted if (end := _damaged(lines[i], value, arabic, broken))}
        if ends:
            fits.append((i, ends))
    if len(fits) == len(wanted) and all(value in ends for value, (_, ends) in zip(wanted, fits, strict=True)):
        chosen = [(i, value, ends[value]) for value, (i, ends) in zip(wanted, fits, strict=True)]
    else:
        sure = [(i, *next(iter(ends.items()))) for i, ends in fits if len(ends) == 1]
        chosen = [each for each in sure if sum(each[1] in ends for _, ends in fits) == 1]
        if chosen != sorted(chosen, key=lambda each: each[1]):
            return {}
    return {i: _number(lines[i], value, end) for i, value, end in chosen}


def _stands(i: int, lines: Sequence[str]) -> bool:
    """Return whether a line has a number that is no slip: one within a sentence, or announced as a quotation."""
    read = article(lines[i])
    return read is not None and (read[1] != "apart" or i == 0 or bool(_ANNOUNCED.search(lines[i - 1])))


def _number(line: str, value: int, end: int) -> Number:
    text = len(line) - len(line[end:].lstrip())
    return Number("article", (value,), line[:end].strip(), text, doubtful=True)


def _damaged(line: str, value: int, arabic: bool, broken: bool = False) -> int:
    """Return where the number of this article ends, at most one character of it damaged; 0 where it is not that one."""
    wanted = f"第{value if arabic else hanzi(value)}条"
    start = _indent(line)
    if read := article(line):
        number, joint = read
        near = joint in ("apart", "joined", "marked") and _distance(_bare(number.printed), wanted) <= 1
        return start + len(number.printed) if near else 0
    cut = _end_of(line, start, len(wanted) - 1)
    if _bare(line[start:cut]) == wanted[:-1] and line[cut : cut + 1].isspace():
        return cut  # 第四十一　本条例: no longer number, though 条 follows
    for length in (len(wanted), len(wanted) + 1, len(wanted) - 1):
        end = _end_of(line, start, length)
        printed, after = _bare(line[start:end]), line[end : end + 1]
        whole = printed.endswith("条") and (printed[0] != wanted[1] or not broken or after.isspace())
        cut = printed == wanted[:-1] and after not in _CLASSIFIER and not (broken and not after.isspace())
        last = printed[-1:]
        odd = bool(_ODD_CHARACTER.match(last)) or (after.isspace() and last not in _CLASSIFIER)
        if (whole or cut or (odd and printed[:-1] == wanted[:-1])) and _distance(printed, wanted) <= 1:
            return end
    return 0


def _distance(printed: str, wanted: str) -> int:
    """Return 0 for the same, 1 where one character is another one, missing or too many, 2 for more."""
    if printed == wanted:
        return 0
    if len(printed) == len(wanted):
        differ = [a for a, b in zip(printed, wanted, strict=True) if a != b]
        return 1 if len(differ) == 1 or all(map(_ODD_CHARACTER.match, differ)) else 2
    short, long = sorted((printed, wanted), key=len)
    if len(long) - len(short) > 1:
        return 2
    same = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    return 1 if short[same:] == long[same + 1 :] else 2


def _bare(text: str) -> str:
    return "".join(text.split())


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end_of(line: str, start: int, length: int) -> int:
    """Return where `length` characters that are no blanks end."""
    for end in range(start, min(len(line), start + 2 * length)):
        length -= not line[end].isspace()
        if not length:
            return end + 1
    return len(line)


# What the numbering leaves open

_ARTICLE = lazy_re(r"(?P<text>(?:[a-z]+-\w+(?:~\d+)?-)*)art-(?P<first>\d+)(?:-\d+)*(?:~\d+)?")
_LISTED = 3  # missing articles that are named one by one


def gaps(anchors: Iterable[str]) -> list[tuple[str, int, int]]:
    """Return the holes in the numbering of a document's articles, (prefix of its text, last before, first after)."""
    found: list[tuple[str, int, int]] = []
    last: dict[str, int] = {}
    for each in map(_ARTICLE.fullmatch, anchors):
        if each:
            text, value = each["text"], int(each["first"])
            before = last.get(text, 0 if value <= _NEAR else value - 1)
            if value > before + 1:
                found.append((text, before, value))
            last[text] = value
    return found


def notes(sections: Sequence[Section]) -> tuple[str, ...]:
    """Say in Chinese what is doubtful in the numbering of a document's articles: holes, damaged numbers, numbers not taken."""
    walked = [section for top in sections for section in top.walk()]
    said = [_missing(before, after) for _, before, after in gaps(section.anchor for section in walked)]
    astray: list[str] = []
    for section in walked:
        found = _ARTICLE.fullmatch(section.anchor)
        read = article(section.number) if found else None
        if found and (read is None or read[0].values[0] != int(found["first"])):
            said.append(f"条号存疑：印作“{section.number}”的一条，按前后条号应为第{hanzi(int(found['first']))}条。")
        if "条" in section.text:
            astray += _astray(section.text, own=bool(found))
    if astray:
        named = "、".join(dict.fromkeys(astray[:_LISTED])) + ("等" if len(astray) > _LISTED else "")
        said.append(f"行首的{named}与前后条号不相接，按引文处理，没有作为本文的条。")
    return tuple(said)


def _missing(before: int, after: int) -> str:
    missing = [f"第{hanzi(value)}条" for value in range(before + 1, after)]
    named = "、".join(missing) if len(missing) <= _LISTED else f"{missing[0]}至{missing[-1]}"
    if not before:
        return f"条号不连续：从第{hanzi(after)}条开始，缺{named}。"
    return f"条号不连续：第{hanzi(before)}条之后是第{hanzi(after)}条，缺{named}。"


def _astray(text: str, own: bool) -> list[str]:
    lines = text.splitlines()[1 if own else 0 :]
    if "“" in text and any("“" in line for line in lines):
        return []
    read = [each for line in lines if (each := article(line))]
    return [f"“{number.printed}”" for number, joint in read if joint == "apart"]
