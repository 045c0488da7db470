"""Stack variables: in the path where every parser agrees, else in the query."""

from __future__ import annotations

from typing import Any

import pytest

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render.variables import read_query, write_query, write_variables


@pytest.mark.parametrize(
    ("variables", "in_path", "in_query"),
    [
        ({}, "", {}),
        ({"w": 200, "h": 1.5}, "/v-w-200-h-1.5", {}),
        ({"t": "a_B.c"}, "/v-t-a_B.c", {}),
        ({"t": "x" * 20}, f"/v-t-{'x' * 20}", {}),
        ({"t": "x" * 21}, "", {"t": "x" * 21}),
        ({"t": ""}, "", {"t": ""}),
        ({"t": True, "f": False}, "", {"t": True, "f": False}),
        ({"t": None}, "", {"t": None}),
        ({"w": 1, "t": "a b", "h": 2}, "/v-w-1-h-2", {"t": "a b"}),
        *[({"t": character}, "", {"t": character}) for character in '$/\\-#%&?; *:+="<>[]{}|^,ü'],
    ],
)
def test_write_variables__divides_path_and_query(
    variables: dict[str, Any], in_path: str, in_query: dict[str, Any]
) -> None:
    assert write_variables(variables) == (in_path, in_query)


@pytest.mark.parametrize(
    ("variables", "query"),
    [
        ({}, ""),
        ({"t": "a b~c*d"}, "?v=%7B%22t%22%3A%22a+b~c*d%22%7D"),
        ({"a": True, "b": None}, "?v=%7B%22a%22%3Atrue%2C%22b%22%3Anull%7D"),
    ],
)
def test_write_query__is_compact_json(variables: dict[str, Any], query: str) -> None:
    assert write_query(variables) == query
    assert read_query(query.removeprefix("?")) == variables


@pytest.mark.parametrize(
    "value", [float("nan"), [float("-inf")], b"bytes", {1, 2}, "\ud800"], ids=repr
)
def test_write_query__refuses_what_json_does_not_have(value: Any) -> None:
    _, in_query = write_variables({"t": value})

    with pytest.raises(
        InvalidRenderURL, match=r"^The variables t cannot be written as JSON: .*Use texts, finite"
    ):
        write_query(in_query)


def test_write_query__refuses_what_is_too_large_for_words() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]

    for value in (10**5000, nested):
        with pytest.raises(InvalidRenderURL, match=r"^The variables t cannot be written as JSON"):
            write_query(write_variables({"t": value})[1])


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("", {}),
        ("foo=bar", {}),
        ("v=", {}),
        ("v={}", {}),
        ('v={"t":"Some+%26+Some"}', {"t": "Some & Some"}),
        ('v={"w":1}&sig=abc', {"w": 1}),
        ('v={"w":1}&v={"w":2}', {"w": 2}),
    ],
)
def test_read_query__reads_what_others_write(query: str, variables: dict[str, Any]) -> None:
    assert read_query(query) == variables


@pytest.mark.parametrize("query", ["v={", "v=w", "v=[1]", "v=1", 'v="{}"', "v=null", 'v={"a":NaN}'])
def test_read_query__refuses_what_is_no_object(query: str) -> None:
    with pytest.raises(InvalidRenderURL, match=r"^The query parameter v="):
        read_query(query)


@pytest.mark.parametrize("name", ["", "a-b", "1a", "ü", "a b", "a.b"])
def test_write_variables__refuses_names_that_no_url_holds(name: str) -> None:
    with pytest.raises(InvalidRenderURL, match=r"start with a letter, use letters, digits and '_'"):
        write_variables({name: 1})
