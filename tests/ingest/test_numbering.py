from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.chinese.numerals import numeral, read


@pytest.mark.parametrize(
    ("line", "style", "values", "printed", "rest"),
    [
        ("一、总体要求", "hanzi", (1,), "一、", "总体要求"),
        ("二十一．总体要求", "hanzi", (21,), "二十一．", "总体要求"),
        ("一.总体要求", "hanzi", (1,), "一.", "总体要求"),
        ("（十二） 加强领导", "hanzi-bracket", (12,), "（十二）", "加强领导"),
        ("(三)强化建设", "hanzi-bracket", (3,), "(三)", "强化建设"),
        ("㈡甲", "hanzi-bracket", (2,), "㈡", "甲"),
        ("2.深化改革", "arabic", (2,), "2.", "深化改革"),
        ("１２．深化改革", "arabic", (12,), "１２．", "深化改革"),
        ("3、深化改革", "arabic", (3,), "3、", "深化改革"),
        ("（1）动用储备", "arabic-bracket", (1,), "（1）", "动用储备"),
        ("2）动用储备", "arabic-bracket", (2,), "2）", "动用储备"),
        ("⑶甲", "arabic-bracket", (3,), "⑶", "甲"),
        ("④甲", "circled", (4,), "④", "甲"),
        ("1.2.3　国家级", "decimal", (1, 2, 3), "1.2.3", "国家级"),
        ("第一编　总则", "book", (1,), "第一编", "总则"),
        ("第二分编 所有权", "subbook", (2,), "第二分编", "所有权"),
        ("第十章　附则", "chapter", (10,), "第十章", "附则"),
        ("第三节 其他规定", "division", (3,), "第三节", "其他规定"),
        ("第一部分 概述", "part", (1,), "第一部分", "概述"),
        ("第一百三十三条之一 在道路上", "article", (133, 1), "第一百三十三条之一", "在道路上"),
        ("第12条 甲", "article", (12,), "第12条", "甲"),
        ("【第一条】甲", "article", (1,), "第一条", "甲"),
        ("〔第三十条〕 甲", "article", (30,), "第三十条", "甲"),
        ("第1260条 甲", "article", (1260,), "第1260条", "甲"),
        ("第三十－条 甲", "article", (31,), "第三十－条", "甲"),
        ("第一，全国动员", "ordinal", (1,), "第一，", "全国动员"),
    ],
)
def test_numbers_of_every_style(line: str, style: str, values: tuple[int, ...], printed: str, rest: str) -> None:
    number = read(line)
    assert number is not None
    assert (number.style, number.values, number.printed, line[number.end :]) == (style, values, printed, rest)
    assert not number.doubtful


@pytest.mark.parametrize(
    "line",
    [
        "1.6升及以下排量乘用车",
        "2.5%",
        "2.5）浓度继续下降",
        "2019年工作总结",
        "30人。",
        "1000",
        "一是加强领导",
        "一方面，",
        "一、二、三产业融合发展",
        "第十二条规定的情形",
        "第十二条、第十三条所列",
        "第三人明知",
        "二〇〇四年十月十日",
        "（二○○四年六月十六日国务院",
        "0.5",
        "",
    ],
)
def test_no_numbers(line: str) -> None:
    assert read(line) is None


@pytest.mark.parametrize("line", ["1　总则", "7附则", "5.1人员保障", "第五章法律责任", "第十条为了"])
def test_numbers_that_only_their_place_can_prove(line: str) -> None:
    number = read(line)
    assert number is not None
    assert number.doubtful


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("十", 10),
        ("十一", 11),
        ("二十", 20),
        ("一百零八", 108),
        ("二百六十", 260),
        ("一千二百六十", 1260),
        ("二〇〇四", 2004),
    ],
)
def test_numerals(printed: str, value: int) -> None:
    assert numeral(printed) == value


def _in_hanzi(value: int) -> str:
    """Write 1 to 999 as documents do; the other way round than the parser."""
    figures = "零一二三四五六七八九"
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    text = f"{figures[hundreds]}百" if hundreds else ""
    if tens:
        text += "十" if tens == 1 and not hundreds else f"{figures[tens]}十"
    elif hundreds and ones:
        text += "零"
    return text + (figures[ones] if ones else "")


@given(st.integers(1, 999))
def test_every_numeral_comes_back(value: int) -> None:
    assert numeral(_in_hanzi(value)) == numeral(str(value)) == value


@given(st.text(alphabet="第一二十百零条章节编之、.．（）()12３ 　①㈠⑴规定的甲", max_size=60))
def test_any_line_reads(line: str) -> None:
    number = read(line)
    if number:
        assert line[: number.end].strip().startswith(number.printed)
        assert number.values and all(value >= 0 for value in number.values)
