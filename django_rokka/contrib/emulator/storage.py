"""A rokka storage whose rokka is a folder of this machine."""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

from django_rokka.conf import Problem
from django_rokka.contrib.emulator.emulators import get_emulator
from django_rokka.storage import RokkaStorage

if TYPE_CHECKING:
    from django_rokka.client import RokkaClient
    from django_rokka.emulator import Emulator

__all__ = ["EmulatedRokkaStorage"]

_API_HOST = "http://rokka.emulator"
# It opens nothing but the folder, and only from inside of this process.
_LOCAL_KEY = "emulated"
_SETTINGS = frozenset(
    {"is_paying", "private_networks", "redirect_missing"}
    | {"render_cache_size", "render_seconds", "search_delay"}
)
"""The options that are the emulator's own settings."""

_INSTALL = "Run: pip install 'django-rokka[emulator]'"


class EmulatedRokkaStorage(RokkaStorage):
    """Keep images in a folder, and render them in this process.

    ``root`` is the folder. With ``redirect_missing`` set to ``https://{organization}.rokka.io``
    pictures that are not in it come from there, so that a copy of production's database shows its
    images. ``search_delay``, ``is_paying``, ``private_networks``, ``render_cache_size`` and
    ``render_seconds`` are the emulator's as well. The other options are those of ``RokkaStorage``,
    so that a project changes one line between the two; the ``stacks`` are applied at first use.
    Needs the extra ``emulator``, and ``django_rokka.contrib.emulator.urls`` in the URLconf for its
    pictures.
    """

    own_option_names = frozenset({"root"}) | _SETTINGS
    option_defaults = MappingProxyType({"organization": "demo"})
    path_of_class = "django_rokka.contrib.emulator.EmulatedRokkaStorage"

    def __init__(self, **options: Any) -> None:
        # Said here, so that no ROKKA_... setting with a key or a host of the real rokka is used
        # by mistake; organization, default_stack and stacks may well come from there.
        own = {
            "api_key": _LOCAL_KEY,
            "api_host": _API_HOST,
            "signing_key": options.get("signing_key") or _LOCAL_KEY,
            "render_host": options.get("render_host") or "",
        }
        super().__init__(**{**options, **own})

    def find_problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the options, for the system checks."""
        yield from super().find_problems()
        root = self._options.get("root")
        if not root:
            yield Problem(7, "The emulated storage has no folder.", "Set the option 'root'.")
        elif not isinstance(root, (str, os.PathLike)):
            yield Problem(
                7, f"The option root is of type {type(root).__name__}.", "Write a folder's path."
            )
        elif Path(root).is_file():
            yield Problem(7, f"The option root is {str(root)!r}, a file.", "Name a folder.")
        if not find_spec("werkzeug"):
            yield Problem(45, "The emulator is not installed.", _INSTALL)

    def find_contradictions(self) -> Iterator[Problem]:
        """Yield what has no effect, and that pictures are not rendered without pyvips."""
        yield from super().find_contradictions()
        if not find_spec("pyvips"):
            yield Problem(
                46,
                "The emulator renders no pictures, since pyvips is not installed; uploads and all"
                " else work.",
                _INSTALL,
            )

    def find_deployment_problems(self) -> Iterator[Problem]:
        """Yield that this is no storage for a site that others visit."""
        yield Problem(
            17,
            "The storage is emulated: images are kept in a folder of this machine, and pictures"
            " are rendered here, without a CDN, for requests from this machine only.",
            "Use 'django_rokka.storage.RokkaStorage' where DEBUG is off.",
        )

    @functools.cached_property
    def emulator(self) -> Emulator:
        """The emulator; raises ``ImproperlyConfigured`` where it cannot start."""
        for problem in self.find_problems():
            raise ImproperlyConfigured(f"{problem.message} {problem.hint}")
        try:
            emulator = get_emulator(
                Path(self._options["root"]),
                organization=self.config.organization,
                api_key=self.config.api_key,
                signing_key=self.config.signing_key,
                **{name: self._options[name] for name in _SETTINGS & self._options.keys()},
            )
        except ImportError as error:
            raise ImproperlyConfigured(f"The emulator is not installed. {_INSTALL}") from error
        except (ValueError, TypeError, OSError, sqlite3.Error) as error:
            raise ImproperlyConfigured(
                f"The emulator cannot start in {str(self._options['root'])!r} ({error}). Set the"
                " option 'root' to a folder that this process may write, 'organization' to"
                " lower-case letters, digits and '-', and the others to values of their kind."
            ) from error
        with self._connect(emulator, read_only=False) as client:
            for name, definition in (self.config.stacks or {}).items():
                client.stacks.create(name, definition, overwrite=True)
        return emulator

    @functools.cached_property
    def client(self) -> RokkaClient:
        """The API client of this storage; it talks to the emulator without a network."""
        # When threads ask for the first time at once, all get the same one.
        made = self._connect(self.emulator)
        client: RokkaClient = self.__dict__.setdefault("client", made)
        return client

    def get_render_base(self) -> str:
        """Return the option ``render_host``, or where the URLconf has the emulator."""
        if self.config.render_host:
            return self.config.render_base
        try:
            return reverse("rokka_emulator:render", args=(self.config.organization,))
        except NoReverseMatch as error:
            raise ImproperlyConfigured(
                "The emulator's pictures have no URL. Add path('rokka/',"
                " include('django_rokka.contrib.emulator.urls')) to the URLconf, or set the"
                " option 'render_host'."
            ) from error

    def get_fetch_base(self) -> str:
        """Return where the emulator renders inside of this process."""
        return f"{_API_HOST}/render/{self.config.organization}"

    def _forget(self, *, setting: str, **kwargs: Any) -> None:
        super()._forget(setting=setting, **kwargs)
        if setting.startswith("ROKKA_"):
            self.__dict__.pop("emulator", None)

    def _connect(self, emulator: Emulator, **options: Any) -> RokkaClient:
        from django_rokka.emulator import EmulatorAdapter

        return self._make_client(session=EmulatorAdapter(emulator).make_session, **options)
