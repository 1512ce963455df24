"""What tests of several files share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of the real, labelled pictures; they are never part of the repository."""
    named = os.environ.get("HAIRLINE_DATA")
    if not named or not Path(named).is_dir():
        pytest.skip("needs the data folder: set HAIRLINE_DATA")
    return Path(named)
