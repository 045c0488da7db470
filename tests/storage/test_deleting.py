"""What is deleted is released: rokka keeps it, and whoever listens takes note."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from django_rokka.render import ImageReference
from django_rokka.signals import image_released
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

Configure = Callable[..., RokkaStorage]

NAME = f"{'c' * 40}/1600x900/lake.jpg"


@pytest.fixture
def released() -> Iterator[list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []

    def listen(**arguments: Any) -> None:
        told.append({name: arguments[name] for name in ("sender", "storage", "reference")})

    image_released.connect(listen)
    yield told
    image_released.disconnect(listen)


def test_delete__tells_what_was_released(
    configure: Configure, released: list[dict[str, Any]]
) -> None:
    storage = configure()

    with assert_no_rokka_calls():
        storage.delete(NAME)

    reference = ImageReference.parse(NAME)
    assert released == [{"sender": RokkaStorage, "storage": storage, "reference": reference}]


@pytest.mark.parametrize("options", [{"on_delete": "never"}, {"read_only": True}], ids=str)
def test_delete__that_is_not_to_be_releases_nothing(
    configure: Configure, released: list[dict[str, Any]], options: dict[str, object]
) -> None:
    with assert_no_rokka_calls():
        configure(**options).delete(NAME)

    assert released == []


def test_delete__of_no_reference_releases_nothing(
    configure: Configure, released: list[dict[str, Any]]
) -> None:
    configure().delete("holiday.jpg")

    assert released == []
