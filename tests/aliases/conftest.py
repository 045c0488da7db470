"""What the tests of aliases share: images at rokka, and what stands in the rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from django_rokka.models import Alias
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage

from tests import pictures

Upload = Callable[[str], ImageReference]


@pytest.fixture
def upload(rokka: RokkaStorage) -> Upload:
    """Upload a picture of a colour; the same colour is the same image."""

    def send(colour: str) -> ImageReference:
        file = ContentFile(pictures.png(colour=colour), "logo.png")
        return rokka.upload("logo.png", file)

    return send


def get_states() -> dict[str, tuple[str, str, str]]:
    """Return state, target and confirmed hash of each alias."""
    return {
        alias.name: (alias.state, alias.target_hash, alias.confirmed_hash)
        for alias in Alias.objects.order_by("name")
    }


def get_hash_behind(rokka: RokkaStorage, name: str) -> str:
    return rokka.client.aliases.get(name).hash


def snapshot() -> list[dict[str, Any]]:
    """Return all columns of all aliases."""
    return list(Alias.objects.order_by("pk").values())
