"""The application put together, served, watched."""
