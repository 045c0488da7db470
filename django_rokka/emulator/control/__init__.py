"""What the emulator offers to the people and tests around it: ``/_emulator/...`` and a page."""

from __future__ import annotations

from django_rokka.emulator.control.answering import Control
from django_rokka.emulator.control.clock import MovableClock
from django_rokka.emulator.control.masking import mask_target
from django_rokka.emulator.control.traffic import Asked, Traffic

__all__ = ["Asked", "Control", "MovableClock", "Traffic", "mask_target"]
