"""The checks that look at all fields of a project."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import checks
from django.core.checks import Error, run_checks
from django.core.files.storage import FileSystemStorage
from django.db import models
from pytest_django import Settings

from django_rokka.checks import (
    check_alias_collisions,
    check_protected_fields,
    check_shared_columns,
    check_stock_fields,
    check_unconfigured_fields,
)
from django_rokka.fields import RokkaImage
from django_rokka.storage import RokkaStorage

from tests.checks.projects import a_project, check_project, with_storages, without_rokka

KEYS = {"api_key": "k", "signing_key": "s"}


def collide(first: dict[str, Any], second: dict[str, Any]) -> list[tuple[str, str]]:
    """Return id and field of what is said of two models, each with columns of its own."""
    with a_project() as declare:
        declare("Brand", app=first.pop("app", "testapp"), **first)
        model = declare("Shop", app=second.pop("app", "testapp"), **second)
        return [
            (str(found.id), str(found.obj))
            for found in check_project(check_alias_collisions, model)
        ]


def text() -> Any:
    return models.CharField(max_length=50)


E040 = [("django_rokka.E040", "testapp.Shop.image")]
W041 = [("django_rokka.W041", "testapp.Shop.image")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("brand_{pk}", "brand_{pk}"),
        ("brand-{pk}", "brand_{pk}"),
        ("{model}_{pk}", "brand_{pk}"),
        ("{app_label}_{pk}", "{app_label}_{pk}"),
        ("{field}_{pk}", "{field}_{pk}"),
        ("{pk}", "{number}"),
        ("{pk}", "{title}"),
        ("a_{pk}_{number}", "a_{number}_{pk}"),
        ("logo", "logo"),
    ],
)
def test_collision__e040_of_two_templates_of_one_form(first: str, second: str) -> None:
    columns = {"number": models.IntegerField, "title": text}

    def image(alias: str) -> dict[str, Any]:
        others = {name: make() for name, make in columns.items()}
        return {"image": RokkaImage(alias=alias), **others}

    assert collide(image(first), image(second)) == E040


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("brand_{pk}", "shop_{pk}"),
        ("{model}_{pk}", "{model}_{pk}"),
        ("brand_{pk}", "brand_{pk}_hero"),
        ("brand_{pk}", "Brand_{pk}"),
        ("brand_{pk}", "brand_{day}_{pk}_x"),
        ("brand_{title}", "shop_{title}"),
        ("{title}_a", "{title}_b"),
        ("logo", "hero"),
        ("a_{pk}", "a"),
    ],
)
def test_collision__is_none_where_no_name_is_in_both(first: str, second: str) -> None:
    def image(alias: str) -> dict[str, Any]:
        return {"image": RokkaImage(alias=alias), "title": text(), "day": models.DateField()}

    assert collide(image(first), image(second)) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("brand_{title}", "brand_{title}_hero"),
        ("{title}", "brand_{pk}"),
        ("brand_{title}", "brand_hero"),
    ],
)
def test_collision__w041_where_a_text_reads_like_the_rest_of_the_other(
    first: str, second: str
) -> None:
    def image(alias: str) -> dict[str, Any]:
        return {"image": RokkaImage(alias=alias), "title": text()}

    assert collide(image(first), image(second)) == W041


def test_collision__names_both_fields_and_the_remedy() -> None:
    with a_project() as declare:
        declare("Brand", image=RokkaImage(alias="brand_{pk}"))
        shop = declare("Shop", image=RokkaImage(alias="brand_{pk}"))
        found = check_project(check_alias_collisions, shop)

        assert found == [
            Error(
                "The alias template 'brand_{pk}' gives rows the same names as 'brand_{pk}' of"
                " testapp.Brand.image, and only one of them gets each name.",
                hint="Put another word into one of the two, or {app_label}, {model} or {field}.",
                obj=shop._meta.get_field("image"),
                id="django_rokka.E040",
            )
        ]


def test_collision__of_two_fields_of_one_model() -> None:
    with a_project() as declare:
        logo, hero = (RokkaImage(alias="brand_{pk}") for _ in range(2))
        model = declare("Brand", logo=logo, hero=hero)

        assert [found.id for found in check_project(check_alias_collisions, model)] == [E040[0][0]]


def test_collision__is_found_in_another_app_than_the_one_that_is_checked() -> None:
    with a_project() as declare:
        declare("Brand", app="auth", image=RokkaImage(alias="brand_{pk}"))
        model = declare("Shop", image=RokkaImage(alias="brand_{pk}"))

        for app in ("testapp", "auth"):
            assert len(check_project(check_alias_collisions, model, app=app)) == 1


def test_collision__of_other_apps_is_none_of_the_one_that_is_checked() -> None:
    with a_project() as declare:
        declare("Brand", app="auth", image=RokkaImage(alias="brand_{pk}"))
        model = declare("Shop", app="auth", image=RokkaImage(alias="brand_{pk}"))

        assert check_project(check_alias_collisions, model, app="testapp") == []


def test_collision__is_none_between_two_organizations(settings: Settings) -> None:
    def images() -> list[dict[str, Any]]:
        return [
            {"image": RokkaImage(alias="brand_{pk}", storage=alias)} for alias in ("one", "two")
        ]

    with_storages(settings, one={"organization": "a", **KEYS}, two={"organization": "b", **KEYS})
    assert collide(*images()) == []

    with_storages(settings, one={"organization": "a", **KEYS}, two={"organization": "a", **KEYS})
    assert collide(*images()) == E040


def test_collision__leaves_functions_and_what_is_no_template_alone() -> None:
    for alias in ("", "a b", "{nobody}", str):
        images = [{"image": RokkaImage(alias=alias)} for _ in range(2)]
        assert collide(*images) == []


def test_collision__leaves_copies_of_an_abstract_parents_field_to_e020() -> None:
    with a_project() as declare:
        parent = declare("Page", abstract=True, image=RokkaImage(alias="page_{pk}"))
        declare("Leaflet", parent=parent)
        poster = declare("Poster", parent=parent)

        assert check_project(check_alias_collisions, poster) == []


def test_collision__of_children_of_one_name_in_two_apps() -> None:
    with a_project() as declare:
        parent = declare("Page", abstract=True, image=RokkaImage(alias="{model}_{pk}"))
        declare("Leaflet", app="auth", parent=parent)
        model = declare("Leaflet", parent=parent)

        [error] = check_project(check_alias_collisions, model)

        assert (error.id, str(error.obj)) == ("django_rokka.E040", "testapp.Leaflet.image")
        assert "of auth.Leaflet.image" in error.msg


# Django's own field


def sizes() -> dict[str, Any]:
    return {"w": models.IntegerField(null=True), "h": models.IntegerField(null=True)}


@pytest.mark.parametrize("options", [{"width_field": "w"}, {"height_field": "h"}])
def test_stock_field__w042_with_sizes_on_a_rokka_storage(options: dict[str, Any]) -> None:
    storage = RokkaStorage(organization="acme", api_key="k")
    with a_project() as declare:
        field = models.ImageField(storage=storage, **options)
        model = declare("Brand", image=field, **sizes())
        [warning] = check_project(check_stock_fields, model)

        assert (warning.id, warning.obj) == ("django_rokka.W042", field)
        assert "over the network: whenever a row without the sizes loads" in warning.msg
        assert "RokkaImage" in str(warning.hint)


@pytest.mark.parametrize(
    "field",
    [
        models.ImageField(storage=RokkaStorage(organization="acme", api_key="k")),
        models.ImageField(storage=FileSystemStorage(), width_field="w"),
        models.FileField(storage=RokkaStorage(organization="acme", api_key="k")),
        RokkaImage(width_field="w", height_field="h"),
    ],
    ids=["without sizes", "on another storage", "a file field", "a RokkaImage"],
)
def test_stock_field__is_left_alone_where_rows_load_without_a_request(field: Any) -> None:
    with a_project() as declare:
        model = declare("Brand", image=field, **sizes())

        assert check_project(check_stock_fields, model) == []


# Protected fields


def protected(settings: Settings, options: dict[str, Any]) -> list[checks.CheckMessage]:
    with_storages(settings, rokka={"organization": "acme", "api_key": "k", **options})
    with a_project() as declare:
        model = declare("Brand", image=RokkaImage(protected=True), other=RokkaImage())
        return check_project(check_protected_fields, model)


def test_protected_field__w043_on_a_storage_without_a_signing_key(settings: Settings) -> None:
    [warning] = protected(settings, {})

    assert (warning.id, str(warning.obj)) == ("django_rokka.W043", "testapp.Brand.image")
    assert "their links are empty" in warning.msg
    assert warning.hint == "Set the option 'signing_key' in STORAGES, or ROKKA_SIGNING_KEY."


def test_protected_field__is_silent_with_a_key(settings: Settings) -> None:
    assert protected(settings, {"signing_key": "s"}) == []
    settings.ROKKA_SIGNING_KEY = "s"
    assert protected(settings, {}) == []


# A project that is wrong


@pytest.mark.parametrize("options", [None, {}, {"organization": 5, "api_key": 6}, ["x"]], ids=repr)
def test_checks__never_raise_on_a_wrong_storage(settings: Settings, options: Any) -> None:
    with_storages(settings, rokka=options)
    assert_no_check_raises()


# Columns that two fields write into


def share(**members: Any) -> list[tuple[str, str]]:
    with a_project() as declare:
        model = declare("Brand", **members)
        return [
            (str(found.id), str(found.obj)) for found in check_project(check_shared_columns, model)
        ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"placeholder_field": "p"}, {"placeholder_field": "p"}),
        ({"width_field": "w"}, {"width_field": "w"}),
        ({"width_field": "w"}, {"height_field": "w"}),
        ({"height_field": "w"}, {"placeholder_field": "w"}),
    ],
)
def test_columns__e052_that_two_images_write_into(
    first: dict[str, str], second: dict[str, str]
) -> None:
    found = share(image=RokkaImage(**first), other=RokkaImage(**second))  # type: ignore[arg-type]
    assert found == [("django_rokka.E052", "testapp.Brand.other")]


def test_columns__of_one_image_each_are_right() -> None:
    image = RokkaImage(width_field="w", height_field="h", placeholder_field="p", alt_field="text")
    other = RokkaImage(width_field="v", height_field="g", placeholder_field="q", alt_field="text")
    assert share(image=image, other=other) == []


# A deployment without a storage


def test_deployment__e012_where_there_is_no_rokka_storage(settings: Settings) -> None:
    without_rokka(settings)
    with a_project() as declare:
        model = declare("Brand", image=RokkaImage(), named=RokkaImage(storage="default"))
        [error] = check_project(check_unconfigured_fields, model)
    assert (type(error), error.id, str(error.obj)) == (
        Error,
        "django_rokka.E012",
        "testapp.Brand.image",
    )


def test_deployment__is_silent_where_there_is_one() -> None:
    with a_project() as declare:
        assert check_project(check_unconfigured_fields, declare("Brand", image=RokkaImage())) == []


def test_checks__never_raise_without_a_rokka_storage(settings: Settings) -> None:
    without_rokka(settings)
    assert_no_check_raises()


def test_checks__never_raise_with_storages_that_cannot_be_imported(settings: Settings) -> None:
    settings.STORAGES = {"default": {"BACKEND": "nowhere.Storage"}}
    assert_no_check_raises()


def assert_no_check_raises() -> None:
    run_checks(tags=["rokka"], include_deployment_checks=True)
    stock = models.ImageField(width_field="w")
    with a_project() as declare:
        model = declare(
            "Brand",
            stock=stock,
            lost=RokkaImage(storage="nowhere", alias="a_{pk}", protected=True),
            found=RokkaImage(alias="a_{pk}", protected=True),
            **sizes(),
        )
        for check in (
            check_alias_collisions,
            check_protected_fields,
            check_shared_columns,
            check_stock_fields,
            check_unconfigured_fields,
        ):
            check_project(check, model)
        ids = {found.id for found in model.check()}
        assert {"django_rokka.E012"} <= ids
        assert ids <= {f"django_rokka.{name}" for name in ("E012", "W012", "E040")}
