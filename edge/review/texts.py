"""What people write, their names and their notes; and what is shortened for them."""

from edge.log.edits import looks_like_undo

MAX_NAME = 60
MAX_NOTE = 2_000


def checked_name(name: str) -> str:
    """A reviewer's name without what would not print. Raises `ValueError` for none, or one that is too long."""
    name = "".join(c for c in name if c.isprintable()).strip()
    if not 1 <= len(name) <= MAX_NAME:
        raise ValueError(f"a reviewer has a name of 1 to {MAX_NAME} characters; got {len(name)}")
    return name


def checked_note(note: str) -> str | None:
    """A note, None for an empty one. Raises `ValueError` for one that is too long or reads like an undo."""
    if len(note) > MAX_NOTE:
        raise ValueError(f"a note has at most {MAX_NOTE} characters; got {len(note)}")
    if looks_like_undo(note.strip()):
        raise ValueError("a note does not read like that of an undo; take the entry back instead")
    return note.strip() or None


def short_class(severity: str | None) -> str | None:
    """A class of severity without what it means, which stands behind a colon: what fits into a table and a filter."""
    return None if severity is None else severity.partition(":")[0]
