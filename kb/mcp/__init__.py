"""The door for assistants (Model Context Protocol)."""
