"""From bytes as found to documents in the corpus. Nothing outside this package knows HTML.

`pipeline` takes files in, `kb.upkeep.refresh` goes round the sources; both derive documents by `derive`: formats → restore
(disguise, furniture) → structure.
"""
