from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render.expressions import MAX_LENGTH, evaluate, is_expression

NAMES = {
    "image": {"width": 800, "isAnimated": False, "subject_area": {"x": 7}},
    "options": {"dpr": 2, "jpg.quality": 70},
    "request": {},
}


def value_of(expression: str, **variables: Any) -> Any:
    return evaluate(expression, variables=variables, names=NAMES)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3.5),
        ("9223372036854775807 + 1", 2.0**63),
        ("8 / 2", 4),
        ("-7 % 3", -1),
        ("7 % -3", 1),
        ("2 ** 3 ** 2", 512),
        ("2 ** -1", 0.5),
        ("-2 ** 2", 4),
        ("10 - 3 - 2", 5),
        ("1e2 + .5", 100.5),
        ("'a' ~ \"b\" ~ 1", "ab1"),
        (r"'it\'s'", "it's"),
        ("true ~ false ~ null", "1"),
        ("$w / 2", 400),
        ("$text * 2", 20),
        ("$flag ? 1 : 2", 1),
        ("null ?: 'other'", "other"),
        ("1 ? 2 ? 'a' : 'b' : 'c'", "a"),
        ("image.width > 700 and not image.isAnimated", True),
        ("image.subject_area.x", 7),
        ("image.nothing.at.all", None),
        ("options.dpr >= 2 && options.jpg.quality < 80", True),
        ("request.headers.save_data == 'on'", False),
        ("1 == '1'", True),
        ("1 === '1'", False),
        ("1 !== 1.0", True),
        ("'abc' != 'abd'", True),
        ("null == false", True),
        ("'0' or 0 or '' or null", False),
        ("not true or true", True),
        ("!$flag || $flag", True),
        ("1 < 2", True),
        ("'b' > 'a'", True),
        ("null < 1", True),
    ],
)
def test_evaluate__computes(expression: str, expected: Any) -> None:
    value = value_of(expression, w=800, text="10", flag=True)
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize("expression", ["false and 1 / 0", "true or 1 / 0", "true ? 1 : 1 / 0"])
def test_evaluate__leaves_out_what_does_not_count(expression: str) -> None:
    assert value_of(expression) in {False, True}


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "a value is missing before 'its end'"),
        ("1 +", "a value is missing before 'its end'"),
        ("1 2", "'2' does not belong there"),
        ("(1", r"'\)' is missing before 'its end'"),
        ("true ? 1", "':' is missing before 'its end'"),
        ("a = 1", "'= 1' is not understood"),
        ("rad2deg(1)", r"'\(' does not belong there"),
        ("[1, 2]", "is not understood"),
        ("'open", "is not understood"),
        ("1 / 0", "division by zero"),
        ("1 % 0.5", "division by zero"),
        ("'a' * 2", "'a' is no number"),
        ("$unknown", r"the variable \$unknown has no value; there are: \$w"),
        ("width", "the name 'width' is not known; there are: image.…, options.…, request.…"),
        ("__class__.__mro__", "is not known"),
        ("10 ** 400", "a number is too large"),
        ("9 ** 9 ** 9", "a number is too large"),
        ("1e999", "a number is too large"),
        ("1" * 400, "a number is too large"),
        ("~".join(["$long"] * 30), "a text of more than 10000 characters"),
        ("0 ** -1", "is no real number"),
        ("(0 - 8) ** 0.5", "is no real number"),
        ("(" * 200 + "1" + ")" * 200, "more than 100 operators"),
        ("+".join("1" * 200), "more than 100 operators"),
        ("-" * 300 + "1", "more than 100 operators"),
        ("1" * (MAX_LENGTH + 1), "at most 1000 are evaluated"),
    ],
)
def test_evaluate__says_what_is_wrong(expression: str, message: str) -> None:
    with pytest.raises(InvalidRenderURL, match=message):
        value_of(expression, w=800, long="a" * 900)


@given(st.text())
def test_evaluate__raises_nothing_else_for_any_text(text: str) -> None:
    with contextlib.suppress(InvalidRenderURL):
        value_of(text, w=800)


SIGNS = ("(", ")", "?", ":", "+", "-", "*", "/", "%", "**", "~", "==", "===", "!=", "<", ">=")
VALUES = ("1", "2.5", "0", "9e99", "'a'", "'7'", "true", "null", "$w", "image.width", "nonsense")
WORDS = st.sampled_from([*SIGNS, *VALUES, "and", "or", "not", "&&", "||", "!"])


@given(st.lists(WORDS, max_size=30).map(" ".join))
def test_evaluate__raises_nothing_else_for_any_words(text: str) -> None:
    try:
        value = value_of(text, w="800")
    except InvalidRenderURL:
        return
    assert value is None or isinstance(value, int | float | str)


def arithmetic(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("({} {} {})".format, children, st.sampled_from("+-*/"), children)


@given(st.recursive(st.integers(0, 1000).map(str), arithmetic, max_leaves=20))
def test_evaluate__agrees_with_python(expression: str) -> None:
    try:
        expected = eval(expression)  # noqa: S307, digits, signs and parentheses only
    except ZeroDivisionError:
        with pytest.raises(InvalidRenderURL, match="division by zero"):
            value_of(expression)
    else:
        assert math.isclose(value_of(expression), expected, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$w / 2", True), ("image.width", True), ("Just $5", False), ("a text", False), (7, False)],
)
def test_is_expression__looks_for_references(text: object, expected: bool) -> None:  # noqa: FBT001
    assert is_expression(text) is expected
