"""What a file's name, and an address, can end with. No format's own library is needed to know that."""

from __future__ import annotations

FORMATS = {
    "docx": "Word",
    "pdf": "PDF",
    "md": "Markdown",
    "txt": "纯文本",
    "json": "JSON",
    "akn.xml": "Akoma Ntoso",
}
"""The formats of a document or a section, by ending → what readers call it."""

EVIDENCE = "zip"
"""The ending of a whole document's evidence."""
