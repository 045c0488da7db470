"""Signals of django-rokka."""

from __future__ import annotations

from django.dispatch import Signal

__all__ = [
    "alias_claimed",
    "alias_failed",
    "alias_moved",
    "alias_set",
    "cache_invalidated",
    "image_chosen",
    "image_released",
    "image_uploaded",
]

alias_claimed = Signal()
"""Sent when a row is validated whose image will have an alias, and has none yet.

Arguments: ``instance`` (the row), ``field`` (its ``RokkaImage``) and ``name`` (what its option
``alias`` makes); the sender is the class of the row. It is not sent while the name is not known,
as before a row has its key. A receiver refuses the name with a ``ValidationError``, which is the
image's.
"""

alias_failed = Signal()
"""Sent when rokka has not moved or deleted an alias, or was not reached; another try follows.

Arguments: ``storage``, ``name`` and ``error`` (a ``RokkaError``); the sender is the class of the
storage.
"""

alias_moved = Signal()
"""Sent when rokka has pointed an alias at another image, or has made it.

Arguments: ``storage``, ``name``, ``hash`` and ``previous`` (the hash before; empty for a new
alias); the sender is the class of the storage. What caches hold of it is cleared after that, as
``cache_invalidated`` tells.
"""

alias_set = Signal()
"""Sent when ``set_alias`` of an image has pointed a name at it.

Arguments: ``storage``, ``name``, ``reference`` (the image, with its new alias) and
``is_overwritten`` (whether the name may have pointed elsewhere); the sender is the class of the
storage. rokka cannot list the names that point at an image, so a receiver has to
write them down.
"""

cache_invalidated = Signal()
"""Sent when rokka has accepted to clear what its CDN holds, which takes it some seconds.

Arguments: ``storage``, ``kind`` (``"alias"``, ``"image"`` or ``"stack"``) and ``key`` (its name or
hash); the sender is the class of the storage. Browsers keep what they have.
"""

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

image_uploaded = Signal()
"""Sent when rokka has answered an upload, also of bytes that it had already, or a change of
metadata, which may make another image.

Arguments: ``storage`` and ``image``, a ``client.SourceImage``; the sender is the class of the
storage. The transaction that will refer to the image, if there is one, has not ended yet.
"""
