"""Engines are made here and nowhere else, and compared with one another."""
