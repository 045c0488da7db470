"""System checks of one field: what its options say about its own model and storage."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.core import checks
from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models

from django_rokka.conf import get_declared_storages
from django_rokka.exceptions import InvalidRenderURL
from django_rokka.fields.alias_names import read_alias_names, read_column_names
from django_rokka.fields.naming import read_template
from django_rokka.markup import LINKS
from django_rokka.render import MAX_ALIAS_LENGTH, RenderURL
from django_rokka.render.reference import MAX_LENGTH
from django_rokka.storage.backend import SHORTEST_ROOM
from django_rokka.storage.configured import is_rokka_backend

if TYPE_CHECKING:
    from django_rokka.fields.image import RokkaImage

__all__ = ["find_field_problems", "find_missing_storage"]

_AROUND_ALIAS = len("/-__-")
_WHOLE_LENGTH = MAX_LENGTH + _AROUND_ALIAS + MAX_ALIAS_LENGTH
_STORAGE_HINT = (
    "Add a storage with the BACKEND 'django_rokka.storage.RokkaStorage' to STORAGES, and name its"
    " alias where there are several."
)
_DELETIONS = ("keep", "delete")
"""What becomes of an alias when its row is deleted."""

_PLACEHOLDER_LENGTH = 50
"""Characters of the longest blurhash, and a few to spare."""


def find_field_problems(field: RokkaImage) -> Iterator[CheckMessage]:
    """Yield what is wrong with the options of a field; no request and no query."""
    yield from _check_alias(field, field.alias)
    for find in (
        _check_render_by,
        _check_deletion,
        _check_protected,
        _check_storage,
        _check_order,
    ):
        if problem := find(field):
            yield problem
    yield from _check_url_parts(field)
    yield from _check_length(field, field.max_length)
    yield from _check_columns(field)


def find_missing_storage(field: RokkaImage) -> CheckMessage | None:
    """Return a warning where no storage of the project is one of rokka's, and none is named."""
    declared = get_declared_storages().values()
    if field.has_named_storage or any(is_rokka_backend(its.get("BACKEND")) for its in declared):
        return None
    return checks.Warning(
        "STORAGES has no rokka storage, so no image can be uploaded or shown.",
        hint=_STORAGE_HINT,
        obj=field,
        id="django_rokka.W012",
    )


# The alias


def _check_alias(field: RokkaImage, alias: object) -> Iterator[CheckMessage]:
    if not alias:
        return
    if callable(alias):
        yield from _check_function(field, alias)
        return
    if not isinstance(alias, str):
        yield checks.Error(
            f"alias is {alias!r}.",
            hint="Write a template such as 'brand_{pk}', or name a function.",
            obj=field,
            id="django_rokka.E010",
        )
        return
    try:
        names = read_alias_names(field, alias)
    except (ValueError, FieldDoesNotExist) as error:
        yield checks.Error(
            f"The alias template {alias!r} cannot give a name: {error}.",
            hint="Use letters, digits, '_' and the placeholders {app_label}, {model},"
            " {field}, {pk} and names of columns.",
            obj=field,
            id="django_rokka.E010",
        )
        return
    if names.shortest > MAX_ALIAS_LENGTH:
        yield checks.Error(
            f"The alias template {alias!r} gives names of {names.shortest} characters and more.",
            hint=f"Shorten it: an alias has {MAX_ALIAS_LENGTH} characters at most.",
            obj=field,
            id="django_rokka.E018",
        )
    yield from _check_owners(field, alias)


def _check_function(field: RokkaImage, function: Callable[..., Any]) -> Iterator[CheckMessage]:
    try:
        inspect.signature(function).bind(None)
    except TypeError as error:
        yield checks.Error(
            f"The function {_get_name(function)} cannot name an alias: {error}.",
            hint="Let it take one argument, which is the row, and return a text.",
            obj=field,
            id="django_rokka.E021",
        )
    except ValueError:
        return  # written in C: nobody can say what it takes


