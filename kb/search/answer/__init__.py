"""What both engines make answers of: section records, columns of documents, snippets, suggestions, the answer put together."""
