"""Let tox find the interpreters that pyenv has installed but the PATH does not show."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tox.plugin import impl

if TYPE_CHECKING:
    from tox.config.sets import ConfigSet
    from tox.session.state import State


@impl
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:  # noqa: ARG001  # tox's signature
    """Add them to what `tox --discover` names, which tox tries before the PATH."""
    options = state.conf.options
    if hasattr(options, "discover"):  # commands that build no environment have no such option
        options.discover = [*options.discover, *_find_pyenv_interpreters()]


def _find_pyenv_interpreters() -> list[str]:
    """Return the newest release of each Python that the project supports."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    newest: dict[tuple[int, int], tuple[int, str]] = {}
    for executable in root.glob("versions/3.*/bin/python"):
        # Plain releases only: no virtualenvs, no development or free-threaded builds.
        release = re.fullmatch(r"3\.(\d+)\.(\d+)", executable.parts[-3])
        if release and int(release[1]) >= 10:
            minor, patch = int(release[1]), int(release[2])
            newest[3, minor] = max(newest.get((3, minor), (-1, "")), (patch, str(executable)))
    return [executable for _, (_, executable) in sorted(newest.items())]
