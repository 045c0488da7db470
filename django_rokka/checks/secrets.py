"""Keys that a migration holds: they are in version control as soon as it is committed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from django_rokka.checks.storages import iter_storages

__all__ = ["check_migrations"]

_SECRETS = ("api_key", "signing_key")
_SHORTEST_KEY = 16
"""Characters from which a key is told from an ordinary word, such as that of an emulator."""

_INSTALLED = frozenset({"site-packages", "dist-packages"})
# A key written into the call itself; what reads it from elsewhere, as env("KEY"), is no key.
_STORAGE_WITH_KEY = re.compile(
    r"RokkaStorage\((?:[^()]|\([^()]*\))*?\b(api_key|signing_key|api_url)\s*=\s*[A-Za-z]{0,2}[\"']"
)


@register("rokka")
def check_migrations(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Report keys in the migrations of the project's own apps; files are read, never imported.

    It runs each time, not only with ``--deploy``: a key is to be found before it is committed.
    Installed packages are left out, so it costs one reading of the project's own small files.
    """
    keys = dict(_iter_keys())
    return [
        Error(
            f"{path}, line {line}, holds {what}.",
            hint="Take it out: RokkaImage(storage='alias') writes no key. Then make a new key at"
            " rokka, since version control may have kept this one.",
            id="django_rokka.E048",
        )
        for app in (apps.get_app_configs() if app_configs is None else app_configs)
        for path in _iter_migrations(app)
        for line, what in _find_keys(path, keys)
    ]


def _iter_keys() -> Iterator[tuple[str, str]]:
    """Yield the keys in use, each with what it is."""
    for alias, storage in iter_storages():
        try:
            config = storage.config
        except ImproperlyConfigured:
            continue  # its own checks say why
        for name in _SECRETS:
            key: str = getattr(config, name)
            if len(key) >= _SHORTEST_KEY:
                yield key, f"the {name} of STORAGES[{alias!r}]"


def _iter_migrations(app: AppConfig) -> Iterator[Path]:
    """Yield the files in the folder of an app's migrations, unless a package brought them."""
    from django.db.migrations.loader import MigrationLoader

    name, _ = MigrationLoader.migrations_module(app.label)
    try:
        spec = find_spec(name) if name else None
    except ImportError:
        return
    for folder in map(Path, (spec and spec.submodule_search_locations) or ()):
        if not _INSTALLED.intersection(folder.parts):
            yield from sorted(folder.glob("*.py"))


def _find_keys(path: Path, keys: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Yield line and kind of every key in a file."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return  # who cannot read a migration cannot run it either, and Django says so
    for key, what in keys.items():
        for found in re.finditer(re.escape(key), text):
            yield _count_lines(text, found.start()), what
    for match in _STORAGE_WITH_KEY.finditer(text):
        yield _count_lines(text, match.start(1)), f"a storage with its {match[1]}"


def _count_lines(text: str, end: int) -> int:
    return text.count("\n", 0, end) + 1
