"""Projects of a test alone: models that no other test sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage
from django.db import models
from django.test.utils import isolate_apps
from pytest_django import Settings

from django_rokka.fields import RokkaImage
from django_rokka.testing import assert_no_rokka_calls

BACKEND = "django_rokka.storage.RokkaStorage"


@contextmanager
def a_project() -> Iterator[Callable[..., type[models.Model]]]:
    """Give a function that declares a model, by its name, in an app of the project."""
    with isolate_apps("tests.testapp", "django.contrib.auth"):

        def declare(
            name: str,
            *,
            app: str = "testapp",
            parent: type[models.Model] = models.Model,
            abstract: bool = False,
            **members: Any,
        ) -> type[models.Model]:
            meta = type("Meta", (), {"app_label": app, "abstract": abstract})
            return type(name, (parent,), {"__module__": __name__, "Meta": meta, **members})

        yield declare


def get_image(model: type[models.Model]) -> RokkaImage:
    """Return the field ``image`` of a model."""
    field = model._meta.get_field("image")
    assert isinstance(field, RokkaImage)
    return field


def check_project(
    check: Callable[..., list[CheckMessage]], model: type[models.Model], *, app: str = ""
) -> list[CheckMessage]:
    """Run a check on all apps of the project that a model is in, or on one of them."""
    registry = model._meta.apps
    chosen: Sequence[AppConfig] = [*registry.get_app_configs()]
    with assert_no_rokka_calls():
        return check([config for config in chosen if app in ("", config.label)])


def without_rokka(settings: Settings) -> None:
    settings.STORAGES = {"default": settings.STORAGES["default"]}


def with_storages(settings: Settings, **storages: Any) -> None:
    """Set OPTIONS of rokka storages by their alias; no others are there."""
    settings.STORAGES = {
        "default": settings.STORAGES["default"],
        "staticfiles": settings.STORAGES["staticfiles"],
        **{alias: {"BACKEND": BACKEND, "OPTIONS": options} for alias, options in storages.items()},
    }
