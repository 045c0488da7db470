"""What the checks say of the options of one field."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import CheckMessage, Error
from django.db import models

from django_rokka.fields import RokkaImage
from django_rokka.fields.alias_names import can_share, read_alias_names
from django_rokka.testing import assert_no_rokka_calls

from tests.checks.projects import a_project, get_image


def check(field: RokkaImage, **others: Any) -> list[CheckMessage]:
    """Return what the checks say of a field on a model of its own."""
    with a_project() as declare, assert_no_rokka_calls():
        declare("Brand", **others, image=field)
        return field.check()


def ids(field: RokkaImage, **others: Any) -> list[str]:
    return [str(found.id).removeprefix("django_rokka.") for found in check(field, **others)]


def columns() -> dict[str, Any]:
    return {
        "author": models.ForeignKey(User, models.CASCADE, related_name="+"),
        "day": models.DateField(),
        "email": models.EmailField(),
        "readers": models.ManyToManyField(User, related_name="+"),
        "slug": models.SlugField(),
        "time": models.DateTimeField(),
        "token": models.UUIDField(),
        "url": models.URLField(),
        "other": RokkaImage(),
    }


# The template of an alias


@pytest.mark.parametrize(
    "alias",
    ["{pk}", "a-{slug}", "{author}", "{author_id}", "{day}_{token}", "{model}_{id}_{field}"],
)
def test_alias__of_columns_that_can_stand_in_a_name_is_right(alias: str) -> None:
    assert ids(RokkaImage(alias=alias), **columns()) == []


@pytest.mark.parametrize(
    ("alias", "reason"),
    [
        ("{other}", "{other} is of type RokkaImage, whose values have other characters than"),
        ("{image}", "{image} is of type RokkaImage, whose"),
        ("{time}", "{time} is of type DateTimeField, whose"),
        ("{email}_{pk}", "{email} is of type EmailField, whose"),
        ("{url}", "{url} is of type URLField, whose"),
        ("{readers}", "{readers} is no column of testapp.Brand"),
        ("{nobody}", "Brand has no field named 'nobody'"),
    ],
)
def test_alias__e010_of_what_never_gives_a_name(alias: str, reason: str) -> None:
    [error] = check(RokkaImage(alias=alias), **columns())

    assert error.id == "django_rokka.E010"
    assert error.msg.startswith(f"The alias template {alias!r} cannot give a name: {reason}")


def test_alias__e010_of_a_key_that_never_gives_a_name() -> None:
    key = models.EmailField(primary_key=True)
    pair = models.CompositePrimaryKey("a", "b")
    two = {"a": models.IntegerField(), "b": models.IntegerField()}

    assert ids(RokkaImage(alias="{pk}"), key=key) == ["E010"]
    assert ids(RokkaImage(alias="{pk}"), pk=pair, **two) == ["E010"]
    assert ids(RokkaImage(alias="{a}_{b}"), pk=pair, **two) == []


def test_alias__e010_of_a_key_that_points_at_such_a_key() -> None:
    with a_project() as declare:
        parent = declare("Person", email=models.EmailField(primary_key=True))
        field = RokkaImage(alias="{person}_{pk}")
        declare("Brand", person=models.ForeignKey(parent, models.CASCADE), image=field)

        assert [found.id for found in field.check()] == ["django_rokka.E010"]


def test_alias__e010_of_a_key_that_points_nowhere() -> None:
    lost = models.ForeignKey("testapp.Nobody", models.CASCADE)

    assert ids(RokkaImage(alias="{lost}_{pk}"), lost=lost) == ["E010"]


def test_alias__of_keys_that_point_at_each_other_is_read_to_an_end() -> None:
    def key(to: str) -> Any:
        return models.OneToOneField(f"testapp.{to}", models.CASCADE, primary_key=True)

    with a_project() as declare:
        field = RokkaImage(alias="{pk}")
        declare("Brand", shop=key("Shop"), image=field)
        declare("Shop", brand=key("Brand"))

        assert field.check() == []


def test_alias__e010_of_a_model_whose_name_no_alias_can_hold() -> None:
    with a_project() as declare:
        field = RokkaImage(alias="{model}_{pk}")
        declare("Büro", image=field)

        assert [found.id for found in field.check()] == ["django_rokka.E010"]


def test_alias__e010_of_what_is_neither_text_nor_function() -> None:
    alias: Any = 5
    field = RokkaImage(alias=alias)

    assert check(field) == [
        Error(
            "alias is 5.",
            hint="Write a template such as 'brand_{pk}', or name a function.",
            obj=field,
            id="django_rokka.E010",
        )
    ]


def test_alias__e018_of_names_that_are_all_too_long() -> None:
    [error] = check(RokkaImage(alias="a" * 150 + "{pk}"))

    assert error.id == "django_rokka.E018"
    assert error.msg.endswith("gives names of 151 characters and more.")
    assert error.hint == "Shorten it: an alias has 150 characters at most."
    assert ids(RokkaImage(alias="a" * 149 + "{pk}")) == []
    assert ids(RokkaImage(alias="a" * 118 + "{token}"), **columns()) == []
    assert ids(RokkaImage(alias="a" * 119 + "{token}"), **columns()) == ["E018"]


@pytest.mark.parametrize("alias", ["logo", "{app_label}_{model}_{field}"])
def test_alias__w019_that_is_the_same_for_every_row(alias: str) -> None:
    [warning] = check(RokkaImage(alias=alias))

    assert warning.id == "django_rokka.W019"
    assert repr(alias) in warning.msg
    assert "{pk}" in str(warning.hint)


# Abstract models


def inherit(alias: Any, *, generations: int = 1) -> list[str]:
    """Return what is said of the field of a concrete child."""
    with a_project() as declare:
        parent = declare("Page", abstract=True, image=RokkaImage(alias=alias))
        for number in range(1, generations):
            parent = declare(f"Page{number}", abstract=True, parent=parent)
        child = declare("Leaflet", parent=parent)
        return [str(found.id) for found in get_image(child).check()]


def test_abstract__e020_a_template_needs_the_model() -> None:
    with a_project() as declare:
        parent = declare("Page", abstract=True, image=RokkaImage(alias="{app_label}_{pk}"))
        field = get_image(declare("Leaflet", parent=parent))

        assert field.check() == [
            Error(
                "The alias template '{app_label}_{pk}' is inherited from the abstract Page, so"
                " that two of its children can give the same name.",
                hint="Put {model} into it, which each child replaces by its own name.",
                obj=field,
                id="django_rokka.E020",
            )
        ]


def test_abstract__e020_reaches_grandchildren() -> None:
    assert inherit("page_{pk}", generations=3) == ["django_rokka.E020"]


@pytest.mark.parametrize("alias", ["{model}_{pk}", "", lambda page: f"page_{page.pk}"])
def test_abstract__what_tells_children_apart_is_right(alias: Any) -> None:
    assert inherit(alias) == []


def test_abstract__a_field_that_the_child_declares_itself_is_its_own() -> None:
    with a_project() as declare:
        parent = declare("Page", abstract=True, image=RokkaImage(alias="page_{pk}"))
        child = declare("Leaflet", parent=parent, image=RokkaImage(alias="leaflet_{pk}"))

        assert get_image(child).check() == []


# Functions


def of_one(row: models.Model) -> str:
    return f"brand_{row.pk}"


def of_none() -> str:
    return "brand"


def of_two(row: models.Model, other: str) -> str:
    return f"brand_{row.pk}_{other}"


@pytest.mark.parametrize(
    "function", [of_one, functools.partial(of_two, other="x"), lambda *rows: str(rows), str]
)
def test_function__that_takes_a_row_is_right(function: Any) -> None:
    assert ids(RokkaImage(alias=function)) == []


@pytest.mark.parametrize("function", [of_none, of_two, functools.partial(of_one, User())])
def test_function__e021_that_does_not_take_one_argument(function: Any) -> None:
    [error] = check(RokkaImage(alias=function))

    assert error.id == "django_rokka.E021"
    assert error.msg.startswith(f"The function {getattr(function, '__name__', 'partial')} cannot")
    assert "one argument" in str(error.hint)


# The length of the column


@pytest.mark.parametrize(
    ("length", "alias", "expected"),
    [
        (70, "", ["E014"]),
        (71, "", []),
        (83, "brand_{pk}", ["W022"]),
        (82, "brand_{pk}", ["E014"]),
        (254, "brand_{pk}", ["W022"]),
        (255, "brand_{pk}", []),
        (None, "brand_{pk}", []),
        (76, of_one, ["E014"]),
        (77, of_one, ["W022"]),
        (75, "a b", ["E010", "E014"]),
        ("255", "", ["E014"]),
    ],
)
def test_length__has_room_for_the_reference_and_its_alias(
    length: Any, alias: Any, expected: list[str]
) -> None:
    assert ids(RokkaImage(max_length=length, alias=alias)) == expected


def test_length__w022_says_how_long_a_column_has_to_be() -> None:
    [warning] = check(RokkaImage(max_length=100, alias="brand_{pk}"))

    assert warning.msg.startswith("A column of 100 characters has no room for a long alias")
    assert warning.hint == "Give the field a max_length of 255 or more, or leave it out."


# Columns that are named


@pytest.mark.parametrize("option", ["alt_field", "placeholder_field"])
@pytest.mark.parametrize("name", ["nobody", "readers", "image"])
def test_column__e023_that_the_model_does_not_have(option: str, name: str) -> None:
    options: dict[str, Any] = {option: name}

    [error] = check(RokkaImage(**options), **columns())

    assert error.id == "django_rokka.E023"
    assert error.msg == f"{option} is {name!r}, which is no other column of testapp.Brand."


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (models.CharField(max_length=49), ["E024"]),
        (models.IntegerField(), ["E024"]),
        (models.CharField(max_length=50), []),
        (models.CharField(), []),
        (models.TextField(), []),
        (models.TextField(max_length=10), []),
    ],
)
def test_placeholder__e024_of_a_column_that_cannot_hold_a_blurhash(
    column: Any, expected: list[str]
) -> None:
    assert ids(RokkaImage(placeholder_field="text"), text=column) == expected


def test_alt__may_stand_in_any_column() -> None:
    assert ids(RokkaImage(alt_field="text"), text=models.CharField(max_length=5)) == []
    assert ids(RokkaImage(alt_field="author_id"), **columns()) == []


# What names two templates share


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("{number}_x", "{number}_x", True),
        ("a_{positive}", "a_{number}", True),
        ("a_{positive}", "a__{positive}", False),
        ("a_{number}", "a__{positive}", True),
        ("{slug}{slug}", "ab", True),
        ("{slug}{slug}", "a", False),
        ("{token}", "{slug}", True),
        ("{token}", "x{slug}", False),
        ("", "", True),
        ("", "{pk}", False),
    ],
)
def test_names__are_shared_if_some_row_of_each_can_have_the_same(
    first: str, second: str, *, expected: bool
) -> None:
    with a_project() as declare:
        field = RokkaImage()
        numbers = {"number": models.IntegerField(), "positive": models.PositiveIntegerField()}
        declare("Brand", image=field, **numbers, **columns())
        one, two = (read_alias_names(field, template) for template in (first, second))

        assert can_share(one, two) is can_share(two, one) is expected


# The parts of URLs, and columns that are written


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({"alias_format": ".png"}, "E049"),
        ({"alias_format": ""}, "E049"),
        ({"alias_format": None}, "E049"),
        ({"default_stack": "a b"}, "E050"),
        ({"default_stack": 5}, "E050"),
        ({"width_field": "w"}, "E051"),
        ({"height_field": "image"}, "E051"),
        ({"width_field": "side", "height_field": "side"}, "E052"),
        ({"alt_field": "note", "placeholder_field": "note"}, "E052"),
        ({"render_by": "alias"}, "W053"),
        ({"alias": "a_{pk}", "alias_on_delete": "cascade"}, "E056"),
        ({"alias": "a_{pk}", "alias_on_delete": ["keep"]}, "E056"),
        ({"alias_on_delete": None}, "E056"),
        ({"alias_on_delete": "delete"}, "W057"),
        ({"protected": "no"}, "E054"),
        ({"protected": 1}, "E054"),
    ],
)
def test_option__has_a_number_for_every_mistake(options: dict[str, Any], number: str) -> None:
    found = check(RokkaImage(**options), note=models.TextField(), side=models.IntegerField())
    assert [its.id for its in found if its.id != "django_rokka.W013"] == [f"django_rokka.{number}"]
    assert all(its.hint for its in found)


def test_option__that_is_right_is_not_reported() -> None:
    image = RokkaImage(
        alias="a_{pk}",
        alias_format="webp",
        alias_on_delete="delete",
        default_stack="content",
        render_by="alias",
        protected=True,
        alt_field="note",
        placeholder_field="other",
    )
    assert ids(image, note=models.TextField(), other=models.TextField()) == []
