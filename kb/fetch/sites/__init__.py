"""What a site offers, one module a kind of source: lists of addresses, and where in a page the document is."""
