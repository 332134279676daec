"""From bytes as found to documents in the corpus. Nothing outside this package knows HTML."""
