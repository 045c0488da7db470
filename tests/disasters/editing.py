"""What somebody does in the admin while rokka is slow or down."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from tests import pictures
from tests.disasters.acts import draw
from tests.disasters.emulated import add_fault, forget_faults
from tests.disasters.gallery.models import Picture
from tests.pages import read_words

__all__ = ["EDITING_ACTS"]


def edit() -> dict[str, Any]:
    """Send the admin's form of the row with a new file."""
    row = Picture.objects.get(title="one")
    client = Client()
    client.force_login(User.objects.get(username="admin"))
    sent = SimpleUploadedFile("sent.png", pictures.png(colour="navy"), "image/png")
    started = time.monotonic()
    answer = client.post(
        f"/admin/gallery/picture/{row.pk}/change/", {"title": "one", "image": sent}
    )
    return {
        "status": answer.status_code,
        "words": read_words(answer.content),
        "seconds": time.monotonic() - started,
        "is_changed": Picture.objects.get(pk=row.pk).image.name != row.image.name,
    }


def save_in_transaction() -> None:
    with transaction.atomic():
        row = Picture.objects.select_for_update().get(title="one")
        row.image = draw("navy")
        row.save()


EDITING_ACTS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (edit, save_in_transaction, add_fault, forget_faults)
}
