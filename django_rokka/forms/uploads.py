"""What a form has uploaded: known to the model field at once, and to a second try of the form."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.storage import Storage
from django.core.files.uploadedfile import UploadedFile

from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage

__all__ = [
    "RECEIPT_MAX_AGE",
    "RemoteImage",
    "Target",
    "UploadSession",
    "get_uploaded_reference",
    "mark",
    "read_receipt",
    "sign_receipt",
]

RECEIPT_MAX_AGE = 24 * 60 * 60
"""Seconds for which a page that shows an error may stand for the file it has uploaded."""

_UPLOAD = "_rokka_upload"
_SESSION = "_rokka_uploads"
_SALT = "django_rokka.forms"


class Target(NamedTuple):
    """Where a form field uploads to, and on whose behalf."""

    storage: RokkaStorage
    is_protected: bool
    field: str
    owner: str

    @property
    def salt(self) -> str:
        """What a receipt is bound to; a list, so that no two targets write the same."""
        config = self.storage.config
        parts = [config.api_host, config.organization, self.is_protected, self.field, self.owner]
        return json.dumps([_SALT, *parts])


class RemoteImage(UploadedFile):  # type: ignore[type-arg]  # generic in the stubs only
    """An image that rokka has already, which a form takes in place of a file.

    It is what a chosen image becomes, and a file that an earlier try of the form has uploaded.
    ``choice`` is what somebody wrote to choose it. Its bytes are fetched only if somebody reads
    them.
    """

    def __init__(self, name: str, *, choice: str = "") -> None:
        self._opened: Any = None
        self.choice = choice
        super().__init__(None, name)

    if TYPE_CHECKING:
        file: Any  # the stubs have a plain attribute
    else:

        @property
        def file(self):
            """The bytes of the original, streamed from rokka."""
            upload = getattr(self, _UPLOAD, None)
            if self._opened is None and upload is not None:
                self._opened = upload.storage.open(str(upload.reference))
            return self._opened

        @file.setter
        def file(self, value):
            self._opened = value


class UploadSession:
    """What the forms of one request share: the time that uploads may take, and their outcomes.

    An outcome is kept so that a form that is cleaned twice asks once, also after a failure.
    """

    def __init__(self) -> None:
        self._spent = 0.0
        # With its subject, so that no other one gets its id.
        self._outcomes: dict[tuple[Any, ...], tuple[Any, ImageReference | ValidationError]] = {}

    @classmethod
    def of(cls, files: Any) -> UploadSession:
        """Return the session of a request's files, which all of its forms are given."""
        session = getattr(files, _SESSION, None)
        if session is None:
            session = cls()
            if hasattr(files, "__dict__"):  # a plain dict is no request's
                setattr(files, _SESSION, session)
        return session

    def run(
        self, subject: Any, target: Target, act: Callable[[float], ImageReference]
    ) -> ImageReference:
        """Return what ``act`` returns for this subject, given the end of the time it has.

        Raise the ``ValidationError`` that it raises, now or before.
        """
        key = (id(subject) if isinstance(subject, UploadedFile) else subject, *target)
        if key not in self._outcomes:
            self._outcomes[key] = subject, self._run(target, act)
        outcome = self._outcomes[key][1]
        if isinstance(outcome, ValidationError):
            raise outcome
        return outcome

    def _run(
        self, target: Target, act: Callable[[float], ImageReference]
    ) -> ImageReference | ValidationError:
        started = time.monotonic()
        try:
            return act(started + target.storage.config.upload_deadline - self._spent)
        except ValidationError as error:
            return error
        finally:
            self._spent += time.monotonic() - started


class _Upload(NamedTuple):
    reference: ImageReference
    storage: Storage
    is_protected: bool


def mark(file: UploadedFile[Any], reference: ImageReference, target: Target) -> None:
    """Note on a file that it is uploaded."""
    setattr(file, _UPLOAD, _Upload(reference, target.storage, target.is_protected))


def get_uploaded_reference(
    file: Any, *, storage: Storage, is_protected: bool
) -> ImageReference | None:
    """Return the reference of a file that a form has uploaded already, else ``None``.

    What went to another storage, or was not protected as it is to be, does not count.
    """
    upload: _Upload | None = getattr(file, _UPLOAD, None)
    if upload is None or upload[1:] != (storage, is_protected):
        return None
    return upload.reference


def sign_receipt(reference: ImageReference, target: Target) -> str:
    """Write what a page may hold in place of the file, for a second try of its form."""
    return signing.dumps(str(reference), salt=target.salt)


def read_receipt(text: str, target: Target) -> ImageReference:
    """Read a receipt; raise ``BadSignature`` for one of another target, a changed or an old one."""
    name = signing.loads(text, salt=target.salt, max_age=RECEIPT_MAX_AGE)
    return ImageReference.parse(name)
