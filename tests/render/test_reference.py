"""The image reference: what columns hold for years."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.exceptions import InvalidAliasName, InvalidReference
from django_rokka.render import ImageReference, check_alias_name, is_alias_name
from django_rokka.render.reference import make_slug

from tests.render.vectors import read_vectors, vector_id

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"

# Golden: columns of users hold these texts, so reading and writing them never changes.
VECTORS = read_vectors("references.json")
GOLDEN = [vector for vector in VECTORS if vector["form"] == "canonical"]
LENIENT = [vector for vector in VECTORS if vector["form"] == "lenient"]
NEVER = [vector for vector in VECTORS if vector["form"] == "never"]

hashes = st.from_regex(r"[0-9a-f]{40}", fullmatch=True)
pixels = st.integers(1, 999_999)
extensions = st.from_regex(r"[a-z0-9]{2,5}", fullmatch=True)
sizes = st.one_of(
    st.just({}), st.builds(lambda width, height: {"width": width, "height": height}, pixels, pixels)
)


@st.composite
def references(draw: st.DrawFn) -> ImageReference:
    made = ImageReference.from_file_name(
        draw(st.text()),
        hash=draw(hashes),
        extension=draw(extensions),
        is_protected=draw(st.booleans()),
        **draw(sizes),
    )
    alias = draw(st.one_of(st.just(""), st.from_regex(r"[A-Za-z0-9_]{1,80}", fullmatch=True)))
    return made._replace(alias=alias)


def test_vectors__are_of_every_form() -> None:
    assert (len(GOLDEN), len(LENIENT), len(NEVER)) == (12, 6, 29)


@pytest.mark.parametrize("vector", GOLDEN, ids=vector_id)
def test_parse__reads_the_golden_forms(vector: dict[str, Any]) -> None:
    text, reference = vector["text"], ImageReference(**vector["reference"])

    assert (ImageReference.parse(text), str(reference)) == (reference, text)


@pytest.mark.parametrize("vector", LENIENT, ids=vector_id)
def test_parse__reads_short_forms_only_when_lenient(vector: dict[str, Any]) -> None:
    text, reference = vector["text"], ImageReference(**vector["reference"])

    assert (ImageReference.parse(text, lenient=True), str(reference)) == (reference, text)
    with pytest.raises(InvalidReference):
        ImageReference.parse(text)


@pytest.mark.parametrize("vector", NEVER, ids=vector_id)
@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
def test_parse__refuses_ordinary_names(vector: dict[str, Any], lenient: bool) -> None:  # noqa: FBT001  # a parameter of the test
    text = vector["text"]
    with pytest.raises(InvalidReference) as caught:
        ImageReference.parse(text, lenient=lenient)

    assert str(caught.value).startswith(f"{text!r} is no image reference. Use '<hash>[/-_<alias>")


@given(
    st.one_of(
        st.text(),
        st.from_regex(
            r"[0-9a-f]{40}(/-_[A-Za-z0-9_]{1,9}_-)?(/protected)?(/[0-9]{1,3}x[0-9]{1,3})?"
            r"(/[a-z0-9-]{1,20})?(\.[a-z0-9]{2,5})?",
            fullmatch=True,
        ),
    )
)
def test_parse__takes_a_text_that_is_written_the_same_or_none(text: str) -> None:
    try:
        reference = ImageReference.parse(text)
    except InvalidReference:
        return
    assert str(reference) == text


@given(references())
def test_reference__is_read_as_it_was_written(reference: ImageReference) -> None:
    assert ImageReference.parse(str(reference)) == reference


@given(references())
def test_reference__has_100_characters_at_most_without_its_alias(
    reference: ImageReference,
) -> None:
    assert len(str(reference._replace(alias=""))) <= 100


@given(references(), st.integers(1, 255))
def test_fit__shortens_the_slug_alone(reference: ImageReference, length: int) -> None:
    try:
        fitted = reference.fit(length)
    except InvalidReference:
        assert len(str(reference._replace(slug="x"))) > length
        return

    assert len(str(fitted)) <= length
    assert fitted._replace(slug="") == reference._replace(slug="")
    assert reference.slug.startswith(fitted.slug)


@pytest.mark.parametrize(
    ("length", "fitted"),
    [
        (255, f"{HASH}/1600x900/beach.jpg"),
        (59, f"{HASH}/1600x900/beach.jpg"),
        (58, f"{HASH}/1600x900/beac.jpg"),
        (55, f"{HASH}/1600x900/b.jpg"),
    ],
)
def test_fit__gives_as_much_of_the_slug_as_there_is_room(length: int, fitted: str) -> None:
    assert str(ImageReference(HASH, 1600, 900, "beach", "jpg").fit(length)) == fitted


def test_fit__says_how_long_a_column_has_to_be() -> None:
    reference = ImageReference(HASH, 1600, 900, "beach", "jpg")

    with pytest.raises(InvalidReference) as caught:
        reference.fit(50)

    assert str(caught.value) == (
        f"'{HASH}/1600x900/beach.jpg' does not fit into 50 characters. Give the column at least"
        " 100 characters (255 when it has an alias)."
    )


@given(st.text())
def test_make_slug__is_always_a_slug(file_name: str) -> None:
    slug = make_slug(file_name)

    assert 1 <= len(slug) <= 60
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


@pytest.mark.parametrize(
    ("file_name", "slug"),
    [
        ("Acme Logo (final).PNG", "acme-logo-final"),
        ("../../x.jpg", "x"),
        (r"C:\photos\beach.jpg", "beach"),
        ("Zürich ß.jpg", "zurich-ss"),
        ('"><img src=x onerror=1>.png', "img-src-x-onerror-1"),
        ("a&#39;b.jpg", "a-39-b"),
        ("日本語.jpg", "image"),
        ("\ud800.jpg", "image"),
        ("x" * 300 + ".jpg", "x" * 60),
        ("no extension", "no-extension"),
        ("...", "image"),
        ("", "image"),
        (".hidden", "hidden"),
        ("a.tar.gz", "a-tar"),
    ],
)
def test_make_slug__of_hostile_names(file_name: str, slug: str) -> None:
    assert make_slug(file_name) == slug


@pytest.mark.parametrize(
    "parts", [{"hash": "abc"}, {"hash": HASH.upper()}, {"extension": ""}, {"extension": "a/b"}]
)
def test_from_file_name__refuses_what_could_not_be_read_again(parts: dict[str, Any]) -> None:
    with pytest.raises(InvalidReference):
        ImageReference.from_file_name("a.jpg", **{"hash": HASH, "extension": "jpg", **parts})


def test_reference__of_an_unknown_size_has_none() -> None:
    reference = ImageReference(HASH, 0, 0, "clip", "mp4")

    assert (reference.has_size, str(reference)) == (False, f"{HASH}/clip.mp4")


@pytest.mark.parametrize(
    ("text", "is_unmistakable"),
    [
        (HASH, False),
        (f"{HASH}.jpg", False),
        (f"{HASH}/beach.jpg", False),
        (f"{HASH}/9x9/beach.jpg", True),
        (f"{HASH}/protected/beach.jpg", True),
        (f"{HASH}/-_logo_-/beach.jpg", True),
    ],
)
def test_is_unmistakable__asks_for_more_than_a_checksum_for_a_name(
    text: str,
    is_unmistakable: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    assert ImageReference.parse(text).is_unmistakable is is_unmistakable


@pytest.mark.parametrize(
    ("extension", "format"),
    [
        ("jpg", "jpg"),
        ("png", "png"),
        ("gif", "gif"),
        ("webp", "webp"),
        ("avif", "avif"),
        ("svg", "svg"),
        ("heic", "jpg"),
        ("tiff", "jpg"),
        ("psd", "jpg"),
        ("pdf", "jpg"),
        ("mp4", "jpg"),
        ("", "jpg"),
    ],
)
def test_format__is_what_browsers_show(extension: str, format: str) -> None:
    assert ImageReference(HASH, extension=extension).format == format


def test_by_alias__writes_nothing_of_the_current_file() -> None:
    reference = ImageReference(HASH, 1600, 900, "beach", "jpg", "logo", is_protected=True)

    assert str(reference.by_alias("png")) == "-_logo_-.png"


def test_by_alias__knows_size_and_protection() -> None:
    reference = ImageReference(HASH, 1600, 900, "beach", "jpg", "logo", is_protected=True)

    assert reference.by_alias("png") == ImageReference(
        "", 1600, 900, extension="png", alias="logo", is_protected=True
    )


@given(references())
def test_reference__survives_a_pickle(reference: ImageReference) -> None:
    assert pickle.loads(pickle.dumps(reference)) == reference  # noqa: S301 - our own


@pytest.mark.parametrize("name", ["a", "A_1", "brand_7_logo"])
def test_alias_name__of_letters_digits_and_underscores_is_one(name: str) -> None:
    check_alias_name(name)
    assert is_alias_name(name)


@pytest.mark.parametrize("name", ["", "my-alias", "a.b", "ü", "a\n", "٣"])
def test_alias_name__of_other_characters_is_none(name: str) -> None:
    assert not is_alias_name(name)
    with pytest.raises(InvalidAliasName) as caught:
        check_alias_name(name)
    assert str(caught.value) == (
        f"{name!r} is no alias name, and rokka would answer that there is none: use letters,"
        " digits and underscores only."
    )
