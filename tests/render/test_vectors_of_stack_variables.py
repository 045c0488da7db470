"""Stack variables in URLs, against the official libraries."""

from __future__ import annotations

from typing import Any

import pytest

from django_rokka.render import RenderURL, add_stack_variables

from tests.render.vectors import meaning, outcome, read_vectors, vector_id

ADD_STACK_VARIABLES = read_vectors("stack_variables.json", "addStackVariables")
PHP = read_vectors("stack_variables.json", "php.addOptionsToUri")

_SIMPLE = "https://myorg.rokka.io/mystack/abcdef.png"
_MARKED = "the path holds only what every parser reads alike: letters, digits, '_' and '.'"
_TYPED = "only JSON keeps it apart from a text"
_KEPT = "an empty value is a value; the library takes it for a wish to drop the variable"
_ENCODED = "URLs are always percent-encoded; there is no removeSafeUrlFromQuery"
_FOREIGN = "parameters of others stay byte by byte, as in the PHP library"
_NO_NAME = "is no variable name: start with a letter, use letters, digits and '_'."

# Where we differ from the JavaScript library on purpose: id, our URL or refusal, reason.
DEPARTURES = {
    "stack_variables-fe455fa8": (f"{_SIMPLE}?v=%7B%22t%22%3A%22a%5C%22b%22%7D", _MARKED),
    "stack_variables-7f0ee42d": (f"{_SIMPLE}?v=%7B%22t%22%3A%22a%3Db%22%7D", _MARKED),
    "stack_variables-1f773306": (f"{_SIMPLE}?v=%7B%22t%22%3A%22a%2Bb%22%7D", _MARKED),
    "stack_variables-36f78136": (f"{_SIMPLE}?v=%7B%22t%22%3A%22a%3Cb%22%7D", _MARKED),
    "stack_variables-d776adaf": (f"{_SIMPLE}?v=%7B%22t%22%3A%22a%7Bb%22%7D", _MARKED),
    "stack_variables-72c922a0": (f"{_SIMPLE}?v=%7B%22t%22%3A%22a%7Cb%22%7D", _MARKED),
    "stack_variables-dd752a3c": (f"{_SIMPLE}?v=%7B%22t%22%3A%22a%27b%22%7D", _MARKED),
    "stack_variables-2b0d22f8": (f"{_SIMPLE}?v=%7B%22t%22%3A%22a~b%22%7D", _MARKED),
    "stack_variables-b2163ec6": (f"{_SIMPLE}?v=%7B%22t%22%3A%22%F0%9F%98%80%22%7D", _MARKED),
    "stack_variables-1b4e9aeb": (
        f"{_SIMPLE}?v=%7B%22t%22%3A%22gr%C3%B6%C3%9Fe%22%7D",
        _MARKED,
    ),
    "stack_variables-7689a596": (
        "https://myorg.rokka.io/mystack/v-w-1/abcdef.png?v=%7B%22t%22%3A%22gr%C3%B6%C3%9Fe%22%7D",
        _MARKED,
    ),
    "stack_variables-25be8494": (
        "https://myorg.rokka.io/mystack/v-w-1/abcdef.png?v=%7B%22t%22%3A%22gr%C3%B6sse%22%7D",
        "what the path holds is decoded; the library encodes it twice",
    ),
    "stack_variables-2c5d8165": (
        f"{_SIMPLE}?v=%7B%22logo%22%3Atrue%2C%22shadow%22%3Afalse%7D",
        _TYPED,
    ),
    "stack_variables-a9a89e99": (
        "https://myorg.rokka.io/mystack/v-w-0/abcdef.png",
        "0 is a value; the library drops the variable",
    ),
    "stack_variables-2c703abf": (f"{_SIMPLE}?v=%7B%22a%22%3A%22%22%7D", _KEPT),
    "stack_variables-dbd96255": (
        "https://myorg.rokka.io/mystack/v-u-def/abcdef.png?v=%7B%22t%22%3A%22%22%7D",
        _KEPT,
    ),
    "stack_variables-67906f4b": (f"{_SIMPLE}?v=%7B%22t%22%3Anull%7D", _KEPT),
    "stack_variables-50218658": (
        "refused: 'a' in 'v-a' has no value; write 'name-key-value'.",
        "half a variable is a mistake; the library drops it",
    ),
    "stack_variables-5d5d1fb0": (
        "refused: 'c' in 'v-a-b-c' has no value; write 'name-key-value'.",
        "half a variable is a mistake; the library drops it",
    ),
    "stack_variables-c2ee205e": (
        f"refused: '1' {_NO_NAME}",
        "no expression could refer to the variable",
    ),
    "stack_variables-c7a6818c": (
        f"refused: 'we-ird' {_NO_NAME}",
        "the path would be read as the variable 'we'",
    ),
    "stack_variables-06737cd0": (
        f"{_SIMPLE}?v=%7B%22t%22%3A%22Hello+%5C%22World%5C%22%22%7D",
        _ENCODED,
    ),
    "stack_variables-7e054d32": (
        "http://test.rokka.test/template3/abcdef.png?v=%7B%22a%22%3A%22%23%22%7D",
        _ENCODED,
    ),
    "stack_variables-3cda86de": (
        (
            "https://myorg.rokka.io/dynamic/resize-width-100/v-foo-bar-lal-lol"
            "/c421f4e8cefe0fd3aab22832f51e85bacda0a47a/foo.jpg"
            "?v=%7B%22baz%22%3A%22hello-world%22%7D"
        ),
        _ENCODED,
    ),
    "stack_variables-67a0d54e": (
        "https://myorg.rokka.io/mystack/v-w-1/abcdef.png?foo=a%20b",
        _FOREIGN,
    ),
    "stack_variables-170160bf": (
        "https://myorg.rokka.io/mystack/v-x-1/abcdef.png?foo=a%20b&bar",
        _FOREIGN,
    ),
    "stack_variables-53df4c62": (
        "https://myorg.rokka.io/mystack/v-w-10/abcdef.png",
        "a signature covers the variables, so the old one would be refused",
    ),
}


def add(given: dict[str, Any]) -> str:
    return add_stack_variables(given["url"], given["variables"])


def add_options(given: dict[str, Any]) -> str:
    options = given["options"]
    if isinstance(options, str):
        return add_stack_variables(
            given["url"], RenderURL.parse(f"/s/{options}/abcdef.jpg").variables
        )
    assert options.keys() == {"variables"}
    return add_stack_variables(given["url"], options["variables"])


@pytest.mark.parametrize("vector", ADD_STACK_VARIABLES, ids=vector_id)
def test_add_stack_variables__is_as_in_the_javascript_library(vector: dict[str, Any]) -> None:
    ours, _reason = DEPARTURES.get(vector["id"], (vector["expected"], ""))

    assert outcome(add, vector) == ours


@pytest.mark.parametrize("id", DEPARTURES)
def test_departure__still_departs(id: str) -> None:
    vector = next(vector for vector in ADD_STACK_VARIABLES if vector["id"] == id)

    assert vector["expected"] != DEPARTURES[id][0]


@pytest.mark.parametrize("vector", PHP, ids=vector_id)
def test_add_stack_variables__means_the_same_as_in_the_php_library(vector: dict[str, Any]) -> None:
    assert meaning(outcome(add_options, vector)) == meaning(vector["expected"])
