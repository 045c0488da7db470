"""The emulators of this process: one for each folder and organization, however many storages."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django_rokka.emulator import Emulator

__all__ = ["forget_emulators", "get_emulator"]

# Django makes storages anew whenever a setting is overridden: faults that wait and a clock that
# was moved must outlive them.
_emulators: dict[tuple[Path, Hashable], Emulator] = {}
_lock = threading.Lock()


def get_emulator(root: Path, **options: Any) -> Emulator:
    """Return the emulator of a folder, which is made at its first use.

    ``options`` are those of ``Emulator``, which raises ``ValueError``, ``TypeError``, ``OSError``
    or ``sqlite3.Error``; others of the same folder are another emulator.
    """
    from django_rokka.emulator import Emulator

    folder = root.resolve()
    key = folder, tuple(sorted(options.items()))
    with _lock:
        if key not in _emulators:
            _emulators[key] = Emulator(root=folder, **options)
        return _emulators[key]


def forget_emulators(root: Path) -> None:
    """Close the emulators of a folder, whose faults and clock are gone then."""
    folder = root.resolve()
    with _lock:
        for key in [key for key in _emulators if key[0] == folder]:
            _emulators.pop(key).close()
