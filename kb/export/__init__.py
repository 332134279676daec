"""A document, or one section of it, → a file to take away: Markdown, text, JSON, DOCX, PDF, Akoma Ntoso, evidence.

`formats.export` is the entry for a `selection.select`; `evidence.evidence` and `tables` stand beside it.
"""
