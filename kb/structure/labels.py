"""The labelled rows with which a site introduces a document (索 引 号：… 发文机关：… 成文日期：…), found in lines of text.

The names are those of the State Council's and the provinces' information catalogues (政府信息公开目录), of the national
meta tags for government sites (国办发〔2017〕47号) and of front matter as Markdown sites write it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from kb.base.lazy_re import lazy_re
from kb.chinese.dates import DATE
from kb.structure import yaml_head

_NAMES_BY_FIELD = {
    "title": "标题 信息名称 文件名称 公文名称 文件标题 名称 ArticleTitle title",
    "document_number": "发文字号 公文文号 文件编号 发文文号 文件字号 文号 document_number",
    "issuer": "发文机关 发布机构 发文机构 发文单位 制发机关 制定机关 发布机关 发布单位 公开责任部门 issuer author",
    "date": "成文日期 发文日期 生成日期 制发日期 印发日期 签发日期 成文时间 发文时间 生成时间 date",
    "published": "发布日期 公开日期 公布日期 发布时间 公开时间 PubDate published",
    "effective": "施行日期 生效日期 实施日期 生效时间 实施时间 effective",
    "identifier": "索引号 索取号 信息索引号 identifier",
    "url": "原文链接 原文地址 信息网址 Url canonical url source link",
}
FIELDS = {field: tuple(names.split()) for field, names in _NAMES_BY_FIELD.items()}
"""Field of `Metadata` → the labels that state it, most trusted first."""

_OTHER_NAMES = """
主题分类 信息分类 公文种类 服务对象 体裁分类 主题词 关键词 体裁 分类 有效性 时效性 效力状态 是否有效 有效期 失效日期
失效时间 废止日期 废止时间 公开方式 公开形式 公开范围 公开程序 信息类别 主题导航 组配分类 内容概述 信息来源 文章来源 来源 作者
责任编辑 浏览次数 浏览量 点击数 点击量 访问次数 阅读次数 字体大小 字体 字号 打印 分享到 分享 文件类型 文件状态
责任部门 录入时间
"""
# Labels that also head the columns of ordinary tables tell nothing by themselves.
_HEADERS = {"名称", "标题", "分类", "来源", "作者", "体裁", "有效期", "字号", "责任部门", "文件类型"}
_FURNITURE = {
    "浏览次数",
    "浏览量",
    "点击数",
    "点击量",
    "访问次数",
    "阅读次数",
    "字体大小",
    "字体",
    "打印",
    "分享到",
    "分享",
}
_TELLING = {name for names in FIELDS.values() for name in names} - _HEADERS
_HEAD_LINES = 60
_LONG_LINE = 120


def _spaced(label: str) -> str:
    return r"[ 　\xa0]*".join(label)


_NAMES = sorted(
    {name for names in FIELDS.values() for name in names if not name.isascii()} | set(_OTHER_NAMES.split()), key=len
)
_LABEL = lazy_re(
    rf"(?:^|(?<=[\s|>;；】\]]))[【\[*]*(?P<label>{'|'.join(_spaced(name) for name in reversed(_NAMES))})[ 　\xa0]*[】\]*]*"
    r"(?:[ 　\xa0]*[:：][*]*|(?=\s*(?:[\t|]|$))|(?<=[】\]]))"
)
_BLANKS = lazy_re(r"[\s　]+")


def pairs(line: str) -> list[tuple[str, str]]:
    """Return the (label, value) pairs of a line that starts with a label; [] for any other line.

    Spaces inside a label are layout and dropped: 索 引 号 → 索引号.
    """
    row = line.strip(" \t\u3000\xa0|")
    found = list(_LABEL.finditer(row))
    if not found or found[0].start() > 0:
        return []
    ends = [match.start() for match in found[1:]] + [len(row)]
    return [
        (_BLANKS.sub("", match["label"]), row[match.end() : end].strip(" \t\u3000\xa0|；;"))
        for match, end in zip(found, ends, strict=True)
    ]


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """Split YAML front matter off a text; answer (its plain values by key, the rest). Anything else is left alone."""
    head, body = yaml_head.split(text)
    values = yaml_head.read_any(head)
    if not values:
        return {}, text
    return {str(key): plain for key, value in values.items() if (plain := _plain(value))}, body


def _plain(value: object) -> str:
    """Return a string, or a list of strings as one; "" for what nests deeper, which may be endless by aliases."""
    texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    return "、".join(texts)


def take(lines: Sequence[str], limit: int = _HEAD_LINES) -> tuple[list[int], dict[str, str]]:
    """Find the labelled rows in the first `limit` lines of a text; answer (indices of their lines, label → value).

    The first value of a label counts.
    """
    labels: dict[str, str] = {}
    taken: list[int] = []
    for labelled, run in groupby(_rows(lines[:limit]), key=lambda row: bool(row.pairs)):
        rows = list(run)
        if not labelled or not _is_table([pair for row in rows for pair in row.pairs]):
            continue
        taken += [index for row in rows for index in row.indices]
        for label, value in (pair for row in rows for pair in row.pairs):
            if label not in _FURNITURE:
                labels[label] = labels.get(label) or value
    return taken, labels


def _is_table(row_pairs: list[tuple[str, str]]) -> bool:
    """One label alone makes no table, nor does the header of a table of the document (名称 | 分类 | 来源)."""
    telling = any(value and label in _TELLING for label, value in row_pairs)
    return len(dict(row_pairs)) >= 2 if telling else len(dict(row_pairs).keys() - _HEADERS) >= 3


@dataclass(frozen=True, slots=True)
class _Row:
    indices: tuple[int, ...]
    pairs: tuple[tuple[str, str], ...]


def _rows(lines: Sequence[str]) -> Iterator[_Row]:
    """Yield the lines of the head, up to the first long paragraph; a label and the value on the next line are one row."""
    head = [(index, line.strip()) for index, line in enumerate(lines) if line.strip()]
    flat = True  # no label of this run has had its value on its own line
    position = 0
    while position < len(head):
        index, line = head[position]
        row = pairs(line)
        if not row and len(line) > _LONG_LINE:
            return
        value = _value_below(head, position) if flat and len(row) == 1 and not row[0][1] else ""
        if value:
            yield _Row((index, head[position + 1][0]), ((row[0][0], value),))
        else:
            yield _Row((index,), tuple(row))
        flat = not row or (flat and not any(value for _, value in row))
        position += 2 if value else 1


def _value_below(head: list[tuple[int, str]], position: int) -> str:
    """Return the next line when it is the value of a label that stands alone (a table copied one cell a line).

    It is when another label follows, or when it is nothing but a date; a title below an empty label must stay.
    """
    below = [line for _, line in head[position + 1 : position + 3]]
    if not below or len(below[0]) > _LONG_LINE or pairs(below[0]):
        return ""
    followed = len(below) == 2 and bool(pairs(below[1]))
    return below[0] if followed or re.fullmatch(rf"{DATE}[\s\d:]*", below[0]) else ""
