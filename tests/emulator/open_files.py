"""Which files of an emulator this process has open."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def open_binaries(root: Path) -> list[str]:
    """List the stored files that are open, as Linux shows them."""
    names = []
    for link in Path("/proc/self/fd").iterdir():
        # The one that lists the folder is closed by now.
        with suppress(FileNotFoundError):
            names.append(str(link.readlink()))
    return [name for name in names if name.startswith(f"{root / 'binaries'}/")]
