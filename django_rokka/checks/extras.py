"""What is used, and was not installed with the package."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Info, register

from django_rokka.checks.fields import iter_fields
from django_rokka.fields import RokkaImage

__all__ = ["check_background_work", "check_extras"]

_REST_APP = "django_rokka.contrib.rest_framework"


@register("rokka")
def check_extras(
    app_configs: Sequence[AppConfig] | None = None,  # noqa: ARG001  # Django passes it by name
    **kwargs: Any,  # later releases pass more
) -> list[CheckMessage]:
    """Report the REST app without what it is made with; nothing is imported to look."""
    if not apps.is_installed(_REST_APP) or find_spec("rest_framework"):
        return []
    return [
        Error(
            f"{_REST_APP!r} is in INSTALLED_APPS, and djangorestframework is not installed.",
            hint="Run: pip install 'django-rokka[rest]'",
            id="django_rokka.E044",
        )
    ]


@register("rokka", deploy=True)
def check_background_work(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Tell sites on Django 5.2 that requests wait for the placeholders that tasks would fetch."""
    # The first is Django's own, of 6.0; the second is the same for 5.2.
    if find_spec("django.tasks") or find_spec("django_tasks"):
        return []
    waiting: list[CheckMessage] = [
        Info(
            "Placeholders are fetched from rokka before the request that saves a row is answered,"
            " since django-tasks is not installed.",
            hint="Run: pip install 'django-rokka[tasks]', and set TASKS to a backend with workers.",
            obj=field,
            id="django_rokka.I047",
        )
        for field in iter_fields(app_configs)
        if isinstance(field, RokkaImage) and field.placeholder_field
    ]
    return waiting[:1]  # one word to a site is enough