def _check_owners(field: RokkaImage, template: str) -> Iterator[CheckMessage]:
    """Report a template that gives several rows one name: only the first of them gets it."""
    if not read_column_names(template):
        yield checks.Warning(
            f"The alias template {template!r} gives every row the same name, and an alias shows"
            " one image.",
            hint="Put {pk} or the name of a column into it. Silence this where the table never"
            " has more than one row.",
            obj=field,
            id="django_rokka.W019",
        )
    parent = _find_abstract_parent(field)
    if parent is not None and "model" not in read_template(template):
        yield checks.Error(
            f"The alias template {template!r} is inherited from the abstract {parent.__name__},"
            " so that two of its children can give the same name.",
            hint="Put {model} into it, which each child replaces by its own name.",
            obj=field,
            id="django_rokka.E020",
        )


def _find_abstract_parent(field: RokkaImage) -> type[models.Model] | None:
    """Return the abstract model that declares a field, of which its own model has a copy."""
    for parent in field.model.__mro__:
        if not (issubclass(parent, models.Model) and hasattr(parent, "_meta")):
            continue
        # Copies keep the number that a field gets when it is made.
        if parent._meta.abstract and any(
            declared.creation_counter == field.creation_counter
            for declared in parent._meta.local_fields
        ):
            return parent
    return None


def _get_name(function: Callable[..., Any]) -> str:
    return getattr(function, "__qualname__", type(function).__qualname__)


# The other options


def _check_render_by(field: RokkaImage) -> CheckMessage | None:
    if field.render_by not in LINKS:
        return checks.Error(
            f"render_by is {field.render_by!r}.",
            hint="Use 'hash' or 'alias'.",
            obj=field,
            id="django_rokka.E011",
        )
    if field.render_by == "alias" and not field.alias:
        return checks.Warning(
            "render_by is 'alias', and the field has no alias, so that it links by hash.",
            hint="Give the field an alias such as 'brand_{pk}', or leave render_by out.",
            obj=field,
            id="django_rokka.W053",
        )
    return None


def _check_deletion(field: RokkaImage) -> CheckMessage | None:
    if field.alias_on_delete not in _DELETIONS:
        return checks.Error(
            f"alias_on_delete is {field.alias_on_delete!r}.",
            hint="Use 'keep' or 'delete'.",
            obj=field,
            id="django_rokka.E056",
        )
    if field.alias_on_delete == "delete" and not field.alias:
        return checks.Warning(
            "alias_on_delete is 'delete', and the field has no alias, so that there is nothing to"
            " delete.",
            hint="Give the field an alias such as 'brand_{pk}', or leave alias_on_delete out.",
            obj=field,
            id="django_rokka.W057",
        )
    return None


def _check_protected(field: RokkaImage) -> CheckMessage | None:
    protected: object = field.protected
    if isinstance(protected, bool):
        return None
    return checks.Error(
        f"protected is {protected!r}.",
        hint="Use True or False.",
        obj=field,
        id="django_rokka.E054",
    )


def _check_url_parts(field: RokkaImage) -> Iterator[CheckMessage]:
    """Report what no render URL can hold; an empty default_stack is that of the storage."""
    for option, number in (
        ("alias_format", "django_rokka.E049"),
        ("default_stack", "django_rokka.E050"),
    ):
        value = getattr(field, option)
        if reason := _why_no_part(option, value):
            yield checks.Error(f"{option} is {value!r}.", hint=reason, obj=field, id=number)


def _why_no_part(option: str, value: object) -> str:
    """Say why no render URL can have this; empty where one can."""
    if not isinstance(value, str):
        return "Write a text."
    url = RenderURL(image="0" * 40, format="jpg", stack="stack")
    is_format = option == "alias_format"
    try:
        (url._replace(format=value) if is_format else url._replace(stack=value or "stack")).path  # noqa: B018  # writing is the check
    except InvalidRenderURL as error:
        return str(error)
    return ""


def _check_storage(field: RokkaImage) -> CheckMessage | None:
    if problem := find_missing_storage(field):
        return problem
    try:
        field.rokka_storage  # noqa: B018  # looking is the check
    # A TypeError comes from OPTIONS that the class of a storage does not take.
    except (ImproperlyConfigured, TypeError) as error:
        return checks.Error(str(error), hint=_STORAGE_HINT, obj=field, id="django_rokka.E012")
    return None


