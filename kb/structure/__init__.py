"""Text → outline and metadata: what a document says of its own parts and of itself."""
