"""Stacks, and the schemas of what they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django_rokka.client.objects.reading import (
    read_mapping,
    read_optional_date,
    read_sequence,
    read_text,
    read_texts,
)

__all__ = ["OperationSchema", "PropertySchema", "Stack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A named way to render images."""

    name: str
    organization: str
    created: datetime | None = None
    link: str = ""
    description: str = ""
    operations: Sequence[Mapping[str, Any]] = field(default=(), hash=False)
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    expressions: Sequence[Mapping[str, Any]] = field(default=(), hash=False)
    variables: Mapping[str, Any] = field(default_factory=dict, hash=False)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Stack:
        """Read rokka's form; raise ``LookupError``, ``TypeError`` or ``ValueError``."""
        return cls(
            name=read_text(data, "name"),
            organization=read_text(data, "organization"),
            created=read_optional_date(data, "created"),
            link=data.get("link") or "",
            description=data.get("description") or "",
            operations=tuple(read_sequence(data, "stack_operations")),
            options=read_mapping(data, "stack_options"),
            expressions=tuple(read_sequence(data, "stack_expressions")),
            variables=read_mapping(data, "stack_variables"),
            raw=data,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertySchema:
    """What an option may be, in the words of JSON schema; ``types`` has one or several names."""

    types: tuple[str, ...] = ()
    default: Any = field(default=None, hash=False)
    minimum: float | None = None
    maximum: float | None = None
    pattern: str = ""
    values: tuple[Any, ...] = field(default=(), hash=False)
    items: Mapping[str, Any] = field(default_factory=dict, hash=False)
    description: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PropertySchema:
        """Read rokka's form; raise ``TypeError`` where it is another one."""
        types = data.get("type") or ()
        return cls(
            types=(types,) if isinstance(types, str) else tuple(types),
            default=data.get("default"),
            minimum=data.get("minimum"),
            maximum=data.get("maximum"),
            pattern=data.get("pattern") or "",
            values=tuple(read_sequence(data, "values")),
            items=read_mapping(data, "items"),
            description=data.get("description") or "",
            raw=data,
        )

    @classmethod
    def all_from_json(cls, data: Mapping[str, Any]) -> Mapping[str, PropertySchema]:
        """Read the ``properties`` of a schema, by name."""
        properties = read_mapping(data, "properties")
        return {name: cls.from_json(schema) for name, schema in properties.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSchema:
    """An operation and its options; ``one_of`` lists groups of which one must be given."""

    name: str
    properties: Mapping[str, PropertySchema] = field(default_factory=dict, hash=False)
    required: tuple[str, ...] = ()
    one_of: Sequence[Any] = field(default=(), hash=False)
    description: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls, name: str, data: Mapping[str, Any]) -> OperationSchema:
        """Read rokka's form; raise ``TypeError`` where it is another one."""
        return cls(
            name=name,
            properties=PropertySchema.all_from_json(data),
            required=read_texts(data, "required"),
            one_of=tuple(read_sequence(data, "oneOf")),
            description=data.get("description") or "",
            raw=data,
        )
