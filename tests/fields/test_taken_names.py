"""Names that a row would not get: refused while it is validated, with whose they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Model
from pytest_django import DjangoAssertNumQueries, Settings

from django_rokka.aliases.validating import refuse_taken
from django_rokka.fields import RokkaImage
from django_rokka.models import Alias

from tests.testapp.models import Badge, Leaflet

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
IMAGE = f"{HASH}/40x30/lake.png"
NAME = "leaflet_menu_page"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rokka")]


def a_leaflet() -> Leaflet:
    """Return a row of the database, of which nobody was told."""
    row: Leaflet = Leaflet.objects.bulk_create([Leaflet(slug="menu", page=IMAGE)])[0]
    return row


def an_alias(name: str = NAME, *, of: Leaflet | None = None, **columns: Any) -> Alias:
    """Write an alias down: that of a row, or one of its own."""
    owner = {"model": "testapp.leaflet", "object_pk": str(of.pk), "field": "page"} if of else {}
    values = {"organization": "demo", "name": name, "object_pk": name, "target_hash": HASH}
    alias: Alias = Alias.objects.create(**{**values, **owner, **columns})
    return alias


def read_refusal(row: Model, name: str = NAME) -> tuple[str | None, list[str]]:
    """Return code and messages of the error; none for a name that the row may have."""
    (field,) = (field for field in row._meta.fields if isinstance(field, RokkaImage))
    try:
        refuse_taken(row, field, name)
    except ValidationError as error:
        return error.code, error.messages
    return None, []


def a_refusal(words: str, *, origin: str = "{model}_{slug}_{field}") -> tuple[str, list[str]]:
    return "alias_taken", [f"{words} Change what “{origin}” is made of."]


FREE: tuple[None, list[str]] = (None, [])


def test_name__that_nobody_has_is_free(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    an_alias("another")
    an_alias(organization="elsewhere")
    with django_assert_num_queries(1):
        assert read_refusal(Leaflet(slug="menu", page=IMAGE)) == FREE


def test_name__of_another_row_is_taken(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    other = a_leaflet()
    an_alias(of=other)
    words = f"The alias “{NAME}” is that of another row, “testapp.leaflet {other.pk}”."
    with django_assert_num_queries(2):
        assert read_refusal(Leaflet(slug="menu", page=IMAGE)) == a_refusal(words)
    assert read_refusal(a_leaflet()) == a_refusal(words)
    assert read_refusal(Badge(), NAME) == a_refusal(words, origin="get_badge_name")


def test_name__of_a_row_that_is_gone_is_free() -> None:
    an_alias(of=Leaflet(pk=77))
    assert read_refusal(a_leaflet()) == FREE


def test_name__of_a_model_that_is_gone_is_free() -> None:
    an_alias(of=a_leaflet(), model="testapp.nobody")
    assert read_refusal(a_leaflet()) == FREE


def test_name__that_was_set_by_hand_is_taken() -> None:
    an_alias()
    words = f"The alias “{NAME}” has been set by hand, for an image without a row."
    assert read_refusal(a_leaflet()) == a_refusal(words)


@pytest.mark.parametrize(("environment", "shown"), [("staging", "staging"), ("", "(none)")])
def test_name__of_another_environment_is_taken(
    environment: str, shown: str, configure: Any
) -> None:
    configure(environment="production")
    an_alias(environment=environment, of=Leaflet(pk=77))
    words = f"The alias “{NAME}” belongs to the environment “{shown}”."
    assert read_refusal(a_leaflet()) == a_refusal(words)


def test_row__that_has_an_alias_needs_no_other(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    leaflet = a_leaflet()
    an_alias(of=a_leaflet())
    own = an_alias("leaflet_of_before", of=leaflet)
    with django_assert_num_queries(1):
        assert read_refusal(leaflet) == FREE
    Alias.objects.filter(pk=own.pk).update(environment="staging")
    assert read_refusal(leaflet) == FREE


def test_name__is_free_where_images_are_kept_elsewhere(settings: Settings) -> None:
    an_alias()
    del settings.STORAGES["rokka"]
    assert read_refusal(a_leaflet()) == FREE


def test_validation__of_a_row_refuses_a_name_that_is_taken() -> None:
    an_alias()
    with pytest.raises(ValidationError) as caught:
        Leaflet(slug="menu", page=IMAGE).full_clean()
    assert caught.value.message_dict == {
        "page": a_refusal(f"The alias “{NAME}” has been set by hand, for an image without a row.")[
            1
        ]
    }
