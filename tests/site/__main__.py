"""`python -m tests.site --posts 20000`: the site as a command, for benchmarks and for a look with a browser."""

from __future__ import annotations

import argparse

from tests.site.content import Content
from tests.site.pages import Habits
from tests.site.server import Site


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.site", description=__doc__)
    parser.add_argument("--posts", type=int, default=250)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--newer", action="store_true", help="`total` in place of classify.post_count")
    parser.add_argument("--whole-list", action="store_true", help="the whole list on page 1, 404 from page 2 on")
    parser.add_argument("--escaped-titles", action="store_true", help="titles as %%uXXXX")
    given = parser.parse_args()
    habits = Habits(given.newer, given.whole_list, given.escaped_titles)
    site = Site(Content(given.posts), habits, port=given.port)
    print(site.url, flush=True)
    site.serve()


if __name__ == "__main__":
    main()
