"""Files of another storage that a row has let go of, deleted once nothing can bring them back."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import connections, router, transaction

if TYPE_CHECKING:
    from django.db.models import Model

    from django_rokka.fields.image import RokkaImage

__all__ = ["discard"]

logger = logging.getLogger("django_rokka.fields")


def discard(name: str, *, instance: Model, field: RokkaImage) -> None:
    """Delete a file once the row's database has committed, if no row of the column names it then.

    An error of the storage is logged: the row is saved, or deleted.
    """
    model = field.model
    using = instance._state.db or router.db_for_write(type(instance), instance=instance)
    connection = connections[using]
    if not connection.in_atomic_block and not connection.get_autocommit():
        logger.warning(
            "The file %r of %s was not deleted: the row is committed by hand, of which Django does"
            " not tell. Delete it from the storage once that is done.",
            name,
            field,
        )
        return

    def delete_unnamed() -> None:
        if not model._base_manager.using(using).filter(**{field.attname: name}).exists():
            field.storage.delete(name)

    transaction.on_commit(delete_unnamed, using=using, robust=True)
