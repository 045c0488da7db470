"""A rokka for tests: every rokka storage of the project is emulated for a while."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

from django.core.files.base import File
from django.core.files.storage import storages
from django.test import override_settings

from django_rokka.conf import get_declared_storages
from django_rokka.contrib.emulator import EmulatedRokkaStorage
from django_rokka.render import ImageReference
from django_rokka.storage import get_rokka_storage, iter_rokka_storages

if TYPE_CHECKING:
    from django_rokka.client import RokkaClient
    from django_rokka.emulator import Emulator

__all__ = ["EmulatedRokka", "Rendition", "emulate_rokka"]

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


@contextmanager
def emulate_rokka(
    *, root: str | PathLike[str] | None = None, **options: Any
) -> Iterator[EmulatedRokka]:
    """Emulate every rokka storage of ``STORAGES``, in this process and without a network.

    A storage keeps its options; no key and no host of the real rokka is used. ``options`` are
    set on top, as in ``emulate_rokka(stacks={...})``. URLs stay those of production, unless
    ``render_host`` says otherwise. All is gone at the end, unless there is a ``root`` to keep it.
    It is a decorator too, for test functions and for methods of test cases.
    """
    with tempfile.TemporaryDirectory(prefix="rokka-") as folder:
        declared = get_declared_storages()
        own = {"render_host": _RENDER_HOST, **options, "root": root or folder}
        emulated = {
            alias: {"BACKEND": _BACKEND, "OPTIONS": {**_known(declared[alias]), **own}}
            for alias, _ in iter_rokka_storages()
        }
        with override_settings(STORAGES={**declared, **emulated}):
            try:
                yield EmulatedRokka()
            finally:
                _close(emulated)


def _known(backend: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a storage that an emulated one has too."""
    names = EmulatedRokkaStorage.option_names - {"render_host", "signing_key"}
    return {name: value for name, value in backend.get("OPTIONS", {}).items() if name in names}


def _close(aliases: Mapping[str, Any]) -> None:
    for alias in aliases:
        storage = storages[alias]
        for part in ("client", "emulator"):
            # Only what was used has been opened.
            if part in vars(storage):
                getattr(storage, part).close()
