"""Attributes of elements, and hostile texts in them."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import Context, Template
from django.utils.translation import gettext_lazy
from hypothesis import given, settings
from hypothesis import strategies as st

from django_rokka.markup import Attributes

from tests.pages import find_elements

HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
NASTY = [
    "\"'><script>alert(1)</script>",
    "javascript:alert(1)",
    "a\nb\r",
    "\u202eabc",
    "x" * 10_000,
]

texts = st.text() | st.sampled_from(NASTY) | st.text(alphabet="\"'<>&=/ `\n\0\u2028ab")

TEMPLATE = Template(
    "{% load rokka %}{% rokka_img image 'content' alt=text title=text class_=text data_text=text"
    " style=text filename=text v_text=text widths='100 200' sizes=text %}"
)


@given(text=texts)
@settings(max_examples=300, deadline=None)
def test_hostile_text__stays_in_its_attribute(text: str) -> None:
    html = TEMPLATE.render(Context({"image": f"{HASH}/1600x900/lake.png", "text": text}))
    (image,) = find_elements(html, "img")
    names = {"src", "srcset", "alt", "loading", "decoding"}
    assert set(image) == {*names, "sizes", "title", "class", "data-text", "style"}
    assert html.count("<") == html.count(">") == 1
    assert image["src"].startswith("https://demo.rokka.io/content/")
    assert image["alt"] == image["title"] == image["class"]


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ({"class_": "a", "data_id": 0, "for_": "b"}, ' class="a" data-id="0" for="b"'),
        ({"a": None, "b": False, "c": True, "d": ""}, ' c="" d=""'),
        ({"aria_busy": True, "data_on": True}, ' aria-busy="true" data-on="true"'),
        ({"x-on:click": "1", "@click": "2", ":is": "3"}, ' x-on:click="1" @click="2" :is="3"'),
        ({"data-a_b": 1}, ' data-a_b="1"'),
        ({}, ""),
    ],
)
def test_attributes__are_written_in_order(given: dict[str, Any], written: str) -> None:
    attributes = Attributes.join(given)
    assert str(attributes) == attributes.__html__() == written


def test_attributes__of_later_layers_win_and_classes_add_up() -> None:
    joined = Attributes.join({"id": 1, "class": "a", "style": "b"}, None, {"id": 2, "class_": "c"})
    assert joined == {"id": 2, "class": "a c", "style": "b"}
    assert Attributes.join({"style": "a"}, {"style": "b"}) == {"style": "a;b"}
    assert Attributes.join({"class": "a"}, {"class": None}) == {"class": None}


@pytest.mark.parametrize("name", ["", "a b", 'a"', "a>", "1a", "a\n", "é", "a=b", "/"])
def test_attribute__that_is_no_name_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of an attribute"):
        Attributes.join({name: "x"})


def test_text__that_is_translated_late_is_escaped() -> None:
    assert str(Attributes.join({"alt": gettext_lazy('"Save"')})) == ' alt="&quot;Save&quot;"'
