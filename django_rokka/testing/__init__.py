"""Helpers for the test suites of projects that use django-rokka."""

from __future__ import annotations

from django_rokka.testing.calls import assert_no_rokka_calls
from django_rokka.testing.emulation import EmulatedRokka, Emulation, Rendition, emulate_rokka
from django_rokka.testing.images import make_image
from django_rokka.testing.pending import run_pending

__all__ = [
    "EmulatedRokka",
    "Emulation",
    "Rendition",
    "assert_no_rokka_calls",
    "emulate_rokka",
    "make_image",
    "run_pending",
]
