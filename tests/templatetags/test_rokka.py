"""The tags, as a template writes them."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from pytest_django import DjangoAssertNumQueries, Settings

from django_rokka.testing import assert_no_rokka_calls

from tests.testapp.models import Brand, Cover, Photo

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
PART = f"{HASH}/acme-logo.png"
LOGO = f"{HASH}/-_brand_7_logo_-/1600x900/acme-logo.png"
BASE = "https://demo.rokka.io"


def render(text: str, **context: Any) -> str:
    context.setdefault("brand", Brand(pk=7, name="Acme", logo=LOGO))
    with assert_no_rokka_calls():
        return Template("{% load rokka %}" + text).render(Context(context))


@pytest.mark.parametrize(
    ("tag", "url"),
    [
        ("{% rokka_url brand.logo %}", f"{BASE}/dynamic/noop/o-autoformat-true/{PART}"),
        ("{% rokka_url brand.logo 'thumb' %}", f"{BASE}/thumb/{PART}"),
        ("{% rokka_url brand.logo 'thumb' by='alias' %}", f"{BASE}/thumb/-_brand_7_logo_-.png"),
        ("{% rokka_url brand.logo 'thumb' by='hash' %}", f"{BASE}/thumb/{PART}"),
        (
            "{% rokka_url brand.logo 'thumb' format='jpg' filename='x' %}",
            f"{BASE}/thumb/{HASH}/x.jpg",
        ),
        ("{% rokka_url brand.logo.name stack='thumb' storage='rokka' %}", f"{BASE}/thumb/{PART}"),
        ("{% rokka_url_for_alias 'header' 'mail' %}", f"{BASE}/mail/-_header_-.png"),
        ("{% rokka_url_for_alias 'header' 'mail' format='jpg' %}", f"{BASE}/mail/-_header_-.jpg"),
    ],
)
def test_url_tags__write_the_url(tag: str, url: str) -> None:
    assert render(tag) == url


def test_url_tag__escapes_the_query_of_a_url() -> None:
    html = render("{% rokka_url brand.logo 'thumb' variables=v %}", v={"text": "a&b"})
    assert html == f"{BASE}/thumb/{PART}?v=%7B%22text%22%3A%22a%26b%22%7D"


@pytest.mark.parametrize("tag", ["rokka_url", "rokka_img"])
@pytest.mark.parametrize("value", ["missing", "empty", "none"])
def test_tags__of_nothing_write_nothing(tag: str, value: str) -> None:
    template = "{% " + tag + " " + value + " 'thumb' %}"
    assert render(template, empty=Photo().image, none=None) == ""


SHOWN = ["rokka_img", "rokka_picture", "rokka_video"]
UNSEEN = ["rokka_background", "rokka_preload", "rokka_srcset", "rokka_url"]


@pytest.mark.parametrize("is_debug", [True, False])
@pytest.mark.parametrize("tag", [*SHOWN, *UNSEEN])
def test_tags__of_a_broken_reference_break_no_page(
    tag: str,
    is_debug: bool,  # noqa: FBT001  # a parameter of pytest
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.DEBUG = is_debug
    html = render("{% " + tag + " photo.image 'thumb' %}", photo=Photo(image="<i>/a.jpg"))
    assert "'<i>/a.jpg' is no image reference. Use '<hash>" in caplog.text
    if is_debug and tag in SHOWN:
        assert html.startswith(
            '<strong class="rokka-missing">&#x27;&lt;i&gt;/a.jpg&#x27; is no image reference. Use'
        )
    else:
        assert html == ""


def test_tags__give_their_result_to_a_variable() -> None:
    template = (
        "{% rokka_url brand.logo 'thumb' as url %}{% rokka_img brand.logo 'thumb' as img %}"
        '<a href="{{ url }}">{{ img }}</a>'
    )
    assert render(template) == (
        f'<a href="{BASE}/thumb/{PART}"><img src="{BASE}/thumb/{PART}" alt="" loading="lazy"'
        ' decoding="async"></a>'
    )


def test_img_tag__is_written_whole() -> None:
    html = render(
        "{% rokka_img brand.logo widths='400 800 4000' sizes='100vw' alt=brand.name"
        " loading='eager' class_='wide' data_id=brand.pk fetchpriority='high' %}"
    )
    where = f"{BASE}/dynamic/%s/o-autoformat-true/{PART}"
    assert html == (
        f'<img src="{where % "noop"}" srcset="{where % "resize-width-400"} 400w,'
        f' {where % "resize-width-800"} 800w, {where % "resize-width-1600"} 1600w"'
        ' sizes="100vw" width="1600" height="900" alt="Acme" loading="eager" decoding="async"'
        ' class="wide" data-id="7" fetchpriority="high">'
    )


def test_img_tag__escapes_what_a_visitor_wrote_and_what_the_template_wrote() -> None:
    html = render(
        """{% rokka_img brand.logo 'thumb' alt=brand.name title='He said "hi"' %}""",
        brand=Brand(name='"><script>alert(1)</script>', logo=LOGO),
    )
    assert html == (
        f'<img src="{BASE}/thumb/{PART}"'
        ' alt="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" loading="lazy" decoding="async"'
        ' title="He said &quot;hi&quot;">'
    )


@pytest.mark.parametrize(
    ("argument", "caption", "written"),
    [
        ("", 'The "lake"', "The &quot;lake&quot;"),
        ("", "", ""),
        ("alt=none", "The lake", "The lake"),
        ("alt=''", "The lake", ""),
        ("alt='Ours'", "The lake", "Ours"),
    ],
)
def test_img_tag__without_alt_takes_the_text_of_the_alt_field(
    argument: str, caption: str, written: str
) -> None:
    html = render(
        "{% rokka_img cover.image 'thumb' " + argument + " %}",
        cover=Cover(image=LOGO, caption=caption),
        none=None,
    )
    assert f' alt="{written}" ' in html


@pytest.mark.parametrize("widths", ["'400,800'", "'wide'", "none", "'0'"])
def test_img_tag__says_which_widths_it_cannot_read(widths: str) -> None:
    with pytest.raises(ValueError, match="cannot be read; write pixels, as in '400 800'"):
        render("{% rokka_img brand.logo widths=" + widths + " %}", none=None)


def test_tags__without_an_image_are_a_syntax_error() -> None:
    with pytest.raises(TemplateSyntaxError, match="did not receive value"):
        render("{% rokka_img %}")


@pytest.mark.django_db
def test_tags__ask_no_database(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        render(
            "{% rokka_img brand.logo widths='400' %}{% rokka_url brand.logo by='alias' %}"
            "{% rokka_url_for_alias 'header' %}"
        )
