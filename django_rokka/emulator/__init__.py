"""A local rokka to develop and test against: the API, and pictures rendered by libvips.

It needs the extra ``emulator``. Without pyvips, uploads and all else work and only rendering
answers 501.
"""

from __future__ import annotations

try:
    import werkzeug  # noqa: F401, its absence is explained here once for every module below
except ImportError as error:
    raise ImportError(
        "The emulator needs its extra. Run: pip install 'django-rokka[emulator]'"
    ) from error

from django_rokka.emulator.application import Emulator
from django_rokka.emulator.faults import Fault
from django_rokka.emulator.http.adapter import EmulatorAdapter
from django_rokka.emulator.http.in_process import request_in_process
from django_rokka.emulator.server import EmulatorServer

__all__ = ["Emulator", "EmulatorAdapter", "EmulatorServer", "Fault", "request_in_process"]
