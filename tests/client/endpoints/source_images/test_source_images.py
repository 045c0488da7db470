"""What all calls about source images have in common."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from django_rokka.client import RokkaClient
from django_rokka.client.endpoints.source_images import SourceImages, UserMetadata
from django_rokka.exceptions import InvalidName, NotFound

from tests.client.samples import HASH
from tests.client.scripted_server import Reply, ScriptedServer

CALLS: dict[str, Callable[[SourceImages, str], object]] = {
    "autodescribe": lambda images, text: images.autodescribe(text, ["en"]),
    "autolabel": lambda images, text: images.autolabel(text),
    "copy": lambda images, text: images.copy(text, "staging"),
    "delete": lambda images, text: images.delete(text),
    "delete_dynamic_metadata": lambda images, text: images.delete_dynamic_metadata(text, "a"),
    "download": lambda images, text: images.download(text),
    "get": lambda images, text: images.get(text),
    "invalidate_cache": lambda images, text: images.invalidate_cache(text),
    "remove_subject_area": lambda images, text: images.remove_subject_area(text),
    "rename": lambda images, text: images.rename(text, "a.jpg"),
    "restore": lambda images, text: images.restore(text),
    "set_dynamic_metadata": lambda images, text: images.set_dynamic_metadata(text, "a", {}),
    "set_locked": lambda images, text: images.set_locked(text, True),
    "set_protected": lambda images, text: images.set_protected(text, True),
    "set_subject_area": lambda images, text: images.set_subject_area(text, x=1, y=2),
    "metadata.add": lambda images, text: images.metadata.add(text, {"a": "1"}),
    "metadata.delete": lambda images, text: images.metadata.delete(text),
    "metadata.delete_field": lambda images, text: images.metadata.delete_field(text, "a"),
    "metadata.get": lambda images, text: images.metadata.get(text),
    "metadata.get_field": lambda images, text: images.metadata.get_field(text, "a"),
    "metadata.replace": lambda images, text: images.metadata.replace(text, {"a": "1"}),
    "metadata.set": lambda images, text: images.metadata.set(text, "a", "1"),
}
OTHERS = {
    "copy_all",
    "count",
    "create",
    "create_from_url",
    "create_many",
    "delete_by_binary_hash",
    "download_list",
    "get_by_binary_hash",
    "iter",
    "list",
    "metadata",
}


def test_calls__are_all_here(client: RokkaClient) -> None:
    names = {name for name in dir(client.source_images) if not name.startswith("_")}
    fields = {f"metadata.{name}" for name in vars(UserMetadata) if not name.startswith("_")}

    assert names | fields == CALLS.keys() | OTHERS


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "hash", ["", "c421f", "download", "alias", "..", f"{HASH}0", HASH.upper(), f"{HASH}\n"]
)
def test_hash__that_is_none_is_refused(
    client: RokkaClient, server: ScriptedServer, call: Callable[..., object], hash: str
) -> None:
    with pytest.raises(InvalidName, match="is no hash of an image"):
        call(client.source_images, hash)

    assert server.received == []


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_call__names_the_image_that_is_missing(
    client: RokkaClient, server: ScriptedServer, call: Callable[..., object]
) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(NotFound, match=f"There is no source image '{HASH}'"):
        call(client.source_images, HASH)
