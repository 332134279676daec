"""What can go wrong, in words for people. `kb.cli.main` and `kb.web.site.app` are the two places that show them.

Each error carries one clear Chinese sentence saying what is wrong and what to do about it.
"""


class KbError(Exception):
    """Anything a user or operator can do something about.

    `exit_code` is what the command line ends with, `status` what a web answer has.
    """

    exit_code = 1
    status = 500


class UsageError(KbError):
    """The call itself is wrong: a setting, an option, a query."""

    exit_code = 2
    status = 400


class NotFoundError(KbError):
    """There is no such document, anchor, version or file."""

    exit_code = 3
    status = 404


class UnreadableError(KbError):
    """An input file or a corpus document cannot be read as what it should be."""

    exit_code = 4
    status = 500


class BadIndexError(KbError):
    """There is no usable index: none yet, damaged, or made by another version."""

    exit_code = 5
    status = 503


class StorageError(KbError):
    """The machine refuses: disk full, no permission, a port in use, a lock held."""

    exit_code = 6
    status = 503


class BusyError(KbError):
    """As much of this is being done as may be at a time: later, or in a smaller piece, it can be done."""

    exit_code = 6
    status = 503


class TooOftenError(KbError):
    """Somebody asks for it more often than may be: later it can be asked again."""

    exit_code = 6
    status = 429