def _check_order(field: RokkaImage) -> CheckMessage | None:
    names = [column.name for column in field.model._meta.concrete_fields]
    earlier = {field.width_field, field.height_field}.intersection(names[: names.index(field.name)])
    if not earlier:
        return None
    listed = ", ".join(sorted(map(repr, earlier)))
    return checks.Warning(
        f"{listed} stand before the image they measure, so bulk_create() writes them before"
        " the image is uploaded.",
        hint=f"Declare them after {field.name!r}, or call obj.{field.name}.commit() before"
        " bulk_create().",
        obj=field,
        id="django_rokka.W013",
    )


def _check_length(field: RokkaImage, length: object) -> Iterator[CheckMessage]:
    if length is None:
        return
    whole = _WHOLE_LENGTH if field.alias else MAX_LENGTH
    hint = f"Give the field a max_length of {whole} or more, or leave it out."
    if not isinstance(length, int):
        yield checks.Error(
            f"max_length is {length!r}.", hint=hint, obj=field, id="django_rokka.E014"
        )
    elif length < SHORTEST_ROOM + _get_shortest_alias(field, field.alias):
        what = "an image reference with its alias" if field.alias else "an image reference"
        yield checks.Error(
            f"A column of {length} characters has no room for {what}.",
            hint=hint,
            obj=field,
            id="django_rokka.E014",
        )
    elif field.alias and length < whole:
        yield checks.Warning(
            f"A column of {length} characters has no room for a long alias beside the image"
            " reference, and an alias without room is not set.",
            hint=hint,
            obj=field,
            id="django_rokka.W022",
        )


def _get_shortest_alias(field: RokkaImage, alias: object) -> int:
    """Return the characters that the shortest alias adds to a reference."""
    if not alias:
        return 0
    try:
        names = read_alias_names(field, alias) if isinstance(alias, str) else None
    except (ValueError, FieldDoesNotExist):
        return _AROUND_ALIAS  # reported by another check
    return _AROUND_ALIAS + (names.shortest if names else 1)


def _check_columns(field: RokkaImage) -> Iterator[CheckMessage]:
    """Report options that name a column, and there is none, or none that can hold the text."""
    yield from _check_sizes(field)
    if field.alt_field and field.alt_field == field.placeholder_field:
        yield checks.Error(
            f"alt_field and placeholder_field are both {field.alt_field!r}.",
            hint="Name two columns: a BlurHash is no text that stands for a picture.",
            obj=field,
            id="django_rokka.E052",
        )
    if field.width_field and field.width_field == field.height_field:
        yield checks.Error(
            f"width_field and height_field are both {field.width_field!r}.",
            hint="Name two columns.",
            obj=field,
            id="django_rokka.E052",
        )
    for option, name in (
        ("alt_field", field.alt_field),
        ("placeholder_field", field.placeholder_field),
    ):
        if not name:
            continue
        column = _find_column(field.model, name)
        if column is None or column.name == field.name:
            yield checks.Error(
                f"{option} is {name!r}, which is no other column of {field.model._meta.label}.",
                hint="Name a column of the same model, or leave it out.",
                obj=field,
                id="django_rokka.E023",
            )
        elif option == "placeholder_field" and not _holds_placeholder(column):
            yield checks.Error(
                f"placeholder_field is {name!r}, a column that cannot hold a blurhash.",
                hint=f"Make it a TextField, or a CharField with a max_length of"
                f" {_PLACEHOLDER_LENGTH} or more.",
                obj=field,
                id="django_rokka.E024",
            )


def _check_sizes(field: RokkaImage) -> Iterator[CheckMessage]:
    for option in ("width_field", "height_field"):
        name = getattr(field, option)
        column = _find_column(field.model, name) if name else None
        if name and (column is None or column.name == field.name):
            yield checks.Error(
                f"{option} is {name!r}, which is no other column of {field.model._meta.label}.",
                hint="Name a column of numbers of the same model, or leave it out.",
                obj=field,
                id="django_rokka.E051",
            )


def _find_column(model: type[models.Model], name: object) -> models.Field[Any, Any] | None:
    for column in model._meta.concrete_fields:
        if name in (column.name, column.attname):
            return column
    return None


def _holds_placeholder(column: models.Field[Any, Any]) -> bool:
    if isinstance(column, models.CharField):
        return column.max_length is None or column.max_length >= _PLACEHOLDER_LENGTH
    return isinstance(column, models.TextField)
