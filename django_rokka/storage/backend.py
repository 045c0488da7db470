"""The storage backend: files go to rokka, names are image references, URLs are only written."""

from __future__ import annotations

import io
import os
import pathlib
from contextlib import suppress
from datetime import datetime
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import Storage
from django.core.files.utils import validate_file_name

from django_rokka import render
from django_rokka.storage.rendering import RenderingStorage

if TYPE_CHECKING:
    from django_rokka.client import SourceImage
    from django_rokka.storage.listing import LazyNames

__all__ = ["SHORTEST_ROOM", "RokkaStorage"]

SHORTEST_ROOM = len(f"{'0' * 40}/protected/999999x999999/i.jpeg")
"""Characters of the longest reference without alias and with a slug of one character."""


class RokkaStorage(RenderingStorage):
    """Keep images at rokka.io.

    Options are those of ``STORAGES[...]["OPTIONS"]``; see ``conf.Config``. With a ``fallback``,
    what another storage keeps is read and deleted there, and what is saved goes to rokka.
    """

    path_of_class = "django_rokka.storage.RokkaStorage"

    # Names

    def get_valid_name(self, name: str) -> str:
        """Return the name as it is: rokka takes any, and the slug of a reference is ours.

        Raise ``SuspiciousFileOperation`` for a name that is none, as Django does.
        """
        validate_file_name(name)
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Return the name as it is, without asking anyone: images are kept by their content.

        Raise ``SuspiciousFileOperation`` for a traversal, or when a reference cannot have room.
        """
        folder, file_name = os.path.split(str(name).replace("\\", "/"))
        if ".." in pathlib.PurePath(folder).parts:
            raise SuspiciousFileOperation(f"Detected path traversal attempt in '{folder}'")
        validate_file_name(file_name)
        if not self.is_name_available(name, max_length=max_length):
            from django_rokka.render.reference import MAX_LENGTH

            raise SuspiciousFileOperation(
                f"A column of {max_length} characters has no room for an image reference."
                f" Give the field a max_length of {MAX_LENGTH} or more."
            )
        return name

    def is_name_available(self, name: str, max_length: int | None = None) -> bool:
        """Say yes, without asking anyone, unless a reference cannot have room."""
        return max_length is None or max_length >= SHORTEST_ROOM

    # Writing

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        """Upload a file and return the reference of the image (POST /sourceimages/{org}).

        What a form has uploaded here is not sent again, and stays as protected as it is.
        Raise an error of ``django_rokka.exceptions`` when rokka does not take it, and
        ``ReadOnly`` before anything is sent where the storage is ``read_only``.
        """
        from django_rokka.storage.uploaded import get_upload

        name = content.name if name is None else name
        if name is None:
            raise ValueError(f"{content!r} has no name, and save() got none. Give it one.")
        name = os.fspath(name)
        name = self.get_available_name(name, max_length=max_length)
        validate_file_name(name, allow_relative_path=True)
        upload = get_upload(content)
        is_here = upload is not None and upload.is_in(self)
        reference = upload.reference if upload and is_here else self.upload(name, content)
        return str(reference if max_length is None else reference.fit(max_length))

    def upload(
        self,
        name: str,
        content: IO[Any],
        *,
        is_protected: bool = False,
        deadline: float | None = None,
    ) -> render.ImageReference:
        """Upload a file and return its reference, made of what rokka answered.

        ``deadline`` limits the whole upload, in seconds over all its tries.
        """
        return self.upload_image(name, content, is_protected=is_protected, deadline=deadline)[0]

    def upload_image(
        self,
        name: str,
        content: IO[Any],
        *,
        is_protected: bool = False,
        deadline: float | None = None,
    ) -> tuple[render.ImageReference, SourceImage]:
        """Upload a file as ``upload`` does; return its reference, and the image as rokka has it."""
        from django_rokka.signals import image_uploaded

        file_name = _original_name(name)
        image = self.client.source_images.create(
            _binary(content),
            name=file_name,
            user_metadata=self._get_environment_metadata(),
            is_protected=is_protected,
            deadline=deadline,
            verify=self.config.verify,
        )
        # Robustly: the image is there, whatever becomes of the news.
        image_uploaded.send_robust(type(self), storage=self, image=image)
        return _make_reference(file_name, image), image

    def delete(self, name: str) -> None:
        """Release an image: nothing is deleted at rokka, where other rows may use the same one.

        Its release is told by ``signals.image_released``, unless ``on_delete`` is ``"never"`` or
        the storage is ``read_only``. A name that the fallback keeps is deleted there.
        """
        from django_rokka.exceptions import InvalidReference, ReadOnly
        from django_rokka.signals import image_released

        if not name:
            raise ValueError("The name must be given to delete().")
        is_kept = self.config.on_delete == "never"
        if (fallback := self.find_fallback(name)) is not None:
            if self.config.read_only:
                raise ReadOnly(
                    f"{name!r} was not deleted: the storage is read_only, and so is its fallback."
                )
            if not is_kept:
                fallback.delete(name)
            return
        with suppress(InvalidReference):  # what was never there is gone
            reference = render.ImageReference.parse(name)
            if not (is_kept or self.config.read_only):
                image_released.send_robust(type(self), storage=self, reference=reference)

    # Reading

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        from django_rokka.storage.files import RokkaFile

        if mode != "rb":
            raise ValueError(
                f"Images at rokka do not change, so mode {mode!r} cannot open {name!r}."
                " Use 'rb', and save() for a new image."
            )
        if (fallback := self.find_fallback(name)) is not None:
            return fallback.open(name)
        return RokkaFile(name, client=self.client, verify=self.config.verify)

    def path(self, name: str) -> str:
        """Return the path of a file that the fallback keeps in a folder; images have none."""
        fallback = self.find_fallback(name)
        return super().path(name) if fallback is None else fallback.path(name)

    def exists(self, name: str) -> bool:
        """Ask rokka whether it has the image; an outage is an error, never ``False``.

        Raise ``OrganizationNotFound`` when there is not even the organization.
        """
        from django_rokka.exceptions import InvalidReference

        if (fallback := self.find_fallback(name)) is not None:
            return fallback.exists(name)
        try:
            self._fetch(name)
        except (InvalidReference, FileNotFoundError):
            return False
        return True

    def size(self, name: str) -> int:
        """Ask rokka for the size of the original, in bytes."""
        if (fallback := self.find_fallback(name)) is not None:
            return fallback.size(name)
        return self._fetch(name).size

    def listdir(self, path: str) -> tuple[list[str], LazyNames]:  # type: ignore[override]  # as good
        """List what there is: no folders and, for ``""``, the references of all images.

        They are fetched a page at a time, while they are gone through; rokka lists a new image
        after some seconds. The folders and files of the fallback are listed as well. Raise
        ``FileNotFoundError`` for a folder that there is not, since rokka has none.
        """
        from django_rokka.storage.listing import LazyNames

        if path:
            if (fallback := self.find_fallback(path)) is None:
                raise FileNotFoundError(
                    f"There is no folder {path!r}: rokka has no folders. List ''."
                )
            folders, files = fallback.listdir(path)
            return folders, LazyNames(lambda: files, count=lambda: len(files))
        folders, others = _list_root(self.fallback)
        images = self.client.source_images
        return folders, LazyNames(
            lambda: chain(map(_read_name, images.iter()), others),
            count=lambda: images.count() + len(others),
        )

    def get_accessed_time(self, name: str) -> datetime:
        """Raise ``NotImplementedError``: rokka does not tell; the fallback may."""
        if (fallback := self.find_fallback(name)) is not None:
            return fallback.get_accessed_time(name)
        raise NotImplementedError("rokka does not tell when an image was last read.")

    def get_created_time(self, name: str) -> datetime:
        """Ask rokka when the image was first uploaded."""
        if (fallback := self.find_fallback(name)) is not None:
            return fallback.get_created_time(name)
        from django_rokka.conf import as_stored

        return as_stored(self._fetch(name).created)

    def get_modified_time(self, name: str) -> datetime:
        """Return the time of creation: what a hash stands for does not change."""
        if (fallback := self.find_fallback(name)) is not None:
            return fallback.get_modified_time(name)
        return self.get_created_time(name)

    def fetch_placeholder(
        self, reference: render.ImageReference, *, deadline: float | None = None
    ) -> str:
        """Ask the render host for the BlurHash of an image: GET of a render URL."""
        url = self.get_render_url(reference, render.DYNAMIC, format="blur", options={}, filename="")
        written = self.build_url(url, is_protected=reference.is_protected)
        path = written.removeprefix(self.get_render_base())
        return self.client.utils.fetch_blurhash(self.get_fetch_base() + path, deadline=deadline)

    def get_fetch_base(self) -> str:
        """Return what the client puts before the path of a render URL that it fetches itself."""
        return self.config.render_base

    def _get_environment_metadata(self) -> dict[str, str] | None:
        """Return the mark of our environment, a field of its own: others share the image."""
        config = self.config
        return {config.environment_field: config.environment} if config.environment else None

    def _fetch(self, name: str) -> SourceImage:
        from django_rokka.storage.files import missing_is_file_not_found

        with missing_is_file_not_found():
            return self.client.source_images.get(render.ImageReference.parse(name).hash)


def _original_name(name: str) -> str:
    """Return the file name to tell rokka; that of a stored reference is its slug."""
    from django_rokka.exceptions import InvalidReference

    try:
        reference = render.ImageReference.parse(name)
    except InvalidReference:
        return str(name).replace("\\", "/").rpartition("/")[2]
    return f"{reference.file_name or 'image'}.{reference.extension or 'jpg'}"


def _binary(content: Any) -> Any:
    """Return content that gives bytes, opened again where it was closed; text becomes UTF-8."""
    if getattr(content, "closed", False) and hasattr(content, "open"):
        content.open()
    if _has_own_chunks(content):
        return content.chunks()
    inner = content
    while isinstance(inner, File):
        inner = inner.file
    if not isinstance(inner, io.TextIOBase):
        return content
    inner.seek(0)
    return io.BytesIO(inner.read().encode())


def _has_own_chunks(content: Any) -> bool:
    """Say whether a file knows better than Django's how it is read: it may not have ``read()``."""
    chunks = getattr(type(content), "chunks", None)
    return chunks is not None and chunks.__module__.partition(".")[0] != "django"


def _make_reference(file_name: str, image: SourceImage) -> render.ImageReference:
    return render.ImageReference.from_file_name(
        file_name,
        hash=image.hash,
        extension=image.format,
        width=image.width or None,
        height=image.height or None,
        is_protected=image.is_protected,
    )


def _read_name(image: SourceImage) -> str:
    return str(_make_reference(image.name, image))


def _list_root(storage: Storage | None) -> tuple[list[str], list[str]]:
    """List folders and files of another storage; one whose folder is gone has none."""
    if storage is not None:
        with suppress(FileNotFoundError):
            return storage.listdir("")
    return [], []
