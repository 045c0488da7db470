"""What the tests of the lifecycle share: who refers to what, as the mirror has it."""

from __future__ import annotations

import pytest

from django_rokka.models import SourceImage
from django_rokka.storage import RokkaStorage

from tests.lifecycle.mirror import Mirror


@pytest.fixture
def mirror(rokka: RokkaStorage) -> Mirror:
    """The mirror of the only storage."""
    assert not SourceImage.objects.exists()
    return Mirror()
