"""What a request stands in: the library, its freshness, the language, what a reader prefers, facets."""
