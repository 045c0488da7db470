"""A storage that only reads: a staging site on production's organization."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from django_rokka.client import RokkaClient, observe_calls
from django_rokka.exceptions import ReadOnly
from django_rokka.storage import RokkaStorage

from tests import pictures


@pytest.fixture
def name(rokka: RokkaStorage) -> str:
    return rokka.save("lake.jpg", ContentFile(pictures.jpeg()))


@pytest.fixture
def storage(name: str, configure: Callable[..., RokkaStorage]) -> RokkaStorage:
    return configure(read_only=True)


def test_read_only__renders_and_reads(storage: RokkaStorage, name: str) -> None:
    with storage.open(name) as file:
        assert file.read() == pictures.jpeg()
    assert storage.exists(name)
    assert storage.size(name) == len(pictures.jpeg())
    assert list(storage.listdir("")[1]) == [name]
    assert name[:40] in storage.url(name)


def test_read_only__refuses_uploads_before_any_byte_travels(storage: RokkaStorage) -> None:
    content = ContentFile(pictures.png())

    with observe_calls() as calls, pytest.raises(ReadOnly) as caught:
        storage.save("new.png", content)

    assert calls == []
    assert str(caught.value) == (
        "POST /sourceimages/demo would change the organization 'demo', which is only to be read"
        " from here. Turn off the option read_only of the storage, or ROKKA_READ_ONLY."
    )
    assert (caught.value.method, caught.value.path) == ("POST", "/sourceimages/demo")
    assert isinstance(caught.value, PermissionError)


HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
WRITES: dict[str, Callable[[RokkaClient], Any]] = {
    "upload": lambda client: client.source_images.create(ContentFile(pictures.png()), name="a.png"),
    "alias": lambda client: client.aliases.create("logo", HASH),
    "stack": lambda client: client.stacks.create("thumb", {"operations": []}),
    "rename": lambda client: client.source_images.rename(HASH, "other.jpg"),
    "delete": lambda client: client.source_images.delete(HASH),
    "restore": lambda client: client.source_images.restore(HASH),
    "cache": lambda client: client.aliases.invalidate_cache("logo"),
    "other": lambda client: client.request("PATCH", "/anything"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_read_only__refuses_what_others_write_through_its_client(
    storage: RokkaStorage, write: Callable[[RokkaClient], Any]
) -> None:
    with observe_calls() as calls, pytest.raises(ReadOnly, match="only to be read from here"):
        write(storage.client)

    assert calls == []


def test_read_only__lets_rokka_sign_and_render_what_it_does_not_keep(
    storage: RokkaStorage, name: str
) -> None:
    url = storage.url(name)
    utils = storage.client.utils

    assert "sig=" in utils.sign_url(url)
    with utils.render(ContentFile(pictures.png()), stack="dynamic", format="png") as rendered:
        assert rendered.read().startswith(b"\x89PNG")


def test_read_only__lets_go_of_an_image_in_silence(storage: RokkaStorage, name: str) -> None:
    storage.delete(name)

    assert storage.exists(name)
