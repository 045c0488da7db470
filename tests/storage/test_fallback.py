"""Names that are no reference are another storage's, while a site moves to rokka."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, default_storage, storages
from pytest_django import Settings

from django_rokka.client import observe_calls
from django_rokka.exceptions import InvalidReference, ReadOnly
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage
from django_rokka.storage.backend import SHORTEST_ROOM
from django_rokka.storage.configured import is_own_name
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures

Configure = Callable[..., RokkaStorage]

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
# What Django's own storage has kept until now; some look like ours.
OLD_NAMES = [
    "holiday.jpg",
    "brands/2024/Löwe & Co.jpg",
    "facade.jpg",
    "20240315.jpg",
    "202403/beach.jpg",
    f"{HASH}.jpg",
    HASH,
    f"{HASH}/beach.jpg",
]
PDF = b"%PDF-1.4\n%%EOF\n"
OURS = [
    f"{HASH}/1600x900/lake.jpg",
    f"{HASH}/protected/lake.jpg",
    f"{HASH}/-_brand_7_-/lake.jpg",
    f"{HASH}/-plan.pdf",
]


@pytest.fixture
def storage(old: FileSystemStorage, configure: Configure) -> RokkaStorage:
    return configure(fallback="old")


def keep(old: Storage, name: str) -> str:
    return old.save(name, ContentFile(b"the old file"))


@pytest.mark.parametrize("name", OLD_NAMES)
def test_fallback__keeps_what_is_no_reference(
    storage: RokkaStorage, old: FileSystemStorage, name: str
) -> None:
    keep(old, name)

    with assert_no_rokka_calls():
        assert storage.url(name) == old.url(name)
        assert storage.exists(name)
        assert storage.size(name) == len(b"the old file")
        assert storage.path(name) == old.path(name)
        with storage.open(name) as file:
            assert file.read() == b"the old file"
        for ask in ("get_accessed_time", "get_created_time", "get_modified_time"):
            assert getattr(storage, ask)(name) == getattr(old, ask)(name)
        storage.delete(name)

    assert not old.exists(name)
    assert not storage.exists(name)


@pytest.mark.parametrize("name", OURS)
def test_fallback__is_not_asked_for_references(storage: RokkaStorage, name: str) -> None:
    assert storage.find_fallback(name) is None
    assert f"/{HASH}" in storage.url(name)
    assert storage.read_reference(name) == ImageReference.parse(name)


def test_fallback__gets_nothing_new(storage: RokkaStorage, old: FileSystemStorage) -> None:
    name = storage.save("lake.jpg", ContentFile(pictures.jpeg()))

    assert storage.find_fallback(name) is None
    assert storage.exists(name)
    assert not old.exists("lake.jpg")


@pytest.mark.parametrize(
    ("file_name", "content"),
    [
        ("Plan.pdf", PDF),
        ("-.pdf", PDF),
        (f"{'long' * 30}.pdf", PDF),
        (f"{HASH}.pdf", PDF),
        (f"{HASH}/plan.pdf", PDF),
        ("lake.jpg", pictures.jpeg()),
        ("lake.svg", pictures.svg()),
    ],
)
@pytest.mark.parametrize("max_length", [None, 100, SHORTEST_ROOM])
def test_fallback__is_not_asked_for_what_was_saved(
    storage: RokkaStorage,
    old: FileSystemStorage,
    file_name: str,
    content: bytes,
    max_length: int | None,
) -> None:
    name = storage.save(file_name, ContentFile(content), max_length=max_length)
    old.save(name, ContentFile(b"another file"))

    assert is_own_name(name)
    with storage.open(name) as file:
        assert file.read() == content
    assert storage.size(name) == len(content)
    storage.delete(name)
    assert old.exists(name)
    assert all(map(is_own_name, storage.listdir("")[1]))


def test_name__of_a_file_without_a_size_is_marked(storage: RokkaStorage) -> None:
    name = storage.save("Plan (2).pdf", ContentFile(PDF))
    known = ImageReference.parse(name).hash

    assert name == f"{known}/-plan-2.pdf"
    assert storage.save(name, ContentFile(PDF)) == name
    # Neither links nor rokka see the mark.
    assert storage.url(name, "thumb").endswith(f"/thumb/{known}/plan-2.jpg")
    assert storage.client.source_images.get(known).name == "Plan (2).pdf"
    assert ImageReference.parse(name).file_name == "plan-2"


@pytest.mark.parametrize("name", ["", None])
def test_fallback__is_not_asked_for_nothing(storage: RokkaStorage, name: str | None) -> None:
    assert storage.find_fallback(name) is None
    assert storage.url(name) == ""


def test_fallback__ignores_the_stack(storage: RokkaStorage) -> None:
    assert storage.url("a.jpg", "thumb", format="webp", signed=True) == "/media/a.jpg"


def test_fallback__is_no_error_under_debug(storage: RokkaStorage, settings: Settings) -> None:
    settings.DEBUG = True

    assert storage.url("a.jpg") == "/media/a.jpg"
    assert storage.read_reference("a.jpg") is None
    assert storage.read_reference(HASH) is None


def test_fallback__opens_for_reading_only(storage: RokkaStorage, old: FileSystemStorage) -> None:
    keep(old, "a.jpg")

    with pytest.raises(ValueError, match="mode 'wb' cannot open"):
        storage.open("a.jpg", "wb")


def test_fallback__is_listed_beside_the_images(
    storage: RokkaStorage, old: FileSystemStorage
) -> None:
    keep(old, "a.jpg")
    keep(old, "brands/b.jpg")
    name = storage.save("lake.jpg", ContentFile(pictures.jpeg()))

    folders, files = storage.listdir("")
    in_folder = storage.listdir("brands")

    assert (folders, list(files), len(files)) == (["brands"], [name, "a.jpg"], 2)
    assert (in_folder[0], list(in_folder[1]), len(in_folder[1])) == ([], ["b.jpg"], 1)


def test_fallback__whose_folder_is_gone_has_nothing_to_list(storage: RokkaStorage) -> None:
    folders, files = storage.listdir("")

    assert (folders, list(files)) == ([], [])
    with pytest.raises(FileNotFoundError):
        storage.listdir("brands")


def test_fallback__is_kept_by_on_delete_never(old: FileSystemStorage, configure: Configure) -> None:
    keep(old, "a.jpg")

    configure(fallback="old", on_delete="never").delete("a.jpg")

    assert old.exists("a.jpg")


def test_fallback__of_a_read_only_storage_is_read_only_too(
    old: FileSystemStorage, configure: Configure
) -> None:
    keep(old, "a.jpg")

    with pytest.raises(ReadOnly, match=r"'a\.jpg' was not deleted: the storage is read_only"):
        configure(fallback="old", read_only=True).delete("a.jpg")

    assert old.exists("a.jpg")


def test_fallback__may_be_a_rokka_storage_with_a_fallback_of_its_own(
    settings: Settings, old: FileSystemStorage, configure: Configure
) -> None:
    keep(old, "a.jpg")
    storage = configure(fallback="second")
    options = {"organization": "second", "api_key": "k", "fallback": "old"}
    backend = "django_rokka.storage.RokkaStorage"
    settings.STORAGES = {
        **settings.STORAGES,
        "second": {"BACKEND": backend, "OPTIONS": options},
    }

    assert storage.exists("a.jpg")
    assert storage.url("a.jpg") == "/media/a.jpg"
    assert list(storage.find_problems()) == []


def test_fallback__follows_override_settings(
    settings: Settings, rokka_options: dict[str, object], old: FileSystemStorage
) -> None:
    held = RokkaStorage(**rokka_options)
    assert held.fallback is None

    settings.ROKKA_FALLBACK = "old"
    assert held.url("a.jpg") == "/media/a.jpg"

    other = {**settings.STORAGES["old"], "OPTIONS": {"base_url": "/elsewhere/"}}
    settings.STORAGES = {**settings.STORAGES, "old": other}
    assert held.url("a.jpg") == "/elsewhere/a.jpg"

    settings.ROKKA_FALLBACK = None
    with pytest.raises(InvalidReference):
        held.size("a.jpg")


# What is wrong


def storages_with(settings: Settings, **fallbacks: str) -> dict[str, Any]:
    backend = "django_rokka.storage.RokkaStorage"
    return {
        **{name: settings.STORAGES[name] for name in ("default", "staticfiles")},
        **{
            alias: {
                "BACKEND": backend,
                "OPTIONS": {"organization": alias, "api_key": "k", "fallback": fallback},
            }
            for alias, fallback in fallbacks.items()
        },
    }


@pytest.mark.parametrize(
    ("fallbacks", "message"),
    [
        ({"a": "nowhere"}, "The fallback 'nowhere' is no storage. Use one of: a, default, static"),
        ({"a": "a"}, "The fallback 'a' leads back to this storage. Name the storage where"),
        ({"a": "b", "b": "a"}, "The fallback 'b' leads back to this storage."),
        ({"a": "b", "b": "c", "c": "a"}, "The fallback 'b' leads back to this storage."),
    ],
)
def test_fallback__that_is_none_is_improperly_configured(
    settings: Settings, caplog: pytest.LogCaptureFixture, fallbacks: dict[str, str], message: str
) -> None:
    settings.STORAGES = storages_with(settings, **fallbacks)
    storage = storages["a"]

    with pytest.raises(ImproperlyConfigured) as caught:
        storage.exists("holiday.jpg")

    assert str(caught.value).startswith(message)
    assert storage.url("holiday.jpg") == ""
    assert "No render URL for holiday.jpg: The fallback" in caplog.text
    # References need no fallback.
    assert storage.url(OURS[0]).startswith("https://a.rokka.io/")


def test_fallback__into_a_circle_of_others_is_theirs_to_tell(settings: Settings) -> None:
    settings.STORAGES = storages_with(settings, a="b", b="c", c="b")

    found = {alias: list(storages[alias].find_problems()) for alias in ("a", "b", "c")}  # type: ignore[attr-defined]  # of rokka's

    assert [len(problems) for problems in found.values()] == [0, 1, 1]


@pytest.mark.parametrize("value", [5, ["old"], b"old"], ids=repr)
def test_fallback__that_is_no_text_is_improperly_configured(
    configure: Configure, value: object
) -> None:
    storage = configure(fallback=value)

    with pytest.raises(ImproperlyConfigured, match="The option fallback is of type"):
        storage.exists(OURS[0])


def test_fallback__whose_backend_cannot_be_imported_is_djangos_error(
    settings: Settings, configure: Configure
) -> None:
    storage = configure(fallback="old")
    settings.STORAGES = {**settings.STORAGES, "old": {"BACKEND": "not_installed.Storage"}}

    assert list(storage.find_problems()) == []
    with pytest.raises(ImproperlyConfigured, match="not_installed"):
        storage.exists("a.jpg")


def test_without_fallback__a_hash_alone_is_rokkas(rokka: RokkaStorage) -> None:
    with observe_calls() as calls:
        assert not rokka.exists(f"{HASH}.jpg")

    assert [call.path for call in calls] == [f"/sourceimages/demo/{HASH}"]


def test_storage__equals_the_default_storage_that_it_is(settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": settings.STORAGES["rokka"]}

    assert storages["rokka"] == default_storage
    assert default_storage == storages["rokka"]
    assert storages["rokka"] != storages["staticfiles"]
