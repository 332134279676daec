"""The command line: a door that nobody imports."""
