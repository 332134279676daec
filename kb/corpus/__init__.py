"""The folder of Markdown files: documents, their versions, their snapshots, what changed."""
