"""Undoing the disguise of mirror pages, byte by byte."""
