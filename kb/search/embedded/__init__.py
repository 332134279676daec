"""The engine in a folder on this machine: Whoosh segments scored with numpy, kept in verified generations."""
