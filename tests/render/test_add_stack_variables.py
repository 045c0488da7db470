"""Stack variables written into a URL that exists already."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import (
    Operation,
    RenderURL,
    add_stack_variables,
    is_signature_valid,
    sign_url,
)

HOST = "https://acme.rokka.io"
NOT_PLAIN = set('"<>\\ \t\r\n')

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.text("ab1.-_/&=+%#?\"'<> ~*$\\ü", max_size=25),
)
scalars = st.one_of(
    texts, st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)
values = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(texts, children, max_size=3),
    max_leaves=6,
)
variables = st.dictionaries(
    st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True), values, max_size=4
)
urls = st.builds(
    RenderURL,
    image=st.sampled_from(["abcdef", "-_logo_-", "-https://example.com/it's/v-a-b/c d.jpg?e=f-"]),
    format=st.sampled_from(["jpg", "webp"]),
    stack=st.sampled_from(["thumb", "v", "v-a-b", "_preview-1"]),
    operations=st.just(()),
    overrides=st.sampled_from(
        [(), (Operation("resize", width=1),), (Operation("crop", width="[$w*2]", x="ü %"),)]
    ),
    options=st.sampled_from([{}, {"dpr": 2, "jpg.quality": 60}]),
    variables=variables,
    filename=st.sampled_from(["", "beach", "Ünï (1).a"]),
)


def as_read(given: Mapping[str, Any]) -> dict[str, Any]:
    """Make numbers the texts that a path holds; in the query they stay, and count as equal."""
    return {
        name: str(value)
        if isinstance(value, int | float) and not isinstance(value, bool)
        else value
        for name, value in given.items()
    }


@given(urls, variables)
def test_add__gives_back_the_merged_variables(url: RenderURL, new: dict[str, Any]) -> None:
    added = RenderURL.parse(add_stack_variables(url.build(HOST), new))

    assert as_read(added.variables) == as_read({**url.variables, **new})
    assert added._replace(variables={}) == RenderURL.parse(url.path)._replace(variables={})


@given(urls, variables)
def test_add__writes_the_url_that_its_parts_write(url: RenderURL, new: dict[str, Any]) -> None:
    parsed = RenderURL.parse(url.path)

    added = add_stack_variables(url.path, new)

    assert added == parsed._replace(variables={**parsed.variables, **new}).path


odd_texts = st.one_of(st.text(), st.text("/-_.?v=&{}[]\"'abcdef0123:%# \\ü", max_size=40))
odd_urls = st.one_of(
    odd_texts,
    odd_texts.map("/s/abcdef.jpg?{}".format),
    odd_texts.map("/s/{}/abcdef.jpg".format),
    odd_texts.map("https://{}/s/abcdef.jpg".format),
    odd_texts.map("//acme.rokka.io/s/v-a-b--o-dpr-2/abcdef/{}.jpg".format),
    odd_texts.map("/s/-{}-/a.jpg?foo=%20#frag".format),
)


@given(odd_urls, variables)
@example("/s/abcdef.jpg?v={}&v={}&sig=1&%73ig=2&&x", {"w": 1})
@example("http:/s/abcdef.jpg?#", {"t": "a b"})
def test_add__is_plain_ascii_and_the_same_when_done_twice(url: str, new: dict[str, Any]) -> None:
    with suppress(InvalidRenderURL):
        once = add_stack_variables(url, new)

        assert once.isascii()
        assert not NOT_PLAIN & set(once)
        assert add_stack_variables(once, new) == once


@given(odd_urls, st.dictionaries(texts, values, max_size=3))
def test_add__of_anything_raises_its_own_error_only(url: str, new: dict[str, Any]) -> None:
    with suppress(InvalidRenderURL):
        add_stack_variables(url, new)


@pytest.mark.parametrize(
    ("url", "new", "expected"),
    [
        ("/s/abcdef.jpg", {"w": 0}, "/s/v-w-0/abcdef.jpg"),
        ("/s/v-w-1/abcdef.jpg", {"w": False}, "/s/abcdef.jpg?v=%7B%22w%22%3Afalse%7D"),
        ("/s/v-w-1/abcdef.jpg", {"w": None}, "/s/abcdef.jpg?v=%7B%22w%22%3Anull%7D"),
        ("/s/v-w-1/abcdef.jpg", {"w": ""}, "/s/abcdef.jpg?v=%7B%22w%22%3A%22%22%7D"),
        ("/s/abcdef.jpg?a=1&v={}&b", {"t": "-"}, "/s/abcdef.jpg?a=1&v=%7B%22t%22%3A%22-%22%7D&b"),
        ("/v/v-w-1/abcdef.jpg", {}, "/v/v-w-1/abcdef.jpg"),
        (
            "http://localhost:8642/render/my-org/s/abcdef/name.jpg",
            {"w": 1},
            "http://localhost:8642/render/my-org/s/v-w-1/abcdef/name.jpg",
        ),
        ("/s/abcdef.jpg?sig=1&sigopts=%7B%7D&foo", {}, "/s/abcdef.jpg?sigopts=%7B%7D&foo"),
        ("/s/abcdef.jpg#ü '\"", {}, "/s/abcdef.jpg#%C3%BC%20%27%22"),
    ],
)
def test_add__leaves_all_but_the_variables_and_the_signature(
    url: str, new: dict[str, Any], expected: str
) -> None:
    assert add_stack_variables(url, new) == expected


def test_add__can_be_signed() -> None:
    signed = sign_url(f"{HOST}/thumb/abcdef.jpg", "key")

    again = sign_url(add_stack_variables(signed, {"t": "a~b*c d"}), "key")

    target = urlsplit(again)
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)
    assert is_signature_valid(f"{target.path}?{target.query}", ["key"], now=now)
    assert RenderURL.parse(again).variables == {"t": "a~b*c d"}


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "^'' is no render URL"),
        ("https://example.com/some/image.jpg", "is no render URL"),
        ("https://[::1/s/abcdef.jpg", "is no render URL"),
        ("https://ä.ch/s/abcdef.jpg", "^'ä.ch' is no host: use ASCII, and 'xn--…' for other"),
        ('https://a"b/s/abcdef.jpg', "is no host"),
        ("/s/abcdef.jpg?v=no", "is no JSON"),
        ("/s/v-w/abcdef.jpg", "^'w' in 'v-w' has no value"),
    ],
)
def test_add__refuses_what_is_no_render_url(url: str, message: str) -> None:
    with pytest.raises(InvalidRenderURL, match=message):
        add_stack_variables(url, {"w": 1})
