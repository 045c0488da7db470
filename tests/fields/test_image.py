"""What a model declares, what its migrations hold, and what the checks say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.files.storage import Storage, storages
from django.db import models
from django.test.utils import isolate_apps
from pytest_django import Settings

from django_rokka.fields import RokkaImage
from django_rokka.forms import RokkaImageField
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls
from django_rokka.widgets import RokkaImageWidget

from tests.testapp.models import Contract, Leaflet, Photo, Portrait, Poster

BACKEND = "django_rokka.storage.RokkaStorage"
PATH = "django_rokka.fields.RokkaImage"
HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"


def without_rokka(settings: Settings) -> None:
    settings.STORAGES = {"default": settings.STORAGES["default"]}


def with_two(settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "other": {"BACKEND": BACKEND, "OPTIONS": {"organization": "other", "api_key": "k"}},
    }


def get_storage() -> Storage:
    return storages["rokka"]


def check(field: RokkaImage, **others: Any) -> list[tuple[str, str]]:
    """Return id and text of what the checks say of a field on a model of its own."""
    members = {
        "__module__": __name__,
        "Meta": type("Meta", (), {"app_label": "testapp"}),
        **others,
        "image": field,
    }
    with isolate_apps("tests.testapp"):
        type("Declared", (models.Model,), members)
        return [(str(found.id), f"{found.msg} {found.hint}") for found in field.check()]


# Migrations


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (RokkaImage(), {}),
        (RokkaImage(alias="a_{pk}", alias_format="jpg", render_by="alias", default_stack="c"), {}),
        (RokkaImage(alias=str, alt_field="a", placeholder_field="p", keep_hash=True), {}),
        (RokkaImage(alias="a_{pk}", alias_on_delete="delete"), {}),
        (RokkaImage(protected=True), {"protected": True}),
        (RokkaImage(storage="rokka"), {"storage": "rokka"}),
        (RokkaImage(storage=get_storage), {}),
        (RokkaImage(storage=RokkaStorage(api_key="a secret")), {}),
        (RokkaImage(max_length=300, blank=True), {"max_length": 300, "blank": True}),
        (RokkaImage(max_length=100), {"max_length": 100}),
        (
            RokkaImage("hero", width_field="w", height_field="h"),
            {"verbose_name": "hero", "width_field": "w", "height_field": "h"},
        ),
    ],
)
def test_deconstruct__holds_what_rebuilds_the_column(
    field: RokkaImage, expected: dict[str, Any]
) -> None:
    field.set_attributes_from_name("image")
    assert field.deconstruct() == ("image", PATH, [], expected)
    assert field.clone().deconstruct()[1:] == field.deconstruct()[1:]


@pytest.mark.parametrize(
    ("change", "expected", "words"),
    [
        (without_rokka, "django_rokka.W012", "STORAGES has no rokka storage"),
        (with_two, "django_rokka.E012", "There are several rokka storages: "),
    ],
    ids=["none", "several"],
)
def test_checks__report_that_no_storage_or_several_could_be_meant(
    change: Callable[[Settings], None], expected: str, words: str, settings: Settings
) -> None:
    change(settings)
    ((number, text),) = check(RokkaImage())
    assert number == expected
    assert text.startswith(words)
    assert "Add a storage with the BACKEND" in text


def test_checks__warn_of_a_width_that_bulk_create_writes_too_early() -> None:
    size = {"w": models.IntegerField(), "h": models.IntegerField()}
    ((number, text),) = check(RokkaImage(width_field="w", height_field="h"), **size)
    assert number == "django_rokka.W013"
    assert text.startswith("'h', 'w' stand before the image")
    assert "obj.image.commit()" in text
    assert [found.id for found in Photo.check()] == ["django_rokka.W013"]


@pytest.mark.parametrize("length", [60, 70])
def test_checks__report_a_column_without_room(length: int) -> None:
    assert check(RokkaImage(max_length=length)) == [
        (
            "django_rokka.E014",
            (
                f"A column of {length} characters has no room for an image reference."
                " Give the field a max_length of 100 or more, or leave it out."
            ),
        )
    ]
    assert check(RokkaImage(max_length=71)) == []


# Models


def test_models__without_a_configured_rokka_can_be_made_and_read(settings: Settings) -> None:
    without_rokka(settings)
    with assert_no_rokka_calls():
        photo = Photo(title="The lake", image=f"{HASH}/1600x900/lake.png")
        assert photo.image.width == 1600
        assert Photo().image.name == ""


def test_models__inherit_the_field_with_all_its_options() -> None:
    for model in (Leaflet, Poster):
        field = model._meta.get_field("page")
        assert isinstance(field, RokkaImage)
        assert (field.alias, field.default_stack) == ("{model}_{slug}_{field}", "content")
        assert field.model is model
    assert Portrait._meta.get_field("image").model is Photo


def test_models__keep_no_signal_that_opens_files_when_rows_load() -> None:
    receivers = models.signals.post_init._live_receivers(Photo)
    owners = [getattr(receiver, "__self__", None) for found in receivers for receiver in found]
    assert Photo.image.field not in owners


# Forms


def test_formfield__uploads_and_previews() -> None:
    field = Photo.image.field.formfield()
    assert isinstance(field, RokkaImageField)
    assert isinstance(field.widget, RokkaImageWidget)
    assert not field.required


def test_formfield__replaces_the_widget_of_the_admin_and_keeps_any_other() -> None:
    class OwnWidget(AdminFileWidget):
        pass

    for given, expected in (
        (AdminFileWidget, RokkaImageWidget),
        (AdminFileWidget(), RokkaImageWidget),
        (OwnWidget, OwnWidget),
        (forms.FileInput, forms.FileInput),
        (forms.TextInput, forms.TextInput),
    ):
        field = Photo.image.field.formfield(widget=given)
        assert field.widget.__class__ is expected


def test_formfield__of_a_protected_image_uploads_a_protected_one() -> None:
    field = Contract.scan.field.formfield()
    assert isinstance(field, RokkaImageField)
    assert field.is_protected
