from __future__ import annotations

from typing import Any

import pytest

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import Operation, RenderURL, StackDefinition, rendered_size

CARD = {
    "operations": [
        {
            "name": "resize",
            "options": {"mode": "fill"},
            "expressions": {"width": "$w", "height": "$h"},
        },
        {"name": "crop", "expressions": {"width": "$w", "height": "$h"}},
    ],
    "options": {"autoformat": True, "jpg.quality": 80},
    "variables": {"w": 600, "h": "$w / 3 * 2"},
    "expressions": [
        {
            "expression": "options.dpr >= 2",
            "overrides": {"options": {"jpg.quality": 60}, "variables": {"w": 300}},
        }
    ],
}


def sizes(definition: Any, **known: Any) -> tuple[int, int] | None:
    stack = StackDefinition.from_json(definition)
    operations, options = stack.resolve(image={"width": 2400, "height": 1600}, **known)
    return rendered_size(operations, 2400, 1600, dpr=float(options.get("dpr", 1)))


def test_resolve__predicts_the_size_of_a_declared_stack() -> None:
    assert sizes(CARD) == (600, 400)
    assert sizes(CARD, variables={"w": 900}) == (900, 600)
    assert sizes(CARD, variables={"w": "900", "h": 100}) == (900, 100)


def test_resolve__lets_conditions_win_over_variables() -> None:
    assert sizes(CARD, variables={"w": 900}, options={"dpr": "2"}) == (600, 400)


@pytest.mark.parametrize(
    ("options", "quality"), [({}, 80), ({"dpr": 2}, 60), ({"dpr": 2, "jpg.quality": "33"}, "33")]
)
def test_resolve__lets_the_url_win_over_conditions(options: Any, quality: Any) -> None:
    _, resolved = StackDefinition.from_json(CARD).resolve(options=options)
    assert resolved["jpg.quality"] == quality


def test_resolve__overrides_every_operation_of_a_name() -> None:
    stack = StackDefinition.from_json(
        [
            {"name": "resize", "options": {"width": 100}},
            {"name": "blur"},
            {"name": "resize", "expressions": {"width": "$unknown"}},
        ]
    )
    overrides = (Operation("resize", width=300), Operation("rotate", angle=90))
    operations, _ = stack.resolve(overrides=overrides)
    assert operations == (
        Operation("resize", width=300),
        Operation("blur"),
        Operation("resize", width=300),
    )


@pytest.mark.parametrize("off", [{"options": {"enabled": False}}, {"enabled": "$w > 700"}])
def test_resolve__leaves_out_what_is_switched_off(off: dict[str, Any]) -> None:
    if isinstance(off.get("enabled"), str):
        off = {"expressions": off}
    stack = StackDefinition.from_json({"operations": [{"name": "blur", **off}, {"name": "noop"}]})
    operations, _ = stack.resolve(variables={"w": 600})
    assert operations == (Operation("noop"),)


def test_resolve__can_switch_off_in_the_url() -> None:
    stack = StackDefinition.from_json([{"name": "blur"}])
    assert stack.resolve(overrides=[Operation("blur", enabled="false")])[0] == ()


def test_resolve__evaluates_brackets_of_a_url() -> None:
    url = RenderURL.parse("/dynamic/resize-width-[image.width*2]/" + "0" * 40 + ".jpg")
    stack = StackDefinition.from_operations(url.operations)
    operations, _ = stack.resolve(image={"width": 50})
    assert operations == (Operation("resize", width=100),)


def test_resolve__keeps_constants_that_are_texts() -> None:
    stack = StackDefinition.from_json(
        {
            "operations": [{"name": "text", "expressions": {"text": "$words"}}],
            "variables": {"words": "Just a text"},
        }
    )
    assert stack.resolve()[0] == (Operation("text", text="Just a text"),)


def test_from_json__reads_every_spelling() -> None:
    response = {
        "name": "card",
        "organization": "demo",
        **{f"stack_{name}": value for name, value in CARD.items()},
    }
    assert StackDefinition.from_json(response) == StackDefinition.from_json(CARD)
    bare = StackDefinition.from_json(CARD["operations"])
    assert bare.operations == StackDefinition.from_json(CARD).operations
    assert StackDefinition.from_json({"stack_variables": [], "stack_expressions": []}) == (
        StackDefinition()
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("resize", "A stack must be an object"),
        ({"operations": {"name": "resize"}}, "The operations of a stack must be a list"),
        ([{"options": {}}], "An operation has no name"),
        ([{"name": "resize", "options": 7}], "options of resize must be an object"),
        ({"expressions": [{}]}, "An entry of expressions has no expression"),
        (
            {"expressions": [{"expression": "true", "overrides": {"operations": {}}}]},
            "Unknown member 'operations' of overrides, must be one of: options, variables",
        ),
    ],
)
def test_from_json__says_what_is_wrong(data: Any, message: str) -> None:
    with pytest.raises(InvalidRenderURL, match=message):
        StackDefinition.from_json(data)


def test_resolve__names_a_variable_without_value() -> None:
    stack = StackDefinition.from_json([{"name": "resize", "expressions": {"width": "$w"}}])
    with pytest.raises(InvalidRenderURL, match=r"the variable \$w has no value"):
        stack.resolve()
