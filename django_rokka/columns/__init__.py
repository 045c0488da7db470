"""Every column that holds image references."""

from __future__ import annotations

from django_rokka.columns.column import Column, Found, Gathered
from django_rokka.columns.discovery import iter_columns
from django_rokka.columns.image_fields import get_image_fields
from django_rokka.columns.registration import (
    find_registered_images,
    register_column,
    register_images,
)
from django_rokka.columns.searching import find_referenced
from django_rokka.columns.texts import Mentioned, as_text, find_mentioned

__all__ = [
    "Column",
    "Found",
    "Gathered",
    "Mentioned",
    "as_text",
    "find_mentioned",
    "find_referenced",
    "find_registered_images",
    "get_image_fields",
    "iter_columns",
    "register_column",
    "register_images",
]
