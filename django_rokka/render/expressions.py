"""rokka's expression language: a small and safe evaluator.

Operators and their precedence are those of Symfony's ExpressionLanguage, values behave as in PHP:
numeric text counts as a number, ``null`` as 0. There are no calls, no arrays and no attributes
other than the dotted names of the scope, and every expression ends: there are no loops, and its
length, its depth and its numbers are limited.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from django_rokka.exceptions import InvalidRenderURL

__all__ = ["evaluate", "is_expression", "is_true"]

MAX_LENGTH = 1000
"""Characters of one expression."""

MAX_OPERATIONS = 100
"""Operators and operands of one expression, which also bounds how deep they nest."""

_LARGEST_INTEGER = 2**63 - 1

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<variable>\$[A-Za-z_][A-Za-z0-9_]*)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
    | (?P<sign>===|!==|==|!=|<=|>=|&&|\|\||\*\*|[-+*/%~<>!?:()])
    )""",
    re.VERBOSE | re.DOTALL,
)
_NUMERIC = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\s*")
_REFERS = re.compile(r"\$[A-Za-z_]|\b(?:image|options|request)\.[A-Za-z_]")
_CONSTANTS = {"true": True, "false": False, "null": None}
_WORDS = {"and": "&&", "or": "||", "not": "!"}
# Precedence of the operators between two operands; the larger binds the tighter.
_PRECEDENCE = {
    "||": 10,
    "&&": 15,
    **dict.fromkeys(("==", "!=", "===", "!==", "<", "<=", ">", ">="), 20),
    **dict.fromkeys("+-", 30),
    "~": 40,
    **dict.fromkeys("*/%", 60),
    "**": 200,
}
_NOT_PRECEDENCE = 50
_SIGN_PRECEDENCE = 500

_Node = Callable[["_Scope"], Any]


class _Scope(NamedTuple):
    variables: Mapping[str, Any]
    names: Mapping[str, Any]


class _Token(NamedTuple):
    kind: str
    text: str


def evaluate(
    expression: str, *, variables: Mapping[str, Any], names: Mapping[str, Any] | None = None
) -> Any:
    """Return the value of an expression: a number, a text, a boolean or ``None``.

    ``variables`` are written ``$name``; ``names`` holds the mappings behind dotted names, such as
    ``{"image": {"width": 800}}``. Raise ``InvalidRenderURL`` for whatever cannot be evaluated.
    """
    if len(expression) > MAX_LENGTH:
        raise InvalidRenderURL(
            f"The expression {expression[:60]!r}... has {len(expression)} characters; at most"
            f" {MAX_LENGTH} are evaluated. Divide it with stack variables."
        )
    try:
        return _Parser(expression).parse()(_Scope(variables, names or {}))
    except _Refusal as refusal:
        raise InvalidRenderURL(f"The expression {expression[:200]!r}: {refusal}") from None


def is_expression(value: object) -> bool:
    """Say whether a variable's definition is computed: it refers to a variable or a name."""
    return isinstance(value, str) and _REFERS.search(value) is not None


def is_true(value: Any) -> bool:
    """Say whether a value counts as true; ``"0"`` does not, as in PHP."""
    return bool(value) and value != "0"


class _Refusal(Exception):
    """What is wrong with an expression, in words."""


