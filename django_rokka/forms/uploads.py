"""What a form has uploaded: known to the model field at once, and to a second try of the form."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.storage import Storage
from django.core.files.uploadedfile import UploadedFile

from django_rokka.render import ImageReference
from django_rokka.storage import RokkaStorage, iter_rokka_storages
from django_rokka.storage.uploaded import get_upload, mark_uploaded

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

_SESSION = "_rokka_uploads"
_SALT = "django_rokka.forms"

_Outcome = TypeVar("_Outcome")


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
        self.storage: RokkaStorage | None = None
        self.choice = choice
        super().__init__(None, name)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None, "storage": None}  # which hold a key

    @property
    def closed(self) -> bool:
        """Whether no bytes are being read."""
        return self._opened is None or self._opened.closed

    if TYPE_CHECKING:
        file: Any  # the stubs have a plain attribute
    else:

        @property
        def file(self):
            """The bytes of the original, streamed from rokka."""
            if self._opened is None:
                self._opened = self._open()
            return self._opened

        @file.setter
        def file(self, value):
            self._opened = value

    def _open(self) -> Any:
        upload = get_upload(self)
        if upload is None:
            raise io.UnsupportedOperation(
                f"{self.name!r} is looked up at rokka when all else in its form is valid, so it"
                " cannot be read before. Read it after is_valid()."
            )
        for storage in (self.storage, *(storage for _, storage in iter_rokka_storages())):
            if storage is not None and upload.is_in(storage):
                return storage.open(str(upload.reference))
        raise io.UnsupportedOperation(
            f"No storage of this project has {self.name!r}: it is of the organization"
            f" {upload.organization!r} at {upload.api_host}. Add one to STORAGES."
        )


class UploadSession:
    """What the forms of one request share: the time that uploads may take, and their outcomes.

    An outcome is kept so that a form that is cleaned twice asks once, also after a failure.
    """

    def __init__(self) -> None:
        self._spent = 0.0
        # With its subject, so that no other one gets its id.
        self._outcomes: dict[tuple[Any, ...], tuple[Any, Any]] = {}

    def __reduce__(self) -> Any:
        return type(self), ()  # outcomes know storages, and these their keys

    @classmethod
    def of(cls, *sent: Any) -> UploadSession:
        """Return the session of a request's files and data, which all of its forms are given.

        Either will do: a formset has a plain dict where no files were sent, others copy the data.
        """
        known = (getattr(part, _SESSION, None) for part in sent)
        session = next((found for found in known if found is not None), None) or cls()
        for part in sent:
            if hasattr(part, "__dict__"):  # a plain dict is no request's
                setattr(part, _SESSION, session)
        return session

    def run(self, subject: Any, target: Target, act: Callable[[float], _Outcome]) -> _Outcome:
        """Return what ``act`` returns for this subject, given the end of the time it has.

        Raise the ``ValidationError`` that it raises, now or before.
        """
        key = (id(subject) if isinstance(subject, UploadedFile) else subject, *target)
        if key not in self._outcomes:
            self._outcomes[key] = subject, self._run(target, act)
        outcome: _Outcome | ValidationError = self._outcomes[key][1]
        if isinstance(outcome, ValidationError):
            raise outcome
        return outcome

    def _run(self, target: Target, act: Callable[[float], _Outcome]) -> _Outcome | ValidationError:
        started = time.monotonic()
        try:
            return act(started + target.storage.config.upload_deadline - self._spent)
        except ValidationError as error:
            return error
        finally:
            self._spent += time.monotonic() - started


def mark(file: UploadedFile[Any], reference: ImageReference, target: Target) -> None:
    """Note on a file that it is uploaded."""
    mark_uploaded(file, reference, target.storage, is_protected=target.is_protected)
    if isinstance(file, RemoteImage):
        file.storage = target.storage


def get_uploaded_reference(
    file: Any, *, storage: Storage, is_protected: bool
) -> ImageReference | None:
    """Return the reference of a file that a form has uploaded already, else ``None``.

    What went to another storage, or was not protected as it is to be, does not count.
    """
    upload = get_upload(file)
    if upload is None or upload.is_protected != is_protected or not upload.is_in(storage):
        return None
    return upload.reference


def sign_receipt(reference: ImageReference, target: Target) -> str:
    """Write what a page may hold in place of the file, for a second try of its form."""
    return signing.dumps(str(reference), salt=target.salt)


def read_receipt(text: str, target: Target) -> ImageReference:
    """Read a receipt; raise ``BadSignature`` for one of another target, a changed or an old one."""
    name = signing.loads(text, salt=target.salt, max_age=RECEIPT_MAX_AGE)
    return ImageReference.parse(name)
