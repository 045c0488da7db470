"""Reading render URLs, against the official libraries."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import pytest

from django_rokka.render import Operation, RenderURL

from tests.render.vectors import is_refusal, meaning, outcome, read_vectors, vector_id

GET_URL_COMPONENTS = read_vectors("components.json", "getUrlComponents")
DECOMPOSE_URI = read_vectors("components.json", "php.decomposeUri")
NORMALIZE_STACK = read_vectors("components.json", "php.normalizeStack")

_HASH = "c421f4e8cefe0fd3aab22832f51e85bacda0a47a"
_LAYOUT = "a stack part is written in one layout, however it was read"

# Where we differ on purpose: id, our parts or refusal, reason.
DEPARTURES: dict[str, tuple[Any, str]] = {
    "components-e4343843": (
        {
            "stack": "dynamic/resize-width-100/o-autoformat-true/v-a-b",
            "hash": _HASH,
            "format": "jpg",
            "filename": "foo-v1",
        },
        _LAYOUT,
    ),
    "components-d3addea2": (
        {
            "stack": "dynamic/resize-width-100/o-dpr-2",
            "hash": "-some/path.jpg-",
            "format": "png",
            "filename": "foo",
        },
        _LAYOUT,
    ),
    "components-3d4c7ccc": (
        {"stack": "mystack", "hash": "abcdef", "format": "jpg", "filename": None},
        "a double slash is tolerated and not written, as in the PHP library",
    ),
    "components-aa948615": (
        {"stack": "foo-", "hash": "abcdef", "format": "jpg", "filename": None},
        "rokka's names of stacks may end in a hyphen",
    ),
    "components-21c348f1": (
        (
            "refused: 'https://myorg.rokka.io/mystack/abcdef/foo/bar.jpg' is no render URL. Use"
            " '/<stack>[/<operations>...]/<hash or -_alias_->[/<name>].<format>'."
        ),
        "a file name has no slash; the library reads the format 'bar.'",
    ),
    "components-711b3d7b": (
        RenderURL(image="abcdef", format="ts", stack="mystack"),
        "a piece of a video is a format of two characters; the JavaScript library reads it too",
    ),
}


def stack_part(url: RenderURL) -> str:
    bare = url._replace(image="abcdef", format="jpg", filename="").path
    return bare.removeprefix("/").removesuffix("/abcdef.jpg")


def components(given: dict[str, Any]) -> dict[str, Any]:
    """Return the parts as ``getUrlComponents`` names them."""
    url = RenderURL.parse(given["url"])
    return {
        "stack": stack_part(url),
        "hash": url.image,
        "format": url.format,
        "filename": quote(url.filename) or None,
    }


def decompose(given: dict[str, Any]) -> RenderURL:
    """Return the parts that ``decomposeUri`` has names for; it puts all operations in one list."""
    return RenderURL.parse(given["url"]).overridden()


def read_decomposed(expected: dict[str, Any] | None) -> Any:
    if expected is None:
        return None
    operations = tuple(
        Operation(
            item["name"],
            **item["options"],
            **{name: f"[{text}]" for name, text in item["expressions"].items()},
        )
        for item in expected["operations"]
    )
    is_dynamic = expected["stack_name"] == "dynamic"
    return RenderURL(
        image=unquote(expected["hash"]),
        format=expected["format"],
        stack=expected["stack_name"],
        operations=operations if is_dynamic else (),
        overrides=() if is_dynamic else operations,
        options=expected["options"] or {},
        variables=expected["variables"] or {},
        filename=unquote(expected["filename"] or ""),
    ).overridden()


def agrees(result: Any, expected: Any) -> bool:
    return bool(result == expected) or (is_refusal(result) and is_refusal(expected))


@pytest.mark.parametrize("vector", GET_URL_COMPONENTS, ids=vector_id)
def test_parse__is_as_in_the_javascript_library(vector: dict[str, Any]) -> None:
    result = outcome(components, vector)

    if vector["id"] in DEPARTURES:
        assert result == DEPARTURES[vector["id"]][0]
    else:
        assert agrees(result, vector["expected"]), result


@pytest.mark.parametrize("vector", DECOMPOSE_URI, ids=vector_id)
def test_parse__is_as_in_the_php_library(vector: dict[str, Any]) -> None:
    result = outcome(decompose, vector)

    if vector["id"] in DEPARTURES:
        assert result == DEPARTURES[vector["id"]][0]
    else:
        assert agrees(result, read_decomposed(vector["expected"])), result


@pytest.mark.parametrize("id", DEPARTURES)
def test_departure__still_departs(id: str) -> None:
    vectors = [*GET_URL_COMPONENTS, *DECOMPOSE_URI]
    vector = next(vector for vector in vectors if vector["id"] == id)
    is_php = vector["call"] == "php.decomposeUri"
    expected = read_decomposed(vector["expected"]) if is_php else vector["expected"]

    assert not agrees(DEPARTURES[id][0], expected)


@pytest.mark.parametrize("vector", NORMALIZE_STACK, ids=vector_id)
def test_overridden__normalizes_as_the_php_library_does(vector: dict[str, Any]) -> None:
    url = RenderURL.parse(f"/{vector['input']['stack']}/abcdef.jpg").overridden()

    assert meaning(url.path) == meaning(f"/{vector['expected']}/abcdef.jpg")
