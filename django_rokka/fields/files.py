"""The value of an image field: everything a page asks of an image, told by the column."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from copy import deepcopy
from datetime import datetime
from operator import attrgetter
from typing import IO, TYPE_CHECKING, Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import Storage
from django.db.models import Model
from django.db.models.fields.files import ImageFieldFile

from django_rokka import render
from django_rokka.fields.editing import EditedImage
from django_rokka.storage.configured import is_own_name

if TYPE_CHECKING:
    from django_rokka.fields.image import RokkaImage

__all__ = ["RokkaFieldFile"]

logger = logging.getLogger("django_rokka.fields")


class RokkaFieldFile(EditedImage, ImageFieldFile):
    """The value of a ``RokkaImage``; what it tells comes from the column alone.

    A name that the storage's fallback keeps has its URL there, and nothing else is told of it.
    """

    field: RokkaImage
    name: str | None
    _name: str | None
    _committed: bool
    _uploaded: datetime | None = None
    _read: tuple[object, render.ImageReference | None] = (object(), None)
    """The name that was read last, that very object, and what it says."""
    is_from_fixture = False
    """Whether it is loaded just as a column has held it, without being judged."""

    if TYPE_CHECKING:

        def _require_file(self) -> None: ...

    # FieldFile stores the storage when it is made; ours is looked up when it is used, so that
    # loading a row needs no settings and override_settings always reaches it.
    def __init__(self, instance: Model, field: RokkaImage, name: str | None) -> None:
        self._file = None
        self._name = name
        self.instance = instance
        self.field = field
        self._committed = True

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        # What FieldFile says of itself has the name that everybody sees.
        self.__dict__.setdefault("_name", self.__dict__.pop("name", None))

    def __getstate__(self) -> dict[str, Any]:
        # A file that waits for its upload stays behind, and its name is no reference without it.
        return {**super().__getstate__(), "_committed": self._committed}

    def __deepcopy__(self, memo: dict[int, Any]) -> RokkaFieldFile:
        memo[id(self)] = copy = self.copy_to(self.instance)
        copy.instance = deepcopy(self.instance, memo)
        return copy

    def copy_to(self, instance: Model) -> RokkaFieldFile:
        """Return the same value for a copy of its row, with the file that waits for its upload."""
        copy = type(self)(instance, self.field, self._name)
        copy._committed = self._committed
        file = getattr(self, "_file", None)
        if file is not None and not self._committed:
            copy.file = file
        return copy

    def _get_file(self) -> Any:
        if not self._committed and getattr(self, "_file", None) is None:
            from django_rokka.exceptions import InvalidReference

            self._require_file()
            raise InvalidReference(
                f"{self.name!r} has not been uploaded, and a pickle holds no file. Assign the file"
                f" to {self.field} again, or save the object before it is pickled."
            )
        return super()._get_file()  # type: ignore[misc]  # missing in the stubs

    def _set_name(self, name: str | None) -> None:
        """Take another name, as Django's documentation moves files; the next save knows of it."""
        if name == self._name:
            return
        is_bound = getattr(self.instance, "__dict__", {}).get(self.field.attname) is self
        before = (self._name or "") if self._committed else ""
        if is_bound:
            from django_rokka.fields.stored import note_stored

            note_stored(self.instance, self.field)
        self._name = name
        self._uploaded = None
        if is_bound:
            from django_rokka.fields.following import follow_assignment

            follow_assignment(self.instance, self.field, before=before)

    if not TYPE_CHECKING:
        # Read for each row that is shown, and so without a function of Python.
        name = property(attrgetter("_name"), _set_name)
        file = ImageFieldFile.file.getter(_get_file)

    @property
    def storage(self) -> Storage:
        """Where the file is kept."""
        return self.field.storage

    @storage.setter
    def storage(self, value: Storage) -> None:
        """Ignore what Django's descriptor sets."""

    @property
    def reference(self) -> render.ImageReference:
        """The parsed column; raises ``InvalidReference`` for what is no image at rokka."""
        from django_rokka.exceptions import InvalidReference

        self._require_file()
        if not self._committed:
            raise InvalidReference(
                f"{self.name!r} has not been uploaded yet. Save the object, or call"
                f" {self.field.name}.commit()."
            )
        try:
            reference = render.ImageReference.parse(self.name or "")
        except InvalidReference:
            if self.find_fallback() is None:
                raise
            reference = None  # a file's name is none, and need not be one
        if reference is None or (
            not reference.is_unmistakable and self.find_fallback() is not None
        ):
            raise InvalidReference(
                f"{self.name!r} is kept by the storage's fallback, so {self.field} has no image at"
                " rokka there. Upload its file first."
            )
        return reference

    @property
    def alt(self) -> str:
        """The text of the row's ``alt_field``, empty without one."""
        name = self.field.alt_field
        return str(getattr(self.instance, name) or "") if name else ""

    @property
    def hash(self) -> str:
        """rokka's hash of the image, 40 hexadecimal digits."""
        known = self._known
        return known.hash if known else ""

    @property
    def alias(self) -> str:
        """The alias that rokka has confirmed to point at this image, else an empty text."""
        known = self._known
        return known.alias if known else ""

    @property
    def format(self) -> str:
        """The format that its render URLs ask for."""
        known = self._known
        return known.format if known else ""

    @property
    def is_protected(self) -> bool:
        """Whether its render URLs need a signature."""
        known = self._known
        return known.is_protected if known else False

    @property
    def width(self) -> int | None:  # type: ignore[override]  # None is what we can say of a PDF
        """Pixels of the original; measured by Pillow before the upload, from the column after.

        Of what the fallback keeps they are those of the ``width_field``, if it was loaded.
        """
        if not self._committed:
            return super().width
        known = self._known
        if known is not None:
            return known.width
        return self._read_side(self.field.width_field)

    @property
    def height(self) -> int | None:  # type: ignore[override]  # None is what we can say of a PDF
        """Pixels of the original; measured by Pillow before the upload, from the column after.

        Of what the fallback keeps they are those of the ``height_field``, if it was loaded.
        """
        if not self._committed:
            return super().height
        known = self._known
        if known is not None:
            return known.height
        return self._read_side(self.field.height_field)

    @property
    def url(self) -> str:
        """The render URL through the field's default stack."""
        return self.url_for()

    def url_for(self, stack: str = "", *, by: str = "", **parts: Any) -> str:
        """Write the render URL through a stack; no request, no query.

        ``by="alias"`` links to the alias once it is confirmed, and to the hash before that.
        ``parts`` are those of ``RokkaStorage.get_render_url``. What the fallback keeps has the
        URL that it has there, whatever the stack.
        """
        self._require_file()
        reference = self.get_link(by)
        if reference is not None:
            stack = stack or self.field.default_stack
            return self.field.rokka_storage.url(reference, stack, **parts)
        fallback = self.find_fallback()
        return "" if fallback is None else fallback.url(self.name)

    def get_link(self, by: str = "") -> render.ImageReference | None:
        """Return what a URL links to: the image by its hash, or by its alias alone.

        ``by`` is ``"hash"`` or ``"alias"``, by default the field's ``render_by``. ``None`` is
        what the fallback keeps, or a broken reference, which is an error under ``DEBUG``.
        """
        known, by = self._known, by or self.field.render_by
        if known is None or by == "hash":
            return known
        from django_rokka.markup import choose_link

        return choose_link(known, by=by, alias_format=self.field.alias_format)

    def srcset(
        self, stack: str = "", *, widths: str | Iterable[int], by: str = "", **parts: Any
    ) -> str:
        """Write a ``srcset`` value for these widths in pixels, none wider than the original."""
        reference = self.get_link(by)
        if reference is None:
            return ""
        stack = stack or self.field.default_stack
        from django_rokka.markup import get_rendition, read_widths, srcset

        rendition = get_rendition(self.field.rokka_storage, reference, stack, **parts)
        return srcset(rendition, read_widths(widths))

    def commit(self) -> None:
        """Upload a file that was assigned, and hold its reference; the row is not saved.

        Raise ``UploadFailed`` when it does not reach rokka.
        """
        if self and not self._committed:
            self.save(self.name or "", self.file, save=False)

    commit.alters_data = True  # type: ignore[attr-defined]  # Django's mark for templates

    def save(self, name: str, content: File[Any] | IO[Any], save: bool = True) -> None:  # noqa: FBT001, FBT002  # Django's own
        """Upload a file and put its reference into the column.

        Raise ``UploadFailed`` when it does not reach rokka; the object is as it was then.
        """
        from django_rokka.exceptions import InvalidReference

        uploaded = None
        reference = self.field.get_uploaded_reference(content)
        if reference is None:
            reference, uploaded = self._upload(name, content)
        try:
            fitted = reference.fit(self._room)
        except InvalidReference as error:
            raise SuspiciousFileOperation(str(error)) from error
        self._hold(fitted)
        self._uploaded = uploaded
        if save:
            self.instance.save()

    save.alters_data = True  # type: ignore[attr-defined]  # Django's mark for templates

    def delete(self, save: bool = True) -> None:  # noqa: FBT001, FBT002  # Django's own
        """Empty the column; the image is released when the row is saved so, and that committed.

        What the fallback keeps is deleted there then too, unless another row of the column names
        it: with ``save=False`` the row has to be saved, or deleted, in the same transaction.
        """
        from django_rokka.fields.discarding import discard
        from django_rokka.fields.stored import note_stored

        if not self:
            return
        if getattr(self, "_file", None) is not None:
            self.close()
            del self.file
        kept = self.name if self._committed and not is_own_name(self.name or "") else None
        note_stored(self.instance, self.field)
        self._name = None
        self._committed = False
        setattr(self.instance, self.field.attname, None)
        if save:
            self.instance.save()
        if kept:
            discard(kept, instance=self.instance, field=self.field)

    delete.alters_data = True  # type: ignore[attr-defined]  # Django's mark for templates

    def take_upload_time(self) -> datetime | None:
        """Say when rokka got the image, where this value has uploaded it; the second time no more.

        It tells one save that the image is there, and not one after a rollback, perhaps much later.
        """
        uploaded, self._uploaded = self._uploaded, None
        return uploaded

    def find_fallback(self) -> Storage | None:
        """Return the other storage that keeps this name; ``None`` where there is no such."""
        return self.field.find_fallback(self.name) if self._committed else None

    @property
    def _known(self) -> render.ImageReference | None:
        """The reference; ``None`` where there is none, an error under ``DEBUG`` if it is broken."""
        name, known = self._read
        if name is self._name and self._committed:
            return known
        from django_rokka.exceptions import InvalidReference

        try:
            reference = self.reference
        except InvalidReference as error:
            if self.find_fallback() is not None:
                return None
            from django_rokka.conf import is_debug

            if is_debug():
                raise
            logger.warning("No image in %s: %s", self.field, error)
            return None
        if reference.is_unmistakable:  # whatever the storage is by then
            self._read = self._name, reference
        return reference

    def _get_image_dimensions(self) -> tuple[int | None, int | None]:
        """Measure a file before its upload, turned as rokka shows it."""
        is_known = hasattr(self, "_dimensions_cache")
        width, height = super()._get_image_dimensions()  # type: ignore[misc]  # missing in the stubs
        if is_known or width is None:
            return width, height
        from django_rokka.fields.measuring import is_on_its_side

        is_closed = self.closed
        self.open()
        if is_on_its_side(self.file):
            self._dimensions_cache = width, height = height, width
        if is_closed:
            self.close()
        return width, height

    def _hold(self, reference: render.ImageReference) -> None:
        """Take a reference into the column's place; the row is not saved."""
        from django_rokka.fields.following import follow_assignment
        from django_rokka.fields.stored import note_stored

        note_stored(self.instance, self.field)
        before = (self._name or "") if self._committed else ""
        self._name = str(reference)
        self._committed = True
        self._uploaded = None
        self.instance.__dict__[self.field.attname] = self
        follow_assignment(self.instance, self.field, before=before)

    def _read_side(self, column: str | None) -> int | None:
        """Read a column of what the fallback keeps, whose file is not opened for it."""
        if not column or self.find_fallback() is None:
            return None
        size: int | None = self.instance.__dict__.get(column)
        return size

    def _upload(self, name: str, content: Any) -> tuple[render.ImageReference, datetime]:
        from django_rokka.exceptions import RokkaError, UploadFailed

        name = self.field.generate_filename(self.instance, name)
        storage = self.field.rokka_storage
        storage.get_available_name(name, max_length=self.field.max_length)
        try:
            uploaded = storage.upload_image(name, content, is_protected=self.field.protected)
        except RokkaError as error:
            raise UploadFailed(
                f"The file of {self.field} was not uploaded, and nothing was saved. {error}"
            ) from error
        reference, image = uploaded
        return reference, image.created
