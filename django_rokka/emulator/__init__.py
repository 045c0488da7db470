"""A local rokka to develop and test against: the API, and pictures rendered by libvips.

It needs the extra ``emulator``. Without pyvips, uploads and all else work and only rendering
answers 501.
"""

from __future__ import annotations

from django_rokka.emulator.adapter import EmulatorAdapter
from django_rokka.emulator.application import Emulator
from django_rokka.emulator.faults import Fault
from django_rokka.emulator.in_process import request_in_process
from django_rokka.emulator.server import EmulatorServer

__all__ = ["Emulator", "EmulatorAdapter", "EmulatorServer", "Fault", "request_in_process"]
