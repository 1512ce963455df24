"""Which cracks and finds get a page of their own in the report, and which a place on a contact sheet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# A confirmed crack has a page. Of what nobody has confirmed the largest have one: more pages are not read.
MAX_CONFIRMED = 200
MAX_OTHERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Generic[T]):
    """What has a page, what has not, each the largest first; `words` says by which rule."""

    paged: Sequence[T]
    sheet: Sequence[T]
    words: str


def choose(items: Sequence[T], *, state: Callable[[T], str], size: Callable[[T], float], kind: str) -> Choice[T]:
    """`state` begins with what people said, "accepted" for what they confirmed; `kind` is "cracks" or "finds"."""
    ordered = sorted(items, key=size, reverse=True)
    confirmed = [one for one in ordered if state(one).startswith("accepted")]
    rejected = [one for one in ordered if state(one).startswith("rejected")]
    left = [one for one in ordered if not state(one).startswith(("accepted", "rejected"))]
    said = "nobody has confirmed or rejected"
    if not confirmed and not left:
        # Whoever asks for what was rejected alone wants to see it.
        left, rejected, said = rejected, [], "people rejected"
    paged = confirmed[:MAX_CONFIRMED] + left[:MAX_OTHERS]
    sheet = confirmed[MAX_CONFIRMED:] + left[MAX_OTHERS:] + rejected
    parts = []
    if confirmed:
        shown = min(len(confirmed), MAX_CONFIRMED)
        all_or = "all" if shown == len(confirmed) else f"the {shown} largest of"
        parts.append(f"{all_or} {len(confirmed)} that people confirmed")
    if left:
        shown = min(len(left), MAX_OTHERS)
        all_or = "all" if shown == len(left) else f"the {shown} largest of"
        parts.append(f"{all_or} {len(left)} that {said}")
    rule = " Large is what is long and wide, the two multiplied."
    words = f"Of the {len(items)} {kind} these have a page: {', '.join(parts) or 'none'}."
    if sheet:
        words += f"{rule} The other {len(sheet)} are on contact sheets; every one is in the table."
    return Choice(paged=paged, sheet=sheet, words=words)
