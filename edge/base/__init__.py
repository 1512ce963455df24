"""The base: where rovers bring their logs. Nothing on a rover imports it."""
