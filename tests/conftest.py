"""What tests of every kind share: where real recordings are, and that a skip is never silent."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Folder of real recordings: ``AIRTRAFFIC_RECORDINGS``, or ``shared/data`` beside the checkout."""
    folder = Path(os.environ.get("AIRTRAFFIC_RECORDINGS") or ROOT.parent / "shared" / "data")
    if not (folder / "states").is_dir():
        pytest.skip("real recordings: set AIRTRAFFIC_RECORDINGS to a folder that holds them")
    return folder
