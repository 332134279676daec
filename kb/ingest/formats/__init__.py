"""Bytes → text, one module a format. Nothing outside knows HTML, PDF or Word."""
