"""Candidates of a responsive image."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.render import RenderURL, srcset
from django_rokka.render.candidates import choose_widths

from tests.render.vectors import host_of, read_vectors


@pytest.mark.parametrize(
    ("widths", "limit", "chosen"),
    [
        ([], 500, []),
        ([800, 400, 400], None, [400, 800]),
        ([400, 800], 1000, [400, 800]),
        ([400, 800, 1600], 800, [400, 800]),
        ([400, 800, 1600], 1000, [400, 800, 1000]),
        ([400, 800], 300, [300]),
    ],
)
def test_choose_widths__scales_nothing_up(
    widths: list[int], limit: int | None, chosen: list[int]
) -> None:
    assert choose_widths(widths, limit=limit) == chosen


@given(st.lists(st.integers(1, 5000), min_size=1), st.integers(1, 5000))
def test_choose_widths__is_ascending_and_reaches_as_far_as_it_can(
    widths: list[int], limit: int
) -> None:
    chosen = choose_widths(widths, limit=limit)

    assert chosen == sorted(set(chosen))
    assert chosen[-1] == min(max(widths), limit)


def test_srcset__has_width_descriptors() -> None:
    url = RenderURL(image="c421f4", format="jpg", stack="thumb")

    written = srcset(url, [800, 400], build=lambda item: item.build("https://acme.rokka.io"))

    assert written == (
        "https://acme.rokka.io/thumb/resize-width-400/c421f4.jpg 400w, "
        "https://acme.rokka.io/thumb/resize-width-800/c421f4.jpg 800w"
    )


def test_srcset__has_the_candidates_of_the_php_library() -> None:
    (vector,) = (
        vector
        for vector in read_vectors("urls.json", "php.getSrcAttributes")
        if vector["input"]["sizes"] == ["200w", "500w"]
    )
    url = vector["input"]["url"]

    written = srcset(RenderURL.parse(url), [200, 500], build=lambda item: item.build(host_of(url)))

    assert vector["expected"] == f'src="{url}" srcset="{written}"'


def test_srcset__sets_the_variable_of_a_stack() -> None:
    url = RenderURL(image="c421f4", format="jpg", stack="thumb")

    written = srcset(url, [400], build=lambda item: item.path, limit=900, variable="w")

    assert written == "/thumb/v-w-400/c421f4.jpg 400w"
