"""The image service rokka.io for Django: storage, model field, template tags, admin."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
