"""The questions that the mirror answers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from hashlib import sha1
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.writer import MigrationWriter

from django_rokka.models import SourceImage
from django_rokka.models.source_image import SearchText
from django_rokka.testing import assert_no_rokka_calls

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)

HOSTILE = (
    "100%",
    "a_b",
    'say "cheese"',
    "it's",
    "back\\slash",
    "semi;colon--",
    "<b>",
    "日本語",
    "🏔",
    "{curly}",
    "[1]",
    "$.path",
    "*",
    "?",
)


def an_image(name: str = "lake.jpg", **values: Any) -> SourceImage:
    binary_hash = sha1(name.encode(), usedforsecurity=False).hexdigest()
    return SourceImage(
        **{
            "organization": "demo",
            "hash": sha1(f"hash of {name}".encode(), usedforsecurity=False).hexdigest(),
            "binary_hash": binary_hash,
            "name": name,
            "format": "jpg",
            "size": 1000,
            "created": NOW,
            **values,
        }
    )


def save(*images: SourceImage) -> None:
    SourceImage.objects.bulk_create(images)


def find(text: str) -> set[str]:
    return set(SourceImage.objects.search(text).values_list("name", flat=True))


def test_image__is_shown_by_its_name() -> None:
    assert str(an_image("Lake Geneva.jpg")) == "Lake Geneva.jpg"
    assert str(an_image("", hash="c" * 40)) == "c" * 40


@pytest.mark.django_db
def test_hash__is_unique_in_its_organization() -> None:
    save(an_image(), an_image(organization="other"))
    with pytest.raises(IntegrityError), transaction.atomic():
        save(an_image())


# Search


@pytest.mark.smoke
@pytest.mark.django_db
def test_search__finds_words_of_names_and_of_user_metadata() -> None:
    save(
        an_image("lake-geneva.jpg", user_metadata={"text:alt": "The harbour at night"}),
        an_image("mountain.jpg", user_metadata={"array:labels": ["harbour", "snow"]}),
        an_image("river.jpg", user_metadata={"int:year": 1999, "latlon:where": "46.2,6.1"}),
    )

    with assert_no_rokka_calls():
        assert find("geneva") == {"lake-geneva.jpg"}
        assert find("HARBOUR") == {"lake-geneva.jpg", "mountain.jpg"}
        assert find("harbour snow") == {"mountain.jpg"}
        assert find("  snow\tharb ") == {"mountain.jpg"}
        assert find("1999") == {"river.jpg"}
        assert find("river 46.2,6") == {"river.jpg"}
        assert find("river harbour") == set()


@pytest.mark.django_db
def test_search__without_a_word_keeps_all() -> None:
    save(an_image("a.jpg"), an_image("b.jpg"))
    assert find("") == find(" \n\0") == {"a.jpg", "b.jpg"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Zürich", "zürich"),
        ("ZÜRICH", "zürich"),
        ("zürich", "ZÜRICH"),
        ("Zu\u0308rich", "zürich"),
        ("Straße", "STRASSE"),
        ("Ελλάς", "ΕΛΛΆΣ"),
        ("ﬁsh", "fish"),
    ],
)
def test_search__knows_large_letters_of_all_alphabets(written: str, asked: str) -> None:
    save(
        an_image("one.jpg", user_metadata={"place": written}),
        an_image(f"{written}.jpg"),
        an_image("other.jpg", user_metadata={"place": "Zurich, Ellas"}),
    )
    assert find(asked) == {"one.jpg", f"{written}.jpg"}


@pytest.mark.django_db
@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["name", "metadata"])
def test_search__takes_every_character_for_itself(text: str, place: str) -> None:
    values = {"text:note": f"x{text}y"}
    found = an_image(f"x{text}y") if place == "name" else an_image("it", user_metadata=values)
    other = "".join("z" if character in "%_*?\\\"'" else character for character in text)
    save(found, *([an_image(f"x{other}y", user_metadata={"n": f"x{other}y"})] * (other != text)))
    assert find(text) == {found.name}


@pytest.mark.django_db
def test_search__survives_what_no_text_has() -> None:
    save(an_image("lake.jpg"))
    assert find("lake\0") == {"lake.jpg"}
    assert find("\ud800") == set()


@pytest.mark.django_db
def test_search__finds_an_image_by_the_beginning_of_its_hash() -> None:
    save(an_image("a.jpg", hash="c421f4" + "0" * 34), an_image("b.jpg", hash="c421f5" + "0" * 34))

    assert find("c421f4") == {"a.jpg"}
    assert find("C421F4" + "0" * 34) == {"a.jpg"}
    assert find("c421f") == set()  # too short to mean a hash: `cafe` is a word
    assert find("c421f4%") == set()


@pytest.mark.django_db
def test_search__looks_neither_at_names_of_fields_nor_at_environments() -> None:
    metadata = {"text:about": "water", "django_rokka_env_production": "production"}
    save(an_image("a.jpg", user_metadata=metadata))

    assert find("about") == find("production") == find("rokka") == set()
    assert find("water") == {"a.jpg"}


@pytest.mark.django_db
def test_search__finds_what_a_row_was_changed_to() -> None:
    image = an_image("before.jpg")
    image.save()

    image.name = "after.jpg"
    image.user_metadata = {"alt": {"deep": ["inside", None]}}
    image.save()

    assert find("before") == find("None") == set()
    assert find("after inside") == {"after.jpg"}


@pytest.mark.django_db
def test_search__goes_on_from_other_conditions() -> None:
    save(an_image("lake.jpg"), an_image("lake.png", deleted_at=NOW))

    found = SourceImage.objects.alive().search("lake").alive()
    assert [image.name for image in found] == ["lake.jpg"]


def test_search_text__is_a_plain_column_in_migrations() -> None:
    text, imports = MigrationWriter.serialize(SearchText(default="", editable=False))
    assert text == "models.TextField(default='', editable=False)"
    assert imports == {"from django.db import models"}


# States


@pytest.mark.smoke
@pytest.mark.django_db
def test_states__of_images_are_told_apart() -> None:
    save(
        an_image("new"),
        an_image("used", scanned_at=NOW),
        an_image("released since", scanned_at=NOW, released_at=NOW + DAY),
        an_image("released, never scanned", released_at=NOW),
        an_image("unreferenced", scanned_at=NOW, released_at=NOW - DAY),
        an_image("just unreferenced", scanned_at=NOW, released_at=NOW),
        an_image("deleted", scanned_at=NOW, released_at=NOW - DAY, deleted_at=NOW),
    )

    def names(images: Any) -> set[str]:
        return {image.name for image in images}

    objects = SourceImage.objects
    assert names(objects.alive()) == names(objects.all()) - {"deleted"}
    assert names(objects.unreferenced()) == {"unreferenced", "just unreferenced", "deleted"}
    assert names(objects.released()) == names(objects.unreferenced()) | {
        "released since",
        "released, never scanned",
    }
    assert names(objects.alive().unreferenced()) == {"unreferenced", "just unreferenced"}


@pytest.mark.django_db
def test_duplicates__are_images_of_one_file_that_rokka_renders() -> None:
    same, lost, only = "a" * 40, "b" * 40, "c" * 40
    save(
        an_image("plain", binary_hash=same),
        an_image("protected", binary_hash=same, protected=True),
        an_image("of another organization", binary_hash=only, organization="other"),
        an_image("single", binary_hash=only),
        an_image("left", binary_hash=lost),
        an_image("deleted", binary_hash=lost, deleted_at=NOW),
    )

    assert {image.name for image in SourceImage.objects.duplicates()} == {"plain", "protected"}
    protected = SourceImage.objects.filter(protected=True).duplicates()
    assert [image.name for image in protected] == ["protected"]


@pytest.mark.django_db
def test_duplicates__are_found_by_an_index() -> None:
    save(*(an_image(f"{number}") for number in range(20)))

    plan = SourceImage.objects.duplicates().explain()

    if connection.vendor == "sqlite":
        assert "django_rokka_image_binary" in plan


@pytest.mark.django_db
def test_images__come_newest_first() -> None:
    save(
        an_image("old", created=NOW - DAY),
        an_image("new"),
        an_image("middle", created=NOW - DAY / 2),
    )

    assert [image.name for image in SourceImage.objects.all()] == ["new", "middle", "old"]
