"""One emulator with the images of all snippets, and a project that renders them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.storage import storages
from pytest_django import Settings

from django_rokka.emulator import Emulator, EmulatorServer
from django_rokka.storage import RokkaStorage

from tests.markup.gallery import MOMENT, SIGNING_KEY, STACKS, Gallery

API_KEY = "apikey-of-the-tests-0123456789abcdef"


@pytest.fixture(scope="module")
def shared_options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """OPTIONS that lead to a server for all tests of a module."""
    emulator = Emulator(
        root=tmp_path_factory.mktemp("rokka"),
        organization="demo",
        api_key=API_KEY,
        signing_key=SIGNING_KEY,
    )
    with EmulatorServer(emulator) as server:
        yield {
            "organization": "demo",
            "api_key": API_KEY,
            "signing_key": SIGNING_KEY,
            "api_host": server.api_host,
            "render_host": server.render_host,
            "retries": 0,
        }


@pytest.fixture(scope="module")
def filled(shared_options: dict[str, Any]) -> Gallery:
    storage = RokkaStorage(**shared_options)
    try:
        return Gallery.fill(storage)
    finally:
        storage.client.close()


@pytest.fixture
def gallery(
    filled: Gallery,
    shared_options: dict[str, Any],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Gallery]:
    """The images, in a project with the stacks, at one moment."""
    settings.STORAGES = {
        **settings.STORAGES,
        "rokka": {
            "BACKEND": "django_rokka.storage.RokkaStorage",
            "OPTIONS": {**shared_options, "stacks": STACKS},
        },
    }
    monkeypatch.setattr("django.utils.timezone.now", lambda: MOMENT)
    yield filled
    storage = storages["rokka"]
    assert isinstance(storage, RokkaStorage)
    assert "client" not in vars(storage), "a page has asked rokka"
