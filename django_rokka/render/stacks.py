"""Stack definitions: what a stack does to an image, once variables and overrides are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render.expressions import evaluate, is_expression, is_true
from django_rokka.render.operations import Operation, merge_options

__all__ = ["StackDefinition", "StackOperation"]

_EMPTY: Mapping[str, Any] = MappingProxyType({})
_BOOLEANS = {"true": True, "false": False}
# What `options.…` is in an expression when the stack does not say.
_OPTION_DEFAULTS: Mapping[str, Any] = MappingProxyType({"dpr": 1, "autoformat": False})


class StackOperation(NamedTuple):
    """An operation as a stack declares it: some of its options may be expressions."""

    name: str
    options: Mapping[str, Any] = _EMPTY
    expressions: Mapping[str, Any] = _EMPTY


class _Condition(NamedTuple):
    expression: str
    options: Mapping[str, Any]
    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackDefinition:
    """A stack: its operations in order, its options, its variables, its conditions."""

    operations: tuple[StackOperation, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    conditions: tuple[_Condition, ...] = ()
    description: str = ""

    @classmethod
    def from_json(cls, data: Any) -> StackDefinition:
        """Read a definition: rokka's request, its response, or a bare list of operations.

        Raise ``InvalidRenderURL`` for any other shape.
        """
        if isinstance(data, list):
            data = {"operations": data}
        content = _mapping(data, what="A stack")
        operations = _member(content, "operations", default=[])
        conditions = _member(content, "expressions", default=[])
        return cls(
            operations=tuple(map(_read_operation, _list(operations, what="operations"))),
            options=_mapping(_member(content, "options", default={}), what="options"),
            variables=_mapping(_member(content, "variables", default={}), what="variables"),
            conditions=tuple(map(_read_condition, _list(conditions, what="expressions"))),
            description=str(content.get("description") or ""),
        )

    @classmethod
    def from_operations(cls, operations: Iterable[Operation]) -> StackDefinition:
        """Make the definition of a dynamic stack from the operations of its URL."""
        return cls(operations=tuple(StackOperation(item.name, item.options) for item in operations))

    def resolve(
        self,
        *,
        variables: Mapping[str, Any] = _EMPTY,
        overrides: Iterable[Operation] = (),
        options: Mapping[str, Any] = _EMPTY,
        image: Mapping[str, Any] = _EMPTY,
        request: Mapping[str, Any] = _EMPTY,
    ) -> tuple[tuple[Operation, ...], dict[str, Any]]:
        """Return the operations to run, in order, and the options that hold for them.

        ``variables``, ``overrides`` and ``options`` come from the URL; ``image`` and ``request``
        are what expressions may ask of ``image.…`` and ``request.…``. An override changes every
        operation of its name, and none where the stack has no such operation.
        """
        resolved = {**self.options, **options}
        names = _names(resolved, image=image, request=request)
        values = self._variables(variables, forced=_EMPTY, names=names)
        forced: dict[str, Any] = {}
        for condition in self.conditions:
            if is_true(evaluate(condition.expression, variables=values, names=names)):
                resolved = {**resolved, **condition.options, **options}
                forced |= condition.variables
        names = _names(resolved, image=image, request=request)
        values = self._variables(variables, forced=forced, names=names)
        changes = merge_options(overrides)
        steps = (
            _resolve_operation(item, changes.get(item.name, _EMPTY), values, names)
            for item in self.operations
        )
        return tuple(step for step in steps if step is not None), resolved

    def _variables(
        self, given: Mapping[str, Any], *, forced: Mapping[str, Any], names: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Compute variables in the order of their definition: each may use those before it."""
        values: dict[str, Any] = {}
        for name, definition in {**self.variables, **forced}.items():
            if name in given and name not in forced:
                values[name] = _typed(given[name])
            elif is_expression(definition):
                values[name] = evaluate(definition, variables=values, names=names)
            else:
                values[name] = definition
        return {**{name: _typed(value) for name, value in given.items()}, **values}


