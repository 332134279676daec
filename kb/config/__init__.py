"""kb.toml → settings and sources."""
