"""The errors that Hairline raises on purpose. Each says the rule, what came instead, and which file.

Every class also inherits the built-in that a caller would expect, so `except ValueError` works without knowing us.
Only the command line turns one of them into `hairline: error: ...` and its exit status.
"""


class HairlineError(Exception):
    """Whatever a user can cause and mend; anything else is a bug and keeps its traceback."""

    exit_status = 1


class BundleError(HairlineError, ValueError):
    """A model bundle that is incomplete, changed, of another schema, or that its runtime does not reproduce."""


class SourceError(HairlineError, OSError):
    """A picture, folder, video or camera that cannot be read."""


class CameraLostError(SourceError):
    """A camera that keeps failing although it was restarted: a new process may have more luck."""

    exit_status = 75  # EX_TEMPFAIL of sysexits.h(3head): try again later


class ConfigError(HairlineError, ValueError):
    """A `rover.toml` that cannot be read, with an unknown key or an impossible value."""


class ServiceError(HairlineError, OSError):
    """A service that cannot be installed or removed here."""


class UploadError(HairlineError, OSError):
    """A base that cannot be reached or is in trouble: the same will be tried again."""


class RefusedError(HairlineError, OSError):
    """A base that says no: trying again changes nothing."""


class BaseError(HairlineError, OSError):
    """A base whose disk, database or tokens fail."""


class LogError(HairlineError, OSError):
    """An inspection log that cannot be opened, is in use, or is of another schema."""


class DataError(HairlineError, ValueError):
    """A labelled data set that is missing, damaged, or does not have the layout it should."""


class FetchError(HairlineError, OSError):
    """A data set that could not be downloaded or that arrived different from what its source published."""


class RecipeError(HairlineError, ValueError):
    """A training recipe with an unknown key or an impossible value."""


class CheckpointError(HairlineError, ValueError):
    """A checkpoint that cannot be read or belongs to another recipe."""


class CalibrationError(HairlineError, ValueError):
    """A camera calibration that cannot be made, read or used, or a board or scale that contradicts what is seen."""


class SerialError(HairlineError, OSError):
    """A board on a serial line that is missing, silent, or holds another network."""


class ProgramError(HairlineError, OSError):
    """A program that computes scores and does not start, ends, stalls, or belongs to another network."""


class AccessError(HairlineError, ValueError):
    """A password, a certificate or an address with which the review page cannot be served safely."""


class MissingExtraError(HairlineError, ImportError):
    """A verb that needs packages which this installation lacks."""

    def __init__(self, verb: str, extra: str, missing: str) -> None:
        super().__init__(
            f"'{verb}' needs the package '{missing}', which is not installed: pip install 'hairline[{extra}]'"
        )
