"""Rendered concrete and cracks of known course and width: the demo wall, the golden tiles, the training cracks."""
