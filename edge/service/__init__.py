"""Hairline under systemd: the unit that starts it, and what it tells its supervisor."""
