"""What tests of several files share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes depends on what else the machine does: speed is shown in benchmarks, never asserted.
settings.register_profile("hairline", deadline=None)
settings.load_profile("hairline")


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of the real, labelled pictures; they are never part of the repository."""
    named = os.environ.get("HAIRLINE_DATA")
    if not named or not Path(named).is_dir():
        pytest.skip("needs the data folder: set HAIRLINE_DATA")
    return Path(named)
