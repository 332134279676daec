"""Finding by meaning: sentences as vectors, kept beside the index, and which of them are near a query's."""
