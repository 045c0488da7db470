"""A wish is checked and written, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from django_rokka import invalidation
from django_rokka.exceptions import InvalidAliasName, InvalidName, ReadOnly
from django_rokka.models import CacheInvalidation
from django_rokka.render import check_alias_name
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests.invalidation.conftest import Clocks

pytestmark = pytest.mark.django_db


def test_request__writes_a_row_and_asks_nothing(
    configure: Callable[..., RokkaStorage], clocks: Clocks
) -> None:
    storage = configure(environment="staging")
    with assert_no_rokka_calls():
        wish = invalidation.request("alias", "Logo", storage=storage)

    wish.refresh_from_db()
    assert (wish.organization, wish.environment, str(wish)) == ("demo", "staging", "alias Logo")
    assert (wish.requested_at, wish.outcome) == (clocks.now(), CacheInvalidation.OPEN)
    assert (wish.not_before, wish.sent_at, wish.answered_at, wish.attempts) == (None, None, None, 0)


@pytest.mark.parametrize(
    ("kind", "key", "message"),
    [
        ("image", "c421", "no hash of an image"),
        ("stack", "a/b", "no stack name"),
        ("stack", "s" * 256, "has 256 characters. Use a name of 255 at most"),
        ("alias", "a" * 151, "has more than 150 characters"),
    ],
)
def test_request__refuses_what_cannot_be_one(
    rokka: RokkaStorage, kind: str, key: str, message: str
) -> None:
    with pytest.raises(InvalidName, match=message):
        invalidation.request(kind, key)
    assert CacheInvalidation.objects.count() == 0


def test_request__refuses_an_alias_in_the_words_of_everywhere(rokka: RokkaStorage) -> None:
    with pytest.raises(InvalidAliasName) as expected:
        check_alias_name("my-logo")
    with pytest.raises(InvalidAliasName) as caught:
        invalidation.request("alias", "my-logo")
    assert str(caught.value) == str(expected.value)


def test_request__names_the_kinds(rokka: RokkaStorage) -> None:
    with pytest.raises(ValueError, match="'album' of invalidation, must be one of: alias, image"):
        invalidation.request("album", "summer")


def test_request__is_refused_where_the_storage_is_read_only(
    configure: Callable[..., RokkaStorage],
) -> None:
    configure(read_only=True)
    with pytest.raises(
        ReadOnly, match=r"only to be read from here\. Turn off the option read_only"
    ):
        invalidation.request("alias", "logo")


def test_request__asks_which_of_several_storages(settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "other": settings.STORAGES["rokka"]}
    with pytest.raises(ImproperlyConfigured, match="There are several rokka storages"):
        invalidation.request("alias", "logo")
