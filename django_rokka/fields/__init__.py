"""The model field: a column that holds an image reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_rokka.deferral import defer

if TYPE_CHECKING:
    from django_rokka.fields.files import RokkaFieldFile
    from django_rokka.fields.image import RokkaImage
    from django_rokka.fields.lookups import AliasLookup, HashTransform
else:
    __getattr__, __dir__ = defer(
        __name__,
        {
            "files": ["RokkaFieldFile"],
            "image": ["RokkaImage"],
            "lookups": ["AliasLookup", "HashTransform"],
        },
    )

__all__ = ["AliasLookup", "HashTransform", "RokkaFieldFile", "RokkaImage"]
