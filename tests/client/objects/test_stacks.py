"""Stacks and schemas, read from JSON."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from django_rokka.client import OperationSchema, PropertySchema, Stack

from tests.client.samples import STACK

WIDTH: dict[str, Any] = {
    "type": "integer",
    "minimum": 1,
    "maximum": 10000,
    "default": None,
    "description": "In pixels.",
}


def test_stack__reads_the_answers_spelling() -> None:
    stack = Stack.from_json({**STACK, "link": "/stacks/acme/mystack", "description": "For mails"})

    assert stack == Stack(
        name="mystack",
        organization="acme",
        created=datetime(2019, 12, 10, 9, 13, 53, tzinfo=timezone.utc),
        link="/stacks/acme/mystack",
        description="For mails",
        operations=({"name": "resize", "options": {"width": 100, "height": 100}},),
        options={"jpg.quality": 77},
    )


def test_stack__keeps_expressions_and_variables() -> None:
    expressions = [{"expression": "options.dpr > 1", "overrides": {"options": {"jpg.quality": 60}}}]

    stack = Stack.from_json(
        {**STACK, "stack_expressions": expressions, "stack_variables": {"w": 500}, "color": "blue"}
    )

    assert (stack.expressions, stack.variables) == (tuple(expressions), {"w": 500})
    assert stack.raw["color"] == "blue"


def test_stack__passes_over_a_date_that_is_an_object() -> None:
    stack = Stack.from_json({**STACK, "created": {"date": "2017-01-01", "timezone": "UTC"}})

    assert stack.created is None


@pytest.mark.parametrize(
    "members",
    [{"name": None}, {"stack_operations": "resize"}, {"stack_options": [1]}],
    ids=repr,
)
def test_stack__of_another_form_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Stack.from_json({**STACK, **members})


@pytest.mark.parametrize(
    ("data", "schema"),
    [
        ({}, PropertySchema()),
        (
            WIDTH,
            PropertySchema(types=("integer",), minimum=1, maximum=10000, description="In pixels."),
        ),
        (
            {"type": ["string", "null"], "pattern": "^https?://"},
            PropertySchema(types=("string", "null"), pattern="^https?://"),
        ),
        (
            {"type": "string", "values": ["box", "fill"], "default": "box"},
            PropertySchema(types=("string",), values=("box", "fill"), default="box"),
        ),
        (
            {"type": "array", "items": {"type": "string"}},
            PropertySchema(types=("array",), items={"type": "string"}),
        ),
    ],
    ids=["nothing", "range", "types", "values", "items"],
)
def test_property_schema__reads_its_members(data: dict[str, Any], schema: PropertySchema) -> None:
    read = PropertySchema.from_json(data)

    assert (read, read.raw) == (schema, data)


def test_operation_schema__reads_its_members() -> None:
    data = {
        "properties": {"width": WIDTH},
        "required": ["width"],
        "oneOf": [{"required": ["width"]}, {"required": ["height"]}],
        "description": "Make it smaller.",
        "since": 2015,
    }

    schema = OperationSchema.from_json("resize", data)

    assert schema == OperationSchema(
        name="resize",
        properties={"width": PropertySchema.from_json(WIDTH)},
        required=("width",),
        one_of=({"required": ["width"]}, {"required": ["height"]}),
        description="Make it smaller.",
    )
    assert schema.raw["since"] == 2015
