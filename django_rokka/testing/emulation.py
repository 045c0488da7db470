"""A rokka for tests: every rokka storage of the project is emulated for a while."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast
from unittest import TestCase
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

_Case = TypeVar("_Case", bound=type[Any])

_BACKEND = "django_rokka.contrib.emulator.EmulatedRokkaStorage"
_ATTRIBUTE = "rokka"
"""What the tests of a test case find their rokka under."""

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

    A test case is emulated as a whole, from before its ``setUpTestData`` to its end: its tests
    share what is stored, and faults end with the test that adds them. Coroutine functions are
    decorated too; generator functions, such as fixtures, are not: use ``with`` in them.
    """

    def __init__(
        self, *, root: str | PathLike[str] | None = None, options: Mapping[str, Any]
    ) -> None:
        super().__init__()
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

    def decorate_class(self, cls: _Case) -> _Case:
        """Emulate for a test case and what it sets up; raise ``TypeError`` for other classes."""
        if not issubclass(cls, TestCase):
            raise TypeError("Can only decorate subclasses of unittest.TestCase")
        running: list[Emulation] = []

        def get_shared() -> Emulation:
            # A setUpClass that does not call super() leaves each test a store of its own.
            return running[-1] if running else self

        _wrap(cls, "setUpClass", lambda case: self._begin(case, running))
        if hasattr(cls, "setUpTestData"):
            # Django has overridden the settings of the class by now, perhaps STORAGES too.
            _wrap(cls, "setUpTestData", lambda _: get_shared())
        set_up = cls.setUp

        def set_up_emulated(case: TestCase) -> None:
            vars(case)[_ATTRIBUTE] = get_shared().enable()
            case.addCleanup(get_shared().disable)
            case.addCleanup(_forget_faults)
            set_up(case)

        cls.setUp = set_up_emulated
        return cls

    def decorate_callable(self, func: Any) -> Any:
        """Emulate while a function runs; raise ``TypeError`` for a generator function."""
        if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
            raise TypeError(
                f"{func.__name__} is a generator function, which runs after a decorator has ended."
                " Write 'with emulate_rokka():' in it."
            )
        return super().decorate_callable(func)

    @contextmanager
    def _begin(self, case: type[TestCase], running: list[Emulation]) -> Iterator[None]:
        """Emulate until the end of a class, with one folder for all that is emulated in it."""
        with ExitStack() as stack:
            folder = Path(self._root) if self._root else _enter_folder(stack)
            emulation = Emulation(root=folder, options=self._options)
            setattr(case, _ATTRIBUTE, stack.enter_context(emulation))
            running.append(emulation)
            stack.callback(running.pop)
            case.addClassCleanup(stack.pop_all().close)
        yield


def emulate_rokka(*, root: str | PathLike[str] | None = None, **options: Any) -> Emulation:
    """Emulate every rokka storage of ``STORAGES``, in this process and without a network.

    A storage keeps its options; no key and no host of the real rokka is used. ``options`` are
    set on top, as in ``emulate_rokka(stacks={...})``. URLs stay those of production, unless
    ``render_host`` says otherwise. It begins empty and all is gone at the end, unless there is a
    ``root`` to keep it. The tests of a decorated test case share one.
    """
    return Emulation(root=root, options=options)


def _wrap(
    cls: type[TestCase], name: str, around: Callable[[type[TestCase]], AbstractContextManager[Any]]
) -> None:
    """Run a class method of a test case within a context."""
    own = vars(cls).get(name)

    def run(case: type[TestCase]) -> None:
        with around(case):
            method = own.__get__(None, case) if own else getattr(super(cls, case), name)
            method()

    setattr(cls, name, classmethod(run))


def _forget_faults() -> None:
    """End the faults that a test has added, before the next one uploads."""
    for _, storage in iter_rokka_storages():
        emulator: Emulator | None = vars(storage).get("emulator")
        if emulator is not None:
            emulator.faults.clear()


def _enter_folder(stack: ExitStack) -> Path:
    root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rokka-")))
    stack.callback(forget_emulators, root)
    return root


def _known(backend: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a storage that an emulated one has too."""
    names = EmulatedRokkaStorage.get_option_names() - {"render_host", "signing_key"}
    return {name: value for name, value in backend.get("OPTIONS", {}).items() if name in names}


def _close(aliases: Iterable[str]) -> None:
    for alias in aliases:
        storage = storages[alias]
        for part in ("client", "emulator"):
            # Only what was used has been opened.
            if part in vars(storage):
                getattr(storage, part).close()
