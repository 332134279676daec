"""What came, changed and went lately, for people; `kb.web.pages.atom_feeds` has the same for programs."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, render_template, request

from kb.base.errors import UsageError
from kb.compare.sections import CHANGES
from kb.corpus.changes import Told
from kb.web.context.arguments import refuse_unknown
from kb.web.context.library import library
from kb.web.view import changes
from kb.web.view.interface_labels import fetched_day
from kb.web.view.paging import paging

blueprint = Blueprint("changes", __name__)

PER_PAGE = 30
_KINDS = ("new", "changed", "withdrawn")


@blueprint.get("/changes")
def page() -> str:
    """The documents that came, changed or were withdrawn, the latest first, by the day of it; or one `kind` of these."""
    refuse_unknown("kind", "page")
    kind = request.args.get("kind", "")
    if kind and kind not in _KINDS:
        raise UsageError(f"参数 kind 应当是 {'、'.join(_KINDS)} 之一，现在是“{kind[:20]}”。")
    events = list(changes.chosen(kind))
    number, last, address = paging(len(events), PER_PAGE, ".page", kind=kind or None)
    shown = events[(number - 1) * PER_PAGE : number * PER_PAGE]
    found = [(event, changes.told(event)) for event in shown]
    return render_template(
        "changes.html",
        days=[(day, list(group)) for day, group in groupby(found, key=lambda each: fetched_day(each[0].when))],
        kind=kind,
        kinds=[("", "全部"), *((each, changes.KINDS[each]) for each in _KINDS)],
        names=changes.KINDS,
        total=len(events),
        counted=_counted,
        undated=sum(1 for _ in library().corpus.files()) - sum(event.kind == "new" for event in library().happened()),
        page=number,
        last=last,
        page_address=address,
    )


def _counted(told: Told) -> list[tuple[str, int, str]]:
    """Return what became of the sections of a text that changed: (word, how many, 条 or 节)."""
    if told.comparison is None:
        return []
    parts = [(each, part) for each in CHANGES if each != "same" for part in told.comparison.counted(each)]
    return [(CHANGES[change], number, unit) for change, (number, unit) in parts]
