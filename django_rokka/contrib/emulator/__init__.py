"""The local rokka inside of a Django project: no account, no key, no second process."""

from __future__ import annotations

from django_rokka.contrib.emulator.storage import EmulatedRokkaStorage

__all__ = ["EmulatedRokkaStorage"]
