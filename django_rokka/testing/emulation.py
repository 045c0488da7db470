"""A rokka for tests: every rokka storage of the project is emulated for a while."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

from django.core.files.base import File
from django.core.files.storage import storages
from django.test import override_settings
from django.test.utils import TestContextDecorator

from django_rokka.conf import get_declared_storages
from django_rokka.contrib.emulator import EmulatedRokkaStorage
from django_rokka.contrib.emulator.emulators import forget_emulators
from django_rokka.render import ImageReference
from django_rokka.storage import get_rokka_storage, iter_rokka_storages

if TYPE_CHECKING:
    from django_rokka.client import RokkaClient
    from django_rokka.emulator import Emulator

__all__ = ["EmulatedRokka", "Emulation", "Rendition", "emulate_rokka"]

_BACKEND = "django_rokka.contrib.emulator.EmulatedRokkaStorage"
# The URLs in pages and assertions are those of production.
_RENDER_HOST = "https://{organization}.rokka.io"


class Rendition(NamedTuple):
    """What the render host answers."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class EmulatedRokka:
    """The rokka of a test: what a test asks of it besides using the project.

    ``alias`` is the storage's in ``STORAGES``; without one it is the only rokka storage.
    """

    def __init__(self, alias: str | None = None) -> None:
        self._alias = alias

    def __repr__(self) -> str:
        return f"<EmulatedRokka behind {self.storage!r}>"

    @property
    def storage(self) -> EmulatedRokkaStorage:
        """The storage, as fields and tags use it."""
        return cast(EmulatedRokkaStorage, get_rokka_storage(self._alias))

    @property
    def emulator(self) -> Emulator:
        """The emulator: its ``faults``, its ``clock``, its ``signing_key``."""
        return self.storage.emulator

    @property
    def client(self) -> RokkaClient:
        """The API client of the storage, to see what is at rokka."""
        return self.storage.client

    def upload(self, file: File[Any]) -> ImageReference:
        """Upload a file, past every model, and return its reference."""
        return ImageReference.parse(self.storage.save(file.name, file))

    def fetch(self, url: str, *, accept: str = "") -> Rendition:
        """Render a URL as a page has it; raise ``ValueError`` for one of another host."""
        from django_rokka.emulator import request_in_process

        base = self.storage.get_render_base()
        if not url.startswith(f"{base}/"):
            raise ValueError(f"{url[:200]!r} is no render URL of this storage: {base}/...")
        parts = urlsplit(url[len(base) :])
        organization = self.storage.config.organization
        target = f"/render/{organization}{parts._replace(fragment='').geturl()}"
        answer = request_in_process(self.emulator, target, headers={"Accept": accept})
        try:
            return Rendition(answer.status, answer.headers, b"".join(answer.blocks))
        finally:
            close = getattr(answer.blocks, "close", None)
            if close is not None:
                close()


class Emulation(TestContextDecorator):
    """A context manager, and a decorator of functions and of test cases, which get ``self.rokka``.

    Coroutine functions are decorated too; generator functions, such as fixtures, are not: use
    ``with`` in them.
    """

    def __init__(
        self, *, root: str | PathLike[str] | None = None, options: Mapping[str, Any]
    ) -> None:
        super().__init__(attr_name="rokka")
        self._root = root
        self._options = options
        self._entered: list[ExitStack] = []

    def __enter__(self) -> EmulatedRokka:  # type: ignore[override]  # the stubs know one subclass
        return self.enable()

    def enable(self) -> EmulatedRokka:
        """Swap the storages of the project."""
        with ExitStack() as stack:
            root = Path(self._root) if self._root else _enter_folder(stack)
            declared = get_declared_storages()
            own = {"render_host": _RENDER_HOST, **self._options, "root": root}
            emulated = {
                alias: {"BACKEND": _BACKEND, "OPTIONS": {**_known(declared[alias]), **own}}
                for alias, _ in iter_rokka_storages()
            }
            stack.enter_context(override_settings(STORAGES={**declared, **emulated}))
            stack.callback(_close, tuple(emulated))
            self._entered.append(stack.pop_all())
        return EmulatedRokka()

    def disable(self) -> None:
        """Put the storages of the project back."""
        self._entered.pop().close()

    def decorate_callable(self, func: Any) -> Any:
        """Emulate while a function runs; raise ``TypeError`` for a generator function."""
        if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
            raise TypeError(
                f"{func.__name__} is a generator function, which runs after a decorator has ended."
                " Write 'with emulate_rokka():' in it."
            )
        return super().decorate_callable(func)


def emulate_rokka(*, root: str | PathLike[str] | None = None, **options: Any) -> Emulation:
    """Emulate every rokka storage of ``STORAGES``, in this process and without a network.

    A storage keeps its options; no key and no host of the real rokka is used. ``options`` are
    set on top, as in ``emulate_rokka(stacks={...})``. URLs stay those of production, unless
    ``render_host`` says otherwise. It begins empty and all is gone at the end, unless there is a
    ``root`` to keep it.
    """
    return Emulation(root=root, options=options)


def _enter_folder(stack: ExitStack) -> Path:
    root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rokka-")))
    stack.callback(forget_emulators, root)
    return root


def _known(backend: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a storage that an emulated one has too."""
    names = EmulatedRokkaStorage.option_names - {"render_host", "signing_key"}
    return {name: value for name, value in backend.get("OPTIONS", {}).items() if name in names}


def _close(aliases: Iterable[str]) -> None:
    for alias in aliases:
        storage = storages[alias]
        for part in ("client", "emulator"):
            # Only what was used has been opened.
            if part in vars(storage):
                getattr(storage, part).close()
