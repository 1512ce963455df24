"""Labelled images -> a quantised model bundle."""
