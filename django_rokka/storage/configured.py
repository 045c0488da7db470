"""What a rokka storage is made of: its options, its client, the storage it falls back on."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage, storages
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from django_rokka import render

if TYPE_CHECKING:
    from django_rokka.client import RokkaClient
    from django_rokka.conf import Config, Problem

__all__ = ["ConfiguredStorage", "is_own_name", "is_rokka_backend"]


class ConfiguredStorage(Storage):
    """Hold options without reading them, and make of them what is asked for, when it is.

    Making one never fails and reads nothing: a wrong option is an ``ImproperlyConfigured`` at its
    first use, and a numbered system check before that.
    """

    own_option_names: frozenset[str] = frozenset()
    option_defaults: Mapping[str, Any] = MappingProxyType({})
    path_of_class = ""

    def __init__(self, **options: Any) -> None:
        from django_rokka.conf import mask

        self._options = mask(options, known=self.get_option_names())
        setting_changed.connect(self._forget)

    @classmethod
    def get_option_names(cls) -> frozenset[str]:
        """Return every name that OPTIONS may hold, those of its own included."""
        from django_rokka.conf import OPTION_NAMES

        return OPTION_NAMES | cls.own_option_names

    @functools.cached_property
    def config(self) -> Config:
        """The options in force; raises ``ImproperlyConfigured`` when they are wrong."""
        from django_rokka.conf import read_config

        return read_config(
            self._options, known=self.get_option_names(), defaults=self.option_defaults
        )

    @functools.cached_property
    def client(self) -> RokkaClient:
        """The API client of this storage."""
        # When threads ask for the first time at once, all get the same one.
        client: RokkaClient = self.__dict__.setdefault("client", self._make_client())
        return client

    @functools.cached_property
    def stack_definitions(self) -> Mapping[str, render.StackDefinition]:
        """The stacks that the option ``stacks`` declares, by name."""
        declared = self.config.stacks or {}
        return {name: render.StackDefinition.from_json(data) for name, data in declared.items()}

    @property
    def fallback_alias(self) -> str:
        """The option ``fallback`` as it is set, unchecked; empty for what is no text."""
        alias = self._read_option("fallback")
        return alias if isinstance(alias, str) else ""

    @functools.cached_property
    def fallback(self) -> Storage | None:
        """The storage of the names that are no reference, where the option names one.

        Raise ``ImproperlyConfigured`` when there is no such storage, or it leads back here.
        """
        for problem in self._find_wrong_fallback():
            raise ImproperlyConfigured(f"{problem.message} {problem.hint}")
        return storages[self.fallback_alias] if self.fallback_alias else None

    def find_fallback(self, name: str | None) -> Storage | None:
        """Return the other storage that keeps this name; ``None`` where rokka does, or nobody.

        With a fallback, rokka's are the names that ``is_own_name`` knows; nobody is asked.
        """
        return None if not name or is_own_name(name) else self.fallback

    def find_problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the options, for the system checks."""
        from django_rokka.conf import find_problems

        yield from find_problems(
            self._options, known=self.get_option_names(), defaults=self.option_defaults
        )
        yield from self._find_wrong_fallback()

    def find_contradictions(self) -> Iterator[Problem]:
        """Yield options that are right, but one of them has no effect beside the other."""
        from django_rokka.conf import Problem

        is_read_only = self._read_option("read_only") is True
        if is_read_only and self._read_option("on_delete") not in (None, "never"):
            yield Problem(
                37,
                "The option on_delete has no effect, since the storage is read_only.",
                "Leave out one of the two.",
            )

    def find_deployment_problems(self) -> Iterator[Problem]:
        """Yield what a site that others visit should not have, for ``check --deploy``."""
        yield from ()

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return what rebuilds it in a migration: never an option, so never a key."""
        kind = type(self)
        return vars(kind).get("path_of_class", f"{kind.__module__}.{kind.__qualname__}"), [], {}

    def __eq__(self, other: object) -> bool:
        if not (isinstance(other, ConfiguredStorage) and type(self) is type(other)):
            return NotImplemented  # so that Django's lazy default_storage may say what it is
        return self._options == other._options

    def __hash__(self) -> int:
        return hash((type(self), tuple(sorted(self._options))))

    def __repr__(self) -> str:
        told = {**self.option_defaults, **self._options}
        return f"<{type(self).__name__} {told.get('organization', '')!r}>"

    def __getstate__(self) -> dict[str, Any]:
        return {"_options": self._options}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._options = state["_options"]
        setting_changed.connect(self._forget)

    def _read_option(self, name: str) -> Any:
        from django_rokka.conf import read_option

        return read_option(self._options, name)

    def _make_client(self, **options: Any) -> RokkaClient:
        from django_rokka.client import RokkaClient  # the largest part: for pages that only read

        config = self.config
        return RokkaClient(
            organization=config.organization,
            api_key=config.api_key,
            api_host=config.api_host,
            timeout=config.timeout,
            retries=config.retries,
            **{"read_only": config.read_only, **options},
        )

    def _find_wrong_fallback(self) -> Iterator[Problem]:
        """Yield a problem when the fallback is no storage, or when names would go in a circle."""
        from django_rokka.conf import Problem, get_declared_storages

        alias, declared = self.fallback_alias, get_declared_storages()
        if alias and alias not in declared:
            known = ", ".join(sorted(declared))
            yield Problem(30, f"The fallback {alias!r} is no storage.", f"Use one of: {known}.")
        passed: list[Storage] = [self]
        while alias in declared and is_rokka_backend(declared[alias].get("BACKEND")):
            storage = storages[alias]
            if not isinstance(storage, ConfiguredStorage) or storage in passed[1:]:
                return  # a circle of others, which say so themselves
            if storage == self:
                yield Problem(
                    31,
                    f"The fallback {self.fallback_alias!r} leads back to this storage.",
                    "Name the storage where the files were before.",
                )
                return
            passed.append(storage)
            alias = storage.fallback_alias

    def _forget(self, *, setting: str, **kwargs: Any) -> None:
        """Read the options again after a test has overridden one of them."""
        if setting == "STORAGES" or setting.startswith("ROKKA_"):
            self.__dict__.pop("fallback", None)
        if setting.startswith("ROKKA_"):
            self.__dict__.pop("config", None)
            self.__dict__.pop("stack_definitions", None)
            client = self.__dict__.pop("client", None)
            if client is not None:
                client.close()


def is_rokka_backend(backend: Any) -> bool:
    """Say whether a BACKEND of ``STORAGES``, a path or a class, is one of rokka's."""
    if isinstance(backend, str):
        try:
            backend = import_string(backend)
        except ImportError:
            return False  # Django says so where that storage is used, and pages go on without it.
    return isinstance(backend, type) and issubclass(backend, ConfiguredStorage)


def is_own_name(name: str) -> bool:
    """Say whether a name was made by an upload to rokka, and could be no other storage's.

    Every name that ``save()`` returns is one. A hash alone, or one with a plain file name behind
    it, is none: others name files and folders by a checksum.
    """
    from django_rokka.exceptions import InvalidReference

    try:
        return render.ImageReference.parse(name).is_unmistakable
    except InvalidReference:
        return False
