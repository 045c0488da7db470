"""Operations: immutable, and written in the order in which they were given."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import Operation


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (Operation("grayscale"), "grayscale"),
        (Operation("resize", width=200, height=150), "resize-width-200-height-150"),
        (Operation("resize", height=150, width=200), "resize-height-150-width-200"),
        (Operation("blur", sigma=3.5), "blur-sigma-3.5"),
        (Operation("resize", upscale=False), "resize-upscale-false"),
        (Operation("rotate", angle=0), "rotate-angle-0"),
        (Operation("crop", width="[image.width*2]"), "crop-width-%5Bimage.width*2%5D"),
        (Operation("text", text="Grüezi mitenand"), "text-text-Gr%C3%BCezi%20mitenand"),
        (Operation("text", text="a%b?c#d"), "text-text-a%25b%3Fc%23d"),
    ],
)
def test_operation__is_written_for_a_url(operation: Operation, text: str) -> None:
    assert str(operation) == text


@pytest.mark.parametrize("value", [None, "", -45, "a-b", "a/b"])
def test_operation__refuses_values_that_a_url_cannot_hold(value: object) -> None:
    with pytest.raises(InvalidRenderURL, match=r"^rotate angle (has no value|cannot be )"):
        str(Operation("rotate", angle=value))


@pytest.mark.parametrize(
    "operation", [Operation("a-b"), Operation(""), Operation("a", **{"b/c": 1})]
)
def test_operation__refuses_names_that_a_url_cannot_hold(operation: Operation) -> None:
    with pytest.raises(InvalidRenderURL, match="is no name of an operation or option"):
        str(operation)


@pytest.mark.parametrize(
    ("data", "operation"),
    [
        ({"name": "blur"}, Operation("blur")),
        ({"name": "blur", "options": None}, Operation("blur")),
        ({"name": "blur", "options": []}, Operation("blur")),
        (
            {"name": "text", "options": {"name": "a", "self": 1}},
            Operation("text", name="a", self=1),
        ),
    ],
)
def test_from_json__reads_rokkas_form(data: dict[str, Any], operation: Operation) -> None:
    assert Operation.from_json(data) == operation


def test_operation__does_not_change() -> None:
    operation = Operation("resize", width=200)

    with pytest.raises(AttributeError, match="make a new one to set 'name'"):
        operation.name = "crop"
    with pytest.raises(AttributeError, match="'name' cannot be deleted"):
        del operation.name
    with pytest.raises(TypeError):
        operation.options["width"] = 300  # type: ignore[index]  # that is the claim


def test_operation__is_equal_by_value() -> None:
    operation = Operation("resize", width=200)

    assert operation == Operation("resize", width=200)
    assert hash(operation) == hash(Operation("resize", width=200))
    assert operation != Operation("resize", width=300)
    assert operation != "resize-width-200"
    assert repr(operation) == "Operation('resize', width=200)"


def pickled(operation: Operation) -> Operation:
    copied: Operation = pickle.loads(pickle.dumps(operation))  # noqa: S301 - our own
    return copied


@pytest.mark.parametrize("make_copy", [copy.copy, copy.deepcopy, pickled])
def test_operation__is_copied_and_pickled(
    make_copy: Callable[[Operation], Operation],
) -> None:
    operation = Operation("resize", width=200, height=150)

    assert make_copy(operation) == operation
