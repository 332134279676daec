"""Keeping the corpus up with its sources: what is new, changed or gone, what is remembered, who is told."""
