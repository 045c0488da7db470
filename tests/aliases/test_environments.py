"""A copy of the database in another environment moves nothing of the first one's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from django_rokka import aliases
from django_rokka.client import observe_calls
from django_rokka.exceptions import AliasTaken
from django_rokka.models import Alias
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.testapp.models import Brand

pytestmark = pytest.mark.django_db(transaction=True)


def a_file(colour: str) -> ContentFile[bytes]:
    return ContentFile(pictures.png(colour=colour), "logo.png")


@pytest.fixture
def copied(rokka: RokkaStorage, configure: Any) -> Brand:
    """A brand of production, whose database is used by staging since."""
    configure(environment="production")
    brand: Brand = Brand.objects.create(name="Acme", logo=a_file("red"))
    configure(environment="staging")
    return brand


def test_save__in_a_copy_uploads_and_leaves_the_alias(copied: Brand, rokka: RokkaStorage) -> None:
    red, alias = copied.logo.hash, copied.logo.alias
    copied.logo = a_file("blue")
    with observe_calls() as calls:
        copied.save()
    assert {call.method for call in calls} <= {"POST", "PATCH"}
    assert rokka.client.aliases.get(alias).hash == red
    row = Alias.objects.get()
    assert (row.environment, row.target_hash, row.due_at) == ("production", red, None)
    # Its picture is the new one, since it links by hash.
    assert Brand.objects.get().logo.url_for(by="alias") == copied.logo.url


def test_apply__in_a_copy_leaves_what_the_first_has_not_done(
    copied: Brand, rokka: RokkaStorage
) -> None:
    Alias.objects.update(target_hash="a" * 40, due_at="2026-01-01T00:00:00Z")
    with assert_no_rokka_calls():
        assert aliases.apply().results == ()
        assert aliases.apply_one(Alias.objects.get().pk, using="default") is None


def test_names__of_another_environment_are_not_set_by_hand(copied: Brand) -> None:
    acts: list[Callable[[], object]] = [
        lambda: aliases.point(copied.logo.alias, "a" * 40),
        lambda: aliases.delete(copied.logo.alias),
    ]
    for act in acts:
        with assert_no_rokka_calls(), pytest.raises(AliasTaken, match="environment 'production'"):
            act()


def test_adopt__moves_the_alias_to_the_picture_of_this_environment(
    copied: Brand, rokka: RokkaStorage
) -> None:
    alias = copied.logo.alias
    copied.logo = a_file("blue")
    copied.save()
    assert aliases.adopt(alias).environment == "staging"
    aliases.reconcile()
    aliases.apply()
    assert rokka.client.aliases.get(alias).hash == copied.logo.hash
    assert Brand.objects.get().logo.alias == alias
