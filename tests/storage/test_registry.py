"""Finding the rokka storages of a project."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.test import override_settings
from pytest_django import Settings

from django_rokka.contrib.emulator import EmulatedRokkaStorage
from django_rokka.storage import RokkaStorage, get_rokka_storage, iter_rokka_storages

OTHERS = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
ROKKA = {"BACKEND": "django_rokka.storage.RokkaStorage"}
EMULATED = {"BACKEND": "django_rokka.contrib.emulator.EmulatedRokkaStorage"}


def test_get_rokka_storage__returns_the_only_one(settings: Settings) -> None:
    settings.STORAGES = {**OTHERS, "pictures": ROKKA}

    assert get_rokka_storage() is storages["pictures"]
    assert get_rokka_storage("pictures") is storages["pictures"]


def test_get_rokka_storage__may_be_the_default_storage(settings: Settings) -> None:
    settings.STORAGES = {**OTHERS, "default": ROKKA}

    assert get_rokka_storage() is storages["default"]


def test_get_rokka_storage__without_any_says_how_to_add_one(settings: Settings) -> None:
    settings.STORAGES = OTHERS

    with pytest.raises(ImproperlyConfigured, match=r"no rokka storage\. Add one with the BACKEND"):
        get_rokka_storage()


def test_get_rokka_storage__among_several_asks_for_a_name(settings: Settings) -> None:
    settings.STORAGES = {**OTHERS, "one": ROKKA, "two": EMULATED}

    with pytest.raises(ImproperlyConfigured, match=r"several rokka storages: one, two\. Name"):
        get_rokka_storage()
    assert isinstance(get_rokka_storage("two"), EmulatedRokkaStorage)


@pytest.mark.parametrize("alias", ["three", "default", ""])
def test_get_rokka_storage__of_an_unknown_alias_lists_the_known(
    settings: Settings, alias: str
) -> None:
    settings.STORAGES = {**OTHERS, "one": ROKKA, "two": EMULATED}

    message = rf"'{alias}' is no rokka storage\. Use one of: one, two\."
    with pytest.raises(ImproperlyConfigured, match=message):
        get_rokka_storage(alias)


def test_get_rokka_storage__of_an_unknown_alias_without_any(settings: Settings) -> None:
    settings.STORAGES = OTHERS

    with pytest.raises(ImproperlyConfigured, match=r"Use one of: \(none\)\."):
        get_rokka_storage("rokka")


def test_iter_rokka_storages__yields_alias_and_storage(settings: Settings) -> None:
    settings.STORAGES = {**OTHERS, "one": ROKKA, "two": EMULATED}

    assert [(alias, type(storage)) for alias, storage in iter_rokka_storages()] == [
        ("one", RokkaStorage),
        ("two", EmulatedRokkaStorage),
    ]


def test_get_rokka_storage__takes_a_class_for_a_backend(settings: Settings) -> None:
    settings.STORAGES = {**OTHERS, "one": {"BACKEND": object}}

    with pytest.raises(ImproperlyConfigured, match="no rokka storage"):
        get_rokka_storage()


def test_get_rokka_storage__does_without_the_backends_that_cannot_be_imported(
    settings: Settings,
) -> None:
    settings.STORAGES = {**OTHERS, "one": {"BACKEND": "not_installed.Storage"}, "two": ROKKA}

    assert get_rokka_storage() is storages["two"]


def test_get_rokka_storage__follows_override_settings() -> None:
    before = get_rokka_storage()
    with override_settings(STORAGES={**OTHERS, "pictures": ROKKA}):
        inside = get_rokka_storage()

    assert inside is not before
    assert get_rokka_storage().config.api_key == before.config.api_key
