"""What somebody should look at: found by `kb.upkeep.verdict`, told by `kb.upkeep.alarms`, set aside by who knows of it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kb.base import clock, storage
from kb.base.errors import NotFoundError
from kb.base.lazy_re import lazy_re
from kb.upkeep.state import FOLDER

RUN = f"{FOLDER}/.run"
"""Below the corpus: what is remembered of no single source."""
ACKNOWLEDGED = f"{RUN}/acknowledged.json"
"""Which findings somebody knows of."""
REBUILT = f"{RUN}/rebuilt.json"
"""What of the index was found damaged and made anew."""
_SEAL = "seal"
_UNSEALED = {"started", "since", "problem"}
_TOLERANCE = timedelta(hours=2)
_MOMENT = lazy_re(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not well: `name` calls it (`shili/late`), `title` says to people what it concerns, `sentence` what
    is wrong. `since` is when that began (ISO 8601; "" where nobody noted it), `advice` what to type. `acknowledged` says
    who knows of it, and since when; `which` tells what it concerns from other things, where the sentence does not name all.
    """

    name: str
    title: str
    sentence: str
    since: str = ""
    advice: str = ""
    acknowledged: str = ""
    which: str = ""

    @property
    def told(self) -> str:
        """Return the sentence, with who knows of it."""
        return f"{self.sentence}（有人知道：{self.acknowledged}）" if self.acknowledged else self.sentence

    @property
    def content(self) -> str:
        """Return what tells it from another one of its name: numbers and days that only count on are none of it."""
        return re.sub(r"[\d,.:TZ-]+", "#", re.sub(r"（已连续 \d+ 次）", "", self.sentence)) + self.which


def by_title(findings: Iterable[Finding]) -> dict[str, str]:
    """Return what is wrong by whom it concerns, in a sentence or several."""
    found: dict[str, str] = {}
    for each in findings:
        found[each.title] = " ".join(filter(None, (found.get(each.title), each.sentence)))
    return found


def trusted(written: str, now: datetime) -> str:
    """Return a time that was written down (ISO 8601), "" where it is none or lies in the future: a clock was wrong then."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return ""
    return written if moment <= now + _TOLERANCE else ""


def in_future(root: Path, now: datetime) -> list[str]:
    """Return the small records (JSON) below a corpus in which a time lies in the future. Raises StorageError."""
    found = []
    for path in (each for each in storage.below(root / FOLDER) if each.suffix == ".json"):
        try:
            times = _MOMENT.findall(path.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
        if any(not trusted(each, now) for each in times):
            found.append(path.name)
    return found


def marked(findings: Iterable[Finding], known: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return findings with who knows of them: of this very content, not of another one that is behind it.

    `known` is the record `ACKNOWLEDGED`.
    """
    return tuple(
        replace(each, acknowledged=f"{told['by']}，{told['at']}")
        if (told := known.get(each.name)) and told.get("content") == each.content
        else each
        for each in findings
    )


def note_rebuilt(root: Path, sentences: Sequence[str]) -> None:
    """Write down what of the index was found damaged and made anew, in sentences: a finding until every byte was read again.

    Each time is another finding, whoever knows of the one before. Raises StorageError.
    """
    known, now = read(root / REBUILT), clock.stamp()
    told = dict.fromkeys([*known.get("sentences", []), *sentences])
    write(root / REBUILT, {"sentences": list(told), "since": known.get("since") or now, "last": now})


def acknowledge(names: Sequence[str], findings: Sequence[Finding], root: Path, by: str) -> list[Finding]:
    """Write down that somebody knows of findings; return them. Raises NotFoundError for one that there is not, StorageError."""
    there = {each.name: each for each in findings}
    for name in names:
        if name not in there:
            raise NotFoundError(f"没有名为“{name}”的警报：现在有的是 {'、'.join(there) or '（没有）'}。")
    known = {name: told for name, told in read(root / ACKNOWLEDGED).items() if name in there}  # the rest is over
    known |= {name: {"content": there[name].content, "by": by, "at": clock.stamp()} for name in names}
    write(root / ACKNOWLEDGED, known)
    return [there[name] for name in names]


def read(path: Path) -> dict[str, Any]:
    """Return a small record, {} where there is none, or it is damaged: then nothing was written down.

    Raises StorageError where the machine refuses to read it: what is written upon it must not be lost by that.
    """
    try:
        with storage.refusals(path, "读"):
            record = json.loads(path.read_bytes()) if path.is_file() else {}
    except ValueError:
        return {}
    if not isinstance(record, dict) or not (_is_of_source(path) or _holds(record)):
        return {}
    return {key: told for key, told in record.items() if key != _SEAL}


def write(path: Path, record: Mapping[str, Any]) -> None:
    """Write a small record; one of no source, whose seal stands beside it, bears its own. Raises StorageError."""
    sealed = record if _is_of_source(path) else {**record, _SEAL: _sum(record)}
    storage.make_folder(path.parent)
    storage.write_atomic(path, json.dumps(sealed, ensure_ascii=False, indent=2).encode())


def damaged(root: Path) -> list[Path]:
    """Return the small records of no source, below a corpus, that are not as they were written."""
    return [path for path in storage.entries(root / RUN) if path.suffix == ".json" and is_damaged(path)]


def is_damaged(path: Path) -> bool:
    """Return whether a small record of no source is there and not as it was written.

    Raises StorageError where the machine refuses to read it, which is not to say that it is damaged.
    """
    try:
        with storage.refusals(path, "读"):
            if not path.is_file():
                return os.path.lexists(path)
            record = json.loads(path.read_bytes())
    except ValueError:
        return True
    return not isinstance(record, dict) or not _holds(record)


def _is_of_source(path: Path) -> bool:
    return path.parent.name != Path(RUN).name and not path.name.startswith(".")


def _holds(record: Mapping[str, Any]) -> bool:
    """Return whether a record's seal holds; an earlier version wrote that of the index without one."""
    if _SEAL not in record:
        return record.keys() <= _UNSEALED
    return str(record[_SEAL]) == _sum({key: told for key, told in record.items() if key != _SEAL})


def _sum(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace")).hexdigest()


def as_json(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Return findings as the command line and the API give them."""
    return [{name: told for name, told in asdict(each).items() if name != "which"} for each in findings]
