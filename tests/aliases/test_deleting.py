"""Rows that are deleted, and their aliases with them where the field says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction

from django_rokka import aliases
from django_rokka.emulator import EmulatorServer
from django_rokka.exceptions import NotFound
from django_rokka.models import Alias, CacheInvalidation
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.aliases.conftest import get_hash_behind
from tests.testapp.models import Brand

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def brand(rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch) -> Brand:
    """A brand whose alias goes with it."""
    monkeypatch.setattr(Brand._meta.get_field("logo"), "alias_on_delete", "delete")
    made: Brand = Brand.objects.create(name="Acme", logo=ContentFile(pictures.png(), "logo.png"))
    return made


def has_alias(rokka: RokkaStorage, name: str) -> bool:
    try:
        return bool(get_hash_behind(rokka, name))
    except NotFound:
        return False


@pytest.mark.parametrize(
    "delete",
    [lambda brand: brand.delete(), lambda _: Brand.objects.all().delete()],
    ids=["row", "queryset"],
)
def test_row__takes_its_alias_along(
    brand: Brand, rokka: RokkaStorage, delete: Callable[[Brand], object]
) -> None:
    name = brand.logo.alias
    delete(brand)
    assert not has_alias(rokka, name)
    assert not Alias.objects.exists()
    assert CacheInvalidation.objects.get().key == name


def test_row__that_is_rolled_back_keeps_its_alias(brand: Brand, rokka: RokkaStorage) -> None:
    with assert_no_rokka_calls(), transaction.atomic():
        brand.delete()
        transaction.set_rollback(True)
    assert Alias.objects.get().state == "in_step"


def test_row__leaves_its_alias_by_default(
    brand: Brand, rokka: RokkaStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Brand._meta.get_field("logo"), "alias_on_delete", "keep")
    name, image = brand.logo.alias, brand.logo.hash
    brand.delete()
    assert get_hash_behind(rokka, name) == image
    assert Alias.objects.get().state == "in_step"


def test_row__that_comes_again_has_its_alias_again(brand: Brand, rokka: RokkaStorage) -> None:
    key, name, image = brand.pk, brand.logo.alias, brand.logo.hash
    with transaction.atomic():
        brand.delete()
        Brand(pk=key, name="Acme", logo=f"{image}/40x30/logo.png").save()
    assert get_hash_behind(rokka, name) == image
    assert Brand.objects.get().logo.alias == name
    assert Alias.objects.get().state == "in_step"


def test_alias__that_cannot_be_deleted_now_is_deleted_by_the_next_run(
    brand: Brand, rokka: RokkaStorage, server: EmulatorServer
) -> None:
    name = brand.logo.alias
    server.emulator.faults.add(method="DELETE", path=f"/{name}$", status=503, times=None)
    brand.delete()
    server.emulator.faults.clear()
    row = Alias.objects.get()
    assert (row.state, row.target_hash, row.attempts) == ("failed", "", 1)
    assert "503" in row.last_error
    assert has_alias(rokka, name)
    assert aliases.apply(names=[name]).results[0].outcome == "deleted"
    assert not has_alias(rokka, name)


def test_alias__that_rokka_never_had_is_deleted_without_a_call(
    brand: Brand, rokka: RokkaStorage
) -> None:
    rokka.client.aliases.delete(brand.logo.alias)
    Alias.objects.update(confirmed_hash="")
    with assert_no_rokka_calls():
        brand.delete()
    assert not Alias.objects.exists()


@pytest.mark.parametrize("is_theirs", [False, True])
def test_alias__whose_answer_was_lost_is_deleted_if_it_is_ours(
    brand: Brand, rokka: RokkaStorage, *, is_theirs: bool
) -> None:
    name = brand.logo.alias
    asked = "a" * 40 if is_theirs else brand.logo.hash
    Alias.objects.update(confirmed_hash="", asked_hash=asked)
    brand.delete()
    assert has_alias(rokka, name) is is_theirs
    assert not Alias.objects.exists()


def test_alias__of_another_environment_or_a_reader_stays(
    brand: Brand, rokka: RokkaStorage, configure: Any
) -> None:
    name = brand.logo.alias
    configure(environment="staging")
    with transaction.atomic():
        brand.delete()
        assert Alias.objects.get().due_at is None
        transaction.set_rollback(True)
    configure(read_only=True)
    Brand.objects.all().delete()
    assert Alias.objects.get().due_at is None
    assert has_alias(rokka, name)


def test_commit_by_hand__is_waited_for(brand: Brand, rokka: RokkaStorage) -> None:
    name = brand.logo.alias
    connection.set_autocommit(False)
    try:
        with assert_no_rokka_calls():
            brand.delete()
            connection.rollback()
    finally:
        connection.set_autocommit(True)
    assert has_alias(rokka, name)
    assert Alias.objects.get().state == "in_step"


def test_save_in_a_commit_by_hand__leaves_the_alias_to_the_next_run(
    brand: Brand, rokka: RokkaStorage
) -> None:
    blue = rokka.upload("blue.png", ContentFile(pictures.png(colour="blue")))
    connection.set_autocommit(False)
    try:
        brand.logo = str(blue)
        brand.save()
        connection.commit()
    finally:
        connection.set_autocommit(True)
    assert get_hash_behind(rokka, f"brand_{brand.pk}_logo") != blue.hash
    assert [result.outcome for result in aliases.apply().results] == ["moved"]
    assert get_hash_behind(rokka, f"brand_{brand.pk}_logo") == blue.hash
