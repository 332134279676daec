"""A small real HTTP server that plays the sites we fetch from: `with Site(Content(posts=250)) as site: site.url`."""

from tests.site.content import Content, Post
from tests.site.server import Asked, Site

__all__ = ["Asked", "Content", "Post", "Site"]
