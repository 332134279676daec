"""A corpus of example laws and notices, with its index and store of citations."""

from __future__ import annotations

import hashlib
from pathlib import Path

from kb.base.model import Document, Metadata, Provenance
from kb.corpus.folder import Corpus
from kb.law.store import Store
from kb.search.open.engines import open_engine
from kb.structure import outline

LAW = """中华人民共和国示例法
第一章　总则
第一条　为了示例，制定本法。
第二条　示例机关应当履行下列职责：
（一）受理示例；
（二）办理示例。
违反前款规定的，依照本法第三条处理。
第二章　附则
第三条　本法自2010年1月1日起施行。《示例旧法》同时废止。
"""
RULES = """示例市示例办法
第一条　为了规范示例，根据《中华人民共和国示例法》（以下简称《示例法》）第二条第一款第（二）项，制定本办法。
第二条　依照《示例法》第二条、第三条和第九百九十九条办理。
第三条　本办法自2015年5月1日起施行，有效期五年。
"""


def document(id: str, text: str, source: str = "示例", **facts: str) -> Document:
    """Make a document with this text; `edition` dates it, `retrieved` tells when it came, other facts are its metadata."""
    data = hashlib.sha256(text.encode()).hexdigest()
    edition, retrieved = facts.pop("edition", ""), facts.pop("retrieved", "2026-01-01T00:00:00Z")
    found = Provenance(f"{id}.txt", data, retrieved, "text/plain", edition=edition)
    facts.setdefault("title", text.partition("\n")[0])
    return Document(id, source, Metadata(**facts), found, outline.parse(text))


class Shelf:
    """A corpus on disk and the store beside its index."""

    def __init__(self, folder: Path) -> None:
        self.corpus = Corpus(folder / "corpus")
        self.store = Store(folder / "index")

    def put(self, id: str, text: str, source: str = "示例", **facts: str) -> None:
        """Write a document, or another edition of one."""
        with self.corpus.writing():
            made = document(id, text, source, **facts)
            write = self.corpus.write_edition if made.provenance.edition else self.corpus.write
            write(made, text.encode())

    def update(self) -> list[str]:
        """Make the store that of the corpus, and the index, where there is one."""
        problems = self.store.update(self.corpus)
        if list(self.store.path.parent.glob("gen-*")):
            open_engine(self.store.path.parent).update(self.corpus)
        return problems
