"""The page on which people go through what was found. Nothing else in `edge/` but the command line knows it."""
