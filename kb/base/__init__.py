"""What everything stands on: plain data, errors, files that survive a crash, checksums, locks, clocks, counts."""