class _Parser:
    """A Pratt parser, which turns the text into nested closures."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokenize(text))
        self._position = 0
        self._operations = 0

    def parse(self) -> _Node:
        node = self._conditional()
        if self._next.kind != "end":
            raise _Refusal(f"{self._next.text!r} does not belong there.")
        return node

    @property
    def _next(self) -> _Token:
        return self._tokens[self._position]

    def _take(self) -> _Token:
        self._position += 1
        return self._tokens[self._position - 1]

    def _accept(self, sign: str) -> bool:
        if self._next == ("sign", sign):
            self._position += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._accept(sign):
            raise _Refusal(f"{sign!r} is missing before {self._next.text or 'its end'!r}.")

    def _count(self) -> None:
        self._operations += 1
        if self._operations > MAX_OPERATIONS:
            raise _Refusal(
                f"more than {MAX_OPERATIONS} operators and operands. Divide it with variables."
            )

    def _conditional(self) -> _Node:
        test = self._binary(0)
        if not self._accept("?"):
            return test
        if self._accept(":"):
            return _choose(test, test, self._conditional())
        chosen = self._conditional()
        self._expect(":")
        return _choose(test, chosen, self._conditional())

    def _binary(self, least: int) -> _Node:
        left = self._operand()
        while self._next.kind == "sign" and _PRECEDENCE.get(self._next.text, -1) >= least:
            sign = self._take().text
            self._count()
            # Only the power binds to the right: 2 ** 3 ** 2 is 2 ** 9.
            right = self._binary(_PRECEDENCE[sign] + (sign != "**"))
            left = _join(sign, left, right)
        return left

    def _operand(self) -> _Node:
        self._count()
        kind, text = self._take()
        if kind == "number":
            return _constant(_read_number(text))
        if kind == "text":
            return _constant(re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL))
        if kind == "variable":
            return lambda scope: _variable(text[1:], scope.variables)
        if kind == "name":
            return _constant(_CONSTANTS[text]) if text in _CONSTANTS else _name(text)
        if text == "(":
            node = self._conditional()
            self._expect(")")
            return node
        if text == "!":
            return _negate(self._binary(_NOT_PRECEDENCE))
        if text in ("+", "-"):
            return _signed(text, self._binary(_SIGN_PRECEDENCE))
        raise _Refusal(f"a value is missing before {text or 'its end'!r}.")


def _tokenize(text: str) -> Iterator[_Token]:
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _Refusal(f"{text[position : position + 20].strip()!r} is not understood.")
        kind = match.lastgroup or ""
        word = match[kind]
        yield _Token("sign", _WORDS[word]) if word in _WORDS else _Token(kind, word)
        position = match.end()
    yield _Token("end", "")


def _constant(value: Any) -> _Node:
    return lambda _scope: value


def _choose(test: _Node, chosen: _Node, other: _Node) -> _Node:
    return lambda scope: chosen(scope) if is_true(test(scope)) else other(scope)


def _negate(node: _Node) -> _Node:
    return lambda scope: not is_true(node(scope))


def _signed(sign: str, node: _Node) -> _Node:
    if sign == "-":
        return lambda scope: _limited(-_number(node(scope)))
    return lambda scope: _number(node(scope))


def _join(sign: str, left: _Node, right: _Node) -> _Node:
    if sign == "&&":
        return lambda scope: is_true(left(scope)) and is_true(right(scope))
    if sign == "||":
        return lambda scope: is_true(left(scope)) or is_true(right(scope))
    compute = _BINARY[sign]
    return lambda scope: compute(left(scope), right(scope))


def _variable(name: str, variables: Mapping[str, Any]) -> Any:
    if name not in variables:
        known = ", ".join(f"${known}" for known in variables) or "none"
        raise _Refusal(f"the variable ${name} has no value; there are: {known}.")
    return variables[name]


def _name(dotted: str) -> _Node:
    root, *path = dotted.split(".")

    def look_up(scope: _Scope) -> Any:
        if root not in scope.names or not path:
            known = ", ".join(f"{name}.…" for name in scope.names) or "none"
            raise _Refusal(f"the name {dotted!r} is not known; there are: {known}.")
        return _member(scope.names[root], path)

    return look_up


def _member(value: Any, path: list[str]) -> Any:
    """Follow a path; names such as ``jpg.quality`` are one key. What is absent is ``None``."""
    if not isinstance(value, Mapping):
        return None
    whole = ".".join(path)
    if whole in value:
        return value[whole]
    return _member(value.get(path[0]), path[1:]) if len(path) > 1 else None


def _read_number(text: str) -> int | float:
    return _limited(int(text) if text.strip().lstrip("+-").isdigit() else float(text))


def _number(value: Any) -> int | float:
    if value is None or isinstance(value, bool):
        return int(value or 0)
    if isinstance(value, str) and len(value) <= 40 and _NUMERIC.fullmatch(value):
        return _read_number(value)
    if isinstance(value, int | float):
        return _limited(value)
    raise _Refusal(f"{str(value)[:60]!r} is no number.")


def _limited(value: int | float) -> int | float:
    """Keep a number within what the service can hold; a larger integer becomes a float."""
    if isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
        try:
            return float(value)
        except OverflowError:
            raise _Refusal("a number is too large.") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise _Refusal("a number is too large.")
    return value


def _arithmetic(
    compute: Callable[[int | float, int | float], int | float],
) -> Callable[[Any, Any], int | float]:
    def calculate(left: Any, right: Any) -> int | float:
        first, second = _number(left), _number(right)
        try:
            return _limited(compute(first, second))
        except ZeroDivisionError:
            raise _Refusal("division by zero.") from None
        except OverflowError:
            raise _Refusal("a number is too large.") from None

    return calculate


def _divide(left: int | float, right: int | float) -> int | float:
    whole = isinstance(left, int) and isinstance(right, int) and right and not left % right
    return left // right if whole else left / right


def _remainder(left: int | float, right: int | float) -> int:
    """Return the remainder of whole numbers with the sign of the dividend, as PHP does."""
    dividend, divisor = int(left), int(right)
    rest = abs(dividend) % abs(divisor)
    return -rest if dividend < 0 else rest


def _power(left: int | float, right: int | float) -> int | float:
    # The float comes first: it says how large the result is before an integer could grow.
    try:
        result = math.pow(left, right)
    except ValueError:
        raise _Refusal(f"{left} ** {right} is no real number.") from None
    if isinstance(left, int) and isinstance(right, int) and right >= 0 and abs(result) < 2**63:
        return int(left**right)
    return result


def _concatenate(left: Any, right: Any) -> str:
    text = _text(left) + _text(right)
    if len(text) > 10 * MAX_LENGTH:
        raise _Refusal(f"a text of more than {10 * MAX_LENGTH} characters.")
    return text


def _text(value: Any) -> str:
    if value is None or value is False:
        return ""
    return "1" if value is True else str(value)


def _is_equal(left: Any, right: Any) -> bool:
    """Compare as PHP's ``==`` does: booleans by truth, numbers with numeric text by value."""
    if isinstance(left, bool) or isinstance(right, bool):
        return is_true(left) == is_true(right)
    if left is None or right is None:
        return not left and not right and "0" not in (left, right)
    try:
        return _number(left) == _number(right)
    except _Refusal:
        return _text(left) == _text(right)


def _is_identical(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


def _comparison(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def decide(left: Any, right: Any) -> bool:
        try:
            return compare(_number(left), _number(right))
        except _Refusal:
            return compare(_text(left), _text(right))

    return decide


_BINARY: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": _arithmetic(operator.add),
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
    "/": _arithmetic(_divide),
    "%": _arithmetic(_remainder),
    "**": _arithmetic(_power),
    "~": _concatenate,
    "==": _is_equal,
    "!=": lambda left, right: not _is_equal(left, right),
    "===": _is_identical,
    "!==": lambda left, right: not _is_identical(left, right),
    "<": _comparison(operator.lt),
    "<=": _comparison(operator.le),
    ">": _comparison(operator.gt),
    ">=": _comparison(operator.ge),
}
