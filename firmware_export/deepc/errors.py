"""What can go wrong between a bundle and a deepC program."""

from edge.errors import HairlineError


class DeepcError(HairlineError, ValueError):
    """A network that deepC 0.13 cannot compile, a missing tool, or a program that does not give the right scores."""
