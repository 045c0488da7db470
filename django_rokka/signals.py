"""Signals of django-rokka."""

from __future__ import annotations

from django.dispatch import Signal

__all__ = ["image_chosen", "image_released"]

image_chosen = Signal()
"""Sent when somebody chooses an image that rokka has, in a form field with ``choose=True``.

Arguments: ``reference`` (the image), ``storage``, ``field`` (the form field) and ``form``, ``None``
where the field stands alone; the sender is the class of the form, or of the field. A receiver
refuses the choice with a ``ValidationError``, whose message the form shows.
"""

image_released = Signal()
"""Sent when a storage deletes a name that stands for an image, which rokka goes on keeping.

Arguments: ``storage`` and ``reference`` (what the name said); the sender is the class of the
storage. Other rows may refer to the image, so a receiver takes note and deletes nothing.
"""
