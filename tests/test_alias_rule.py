"""Names that no alias can have are refused with the same words at every door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.template import Context, Template

from django_rokka import aliases, invalidation
from django_rokka.exceptions import InvalidAliasName, InvalidReference
from django_rokka.fields import RokkaImage
from django_rokka.fields.names import validate_alias_name
from django_rokka.forms.choosing import read_choice
from django_rokka.models import Alias
from django_rokka.render import MAX_ALIAS_LENGTH, ImageReference, check_alias_name
from django_rokka.storage import RokkaStorage, get_rokka_storage
from django_rokka.testing import assert_no_rokka_calls

from tests import pictures
from tests.test_forms import files
from tests.test_forms_choosing import ChoosingForm
from tests.testapp.models import Brand, Leaflet, Photo

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
IMAGE = f"{HASH}/40x30/lake.png"
HOSTILE = (
    "",
    "my-logo",
    "logo.png",
    "my logo",
    "a/b",
    "../a",
    "logo\n",
    "a\x00b",
    "%s",
    "<b>",
    "é",
    "１２",  # fullwidth digits  # noqa: RUF001  # what is tested
    "٣",
    "a" * (MAX_ALIAS_LENGTH + 1),
    "a." * 100,
)


class Door(NamedTuple):
    """A way in, the error of those that it refuses, and what it says after the words of all."""

    enter: Callable[[str], object]
    error: type[Exception] = InvalidAliasName
    remedy: str = ""
    not_refused: tuple[str, ...] = ()


def write_tag(name: str) -> str:
    template = Template("{% load rokka %}{% rokka_url_for_alias name 'mail' %}")
    return str(template.render(Context({"name": name})))


def set_alias(name: str) -> None:
    Photo(image=IMAGE).image.set_alias(name)


def validate_alias(name: str) -> None:
    field: Any = Alias._meta.get_field("name")
    field.run_validators(name)


def choose(name: str) -> None:
    # Another error lets it ask rokka for nothing.
    form = ChoosingForm({"image-chosen": name, "title": "x" * 101}, files())
    if messages := form.errors.get("image"):
        raise ValidationError(list(messages))


def validate_row(alias: Any, name: str) -> None:
    """Validate a row whose image is named after its slug."""
    field = Leaflet._meta.get_field("page")
    assert isinstance(field, RokkaImage)
    before, field.alias = field.alias, alias
    try:
        Leaflet(pk=1, slug=name, page=IMAGE).full_clean(exclude=["slug"])
    finally:
        field.alias = before


def name_page(leaflet: Leaflet) -> str:
    return leaflet.slug


def in_client(act: str) -> Callable[[str], object]:
    def enter(name: str) -> object:
        rest = (HASH,) if act == "create" else ()
        result: object = getattr(get_rokka_storage().client.aliases, act)(name, *rest)
        return result

    return enter


def in_field(alias: Any, *, origin: str) -> Door:
    return Door(
        lambda name: validate_row(alias, name),
        ValidationError,
        remedy=f" Change what “{origin}” is made of.",
        not_refused=("", "my-logo"),  # none yet, and one that becomes my_logo
    )


def in_command(act: str, *rest: str) -> Door:
    return Door(lambda name: call_command("rokka_alias", act, name, *rest), CommandError)


DOORS = {
    "client.aliases.create": Door(in_client("create")),
    "client.aliases.get": Door(in_client("get")),
    "client.aliases.delete": Door(in_client("delete")),
    "client.aliases.invalidate_cache": Door(in_client("invalidate_cache")),
    "aliases.point": Door(lambda name: aliases.point(name, HASH)),
    "aliases.delete": Door(aliases.delete),
    "aliases.adopt": Door(aliases.adopt),
    "invalidation.request": Door(lambda name: invalidation.request("alias", name)),
    "rokka_invalidate": Door(lambda name: call_command("rokka_invalidate", name), CommandError),
    "rokka_alias set": in_command("set", HASH),
    "rokka_alias delete": in_command("delete"),
    "rokka_alias adopt": in_command("adopt"),
    "rokka_url_for_alias": Door(write_tag),
    "lookup": Door(lambda name: Brand.objects.filter(logo__alias=name)),
    "set_alias": Door(set_alias),
    "template of a field": in_field("{slug}", origin="{slug}"),
    "function of a field": in_field(name_page, origin="name_page"),
    "validate_alias_name": Door(validate_alias_name, ValidationError),
    "Alias.name": Door(
        validate_alias,
        ValidationError,
        not_refused=("",),  # which Django itself refuses, in its own words
    ),
    "storage": Door(
        lambda name: get_rokka_storage().url(ImageReference("", alias=name, extension="png"))
    ),
    "form": Door(
        choose,
        ValidationError,
        remedy=" Or write a hash of 40 digits.",
        not_refused=("", "logo\n"),  # nothing chosen, and what a person pasted is stripped
    ),
    "choice in a form": Door(
        read_choice,
        InvalidReference,
        remedy=" Or write a hash of 40 digits.",
        not_refused=("logo\n",),  # what a person pasted is stripped
    ),
}


def read_refusal(door: Door, name: str) -> str:
    with pytest.raises(door.error) as caught:
        door.enter(name)
    if isinstance(caught.value, ValidationError):
        (message,) = caught.value.messages
        return str(message)
    return str(caught.value)


def read_words(name: str) -> str:
    with pytest.raises(InvalidAliasName) as caught:
        check_alias_name(name)
    return str(caught.value)


@pytest.mark.django_db
@pytest.mark.parametrize("door", [pytest.param(door, id=name) for name, door in DOORS.items()])
def test_door__refuses_in_the_words_of_all(door: Door, rokka: RokkaStorage) -> None:
    names = [name for name in HOSTILE if name not in door.not_refused]
    with assert_no_rokka_calls():
        refused = {name: read_refusal(door, name) for name in names}
        for name in door.not_refused:
            door.enter(name)
    assert refused == {name: f"{read_words(name)}{door.remedy}" for name in names}
    assert not Alias.objects.exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "my-logo",
            (
                "'my-logo' is no alias name, and rokka would answer that there is none: use"
                " letters, digits and underscores only."
            ),
        ),
        (
            "a" * 151,
            f"'{'a' * 151}' is no alias name: it has more than 150 characters. Shorten it.",
        ),
    ],
)
def test_words__name_the_value_the_rule_and_the_remedy(name: str, words: str) -> None:
    assert read_words(name) == words


def test_words__repeat_little_of_a_name_that_is_long() -> None:
    assert len(read_words("a" * 100_000)) < 300


def test_name__of_the_greatest_length_is_taken(rokka: RokkaStorage) -> None:
    name = "a" * MAX_ALIAS_LENGTH
    image = rokka.upload("lake.png", ContentFile(pictures.png()))
    rokka.client.aliases.create(name, image.hash)
    assert rokka.client.aliases.get(name).hash == image.hash
