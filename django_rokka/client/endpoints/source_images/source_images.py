"""All that can be done with source images."""

from __future__ import annotations

from django_rokka.client.endpoints.source_images.changing import Changing
from django_rokka.client.endpoints.source_images.copying import Copying
from django_rokka.client.endpoints.source_images.creating import Creating
from django_rokka.client.endpoints.source_images.deleting import Deleting
from django_rokka.client.endpoints.source_images.downloading import Downloading
from django_rokka.client.endpoints.source_images.dynamic_metadata import DynamicMetadata
from django_rokka.client.endpoints.source_images.listing import Listing
from django_rokka.client.endpoints.source_images.user_metadata import UserMetadata
from django_rokka.client.session import Session

__all__ = ["SourceImages"]


class SourceImages(Creating, Listing, Downloading, Changing, DynamicMetadata, Copying, Deleting):
    """Upload, find, read, change, copy, download and delete source images.

    In every method ``organization`` acts on another organization than the client's, and
    ``deadline`` limits the call with all its retries, in seconds. A hash may be short. Every
    method raises ``InvalidName`` before the network is touched, an ``APIError`` when rokka
    refuses, ``NotFound`` among them when there is no such image, and ``ConnectionFailed`` without
    an answer. ``metadata`` has the calls about user metadata.

    What changes an image and returns it reads it by another call, with the same ``deadline`` once
    more, where rokka's answer is not the image. When only that fails, it raises ``ChangeUnread``:
    the change is done, and ``hash`` of the error is the image's.
    """

    def __init__(self, session: Session, *, organization: str) -> None:
        super().__init__(session, organization=organization)
        self.metadata = UserMetadata(session, organization=organization)
