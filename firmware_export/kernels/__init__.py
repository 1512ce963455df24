"""The C kernels and, beside each, the Python that packs an operator's constants for it."""
