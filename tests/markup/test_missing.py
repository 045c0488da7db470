"""What a page shows where there is no image, and what it says of mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.template import Context, Template
from pytest_django import Settings

from django_rokka import markup
from django_rokka.exceptions import InvalidRenderURL

from tests.testapp.models import Cover, Photo

REFERENCE = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a/1600x900/the-lake.png"
BROKEN = "uploads/holiday.jpg"
WRITERS = [markup.responsive_image, markup.responsive_picture, markup.video]


@pytest.fixture
def overridden(settings: Settings, tmp_path: Path) -> Path:
    """A folder for templates of the project's own."""
    folder = tmp_path / "templates" / "django_rokka"
    folder.mkdir(parents=True)
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [str(folder.parent)]}]
    return folder


@pytest.mark.usefixtures("debug")
@pytest.mark.parametrize("write", WRITERS)
def test_missing__is_what_the_project_says(write: Any, overridden: Path) -> None:
    text = "<i>{{ image }}|{{ alt }}|{% if is_empty %}empty{% endif %}</i>"
    (overridden / "missing.html").write_text(text, encoding="utf-8")
    assert write(Photo(image="<b>.jpg").image).startswith("<i>&lt;b&gt;.jpg||</i>")
    assert write(Photo().image) == "<i>||empty</i>"


@pytest.mark.parametrize("name", ["img", "picture", "video", "preload"])
def test_element__is_what_the_project_says(name: str, overridden: Path, settings: Settings) -> None:
    (overridden / f"{name}.html").write_text("<p>{{ sources|length }}</p>\n", encoding="utf-8")
    write = {
        "img": markup.responsive_image,
        "picture": markup.responsive_picture,
        "video": markup.video,
        "preload": markup.preload,
    }[name]
    assert write(REFERENCE, "thumb") == f"<p>{2 if name in {'picture', 'video'} else 0}</p>"


def test_img__of_the_project_has_each_attribute_and_the_rendition(overridden: Path) -> None:
    text = '<img src="{{ attributes.src }}" class="{{ picture.rendition.url.stack }}">'
    (overridden / "img.html").write_text(text, encoding="utf-8")
    url = f"https://demo.rokka.io/thumb/{REFERENCE.replace('/1600x900', '')}"
    assert markup.responsive_image(REFERENCE, "thumb") == f'<img src="{url}" class="thumb">'


def test_img__without_engines_of_templates_is_written(settings: Settings) -> None:
    settings.TEMPLATES = []
    assert markup.responsive_image(REFERENCE, "thumb").startswith("<img ")


