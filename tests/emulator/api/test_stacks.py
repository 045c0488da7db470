from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Clock, Rokka

THUMB = {
    "operations": [
        {"name": "resize", "options": {"mode": "fill"}, "expressions": {"width": "$w"}},
        {"name": "grayscale"},
    ],
    "options": {"autoformat": True},
    "variables": {"w": 200},
    "expressions": [
        {"expression": "options.dpr >= 2", "overrides": {"options": {"jpg.quality": 60}}}
    ],
}
STORED = {
    "name": "thumb",
    "organization": "demo",
    "created": "2026-03-01T12:00:00+00:00",
    "stack_operations": [
        {"name": "resize", "options": {"mode": "fill"}, "expressions": {"width": "$w"}},
        {"name": "grayscale", "options": {}},
    ],
    "stack_options": {"autoformat": True},
    "stack_expressions": THUMB["expressions"],
    "stack_variables": {"w": 200},
}


def test_put__answers_in_rokkas_spelling(rokka: Rokka) -> None:
    answer = rokka.put_stack("thumb", THUMB)
    assert (answer.status_code, answer.json()) == (201, STORED)


def test_put__takes_what_it_answered(rokka: Rokka) -> None:
    rokka.put_stack("thumb", THUMB)
    answer = rokka.put_stack("thumb", STORED, overwrite="true")
    assert (answer.status_code, answer.json()) == (200, STORED)


def test_put__refuses_to_overwrite_unless_asked(rokka: Rokka) -> None:
    rokka.put_stack("thumb", THUMB)
    assert rokka.put_stack("thumb", {"operations": []}).status_code == 409


def test_read__has_the_link_and_lists_have_not(rokka: Rokka) -> None:
    rokka.put_stack("thumb", THUMB)
    rokka.put_stack("a", [])
    assert rokka.api("GET", "/stacks/demo/thumb").json() == {
        **STORED,
        "link": "/stacks/demo/thumb",
    }
    items = rokka.api("GET", "/stacks/demo").json()["items"]
    assert [item["name"] for item in items] == ["a", "thumb"]
    assert items[1] == STORED
    assert len(rokka.api("GET", "/stacks/demo?limit=1&offset=1").json()["items"]) == 1


def test_put__keeps_the_description(rokka: Rokka) -> None:
    answer = rokka.put_stack("thumb", {"operations": [], "description": "for lists"})
    assert answer.json()["description"] == "for lists"


def test_delete__is_404_the_second_time(rokka: Rokka) -> None:
    rokka.put_stack("thumb", THUMB)
    answers = [rokka.api("DELETE", "/stacks/demo/thumb").status_code for _ in range(2)]
    assert answers == [204, 404]
    assert rokka.api("GET", "/stacks/demo/thumb").status_code == 404


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"operations": [{"name": "explode"}]}, "Unknown operation 'explode', must be one of"),
        ({"operations": [{"name": "noop"}] * 501}, "has 501 operations; the emulator takes 500"),
        (
            {"operations": [{"name": "resize", "options": {"size": 3}}]},
            "Unknown resize option 'size', must be one of",
        ),
        (
            {"operations": [{"name": "resize", "expressions": {"size": "$w"}}]},
            "Unknown resize option 'size', must be one of",
        ),
        ({"operations": [{"name": "resize"}]}, "needs a value for width or height"),
        (
            {"operations": [{"name": "resize", "options": {"width": 0}}]},
            "resize option width is '0', must be a number from 1 to 10000",
        ),
        (
            {"options": {"jpg.quality": 10**400}},
            f"jpg.quality is '1{'0' * 99}', must be a number from 1 to 100",
        ),
        ({"options": {"loud": True}}, "Unknown stack option 'loud'"),
        ({"operations": [{"options": {}}]}, "An operation has no name"),
        ({"operations": 3}, "must be a list"),
        ("resize", "A stack must be an object"),
        (
            {"operations": [{"name": "noop"}], "options": {"source_file": True}},
            "leave out its operations",
        ),
    ],
)
def test_put__refuses_what_rokka_does_not_know(rokka: Rokka, definition: Any, message: str) -> None:
    answer = rokka.put_stack("bad", definition)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize("name", ["dynamic", "_mine"])
def test_put__keeps_reserved_names(rokka: Rokka, name: str) -> None:
    assert rokka.put_stack(name, THUMB).status_code == 400


def test_put__does_not_protect_an_open_stack(rokka: Rokka) -> None:
    rokka.put_stack("thumb", THUMB)
    protected = {"operations": [], "options": {"protected": True}}
    assert rokka.put_stack("thumb", protected, overwrite="true").status_code == 400


def test_put__stores_operations_that_are_not_rendered(rokka: Rokka) -> None:
    definition = {"operations": [{"name": "composition", "options": {"width": 10}}]}
    assert rokka.put_stack("framed", definition).status_code == 201


@pytest.mark.parametrize("path", ["/operations", "/stackoptions"])
def test_schemas__are_public(rokka: Rokka, path: str) -> None:
    assert rokka.api("GET", path, headers={"Api-Key": ""}).status_code == 200


def test_operations__describe_all_that_were_recorded(rokka: Rokka) -> None:
    operations = rokka.api("GET", "/operations").json()
    assert set(operations) >= {
        *("resize", "rotate", "autorotate", "dropshadow", "trim", "noop", "crop", "composition"),
        *("blur", "primitive", "grayscale", "sepia", "modulate", "alpha", "glitch", "addframes"),
    }
    for operation in operations.values():
        assert operation["properties"]["enabled"]["default"] is True
    assert operations["crop"]["required"] == ["width", "height"]


def test_list__has_a_cursor_while_there_are_more(rokka: Rokka) -> None:
    names = ["a", "b", "c", "d", "e"]
    for name in names:
        rokka.put_stack(name, [])
    found, page = [], rokka.api("GET", "/stacks/demo?limit=2").json()
    found += page["items"]
    while "cursor" in page:
        query = {"limit": "2", "offset": page["cursor"]}
        page = rokka.api("GET", "/stacks/demo", params=query).json()
        found += page["items"]
    assert [item["name"] for item in found] == names
    assert rokka.api("GET", "/stacks/demo?limit=0").json() == {"items": []}
    assert "cursor" not in rokka.api("GET", "/stacks/demo?limit=5").json()


@pytest.mark.parametrize("offset", ["-1", "x", "after-x", "after-%FF"])
def test_list__refuses_other_offsets(rokka: Rokka, offset: str) -> None:
    assert rokka.api("GET", f"/stacks/demo?offset={offset}").status_code == 400


def test_invalidate__has_five_in_a_sliding_hour(rokka: Rokka, clock: Clock) -> None:
    rokka.put_stack("thumb", THUMB)
    rokka.put_stack("other", THUMB)
    for remaining in range(4, -1, -1):
        answer = rokka.api("DELETE", "/stacks/demo/thumb/cache")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["X-RateLimit-Limit"] == "5"
        assert answer.headers["X-RateLimit-Remaining"] == str(remaining)
    spent = rokka.api("DELETE", "/stacks/demo/other/cache")
    assert spent.status_code == 429
    retry_at = int(spent.headers["X-RateLimit-Retry-After"])
    assert retry_at == int(clock.now.timestamp()) + 3600
    clock.advance(3600)
    assert rokka.api("DELETE", "/stacks/demo/thumb/cache").status_code == 200


def test_invalidate__of_an_unknown_stack_is_404(rokka: Rokka) -> None:
    assert rokka.api("DELETE", "/stacks/demo/thumb/cache").status_code == 404
