"""The mirror, for the fields' tests too."""

from __future__ import annotations

import pytest

from tests.lifecycle.mirror import Mirror


@pytest.fixture
def mirror() -> Mirror:
    """The mirror of whatever storage the test configures."""
    return Mirror()
