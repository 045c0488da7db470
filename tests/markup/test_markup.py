"""HTML from references."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.utils.safestring import mark_safe
from pytest_django import Settings

from django_rokka import markup, stacks
from django_rokka.exceptions import InvalidAliasName, InvalidReference
from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage, get_rokka_storage

from tests import pictures
from tests.pages import fetch_picture, find_elements, read_candidates, read_words
from tests.testapp.models import Brand, Leaflet, Photo, Plain

Configure = Callable[..., RokkaStorage]

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
REFERENCE = f"{HASH}/1600x900/the-lake.png"
BASE = "https://demo.rokka.io"
BACKEND = "django_rokka.storage.RokkaStorage"

RESIZE = {"name": "resize", "options": {"width": 800}}
CROP = {"name": "crop", "options": {"width": 800, "height": 200}}
STACKS: dict[str, Any] = {
    "variable": {
        "operations": [{"name": "resize", "options": {}, "expressions": {"width": "$w"}}],
        "variables": {"w": 800},
    },
    "banner": {
        "operations": [
            {
                "name": "resize",
                "options": {"mode": "fill"},
                "expressions": {"width": "$w", "height": "$w / 4"},
            },
            {"name": "crop", "options": {}, "expressions": {"width": "$w", "height": "$w / 4"}},
        ],
        "variables": {"w": 800},
    },
    "fixed": {"operations": [RESIZE]},
    "cropped": {
        "operations": [{**RESIZE, "options": {"width": 800, "height": 200, "mode": "fill"}}, CROP]
    },
    "cover": {
        "operations": [{"name": "crop", "options": {"width": 1, "height": 1, "mode": "ratio"}}]
    },
    "grey": {"operations": [{"name": "grayscale", "options": {}}]},
    "plain": {"options": {"autoformat": True}},
    "ratio": {
        "operations": [
            {
                "name": "resize",
                "options": {"mode": "absolute"},
                "expressions": {"width": "400", "height": "400 * image.height / image.width"},
            }
        ],
    },
}


@pytest.fixture
def declared(settings: Settings) -> RokkaStorage:
    settings.ROKKA_STACKS = STACKS
    return get_rokka_storage()


def attributes(html: str) -> dict[str, str]:
    (image,) = find_elements(html, "img")
    return dict(image)


# URLs


def test_image_url__of_nothing_is_nothing() -> None:
    for image in (None, "", Photo().image):
        assert markup.image_url(image) == ""


def test_image_url__takes_a_value_or_the_text_of_a_reference() -> None:
    url = f"{BASE}/thumb/{HASH}/the-lake.png"
    assert markup.image_url(Photo(image=REFERENCE).image, "thumb") == url
    assert markup.image_url(REFERENCE, "thumb") == url
    assert markup.image_url(ImageReference.parse(REFERENCE), "thumb") == url


def test_image_url__takes_the_storage_where_there_are_several(settings: Settings) -> None:
    options = {"organization": "acme", "api_key": "k"}
    settings.STORAGES = {**settings.STORAGES, "two": {"BACKEND": BACKEND, "OPTIONS": options}}
    url = markup.image_url(REFERENCE, "thumb", storage="two")
    assert url == f"https://acme.rokka.io/thumb/{HASH}/the-lake.png"
    with pytest.raises(ImproperlyConfigured, match="several rokka storages: rokka, two"):
        markup.image_url(REFERENCE, "thumb")


def test_image_url__of_a_value_takes_another_storage(settings: Settings) -> None:
    options = {"organization": "acme", "api_key": "k"}
    settings.STORAGES = {**settings.STORAGES, "two": {"BACKEND": BACKEND, "OPTIONS": options}}
    url = f"https://acme.rokka.io/content/{HASH}/the-lake.png"
    page = Leaflet(page=REFERENCE).page
    page.field._storage, before = "rokka", page.field._storage
    try:
        assert markup.image_url(page, storage="two") == url
        assert attributes(markup.responsive_image(page, storage="two"))["src"] == url
    finally:
        page.field._storage = before


@pytest.mark.parametrize("write", [markup.image_url, markup.responsive_image])
def test_image__of_an_unknown_storage_is_an_error(write: Any) -> None:
    for image in (REFERENCE, Photo(image=REFERENCE).image):
        with pytest.raises(ImproperlyConfigured, match=r"'nope' is no rokka storage\. Use one of"):
            write(image, storage="nope")


@pytest.mark.parametrize("write", [markup.image_url, markup.responsive_image])
def test_image__by_anything_but_hash_and_alias_is_an_error(write: Any) -> None:
    for image in (REFERENCE, Photo(image=REFERENCE).image):
        with pytest.raises(ValueError, match="'foo', must be one of: 'hash', 'alias'"):
            write(image, by="foo")


def test_image__by_alias_may_be_a_text() -> None:
    logo = f"{HASH}/-_brand_7_logo_-/1600x900/acme.jpg"
    url = f"{BASE}/mail/-_brand_7_logo_-.png"
    assert markup.image_url(logo, "mail", by="alias") == url
    html = attributes(markup.responsive_image(logo, "mail", by="alias"))
    assert (html["src"], html.get("width")) == (url, None)
    assert markup.image_url(logo, "mail") == f"{BASE}/mail/{HASH}/acme.jpg"
    assert markup.image_url("uploads/a.jpg", "mail", by="alias", storage="rokka") == ""


def test_alias_url__is_made_of_name_stack_and_format() -> None:
    assert markup.alias_url("header", "mail") == f"{BASE}/mail/-_header_-.png"
    assert markup.alias_url("header", "mail", format="jpg") == f"{BASE}/mail/-_header_-.jpg"
    assert markup.alias_url("header") == f"{BASE}/dynamic/noop/o-autoformat-true/-_header_-.png"


@pytest.mark.parametrize("name", ["a-b", "a.b", "a/b", "", "../x", "<i>"])
def test_alias_url__of_an_impossible_name_is_an_error(name: str) -> None:
    with pytest.raises(InvalidAliasName, match="use letters, digits and underscores only"):
        markup.alias_url(name)


# Sizes and candidates


@pytest.mark.parametrize(
    ("stack", "size"),
    [
        ("", (1600, 900)),
        ("variable", (800, 450)),
        ("banner", (800, 200)),
        ("fixed", (800, 450)),
        ("cropped", (800, 200)),
        ("cover", (900, 900)),
        ("grey", (1600, 900)),
        ("plain", (1600, 900)),
        ("ratio", (400, 225)),
        ("undeclared", (None, None)),
    ],
)
def test_rendition__has_the_size_that_the_stack_gives(
    stack: str, size: tuple[int | None, int | None], declared: RokkaStorage
) -> None:
    rendition = markup.get_rendition(declared, ImageReference.parse(REFERENCE), stack)
    assert (rendition.width, rendition.height) == size


def test_rendition__of_an_image_without_size_has_none(declared: RokkaStorage) -> None:
    reference = ImageReference.parse(f"{HASH}/doc.pdf")
    rendition = markup.get_rendition(declared, reference, "fixed")
    assert (rendition.width, rendition.height, rendition.widest) == (None, None, None)
    assert markup.srcset(rendition, [400]).endswith("/resize-width-400/" + f"{HASH}/doc.jpg 400w")


@pytest.mark.parametrize("stack", ["", *STACKS])
def test_srcset__of_an_image_without_size_has_candidates_where_a_stack_resizes(
    stack: str, declared: RokkaStorage
) -> None:
    reference = ImageReference.parse(f"{HASH}/doc.pdf")
    rendition = markup.get_rendition(declared, reference, stack)
    candidates = read_candidates(markup.srcset(rendition, [400]))
    assert set(candidates) == (set() if stack in {"cover", "grey", "plain"} else {400})


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        (
            "",
            {
                400: "dynamic/resize-width-400/o-autoformat-true",
                1600: "dynamic/resize-width-1600/o-autoformat-true",
            },
        ),
        ("variable", {400: "variable/v-w-400", 1600: "variable/v-w-1600"}),
        ("banner", {400: "banner/v-w-400", 1600: "banner/v-w-1600"}),
        ("fixed", {400: "fixed/resize-width-400", 1600: "fixed/resize-width-1600"}),
        (
            "cropped",
            {
                400: "cropped/resize-width-400-height-100--crop-width-400-height-100",
                1600: "cropped/resize-width-1600-height-400--crop-width-1600-height-400",
            },
        ),
        ("cover", {}),
        ("grey", {}),
        ("plain", {}),
        ("undeclared", {400: "undeclared/resize-width-400", 1600: "undeclared/resize-width-1600"}),
    ],
)
def test_srcset__asks_for_widths_in_the_way_of_the_stack(
    stack: str, expected: dict[int, str], declared: RokkaStorage
) -> None:
    rendition = markup.get_rendition(declared, ImageReference.parse(REFERENCE), stack)
    candidates = read_candidates(markup.srcset(rendition, [400, 2000]))
    assert candidates == {
        width: f"{BASE}/{part}/{HASH}/the-lake.png" for width, part in expected.items()
    }


@pytest.mark.parametrize("stack", ["", *STACKS])
@pytest.mark.parametrize("size", [(400, 300), (90, 301)], ids=["landscape", "portrait"])
def test_pictures__are_as_large_as_the_markup_says(
    stack: str, size: tuple[int, int], rokka: RokkaStorage, settings: Settings
) -> None:
    width, height = size
    settings.ROKKA_STACKS = STACKS
    stacks.apply(rokka)
    reference = rokka.upload("a.png", ContentFile(pictures.png(width=width, height=height)))
    html = markup.responsive_image(str(reference), stack, widths=[30, 60, 1000])
    image = attributes(html)
    assert fetch_picture(image["src"]).size == (int(image["width"]), int(image["height"]))
    for promised, url in read_candidates(image.get("srcset", "")).items():
        assert fetch_picture(url).width == promised


@pytest.mark.parametrize(
    ("text", "expected"),
    [("400 800", [400, 800]), (400, [400]), ([400, 800], [400, 800]), ("", []), ((), [])],
)
def test_widths__are_read_from_text_and_numbers(text: Any, expected: list[int]) -> None:
    assert markup.read_widths(text) == expected


@pytest.mark.parametrize(
    "text", ["400,800", "400px", "-4", "0 400", 0, [0], "²", None, 4.5, True, ["a"]]
)
def test_widths__that_cannot_be_read_are_an_error(text: Any) -> None:
    with pytest.raises(ValueError, match="cannot be read; write pixels, as in '400 800'"):
        markup.read_widths(text)


# Elements


def test_responsive_image__is_written_whole(declared: RokkaStorage) -> None:
    html = markup.responsive_image(
        Photo(image=REFERENCE).image, "variable", widths="400 800", sizes="50vw", alt="The lake"
    )
    part = f"{HASH}/the-lake.png"
    assert html == (
        f'<img src="{BASE}/variable/{part}"'
        f' srcset="{BASE}/variable/v-w-400/{part} 400w, {BASE}/variable/v-w-800/{part} 800w"'
        ' sizes="50vw" width="800" height="450" alt="The lake" loading="lazy" decoding="async">'
    )


def test_responsive_image__of_nothing_is_nothing() -> None:
    for image in (None, "", Photo().image):
        assert markup.responsive_image(image) == ""


def test_responsive_image__uses_the_fields_default_stack() -> None:
    html = markup.responsive_image(Leaflet(page=REFERENCE).page)
    assert attributes(html)["src"] == f"{BASE}/content/{HASH}/the-lake.png"


def test_responsive_image__leaves_out_sizes_without_candidates(declared: RokkaStorage) -> None:
    html = markup.responsive_image(REFERENCE, "grey", widths="400", sizes="50vw")
    assert not {"srcset", "sizes"} & set(attributes(html))


def test_responsive_image__without_alt_decorates() -> None:
    for alt in (None, "", False):
        assert ' alt="" ' in markup.responsive_image(REFERENCE, alt=alt)


@pytest.mark.parametrize("is_debug", [True, False])
def test_responsive_image__with_a_value_no_stack_computes_with_is_told(
    is_debug: bool,  # noqa: FBT001  # a parameter of pytest
    declared: RokkaStorage,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DEBUG = is_debug
    words = "The width 'wide' of an operation is no number"
    html = markup.responsive_image(REFERENCE, "variable", variables={"w": "wide"})
    assert words in caplog.text
    assert (words in read_words(html)) is is_debug
    assert html.startswith('<strong class="rokka-missing">') if is_debug else html == ""


def test_responsive_image__takes_and_leaves_out_any_attribute() -> None:
    html = markup.responsive_image(
        REFERENCE, loading="eager", decoding=None, class_="wide", data_id=7, width=False, hidden=""
    )
    assert html == (
        f'<img src="{BASE}/dynamic/noop/o-autoformat-true/{HASH}/the-lake.png" height="900"'
        ' alt="" loading="eager" class="wide" data-id="7" hidden="">'
    )


@pytest.mark.parametrize(
    ("alt", "written"),
    [
        ('"><script>', "&quot;&gt;&lt;script&gt;"),
        ("Tom & Jerry's", "Tom &amp; Jerry&#x27;s"),
        (mark_safe("Tom &amp; Jerry"), "Tom &amp; Jerry"),
        (mark_safe('He said "hi"'), "He said &quot;hi&quot;"),
        (7, "7"),
    ],
)
def test_attributes__are_escaped_whatever_they_hold(alt: Any, written: str) -> None:
    html = markup.responsive_image(REFERENCE, alt=alt, title=alt)
    assert f' alt="{written}" ' in html
    assert html.endswith(f' title="{written}">')


def test_broken_image__is_nothing_and_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert markup.responsive_image(Photo(image="uploads/a.jpg").image) == ""
    assert "'uploads/a.jpg' is no image reference" in caplog.text


def test_missing_settings__are_nothing_and_a_line_in_the_log(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.STORAGES = {**settings.STORAGES, "rokka": {"BACKEND": BACKEND}}
    assert markup.responsive_image(Photo(image=REFERENCE).image, "thumb", widths="400") == ""
    assert "has no organization" in caplog.text


def test_protected_image__has_signed_urls_only(rokka: RokkaStorage) -> None:
    reference = rokka.upload("a.png", ContentFile(pictures.png()), is_protected=True)
    image = attributes(markup.responsive_image(str(reference), widths="10 20"))
    urls = [image["src"], *read_candidates(image["srcset"]).values()]
    assert len(urls) == 3
    for url in urls:
        assert "?sig=" in url
        assert fetch_picture(url).width in {10, 20, 40}


# Previews


def test_preview__fits_into_its_box_and_is_by_hash() -> None:
    html = markup.preview(storages["rokka"], Brand(logo=REFERENCE).logo.name or "", width=96)
    assert html == (
        f'<img src="{BASE}/dynamic/resize-width-96-height-160-upscale-false'
        f'/o-autoformat-true-dpr-2/{HASH}/the-lake.png" width="96" height="54" alt=""'
        ' loading="lazy" decoding="async" class="rokka-thumbnail">'
    )


def test_preview__of_what_is_no_image_at_rokka_is_an_error() -> None:
    with pytest.raises(InvalidReference, match=r"'a\.jpg' is no image reference"):
        markup.preview(storages["rokka"], "a.jpg")
    with pytest.raises(ImproperlyConfigured, match="FileSystemStorage, which is no rokka storage"):
        markup.preview(FileSystemStorage(), REFERENCE)


# Files of a site that moves


@pytest.fixture
def moving(settings: Settings, configure: Configure) -> RokkaStorage:
    settings.STORAGES = {
        **settings.STORAGES,
        "old": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"base_url": "/media/"},
        },
    }
    return configure(fallback="old", default_stack="content")


OLD_NAMES = {
    "2024/Löwe.jpg": "/media/2024/L%C3%B6we.jpg",
    f"{HASH}.jpg": f"/media/{HASH}.jpg",
    f"{HASH}/beach.jpg": f"/media/{HASH}/beach.jpg",
}


@pytest.mark.usefixtures("moving", "debug")
@pytest.mark.parametrize(("name", "url"), OLD_NAMES.items())
def test_old_file__has_the_url_of_the_fallback_whatever_the_stack(name: str, url: str) -> None:
    for image in (name, Photo(image=name).image):
        assert markup.image_url(image) == url
        assert markup.image_url(image, "thumb", by="alias", format="webp") == url
        assert markup.image_url(image, storage="rokka") == url


@pytest.mark.usefixtures("moving", "debug")
@pytest.mark.parametrize(("name", "url"), OLD_NAMES.items())
def test_old_file__is_an_image_without_srcset_and_size(name: str, url: str) -> None:
    for image in (name, Photo(image=name).image):
        html = markup.responsive_image(
            image, "content", widths="20 40", sizes="100vw", alt='"Ä"', data_id=7, format="webp"
        )
        assert attributes(html) == {
            "src": url,
            "alt": '"Ä"',
            "loading": "lazy",
            "decoding": "async",
            "data-id": "7",
        }


@pytest.mark.usefixtures("moving", "debug")
def test_old_file__has_the_size_that_the_columns_tell() -> None:
    photo = Photo(image="lake.jpg")
    photo.image_width, photo.image_height = 160, 90

    html = attributes(markup.responsive_image(photo.image))
    assert (html["width"], html["height"]) == ("160", "90")

    html = attributes(markup.responsive_image(photo.image, width=16, height=None))
    assert (html["width"], html.get("height")) == ("16", None)


@pytest.mark.usefixtures("moving")
def test_old_file__of_a_plain_field_is_not_opened_for_its_size() -> None:
    html = attributes(markup.responsive_image(Plain(picture="lake.jpg").picture, storage="rokka"))
    assert (html["src"], html.get("width")) == ("/media/lake.jpg", None)


@pytest.mark.usefixtures("moving")
def test_old_file__is_escaped() -> None:
    name = '"><script>&.jpg'
    for html in (
        markup.responsive_image(name, alt=name),
        markup.preview(storages["rokka"], name, is_linked=True),
    ):
        assert "<script>" not in html
        assert attributes(html)["src"] == "/media/%22%3E%3Cscript%3E%26.jpg"
        assert attributes(html)["alt"] == name


@pytest.mark.usefixtures("moving")
def test_old_file__is_no_upload_to_come() -> None:
    photo = Photo(image=ContentFile(pictures.png(), "lake.png"))
    assert markup.image_url(photo.image) == markup.responsive_image(photo.image) == ""


@pytest.mark.usefixtures("moving")
def test_reference_object__is_rokkas_beside_a_fallback() -> None:
    reference = ImageReference.parse(f"{HASH}.jpg")
    assert f"/content/{HASH}.jpg" in markup.image_url(reference)
    assert f"/content/{HASH}.jpg" in attributes(markup.responsive_image(reference))["src"]


@pytest.mark.usefixtures("moving")
def test_reference__is_rendered_beside_a_fallback() -> None:
    for image in (REFERENCE, Photo(image=REFERENCE).image):
        assert f"/thumb/{HASH}/the-lake.png" in markup.image_url(image, "thumb")
        assert attributes(markup.responsive_image(image, "thumb"))["src"].endswith("/the-lake.png")


def test_preview__of_an_old_file_is_no_wider_than_asked_for(moving: RokkaStorage) -> None:
    html = markup.preview(moving, "lake.jpg", width=96)
    assert attributes(html) == {
        "src": "/media/lake.jpg",
        "width": "96",
        "alt": "lake.jpg",
        "loading": "lazy",
        "decoding": "async",
        "class": "rokka-thumbnail",
    }
    assert find_elements(html, "a") == []
    linked = markup.preview(moving, "lake.jpg", is_linked=True)
    assert find_elements(linked, "a") == [{"href": "/media/lake.jpg"}]


def test_preview__of_an_old_file_without_url_is_its_name(
    settings: Settings, moving: RokkaStorage, caplog: pytest.LogCaptureFixture
) -> None:
    old = {**settings.STORAGES["old"], "OPTIONS": {"base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "old": old}
    settings.MEDIA_URL = ""
    base = storages["old"]
    assert isinstance(base, FileSystemStorage)
    base.__dict__["base_url"] = None

    html = markup.preview(get_rokka_storage(), "<b>.jpg")

    assert html == "<code>&lt;b&gt;.jpg</code>"
    assert "No picture of '<b>.jpg', since its storage has no URL for it" in caplog.text


def test_old_file__of_a_fallback_that_is_none_is_nothing(
    configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    configure(fallback="nowhere")
    assert markup.image_url("lake.jpg") == markup.responsive_image("lake.jpg") == ""
    assert "The fallback 'nowhere' is no storage" in caplog.text
