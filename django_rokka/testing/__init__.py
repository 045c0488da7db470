"""Helpers for the test suites of projects that use django-rokka."""

from __future__ import annotations

from django_rokka.testing.calls import assert_no_rokka_calls

__all__ = ["assert_no_rokka_calls"]
