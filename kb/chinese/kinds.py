"""The kinds of documents (文种): the one table of the words that name them.

党政机关公文处理工作条例（中办发〔2012〕14号）第八条 names fifteen; laws, plans and reports add theirs. A word that names a kind
does not always end a title: in the middle of a file 清单 or 说明 heads a table more often than a document.
"""

from __future__ import annotations

_EVERYWHERE = [
    "决议",
    "决定",
    "令",
    "公报",
    "公告",
    "通告",
    "意见",
    "通知",
    "通报",
    "报告",
    "批复",
    "函",
    "纪要",
    "修正案",
    "法",
    "条例",
    "规定",
    "办法",
    "细则",
    "规则",
    "规程",
    "章程",
    "解释",
    "答复",
    "安排",
    "准则",
    "守则",
    "制度",
    "标准",
    "规范",
    "规划",
    "计划",
    "方案",
    "预案",
    "纲要",
    "要点",
    "指南",
    "措施",
]
_AT_THE_HEAD = ["请示", "议案", "法典", "宪法", "解答", "清单", "目录", "名单", "说明", "解读", "总结", "公示"]
_BELOW_IT = ["命令", "公约", "协定", "指引", "倡议书", "议定书", "简报"]
_ENDING_NO_TITLE = ["声明", "白皮书", "决算", "预算", "提案", "建议"]

KINDS = (*_EVERYWHERE, *_AT_THE_HEAD, *_BELOW_IT, *_ENDING_NO_TITLE)
"""What a document's kind can be."""

HEAD_TITLE_ENDS = (*_EVERYWHERE, *_AT_THE_HEAD, "复函")
"""The words with which a title ends at the head of a file."""

INNER_TITLE_ENDS = (*_EVERYWHERE, *_BELOW_IT, *["复函", "协议", "议程", "大纲", "宣言", "讲话"])
"""The words with which the title of one of several documents in a file ends."""


def any_of(words: tuple[str, ...]) -> str:
    """Return a pattern for one of the words, the longest first."""
    return "|".join(sorted(words, key=len, reverse=True))
