"""Names of aliases, made of templates and rows."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models
from django.db.models import F
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.fields import RokkaImage
from django_rokka.fields.naming import make_alias_name, read_template
from django_rokka.render import MAX_ALIAS_LENGTH, ImageReference, is_alias_name
from django_rokka.storage import RokkaStorage

from tests import pictures
from tests.testapp.models import Badge, Brand, Contract, Leaflet, Photo, Portrait, Poster

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"


def name_of(row: models.Model, template: str, field: str = "page") -> str:
    column = row._meta.get_field(field)
    assert isinstance(column, RokkaImage)
    return make_alias_name(template, instance=row, field=column)


def test_alias__is_made_of_the_key() -> None:
    assert name_of(Brand(pk=7), "brand_{pk}_logo", "logo") == "brand_7_logo"


def test_alias__is_made_of_app_model_field_and_columns() -> None:
    row = Poster(pk=3, slug="spring")
    template = "{app_label}_{model}_{field}_{slug}_{pk}"
    assert name_of(row, template) == "testapp_poster_page_spring_3"


def test_alias__of_an_abstract_models_field_names_the_child() -> None:
    assert name_of(Leaflet(slug="a"), "{model}_{slug}") == "leaflet_a"
    assert name_of(Poster(slug="a"), "{model}_{slug}") == "poster_a"


def test_alias__of_a_row_is_the_same_from_the_parent_and_from_the_child() -> None:
    parent, child = Photo(pk=5), Portrait(pk=5, photo_ptr_id=5)
    parent.pk = child.id = 5
    template = "{model}_{pk}"
    assert name_of(parent, template, "image") == name_of(child, template, "image") == "photo_5"


def test_alias__has_the_digits_of_a_uuid() -> None:
    key = uuid.UUID("12345678-1234-5678-1234-567812345678")
    expected = "contract_12345678123456781234567812345678"
    assert name_of(Contract(pk=key), "contract_{id}", "scan") == expected


def test_alias__has_underscores_for_hyphens() -> None:
    assert name_of(Leaflet(slug="spring-sale-2026"), "x-{slug}") == "x_spring_sale_2026"


@pytest.mark.parametrize(
    ("row", "template"),
    [
        (Leaflet(slug="a"), "leaflet_{pk}"),
        (Leaflet(pk=1, slug=""), "leaflet_{slug}"),
        (Leaflet(pk=1, slug=F("page")), "leaflet_{slug}"),
    ],
    ids=["no key", "empty column", "expression"],
)
def test_alias__is_empty_while_a_placeholder_has_no_value(row: Leaflet, template: str) -> None:
    assert name_of(row, template) == ""


@pytest.mark.parametrize("slug", ["à la carte", "a.b", "a/b", "a b", "<i>", "%s", "{pk}", "日本"])
def test_alias__with_other_characters_is_a_validation_error(slug: str) -> None:
    with pytest.raises(ValidationError) as caught:
        name_of(Leaflet(slug=slug), "leaflet_{slug}")
    (message,) = caught.value.messages
    assert message == (
        f"'leaflet_{slug}' is no alias name, and rokka would answer that there is none: use"
        " letters, digits and underscores only. Change what “leaflet_{slug}” is made of."
    )


def test_alias__that_is_too_long_is_a_validation_error() -> None:
    with pytest.raises(ValidationError) as caught:
        name_of(Leaflet(slug="a" * 200), "leaflet_{slug}")
    (message,) = caught.value.messages
    assert message == (
        f"'leaflet_{'a' * 192}' is no alias name: it has more than 150 characters. Shorten it."
        " Change what “leaflet_{slug}” is made of."
    )


def test_alias__of_the_greatest_length_fits_the_column() -> None:
    reference = ImageReference(
        HASH, 999_999, 999_999, "s" * 60, "jpeg", "a" * MAX_ALIAS_LENGTH, is_protected=True
    )
    column = Leaflet._meta.get_field("page")
    assert isinstance(column, RokkaImage)
    assert len(str(reference)) <= (column.max_length or 0)


@given(st.text(max_size=170), st.integers())
def test_alias__is_routed_by_rokka_whatever_the_row_holds(slug: str, key: int) -> None:
    try:
        alias = name_of(Leaflet(pk=key, slug=slug), "{model}-{slug}-{pk}")
    except ValidationError:
        return
    assert alias == "" or is_alias_name(alias)


@isolate_apps("tests.testapp")
def test_alias__of_a_foreign_key_is_its_value_without_a_query() -> None:
    class Page(models.Model):
        brand = models.ForeignKey(Brand, on_delete=models.CASCADE)
        page = RokkaImage(alias="page_{brand}")

        class Meta:
            app_label = "testapp"

        def __str__(self) -> str:
            return ""

    assert name_of(Page(brand_id=12), "page_{brand}") == "page_12"
    assert name_of(Page(brand_id=12), "page_{brand_id}") == "page_12"


def test_clean__of_a_value_without_a_row_knows_no_alias() -> None:
    name = f"{HASH}/40x30/page.png"
    assert Leaflet.page.field.clean(name, None) == name


def test_template__tells_its_placeholders() -> None:
    assert read_template("brand_{pk}-logo_{slug}") == ["pk", "slug"]


@pytest.mark.parametrize(
    "template",
    ["a b", "a.{pk}", "{pk", "pk}", "{}", "{0}", "{pk!r}", "{pk:>4}", "{a.b}", "{a[0]}", "{{pk}}"],
)
def test_template__that_cannot_be_read_is_a_value_error(template: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        read_template(template)


def test_template__without_placeholders_is_one_name_for_all_rows() -> None:
    row: Any = Leaflet()
    assert name_of(row, "header") == "header"


# Callables


def a_badge(name: str = "") -> Badge:
    return Badge(name=name, picture=f"{'0' * 40}/4x3/lake.png")


def test_callable__makes_the_name_as_a_template_does() -> None:
    assert Badge.picture.field.get_alias_name(a_badge("gold-1")) == "badge_gold_1"


def test_callable__without_a_name_means_no_alias_yet() -> None:
    assert Badge.picture.field.get_alias_name(a_badge()) == ""


@pytest.mark.parametrize("name", ["à la carte", "x" * 150, "50%"])
def test_callable__whose_answer_cannot_be_a_name_is_named(name: str) -> None:
    with pytest.raises(ValidationError, match="what “get_badge_name” is made of"):
        a_badge(name).full_clean()


@pytest.mark.django_db(transaction=True)
def test_callable__names_the_alias_once_it_has_one(rokka: RokkaStorage) -> None:
    badge = Badge.objects.create(picture=ContentFile(pictures.png(), "lake.png"))
    assert badge.picture.alias == ""
    badge.name = "gold"
    badge.save()
    assert Badge.objects.get().picture.alias == "badge_gold"
    assert rokka.client.aliases.get("badge_gold").hash == badge.picture.hash
