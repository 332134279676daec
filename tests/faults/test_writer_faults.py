"""Every command that writes, broken at each of its calls: what it was to write is there or not, and the next run ends well.

The suite breaks a sample, and only of those that write neither the corpus nor the index: those have tests of their own.
`KB_SWEEP=1 pytest -s tests/faults/test_writer_faults.py` breaks every call of every command, `KB_SWEEP=5` each fifth, and
both say how many that were.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import harness
import pytest
from writers import WRITERS, Home, Writer

from kb.base import clock
from kb.base.errors import KbError

STEP = int(os.environ.get("KB_SWEEP", "97"))
CHOSEN = [each for each in WRITERS if "KB_SWEEP" in os.environ or each.check is None]


@pytest.fixture(scope="module")
def like(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library to begin with, made once."""
    return Home(tmp_path_factory.mktemp("like")).folder


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let time stand still: two runs write the same bytes."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 6, 1, tzinfo=UTC))


def _code(home: Home, *command: str) -> int:
    try:
        home(*command)
    except KbError as error:
        return error.exit_code
    return 0


def _run(writer: Writer, home: Home) -> int:
    try:
        writer.run(home)
    except KbError as error:
        return error.exit_code
    return 0


@pytest.mark.usefixtures("stopped")
@pytest.mark.parametrize("writer", CHOSEN, ids=[each.name for each in CHOSEN])
def test_a_fault_at_any_call_leaves_what_was_or_what_was_to_be(
    writer: Writer, like: Path, quick_path: Path, tmp_path: Path
) -> None:
    home = Home(quick_path, like)
    writer.begin(home)
    home.save()
    old = writer.look(home)
    writer.run(home)
    new = writer.look(home)
    assert (old != new, _state(writer, home)) == (True, (writer.check, [], []))
    tried = 0
    run = lambda: writer.run(home)  # noqa: E731
    for fault, status in harness.sweep(home.restore, run, quick_path, tmp_path, STEP, opening=True):
        tried += 1
        refused = {2, *writer.refused} if f"{home.folder}/kb.toml" in fault.call.line else writer.refused
        assert status in ({harness.KILLED} if fault.effect == "KILL" else {0, *refused}), fault
        left = writer.look(home)
        between = [name for name in left if left[name] not in (old.get(name), new.get(name))]
        gone = [name for name in old if name in new and name not in left]
        assert (between, gone) == ([], []), fault
        assert status or left == new, fault
        if writer.check is not None and _code(home, "check") == 0:
            assert home.found() == home.true(), fault
        assert _run(writer, home) in writer.again, fault
        assert writer.look(home) == new, fault
        assert _state(writer, home) == (writer.check, [], []), fault
    assert tried
    if "KB_SWEEP" in os.environ:
        print(f"\n{writer.name}: {tried} faults", flush=True)


def _state(writer: Writer, home: Home) -> tuple[int | None, list[str], list[Path]]:
    """What `kb check` ends with, where that is asked for, what the ledger does not know, and what was left unfinished."""
    if writer.check is None:
        return None, [], [path for path in home.leftovers() if home.corpus not in path.parents]  # its next writer's
    return _code(home, "check"), home.unknown(), home.leftovers()
