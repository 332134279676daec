"""The seam between the program and whatever searches; every engine serves it."""
