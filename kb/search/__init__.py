"""Finding sections. Nothing outside this package knows which engine answers."""
