"""What a model declares, what its migrations hold, and what the checks say."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.core.files.storage import InMemoryStorage, Storage, storages
from django.core.management import call_command
from django.db import models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter
from django.test.utils import isolate_apps
from pytest_django import Settings

from django_rokka.fields import RokkaImage
from django_rokka.forms import RokkaImageField
from django_rokka.storage import RokkaStorage
from django_rokka.testing import assert_no_rokka_calls
from django_rokka.widgets import RokkaImageWidget

from tests.testapp.models import Brand, Contract, Leaflet, Photo, Portrait, Poster

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


@pytest.mark.parametrize("change", [without_rokka, with_two], ids=["no storage", "two storages"])
def test_migrations__are_the_same_whatever_the_settings(
    change: Callable[[Settings], None], settings: Settings
) -> None:
    def write() -> str:
        state = ProjectState()
        state.add_model(ModelState.from_model(Photo))
        state.add_model(ModelState.from_model(Contract))
        detector = MigrationAutodetector(ProjectState(), state)
        changes = detector._detect_changes()  # type: ignore[attr-defined]  # private
        return "".join(
            MigrationWriter(migration, include_header=False).as_string()
            for migration in changes["testapp"]
        )

    before = write()
    change(settings)
    assert write() == before
    assert f"('scan', {PATH}(protected=True))" in before


@pytest.mark.django_db
def test_migrations__of_the_app_are_complete() -> None:
    with StringIO() as output:
        call_command("makemigrations", "django_rokka", check=True, dry_run=True, stdout=output)
        assert "No changes detected in app 'django_rokka'" in output.getvalue()


# Where it is kept


def test_storage__is_the_only_one_of_rokkas() -> None:
    assert Photo.image.field.storage is storages["rokka"]


def test_storage__follows_the_settings_at_any_moment(settings: Settings) -> None:
    photo = Photo(image=f"{HASH}/lake.png")
    before = photo.image.url_for("thumb")
    settings.STORAGES = {
        **settings.STORAGES,
        "rokka": {"BACKEND": BACKEND, "OPTIONS": {"organization": "other", "api_key": "k"}},
    }
    assert before == f"https://demo.rokka.io/thumb/{HASH}/lake.png"
    assert photo.image.url_for("thumb") == f"https://other.rokka.io/thumb/{HASH}/lake.png"


def test_storage__is_looked_up_by_its_alias(settings: Settings) -> None:
    with_two(settings)
    assert RokkaImage(storage="other").storage is storages["other"]
    assert RokkaImage(storage="rokka").storage is storages["rokka"]


def test_storage__may_be_a_callable_that_is_called_at_use(settings: Settings) -> None:
    calls = []

    def choose() -> Storage:
        calls.append(1)
        return storages["other"]

    field = RokkaImage(storage=choose)
    assert calls == []
    with_two(settings)
    assert field.storage is storages["other"]


def test_storage__may_be_an_instance() -> None:
    storage = RokkaStorage(organization="acme", api_key="k")
    field = RokkaImage(storage=storage)
    assert field.rokka_storage is storage
    field.storage = another = RokkaStorage(organization="other", api_key="k")
    assert field.rokka_storage is another


# Checks


def test_checks__are_silent_for_what_is_right() -> None:
    assert check(RokkaImage(alias="{app_label}_{model}_{field}_{pk}_{id}-x")) == []
    assert Brand.check() == Contract.check() == Leaflet.check() == Portrait.check() == []


@pytest.mark.parametrize("alias", ["a b", "{nobody}", "{pk", "{}", "{pk.hex}"])
def test_checks__report_an_alias_that_cannot_be_read(alias: str) -> None:
    ((number, text),) = check(RokkaImage(alias=alias))
    assert number == "django_rokka.E010"
    assert repr(alias) in text
    assert "{app_label}, {model}" in text


def test_checks__report_an_unknown_way_to_render() -> None:
    ((number, text),) = check(RokkaImage(render_by="name"))
    assert (number, text) == ("django_rokka.E011", "render_by is 'name'. Use 'hash' or 'alias'.")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (RokkaImage(storage="nowhere"), "Could not find config for 'nowhere'"),
        (RokkaImage(storage="default"), "FileSystemStorage, which is no rokka storage"),
        (RokkaImage(storage=InMemoryStorage()), "InMemoryStorage, which is no rokka storage"),
    ],
    ids=["unknown alias", "another backend", "another instance"],
)
def test_checks__report_a_storage_that_is_none_of_rokkas(field: RokkaImage, words: str) -> None:
    ((number, text),) = check(field)
    assert number == "django_rokka.E012"
    assert words in text


@pytest.mark.parametrize("change", [without_rokka, with_two], ids=["none", "several"])
def test_checks__report_that_no_storage_or_several_could_be_meant(
    change: Callable[[Settings], None], settings: Settings
) -> None:
    change(settings)
    ((number, text),) = check(RokkaImage())
    assert number == "django_rokka.E012"
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
