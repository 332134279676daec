"""Two texts side by side: which `characters` differ, and which `sections` stayed, changed, moved, came and went."""
