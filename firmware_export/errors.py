"""The errors of this package. Each says the rule, what came instead, and what to do."""

from edge.errors import HairlineError


class ModelError(HairlineError, ValueError):
    """A network that is damaged, or that this generator cannot turn into C."""


class ExportError(HairlineError, ValueError):
    """An export that cannot be written as it was asked for: a name, a folder, a processor."""


class BoardError(HairlineError, OSError):
    """A board that is unknown, missing, another one, or too small; or a tool for it that is missing or failed."""


class NotVerifiedError(BoardError):
    """A board that was flashed, but nothing says that it holds the image."""

    exit_status = 3
