"""The rendered walls that only `hairline gate` looks at: nothing learns from them, no threshold is chosen on them."""

import re

FROZEN_SEEDS = range(7_100_000, 7_100_100)

# How the cameras before rendered walls describe themselves: `rover:SEED (...)`, `wall:SEED (...)`.
_RENDERED = re.compile(r"(?:rover|wall):(\d{1,18})\b")


def is_frozen(source: str) -> bool:
    """Whether a run's source is one of these walls."""
    rendered = _RENDERED.match(source)
    return rendered is not None and int(rendered[1]) in FROZEN_SEEDS
