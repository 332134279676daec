"""Converters that need large libraries: only the child process of `kb.ingest.formats.convert` imports them."""