def _read_operation(data: Any) -> StackOperation:
    content = _mapping(data, what="An operation")
    name = content.get("name")
    if not isinstance(name, str) or not name:
        raise InvalidRenderURL(
            f"An operation has no name: {str(data)[:200]}. Write"
            ' {"name": "resize", "options": {"width": 200}}.'
        )
    options = dict(_mapping(content.get("options") or {}, what=f"options of {name}"))
    if "enabled" in content:
        options["enabled"] = content["enabled"]
    expressions = content.get("expressions") or {}
    if name == "svgdynamic" and isinstance(expressions, list):
        expressions = {"changes": expressions}
    return StackOperation(name, options, _mapping(expressions, what=f"expressions of {name}"))


def _read_condition(data: Any) -> _Condition:
    content = _mapping(data, what="An entry of expressions")
    expression = content.get("expression")
    if not isinstance(expression, str):
        raise InvalidRenderURL(
            f"An entry of expressions has no expression: {str(data)[:200]}. Write"
            ' {"expression": "options.dpr >= 2", "overrides": {"options": {...}}}.'
        )
    overrides = _mapping(content.get("overrides") or {}, what="overrides")
    unknown = sorted(set(overrides) - {"options", "variables"})
    if unknown:
        raise InvalidRenderURL(
            f"Unknown member {unknown[0]!r} of overrides, must be one of: options, variables."
        )
    return _Condition(
        expression,
        _mapping(overrides.get("options") or {}, what="options of overrides"),
        _mapping(overrides.get("variables") or {}, what="variables of overrides"),
    )


def _resolve_operation(
    item: StackOperation,
    changes: Mapping[str, Any],
    values: Mapping[str, Any],
    names: Mapping[str, Any],
) -> Operation | None:
    """Apply expressions and overrides; return ``None`` for what is switched off."""
    options = {**item.options, **item.expressions, **changes}
    for name, value in options.items():
        is_computed = name in item.expressions and name not in changes
        if isinstance(value, str) and (is_computed or _bare(value) != value):
            options[name] = evaluate(_bare(value), variables=values, names=names)
        elif is_computed and isinstance(value, Mapping):
            options[name] = urlencode(_computed(value, values, names))
        elif is_computed and isinstance(value, list):
            changed = [_computed(change, values, names, only="value") for change in value]
            plain = _list(item.options.get(name) or [], what=f"{name} of {item.name}")
            options[name] = [*plain, *changed]
    is_enabled = _typed(options.pop("enabled", True))
    return Operation(item.name, **options) if is_true(is_enabled) else None


def _computed(
    content: Any, values: Mapping[str, Any], names: Mapping[str, Any], *, only: str = ""
) -> dict[str, Any]:
    """Evaluate the members of an object, or one of them."""
    return {
        key: evaluate(_bare(value), variables=values, names=names)
        if isinstance(value, str) and key == (only or key)
        else value
        for key, value in _mapping(content, what="A member of expressions").items()
    }


def _names(
    options: Mapping[str, Any], *, image: Mapping[str, Any], request: Mapping[str, Any]
) -> dict[str, Any]:
    typed = {name: _typed(value) for name, value in options.items()}
    return {"image": image, "options": {**_OPTION_DEFAULTS, **typed}, "request": request}


def _bare(expression: str) -> str:
    """Take off the square brackets that mark an expression in a URL."""
    is_marked = expression.startswith("[") and expression.endswith("]")
    return expression[1:-1] if is_marked else expression


def _typed(value: Any) -> Any:
    """Give a text of a URL its truth value; numeric text stays, expressions count with it."""
    return _BOOLEANS.get(value, value) if isinstance(value, str) else value


def _member(content: Mapping[str, Any], name: str, *, default: Any) -> Any:
    value = content.get(name)
    if value is None:
        value = content.get(f"stack_{name}")
    return default if value is None else value


def _mapping(value: Any, *, what: str) -> Mapping[str, Any]:
    # PHP writes an empty object as an empty list.
    if value == []:
        return _EMPTY
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return MappingProxyType(dict(value))
    raise InvalidRenderURL(f"{what} must be an object, not {str(value)[:200]!r}.")


def _list(value: Any, *, what: str) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise InvalidRenderURL(f"The {what} of a stack must be a list, not {str(value)[:200]!r}.")
