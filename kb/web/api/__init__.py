"""The interface for programs: its addresses, answers and description (OpenAPI 3.1)."""