@pytest.mark.parametrize("is_debug", [True, False])
def test_stack_that_cannot_be_one__is_told(
    is_debug: bool,  # noqa: FBT001  # a parameter of pytest
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DEBUG = is_debug
    words = "'no stack' is no stack name"
    assert markup.image_url(REFERENCE, "no stack") == ""
    assert markup.image_srcset(REFERENCE, "no stack", widths=100) == ""
    assert markup.background(REFERENCE, "no stack") == ""
    assert markup.preload(REFERENCE, "no stack") == ""
    assert markup.alias_url("header", "no stack") == ""
    assert markup.read_image(REFERENCE, "no stack") is None
    assert caplog.text.count(words) == 6
    for write in WRITERS:
        html = write(REFERENCE, "no stack")
        assert html.startswith('<strong class="rokka-missing">') if is_debug else html == ""


@pytest.mark.parametrize("is_debug", [True, False])
def test_stack_that_is_not_declared__is_a_warning_under_debug(
    is_debug: bool,  # noqa: FBT001  # a parameter of pytest
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DEBUG = is_debug
    settings.ROKKA_STACKS = {"thumb": [], "wide": []}
    assert "/tumb/" in markup.responsive_image(REFERENCE, "tumb", alt="")
    words = "Unknown stack 'tumb', must be one of: thumb, wide."
    assert (words in caplog.text) is is_debug
    caplog.clear()
    markup.responsive_image(REFERENCE, "wide", alt="")
    markup.responsive_image(REFERENCE, alt="")
    assert caplog.text == ""


@pytest.mark.parametrize("is_debug", [True, False])
def test_image_without_alt__is_a_warning_under_debug(
    is_debug: bool,  # noqa: FBT001  # a parameter of pytest
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DEBUG = is_debug
    markup.responsive_image(Photo(image=REFERENCE).image, "thumb")
    assert (f"No alt for '{REFERENCE}'" in caplog.text) is is_debug
    caplog.clear()
    markup.responsive_image(Photo(image=REFERENCE).image, "thumb", alt="")
    markup.responsive_image(Cover(image=REFERENCE).image, "thumb")
    markup.responsive_picture(REFERENCE, "thumb", alt="", art="(max-width: 9em) square")
    markup.preload(REFERENCE, "thumb")
    assert caplog.text == ""


@pytest.mark.usefixtures("debug")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"operations": "resize-width"}, "'width' in 'resize-width' has no value"),
        ({"operations": "o-dpr-2"}, "'o-dpr-2' are not only operations"),
        ({"overrides": "grayscale/v-w-2"}, "are not only operations"),
        ({"variables": "w-800"}, "are no mapping of names to values"),
        ({"options": "dpr-2", "o_dpr": 2}, "are no mapping of names to values"),
        ({"v_9": 1}, "'9' is no variable name"),
        ({"format": "html/"}, "'html/' is no image format"),
    ],
)
def test_part_that_cannot_be_read__breaks_no_page(
    arguments: dict[str, Any], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert markup.image_url(REFERENCE, "thumb", **arguments) == ""
    assert words in caplog.text
    assert "<img" not in markup.responsive_image(REFERENCE, "thumb", **arguments)


def test_url__of_an_argument_that_is_no_part_is_an_error() -> None:
    with pytest.raises(TypeError, match="'width' is no part of a render URL"):
        markup.image_url(REFERENCE, "thumb", width=100)


@pytest.mark.parametrize(
    ("write", "arguments", "words"),
    [
        (markup.responsive_picture, {"formats": "bmp"}, "Unknown format 'bmp' of a picture"),
        (markup.responsive_picture, {"art": "square"}, "The art 'square' has no media query"),
        (markup.video, {"formats": "avi"}, "Unknown format 'avi' of a video"),
        (markup.responsive_image, {"densities": "0"}, "densities '0' cannot be read"),
        (markup.responsive_image, {"densities": "2 11"}, "numbers from 1 to 10"),
        (markup.responsive_image, {"placeholder": "red"}, "The placeholder 'red' is none"),
        (markup.responsive_image, {"attrs": {"a b": 1}}, "'a b' is no name of an attribute"),
    ],
)
def test_mistake_of_a_template__is_an_error(
    write: Any, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        write(REFERENCE, "thumb", **arguments)


def test_old_file__is_shown_by_every_tag(settings: Settings, old: FileSystemStorage) -> None:
    settings.ROKKA_FALLBACK = "old"
    url = "/media/lake.gif"
    assert markup.image_srcset("lake.gif", widths=100) == ""
    assert markup.background("lake.gif") == f"background-image:url({url})"
    assert markup.preload("lake.gif") == f'<link rel="preload" as="image" href="{url}">'
    assert markup.responsive_picture("lake.gif", art="(max-width: 9em) square", alt="") == (
        f'<picture><source media="(max-width: 9em)" srcset="{url}"><img src="{url}" alt=""'
        ' loading="lazy" decoding="async"></picture>'
    )
    assert markup.video("lake.gif") == (
        f'<video src="{url}" controls="" playsinline="" preload="none"></video>'
    )


def test_placeholder__of_a_column_that_was_not_loaded_is_none() -> None:
    cover = Cover.from_db("default", ["id", "image"], [1, REFERENCE])
    html = markup.responsive_image(cover.image, "thumb", alt="", placeholder="blur")
    assert "style" not in html


def test_block__without_image_or_with_too_much_is_a_syntax_error() -> None:
    for arguments in ("", "a b c"):
        with pytest.raises(Exception, match="'rokka_image' takes an image and a stack"):
            Template("{% load rokka %}{% rokka_image " + arguments + " %}{% endrokka_image %}")


def test_block__gives_its_name_to_nothing_outside() -> None:
    text = "{% load rokka %}{% rokka_image image 'x' %}{{ picture.src }}{% endrokka_image %}"
    html = Template(text + "|{{ picture }}").render(Context({"image": REFERENCE}))
    assert html.endswith(".png|")


def test_text_that_no_reader_made__is_no_operation() -> None:
    from django_rokka.markup.asking import split_parts

    with pytest.raises(InvalidRenderURL):
        split_parts({"operations": "a-b/../c"})
