"""The model field: a column that holds an image reference."""

from __future__ import annotations

from django_rokka.fields.files import RokkaFieldFile
from django_rokka.fields.image import RokkaImage

__all__ = ["RokkaFieldFile", "RokkaImage"]
