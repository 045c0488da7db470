"""The images an organization holds.

One resource with more methods than one module takes, and so in pieces that each show one act:
``SourceImages`` puts them together. Each piece stands on ``images``, which makes their calls;
those that answer with an image after a change stand on ``reading``, which may have to fetch it.
"""

from __future__ import annotations

from django_rokka.client.endpoints.source_images.ordered_work import OrderedWork
from django_rokka.client.endpoints.source_images.source_images import SourceImages
from django_rokka.client.endpoints.source_images.uploads import (
    CreatedImage,
    NewImage,
    OptimizeSource,
)
from django_rokka.client.endpoints.source_images.user_metadata import UserMetadata

__all__ = [
    "CreatedImage",
    "NewImage",
    "OptimizeSource",
    "OrderedWork",
    "SourceImages",
    "UserMetadata",
]
