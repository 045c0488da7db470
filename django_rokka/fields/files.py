"""The value of an image field: everything a page asks of an image, told by the column."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import Storage
from django.db.models import Model
from django.db.models.fields.files import FieldFile, FileDescriptor, ImageFieldFile

from django_rokka.conf import is_debug
from django_rokka.exceptions import InvalidReference, RokkaError, UploadFailed
from django_rokka.markup import choose_link, get_rendition, read_widths, srcset
from django_rokka.render import ImageReference
from django_rokka.render.reference import MAX_LENGTH

if TYPE_CHECKING:
    from django_rokka.fields.image import RokkaImage

__all__ = ["RokkaFieldFile", "RokkaFileDescriptor"]

logger = logging.getLogger("django_rokka.fields")


class RokkaFileDescriptor(FileDescriptor):
    """The attribute of a row; unlike ImageField's it opens no file when something is assigned."""

    def __set__(self, instance: Model, value: Any) -> None:
        """Take a text, a file or a value; the value of another row or field is copied.

        Of an image in the same storage its reference is copied; what is kept elsewhere, or not
        uploaded yet, becomes a file to upload.
        """
        if isinstance(value, FieldFile) and value and not self._is_own(value, instance):
            value = self._copy(value, instance)
        super().__set__(instance, value)

    def _is_own(self, value: FieldFile, instance: Model) -> bool:
        return value.field is self.field and value.instance is instance

    def _copy(self, value: FieldFile, instance: Model) -> RokkaFieldFile:
        copy = RokkaFieldFile(instance, self.field, value.name)
        is_reference = isinstance(value, RokkaFieldFile) and value._committed
        if not is_reference or value.storage != copy.storage:
            copy.file, copy._committed = value, False
        return copy


class RokkaFieldFile(ImageFieldFile):
    """The value of a ``RokkaImage``; what it tells comes from the column alone."""

    field: RokkaImage
    _committed: bool

    if TYPE_CHECKING:

        def _require_file(self) -> None: ...

    # FieldFile stores the storage when it is made; ours is looked up when it is used, so that
    # loading a row needs no settings and override_settings always reaches it.
    def __init__(self, instance: Model, field: RokkaImage, name: str | None) -> None:
        File.__init__(self, None, name)
        self.instance = instance
        self.field = field
        self._committed = True

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    @property
    def storage(self) -> Storage:
        """Where the file is kept."""
        return self.field.storage

    @storage.setter
    def storage(self, value: Storage) -> None:
        """Ignore what Django's descriptor sets."""

    @property
    def reference(self) -> ImageReference:
        """The parsed column; raises ``InvalidReference`` when it holds something else."""
        self._require_file()
        if not self._committed:
            raise InvalidReference(
                f"{self.name!r} has not been uploaded yet. Save the object, or call"
                f" {self.field.name}.commit()."
            )
        return ImageReference.parse(self.name or "")

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
        """Pixels of the original; measured by Pillow before the upload, from the column after."""
        if not self._committed:
            return super().width
        known = self._known
        return known.width if known else None

    @property
    def height(self) -> int | None:  # type: ignore[override]  # None is what we can say of a PDF
        """Pixels of the original; measured by Pillow before the upload, from the column after."""
        if not self._committed:
            return super().height
        known = self._known
        return known.height if known else None

    @property
    def url(self) -> str:
        """The render URL through the field's default stack."""
        return self.url_for()

    def url_for(self, stack: str = "", *, by: str = "", **parts: Any) -> str:
        """Write the render URL through a stack; no request, no query.

        ``by="alias"`` links to the alias once it is confirmed, and to the hash before that.
        ``parts`` are those of ``RokkaStorage.get_render_url``.
        """
        self._require_file()
        reference = self.get_link(by)
        if reference is None:
            return ""
        return self.field.rokka_storage.url(reference, stack or self.field.default_stack, **parts)

    def get_link(self, by: str = "") -> ImageReference | None:
        """Return what a URL links to: the image by its hash, or by its alias alone.

        ``by`` is ``"hash"`` or ``"alias"``, by default the field's ``render_by``. ``None`` is a
        broken reference, which is an error under ``DEBUG``.
        """
        known = self._known
        if known is None:
            return None
        return choose_link(
            known, by=by or self.field.render_by, alias_format=self.field.alias_format
        )

    def srcset(
        self, stack: str = "", *, widths: str | Iterable[int], by: str = "", **parts: Any
    ) -> str:
        """Write a ``srcset`` value for these widths in pixels, none wider than the original."""
        reference = self.get_link(by)
        if reference is None:
            return ""
        stack = stack or self.field.default_stack
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
        reference = self.field.get_uploaded_reference(content) or self._upload(name, content)
        try:
            text = str(reference.fit(self.field.max_length or MAX_LENGTH))
        except InvalidReference as error:
            raise SuspiciousFileOperation(str(error)) from error
        self.name = text
        self.instance.__dict__[self.field.attname] = self
        self._committed = True
        self.field.update_dimension_fields(self.instance)
        if save:
            self.instance.save()

    save.alters_data = True  # type: ignore[attr-defined]  # Django's mark for templates

    @property
    def _known(self) -> ImageReference | None:
        """The reference; ``None`` when there is none yet, an error under ``DEBUG`` only."""
        try:
            return self.reference
        except InvalidReference as error:
            if is_debug():
                raise
            logger.warning("No image in %s: %s", self.field, error)
            return None

    def _upload(self, name: str, content: Any) -> ImageReference:
        name = self.field.generate_filename(self.instance, name)
        storage = self.field.rokka_storage
        storage.get_available_name(name, max_length=self.field.max_length)
        try:
            return storage.upload(name, content, is_protected=self.field.protected)
        except RokkaError as error:
            raise UploadFailed(
                f"The file of {self.field} was not uploaded, and nothing was saved. {error}"
            ) from error
