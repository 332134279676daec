"""The rows of a list page: what each offers, and which elements of a page are its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import NavigableString, Tag

from kb.base.lazy_re import lazy_re
from kb.config.sources import Css
from kb.fetch.lists.item import Item, short_key
from kb.fetch.lists.markup import HtmlPage, plain, text_of
from kb.fetch.lists.row_dates import only_date, row_date

_SHORTEST_TITLE = 8
_FEWEST, _FEWEST_DATED = 5, 2
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6", "dt"]
_BLOCKS = [*_HEADINGS, "p", "div", "li", "span", "em", "i", "b", "strong", "td", "dd", "time", "font"]
_ROWS = ("li", "tr", "dd", "dt", "div", "p", "a", "article", "section", "dl", "ul")
_PARENTS = ["ul", "ol", "div", "tbody", "table", "dl", "section", "article", "main", "td", "body"]
_WIDE = frozenset(("div", "section", "article", "dl", "ul"))
_NO_LIST = frozenset(("nav", "footer", "header"))
_FURNITURE = lazy_re(
    r"(?:^|[\s_-])(?:nav\w*|menu\w*|foot(?:er)?|header|top-?bar|friend-?link|links?|breadcrumb|crumbs?|location|share)(?:$|[\s_-])",
    re.IGNORECASE,
)
_DATED = 5  # how much more a list with days weighs than one without
_MOST_SIBLINGS = 3
_ARTICLE = 25


def read_rows(page: HtmlPage, css: Css) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """Return the items of the rows that `css` names, and sentences on rows whose link leads nowhere."""
    items, notes = list[Item](), list[str]()
    for tag in page.soup.select(css.item):
        link = _link(tag, css)
        if link is None:
            continue
        title = _title(tag, link, css)
        if url := page.address(link):
            items.append(row_item(url, title, _date(tag, link, css)))
        elif len(title) >= _SHORTEST_TITLE:
            notes.append(f"列表里的“{title}”没有网址（链接要靠脚本），没有收录。")
    return tuple(items), tuple(notes)


def row_item(url: str, title: str, published: str, **more: str) -> Item:
    """Make an item of what a row says; `more` are further facts by their labels."""
    told = {"标题": title, "发布日期": published, **more}
    return Item(short_key(url), url, title, published, labels={label: value for label, value in told.items() if value})


def _link(tag: Tag, css: Css) -> Tag | None:
    """Return the link of a row: the row itself, or the first that is long enough for a title, else the longest."""
    if tag.name == "a":
        return tag
    links = tag.select(css.link)
    if not links and tag.get("onclick"):
        return tag
    if css.title or css.link != Css().link:
        return links[0] if links else None
    long = (link for link in links if len(_name(link)) >= _SHORTEST_TITLE)
    return next(long, max(links, key=lambda link: len(_name(link)), default=None))


def _title(tag: Tag, link: Tag, css: Css) -> str:
    named = tag.select_one(css.title) if css.title else None
    return text_of(named) if named else _name(link)


def _name(link: Tag) -> str:
    """Return what a link is called: its title, its heading, or its text without a date."""
    if given := plain(link.get("title")):
        return given
    heading = link.find(_HEADINGS)
    if isinstance(heading, Tag) and text_of(heading):
        return text_of(heading)
    inner = [
        text for each in link.find_all(_BLOCKS, recursive=False) if (text := text_of(each)) and not only_date(text)
    ]
    own = " ".join(str(each).strip() for each in link.children if isinstance(each, NavigableString)).strip()
    return own if len(own) >= _SHORTEST_TITLE or not inner else inner[0] if len(inner[0]) >= 4 else " ".join(inner)


def _date(tag: Tag, link: Tag, css: Css) -> str:
    """Return the day of a row: of the element named, of its column 发布日期, or what stands beside the title."""
    if css.date:
        named = tag.select_one(css.date)
        return row_date([text_of(named)]) if named else ""
    if tag.name == "tr" and (cell := _published_cell(tag)):
        return row_date([text_of(cell)])
    title = _name(link)
    beside = [str(each).strip() for each in tag.find_all(string=True) if link not in each.parents]
    inside = [text for each in link.find_all(string=True) if (text := str(each).strip()) and text not in title]
    return row_date(beside) or row_date(inside) or row_date(_after(tag))


def _after(tag: Tag) -> list[str]:
    """Return the texts that follow a row which has no day, up to the next link: the day may stand there."""
    found = list[str]()
    for sibling in tag.find_next_siblings(limit=_MOST_SIBLINGS):
        if not isinstance(sibling, Tag) or sibling.name == "a" or sibling.find("a"):
            break
        found.append(text_of(sibling))
    return found


def _published_cell(row: Tag) -> Tag | None:
    """Return the cell under the heading 发布日期 (or 公布…, 发文…), None where the table has no such heading."""
    table = row.find_parent("table")
    head = table.find("tr") if table else None
    if not isinstance(head, Tag) or head is row:
        return None
    names = [text_of(each) for each in head.find_all(["th", "td"])]
    cells = row.find_all(["td", "th"])
    place = next((at for at, name in enumerate(names) if name.startswith(("发布", "公布", "发文日", "发文时"))), None)
    return cells[place] if place is not None and place < len(cells) == len(names) else None


def recognise(page: HtmlPage) -> Css | None:
    """Find the repeating rows of a list page: like children of one element that hold most of the long link texts.

    Rows with days count for more. None where nothing repeats, or where the page is a text with some links beside it.
    """
    best, score, weight = "", 0.0, 0
    for parent in page.soup.find_all(_PARENTS):
        if any(_is_furniture(each) for each in (parent, *parent.parents)):
            continue
        for name in _ROWS:
            rows = dict(_titled(page, parent, name))
            selector = f"{_selector(parent)} > {name}"
            dated = sum(bool(_date(row, link, Css())) for row, link in rows.values())
            least = _FEWEST_DATED if dated * 2 > len(rows) else _FEWEST
            size = sum(len(_name(link)) for _, link in rows.values())
            points = size * (_DATED if dated * 2 > len(rows) else 1)
            if len(rows) >= least and points > score:
                best, score, weight = selector, points, size
    return Css(item=best) if best and weight * 2 > prose(page, best) else None


def _is_furniture(tag: Tag) -> bool:
    """Tell menus, heads and feet of a site from where its posts stand."""
    named = f"{tag.get('id') or ''} {' '.join(map(str, tag.get_attribute_list('class')))}"
    return tag.name in _NO_LIST or (tag.name not in ("body", "html") and bool(_FURNITURE.search(named)))


def _titled(page: HtmlPage, parent: Tag, name: str) -> Iterator[tuple[str, tuple[Tag, Tag]]]:
    """Yield (address, (row, link)) of the children that could be rows."""
    for row in parent.find_all(name, recursive=False):
        link = _link(row, Css())
        if link is None or len(_name(link)) < _SHORTEST_TITLE or not (url := page.address(link)):
            continue
        if (
            name in _WIDE
            and len({page.address(each) for each in row.select("a") if len(_name(each)) >= _SHORTEST_TITLE}) > 1
        ):
            continue  # a box of several posts
        yield url, (row, link)


def prose(page: HtmlPage, rows: str = "") -> int:
    """Count the characters of long texts that are neither links nor in a row: what a post has and a list has not."""
    within = {id(tag) for tag in page.soup.select(rows)} if rows else set[int]()
    count = 0
    for text in page.soup.find_all(string=True):
        size = len(str(text).strip())
        if size >= _ARTICLE and not any(
            each.name in ("a", "script", "style", "head") or id(each) in within for each in text.parents
        ):
            count += size
    return count


def _selector(tag: Tag) -> str:
    """Name an element by its id, or its classes, or its parent's name."""
    if tag.get("id"):
        return f'{tag.name}[id="{tag["id"]}"]'
    classes = "".join(f'[class~="{name}"]' for name in tag.get_attribute_list("class") if name)
    above = tag.parent
    if classes or above is None or above.name in ("body", "[document]"):
        return f"{tag.name}{classes}"
    return f"{_selector(above)} > {tag.name}"
