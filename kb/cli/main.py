"""The command line: `kb <verb>`. Results go to stdout, everything else to stderr.

Exit codes: 0 all is well · 1 something was found wrong, or some files failed · 2 wrong call or setting · 3 not found ·
4 unreadable document · 5 no usable index · 6 the machine refuses (disk, permission, port, lock) · 7 a site cannot be
fetched · 130 interrupted. `main` is the one place where errors become sentences.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from kb.base.errors import KbError, StorageError, unforeseen
from kb.cli import (
    backup_verbs,
    corpus_verbs,
    follow_verbs,
    import_verbs,
    law_verbs,
    reader_verbs,
    reading_verbs,
    source_verbs,
)
from kb.cli.terminal import INTERRUPTED, USAGE, group, in_words, say

VERBS = (corpus_verbs, reading_verbs, source_verbs, import_verbs, law_verbs, follow_verbs, reader_verbs, backup_verbs)
"""The modules whose verbs join the group when they are imported, in the order of `kb --help`."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `kb` and end the process with its exit code."""
    try:
        code = group.main(args=arguments, prog_name="kb", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
        code = USAGE
    except click.UsageError as error:
        say(in_words(error))
        code = USAGE
    except KbError as error:
        say(str(error))
        code = error.exit_code
    except OSError as error:
        say(unforeseen("运行这条命令", error))
        code = StorageError.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("已中断；已经写好的内容不受影响。")
        code = INTERRUPTED
    sys.exit(code)
