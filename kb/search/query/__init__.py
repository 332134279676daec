"""What the reader of a query and both engines know: characters and words, conditions, matching, weights."""
