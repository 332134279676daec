"""What pages and the interface show alike: editions, outlines, searches, files to take away."""
