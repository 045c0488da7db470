"""Images that stacks name are referred to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_rokka.collector import collect
from django_rokka.columns import register_images, registration
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import RokkaError
from django_rokka.storage import RokkaStorage

from tests.collector.conftest import Upload, get_row, is_deleted
from tests.collector.test_deleting import sweep

pytestmark = pytest.mark.django_db(transaction=True)

Configure = Callable[..., RokkaStorage]


def mark_with(hash: str) -> dict[str, Any]:
    """Return a stack that puts an image on others."""
    options = {"mode": "foreground", "width": 10, "height": 10, "secondary_image": hash}
    return {"operations": [{"name": "composition", "options": options}]}


def test_stack__at_rokka_keeps_its_image(rokka: RokkaStorage, upload: Upload) -> None:
    red, green = upload("red"), upload("green")
    for number in range(101):  # more than a page
        rokka.client.stacks.create(f"stack{number:03}", {"operations": []})
    rokka.client.stacks.create("zzz", mark_with(red.hash))
    assert sweep(accept_fewer_columns=False).deleted == 1
    assert [is_deleted(rokka, image) for image in (red, green)] == [False, True]


def test_stack__that_storages_declare_keeps_its_image(configure: Configure, upload: Upload) -> None:
    red, green = upload("red"), upload("green")
    storage = configure(stacks={"marked": mark_with(red.hash)})
    assert sweep(RokkaStorage(**{**storage._options, "stacks": None})).deleted == 1
    assert [is_deleted(storage, image) for image in (red, green)] == [False, True]


def test_stack__has_its_deleted_image_back(rokka: RokkaStorage, upload: Upload) -> None:
    red = upload()
    rokka.client.stacks.create("marked", mark_with(red.hash))
    rokka.client.source_images.delete(red.hash)
    assert collect().restored == 1
    assert not is_deleted(rokka, red)


def test_stacks__that_cannot_be_listed_end_the_run_before_anything_is_released(
    rokka: RokkaStorage, upload: Upload, server: EmulatorServer
) -> None:
    red = upload()
    server.emulator.faults.add(method="GET", path="/stacks", status=500)
    with pytest.raises(RokkaError):
        sweep()
    assert get_row(red).released_at is None
    assert not is_deleted(rokka, red)


def test_registered_images__are_kept_and_looked_for_before_a_deletion(
    rokka: RokkaStorage, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    red, green = upload("red"), upload("green")
    monkeypatch.setattr(registration, "_sources", {})
    register_images(lambda: [red])
    asked: list[str] = []

    def get_more() -> list[str]:
        """Name another one at the second question, which is that before the deletion."""
        asked.append(green.hash)
        return asked[1:]

    register_images(get_more)
    report = sweep()
    assert (report.referenced, report.rescued, report.deleted) == (1, 1, 0)
    assert not is_deleted(rokka, green)
