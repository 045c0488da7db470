"""What only shows where all fields of a project, and their storages, are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  # Django's name
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import FileField, ImageField, Model

from django_rokka.fields import RokkaImage
from django_rokka.fields.alias_names import AliasNames, can_share, read_alias_names
from django_rokka.fields.checking import find_missing_storage
from django_rokka.fields.naming import read_template
from django_rokka.storage import RokkaStorage

__all__ = [
    "check_alias_collisions",
    "check_protected_fields",
    "check_shared_columns",
    "check_stock_fields",
    "check_unconfigured_fields",
    "iter_fields",
]

_COLUMN_OPTIONS = ("width_field", "height_field", "placeholder_field")
"""Options that name a column which the field writes into."""


class _Claim(NamedTuple):
    """A field with a template, and the names that it can give in its organization."""

    field: RokkaImage
    template: str
    organization: str
    names: AliasNames


@register("rokka")
def check_alias_collisions(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report every two fields that can give one alias to rows of both."""
    checked = set(apps.get_app_configs() if app_configs is None else app_configs)
    # A field of one app may collide with one of another, so all of the project are compared.
    every = {other for app in checked for other in (app.apps or apps).get_app_configs()}
    claims = sorted(_iter_claims(every), key=_get_order)
    return [
        _report_collision(first, second)
        for first, second in combinations(claims, 2)
        if first.organization == second.organization
        and not _have_one_parent(first, second)
        and checked.intersection(claim.field.model._meta.app_config for claim in (first, second))
        and can_share(first.names, second.names)
    ]


@register("rokka")
def check_stock_fields(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report Django's own image fields that fetch images from rokka when rows load."""
    return [
        Warning(
            "Django's ImageField with width_field or height_field opens its file to measure it,"
            " here over the network: whenever a row without the sizes loads, and when an image is"
            " assigned.",
            hint="Use django_rokka.fields.RokkaImage, which knows the sizes without a request, or"
            " leave width_field and height_field out.",
            obj=field,
            id="django_rokka.W042",
        )
        for field in iter_fields(app_configs)
        if isinstance(field, ImageField)
        and not isinstance(field, RokkaImage)
        and any(getattr(field, option) for option in ("width_field", "height_field"))
        and _find_storage(field)
    ]


@register("rokka")
def check_protected_fields(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report protected fields whose storage cannot sign: their images can be kept, not shown."""
    return [
        Warning(
            "The field is protected, so its images are shown by signed URLs only, and its storage"
            " has no key to sign them with: their links are empty.",
            hint="Set the option 'signing_key' in STORAGES, or ROKKA_SIGNING_KEY.",
            obj=field,
            id="django_rokka.W043",
        )
        for field in iter_fields(app_configs)
        if isinstance(field, RokkaImage)
        and field.protected
        and (storage := _find_storage(field))
        and not storage.config.signing_key
    ]


@register("rokka")
def check_shared_columns(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report columns that two image fields write into: the second takes what the first wrote."""
    found: list[CheckMessage] = []
    first: dict[tuple[type[Model], str], RokkaImage] = {}
    for field in iter_fields(app_configs):
        if not isinstance(field, RokkaImage):
            continue
        for option in _COLUMN_OPTIONS:
            name = getattr(field, option)
            # An option of another kind has a message of its own.
            other = first.setdefault((field.model, name), field) if isinstance(name, str) else field
            if name and other is not field:
                found.append(
                    Error(
                        f"{option} is {name!r}, a column that {other} writes into too.",
                        hint="Give each image columns of its own.",
                        obj=field,
                        id="django_rokka.E052",
                    )
                )
    return found


@register("rokka", deploy=True)
def check_unconfigured_fields(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report fields of a project without a rokka storage, which is a warning in other runs."""
    return [
        Error(problem.msg, hint=problem.hint, obj=field, id="django_rokka.E012")
        for field in iter_fields(app_configs)
        if isinstance(field, RokkaImage) and (problem := find_missing_storage(field)) is not None
    ]


def iter_fields(app_configs: Iterable[AppConfig] | None) -> Iterator[FileField]:
    """Yield every file field of these apps, or of all, once: where it has its column."""
    for app in apps.get_app_configs() if app_configs is None else app_configs:
        for model in app.get_models():
            for field in model._meta.local_fields:
                if isinstance(field, FileField):
                    yield field


def _iter_claims(app_configs: Iterable[AppConfig]) -> Iterator[_Claim]:
    for field in iter_fields(app_configs):
        if not isinstance(field, RokkaImage) or not isinstance(field.alias, str):
            continue
        if not field.alias or (storage := _find_storage(field)) is None:
            continue
        try:
            names = read_alias_names(field, field.alias)
        except (ValueError, FieldDoesNotExist):
            continue  # django_rokka.E010
        yield _Claim(field, field.alias, storage.config.organization, names)


def _get_order(claim: _Claim) -> tuple[int, str]:
    """Put fields in the order in which they were declared, and copies of one by their models."""
    return claim.field.creation_counter, str(claim.field)


def _have_one_parent(first: _Claim, second: _Claim) -> bool:
    """Say whether both are copies of an abstract model's field, of which E020 says all."""
    is_copy = first.field.creation_counter == second.field.creation_counter
    return is_copy and "model" not in read_template(first.template)


def _report_collision(first: _Claim, second: _Claim) -> CheckMessage:
    if first.names.form == second.names.form:
        return Error(
            f"The alias template {second.template!r} gives rows the same names as"
            f" {first.template!r} of {first.field}, and only one of them gets each name.",
            hint="Put another word into one of the two, or {app_label}, {model} or {field}.",
            obj=second.field,
            id="django_rokka.E040",
        )
    return Warning(
        f"The alias template {second.template!r} can give a name that {first.template!r} of"
        f" {first.field} gives another row, where a column's text reads like the rest of the"
        " other template.",
        hint="Let each begin with a word of its own.",
        obj=second.field,
        id="django_rokka.W041",
    )


def _find_storage(field: FileField) -> RokkaStorage | None:
    """Return the field's storage if it is one of rokka's, and can be used."""
    try:
        storage = field.storage
        if not isinstance(storage, RokkaStorage):
            return None
        storage.config  # noqa: B018  # looking is the check
    # A TypeError comes from OPTIONS that the class of a storage does not take.
    except (ImproperlyConfigured, TypeError):
        return None  # reported by the checks of the storages and of the field
    return storage
