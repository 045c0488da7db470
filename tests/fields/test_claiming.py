"""Validating the name that a row's alias will have."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db.models import Model

from django_rokka.fields import RokkaImage
from django_rokka.models import Alias
from django_rokka.signals import alias_claimed
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.test_forms import an_upload, files
from tests.testapp.models import Badge, Brand, Contract, Leaflet, Photo

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
IMAGE = f"{HASH}/40x30/lake.png"
NAMED = f"{HASH}/-_leaflet_menu_page_-/40x30/lake.png"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rokka")]


class LeafletForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = Leaflet
        fields = ("slug", "page")


@pytest.fixture
def claims() -> Iterator[list[dict[str, Any]]]:
    """What the signal was sent with."""
    sent: list[dict[str, Any]] = []

    def remember(**kwargs: Any) -> None:
        del kwargs["signal"]
        sent.append(kwargs)

    alias_claimed.connect(remember)
    yield sent
    alias_claimed.disconnect(remember)


@pytest.fixture
def refusal() -> Iterator[ValidationError]:
    """The error with which a receiver refuses every name."""
    error = ValidationError("That is ours.", code="ours")

    def refuse(**kwargs: Any) -> None:
        raise error

    alias_claimed.connect(refuse)
    yield error
    alias_claimed.disconnect(refuse)


def a_file(colour: str = "tomato") -> ContentFile[bytes]:
    return ContentFile(pictures.png(colour=colour), "lake.png")


def a_leaflet(page: str = IMAGE, *, slug: str = "menu") -> Leaflet:
    """Return a row of the database, of which nobody was told."""
    Leaflet.objects.bulk_create([Leaflet()])
    Leaflet.objects.update(slug=slug, page=page)
    row: Leaflet = Leaflet.objects.get()
    return row


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (Leaflet(slug="menu-1", page=IMAGE), "leaflet_menu_1_page"),
        (Badge(name="gold", picture=IMAGE), "badge_gold"),
        (
            Contract(id=uuid.UUID(int=255), scan=f"{HASH}/protected/4x3/a.png"),
            f"contract_{255:032x}",
        ),
    ],
    ids=["template", "function", "key that is known"],
)
def test_claim__is_sent_for_a_row_without_alias(row: Model, name: str, claims: Any) -> None:
    row.full_clean()
    (field,) = (field for field in row._meta.fields if isinstance(field, RokkaImage))
    assert claims == [{"sender": type(row), "instance": row, "field": field, "name": name}]


@pytest.mark.parametrize(
    "row",
    [
        Brand(name="Acme", logo=IMAGE),
        Badge(picture=IMAGE),
        Leaflet(slug="menu"),
        Leaflet(slug="menu", page="holiday.jpg"),
        Photo(title="The lake", image=IMAGE),
    ],
    ids=["no key yet", "no name yet", "no image", "no reference", "no option"],
)
def test_claim__is_not_sent_without_a_name_or_an_image_for_it(row: Model, claims: Any) -> None:
    row.full_clean()
    assert claims == []


def test_claim__is_not_sent_for_what_the_fallback_keeps(
    configure: Any, old: Any, claims: Any
) -> None:
    configure(fallback="old")
    Leaflet(slug="menu", page=f"{HASH}.jpg").full_clean()  # a file named by its checksum
    assert claims == []


def test_claim__of_a_file_is_sent_before_it_is_uploaded(claims: Any) -> None:
    with assert_no_rokka_calls():
        Leaflet(slug="menu", page=a_file()).full_clean()
    assert [claim["name"] for claim in claims] == ["leaflet_menu_page"]


def test_claim__is_not_sent_for_a_row_that_has_its_alias(claims: Any) -> None:
    leaflet = a_leaflet(NAMED)
    for slug in ("other", "à la carte"):
        leaflet.slug = slug
        leaflet.full_clean()
    leaflet.page = a_file()
    leaflet.full_clean()
    assert claims == []


def test_claim__is_sent_for_a_copy_of_a_row_that_has_one(claims: Any) -> None:
    copy = a_leaflet(NAMED, slug="other")
    copy.pk = None
    copy.full_clean()
    copy.pk, copy._state.adding = 99, True
    copy.full_clean()
    assert [claim["name"] for claim in claims] == ["leaflet_other_page"] * 2


def test_claim__that_is_refused_is_an_error_of_the_image(refusal: ValidationError) -> None:
    with pytest.raises(ValidationError) as caught:
        Leaflet(slug="menu", page=IMAGE).full_clean()
    assert caught.value.error_dict == {"page": [refusal]}


def test_claim__that_is_refused_is_an_error_of_a_form_and_nothing_is_uploaded(
    refusal: ValidationError,
) -> None:
    with assert_no_rokka_calls():
        form = LeafletForm({"slug": "menu"}, files(page=an_upload()))
        assert form.errors == {"page": ["That is ours."]}


def test_name__that_cannot_be_is_an_error_of_a_row_without_alias() -> None:
    for leaflet in (a_leaflet(slug="à la carte"), Leaflet(slug="à la carte", page=NAMED)):
        with pytest.raises(ValidationError, match="is no alias name"):
            leaflet.full_clean()
        with pytest.raises(ValidationError, match="is no alias name"):
            Leaflet.page.field.get_alias_name(leaflet)


def test_name__that_cannot_be_is_none_of_a_row_without_image() -> None:
    Leaflet.page.field.clean("", Leaflet(slug="à la carte"))


def test_name__that_cannot_be_any_more_is_the_one_that_the_row_has() -> None:
    leaflet = a_leaflet(NAMED, slug="à la carte")
    assert Leaflet.page.field.get_alias_name(leaflet) == "leaflet_menu_page"
    leaflet.page = a_file()
    assert Leaflet.page.field.get_alias_name(leaflet) == "leaflet_menu_page"


@pytest.mark.django_db(transaction=True)
def test_alias__moves_on_when_its_row_can_make_no_name_any_more(rokka: RokkaStorage) -> None:
    Leaflet.objects.create(slug="menu", page=a_file())
    Leaflet.objects.update(slug="à la carte")
    leaflet = Leaflet.objects.get()
    leaflet.page = a_file("teal")
    leaflet.full_clean()
    leaflet.save()
    assert Leaflet.objects.get().page.alias == "leaflet_menu_page"
    assert rokka.client.aliases.get("leaflet_menu_page").hash == leaflet.page.hash
    assert Alias.objects.get().is_confirmed
