"""The field itself: what a model declares, and what its migrations hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast, overload

from django import forms
from django.core import checks
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.files import File
from django.core.files.storage import Storage, default_storage, storages
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.db.models.fields.files import FileField
from django.utils.translation import gettext_lazy as _

from django_rokka.fields.assigning import RokkaFileDescriptor, check_kind
from django_rokka.fields.files import RokkaFieldFile
from django_rokka.storage.configured import is_own_name

if TYPE_CHECKING:
    from django_rokka.render import ImageReference
    from django_rokka.storage import RokkaStorage

__all__ = ["RokkaImage"]

_MAX_LENGTH = 255


class RokkaImage(models.ImageField):
    """An image at rokka; the column holds its reference, so reading asks nobody.

    ``storage`` is an alias of ``STORAGES``, needed only where there are several rokka storages.
    ``alias`` is a template such as ``"brand_{pk}_logo"``, or a callable that makes the name from
    the row, an empty one while there is none: rokka keeps that name pointing at the row's image.
    ``alias_format`` is the extension of alias URLs, ``render_by`` (``"hash"`` or ``"alias"``) what
    ``url`` links to. ``alias_on_delete`` says what becomes of the name when its row is deleted:
    ``"keep"`` lets links go on showing the last image, which is kept for them; ``"delete"`` deletes
    the alias at rokka. ``protected`` images are rendered by signed URLs only. ``default_stack``
    comes before the storage's.

    ``alt_field`` names the column with the text that stands for the picture, and
    ``placeholder_field`` one that its BlurHash is written into, in the background once a row with
    another image is saved. ``keep_hash`` lets changes of metadata change the image itself.
    """

    attr_class = RokkaFieldFile
    descriptor_class = RokkaFileDescriptor  # type: ignore[assignment]  # wider than the stock one

    width_field: str | None
    height_field: str | None
    note: str
    """Where an object notes what the column holds while it has another value."""

    if TYPE_CHECKING:
        # What a type checker sees of the descriptor, so that editors complete `obj.image.`.
        @overload  # type: ignore[no-overload-impl, override]  # the plain descriptor does it
        def __get__(self, instance: None, owner: Any) -> RokkaFileDescriptor: ...
        @overload
        def __get__(self, instance: models.Model, owner: Any) -> RokkaFieldFile: ...
        @overload
        def __get__(self, instance: Any, owner: Any) -> RokkaImage: ...
        @overload  # type: ignore[no-overload-impl]  # as above
        def __set__(
            self, instance: models.Model, value: File[Any] | ImageReference | str | None
        ) -> None: ...
        @overload
        def __set__(self, instance: Any, value: RokkaImage) -> None: ...

    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        *,
        storage: str | Storage | Callable[[], Storage] | None = None,
        alias: str | Callable[[Any], str] = "",
        alias_format: str = "png",
        alias_on_delete: str = "keep",
        render_by: str = "hash",
        protected: bool = False,
        default_stack: str = "",
        alt_field: str = "",
        placeholder_field: str = "",
        keep_hash: bool = False,
        **kwargs: Any,
    ) -> None:
        self._is_made = False
        self._storage = storage
        self.alias = alias
        self.alias_format = alias_format
        self.alias_on_delete = alias_on_delete
        self.render_by = render_by
        self.protected = protected
        self.default_stack = default_stack
        self.alt_field = alt_field
        self.placeholder_field = placeholder_field
        self.keep_hash = keep_hash
        kwargs.setdefault("max_length", _MAX_LENGTH)
        super().__init__(verbose_name, name, **kwargs)
        self._is_made = True

    @property
    def storage(self) -> Storage:
        """The storage named by the field, else the only one of rokka's, else the default one."""
        if not self._is_made:
            # FileField looks at its storage while it is made; importing models shall not.
            return default_storage
        if isinstance(self._storage, str):
            return storages[self._storage]
        if self._storage is not None:
            return self._storage() if callable(self._storage) else self._storage
        from django_rokka.storage import get_rokka_storage

        try:
            return get_rokka_storage()
        except ImproperlyConfigured:
            return default_storage

    @storage.setter
    def storage(self, value: Storage) -> None:
        if self._is_made:
            self._storage = value

    @property
    def rokka_storage(self) -> RokkaStorage:
        """The storage; raises ``ImproperlyConfigured`` when it is none of rokka's."""
        from django_rokka.storage import (
            RokkaStorage,
            get_rokka_storage,
            iter_rokka_storages,
            require_rokka_storage,
        )

        storage = self.storage
        if isinstance(storage, RokkaStorage):
            return storage
        if not self.has_named_storage and any(True for _ in iter_rokka_storages()):
            return get_rokka_storage()  # which says that there are several
        return require_rokka_storage(storage, keeps=str(self))

    @property
    def has_named_storage(self) -> bool:
        """Whether the field itself says which storage it means."""
        return self._storage is not None

    # What migrations hold

    def db_parameters(self, connection: Any) -> Any:
        """Keep names apart that differ by case only: aliases, and files of a ``fallback``."""
        from django_rokka.fields.names import add_binary_collation

        return add_binary_collation(super().db_parameters(connection), connection)

    def deconstruct(self) -> Any:
        """Return what rebuilds the column: no display options, and of the storage its alias."""
        # FileField's own would look up the storage, which may not be configured here.
        name, _, args, kwargs = models.Field.deconstruct(self)
        if kwargs.get("max_length") == _MAX_LENGTH:
            del kwargs["max_length"]
        for option in ("width_field", "height_field"):
            if getattr(self, option):
                kwargs[option] = getattr(self, option)
        if isinstance(self._storage, str):
            kwargs["storage"] = self._storage
        if self.protected:
            kwargs["protected"] = True
        return name, "django_rokka.fields.RokkaImage", args, kwargs

    def contribute_to_class(  # type: ignore[override]  # the signature is FileField's
        self, cls: type[models.Model], name: str, **kwargs: Any
    ) -> None:
        """Add the field without ImageField's ``post_init``, which opens files when rows load."""
        self.note = f"_rokka_stored_{name}"
        FileField.contribute_to_class(self, cls, name, **kwargs)

    # Saving

    def pre_save(self, model_instance: models.Model, add: bool) -> RokkaFieldFile:  # noqa: FBT001  # Django's
        """Upload what was assigned, before the row is written.

        Raise ``InvalidReference`` for a public image in a protected field, if it is a new one.
        """
        from django_rokka.fields.following import drop_foreign_alias, is_new_image

        file = cast(RokkaFieldFile, super().pre_save(model_instance, add))
        if is_new_image(file):
            self._check_protection(file)
        drop_foreign_alias(file)
        self.update_dimension_fields(model_instance)
        return file

    def update_dimension_fields(
        self,
        instance: models.Model,
        force: bool = False,  # noqa: FBT001, FBT002  # Django's
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """Copy the size in pixels from the reference into ``width_field`` and ``height_field``.

        With ``force`` a size that no reference tells is emptied: it is that of another picture.
        """
        if not (self.width_field or self.height_field) or self.attname not in instance.__dict__:
            return
        from django_rokka.exceptions import InvalidReference

        file: RokkaFieldFile = getattr(instance, self.attname)
        try:
            reference = file.reference if file else None
        except InvalidReference:
            if not (force and file._committed):
                return  # of what the fallback keeps, the columns are all that is known
            reference = None
        if self.width_field:
            setattr(instance, self.width_field, reference.width if reference else None)
        if self.height_field:
            setattr(instance, self.height_field, reference.height if reference else None)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Refuse what ``update()`` and ``bulk_update()`` store without asking anybody.

        That is a file that was not uploaded, whose name would be stored for a reference, and a
        public image in a protected field.
        """
        value = check_kind(value, field=self)
        if isinstance(value, File) and value and not getattr(value, "_committed", False):
            from django_rokka.exceptions import InvalidReference

            raise InvalidReference(
                f"{value.name!r} has not been uploaded, so {self} cannot hold it. Assign it to an"
                f" object and call obj.{self.name}.commit() before bulk_update() or update()."
            )
        if self.protected and isinstance(value, (str, File)) and self._is_new(value):
            self._check_protection(value)
        return super().get_db_prep_save(value, connection)

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        """Give a form's value to the object, with its reference where the form has uploaded it."""
        super().save_form_data(instance, data)
        if self.get_uploaded_reference(data) is not None:
            getattr(instance, self.attname).commit()

    def get_uploaded_reference(self, file: Any) -> ImageReference | None:
        """Return the reference of a file that a form has uploaded as this field would have."""
        if not isinstance(file, UploadedFile):
            return None  # and no storage is looked up for an image that stays
        from django_rokka.forms import get_uploaded_reference

        return get_uploaded_reference(file, storage=self.storage, is_protected=self.protected)

    def get_alias_name(self, instance: models.Model) -> str:
        """Return the name that the row gives its alias: empty without one, or without a key.

        A row that has its alias keeps that whatever its columns say now, so where these make no
        name any more it is the one it has. Raise ``ValidationError`` for any other row of which
        no name can be made.
        """
        from django_rokka.fields.naming import find_alias, make_name

        try:
            return make_name(instance, self)
        except ValidationError:
            if name := find_alias(instance, self):
                return name
            raise

    def find_fallback(self, name: str | None) -> Storage | None:
        """Return the other storage that keeps a name; ``None`` for rokka's own, and without one.

        For what is unmistakably rokka's no storage is looked up.
        """
        if not name or is_own_name(name):
            return None
        from django_rokka.storage import RokkaStorage

        storage = self.storage
        if not isinstance(storage, RokkaStorage):
            return None
        try:
            return storage.find_fallback(name)
        except ImproperlyConfigured:
            return None  # and the system checks say why

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """Validate as a file field does; refuse a public image in a protected field."""
        from django_rokka.exceptions import InvalidReference

        try:
            self._check_protection(value)
        except InvalidReference as error:
            raise ValidationError(
                _(
                    "This field is protected, but “%(name)s” is public: anybody who knows its link"
                    " can see it. Choose its file again, which is uploaded as a protected image"
                    " then."
                ),
                code="not_protected",
                params={"name": value},
            ) from error
        return super().clean(value, model_instance)

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """Validate as a file field does, and the name of an alias that the row will have."""
        super().validate(value, model_instance)
        if self.alias and value and model_instance is not None:
            from django_rokka.fields.naming import claim_name

            claim_name(model_instance, self, value)

    def run_validators(self, value: Any) -> None:
        """Run the validators on a file that is to be uploaded, and on no reference.

        What was chosen in a form has no bytes that a validator could look at.
        """
        if getattr(value, "_committed", True):
            return
        from django_rokka.forms import RemoteImage

        if not isinstance(value.file, RemoteImage):
            super().run_validators(value)

    def _check_protection(self, value: Any) -> None:
        """Refuse a public image in a protected field: anybody could go on looking at it."""
        is_uploaded = getattr(value, "_committed", True)
        if not (self.protected and value and is_uploaded):
            return
        from django_rokka.exceptions import InvalidReference
        from django_rokka.fields.stored import read_reference

        reference = read_reference(str(value))
        if reference is None or self.find_fallback(str(value)) is not None:
            return  # a broken reference shows no image, and another storage its own
        if not reference.is_protected:
            raise InvalidReference(
                f"{self} is protected, but '{reference}' names a public image. Assign the file"
                " itself, which is uploaded as a protected image then."
            )

    def _is_new(self, value: Any) -> bool:
        """Say whether a value is written into a column that does not hold it yet, as we know."""
        from django_rokka.fields.following import is_new_image

        if not isinstance(value, RokkaFieldFile) or value.field is not self:
            return True
        return not value.is_from_fixture and is_new_image(value)

    def formfield(self, **kwargs: Any) -> forms.Field:
        """Return the form field that uploads; the widget of Django's admin is replaced."""
        from django_rokka.forms import RokkaImageField
        from django_rokka.widgets import RokkaImageWidget

        if _is_django_widget(kwargs.get("widget")):
            kwargs["widget"] = RokkaImageWidget
        form_class = kwargs.get("form_class", RokkaImageField)
        is_ours = isinstance(form_class, type) and issubclass(form_class, RokkaImageField)
        own = {"storage": lambda: self.rokka_storage, "is_protected": self.protected}
        options = {
            "form_class": RokkaImageField,
            **(own if is_ours else {}),
            **kwargs,
            # The slug gives way to the column's length, so a long file name is no error.
            "max_length": None,
        }
        return cast(forms.Field, models.Field.formfield(self, **options))

    # Lookups

    def get_lookup(self, lookup_name: str) -> Any:
        """Return a lookup, our own included."""
        from django_rokka.fields import lookups  # noqa: F401  # registers them

        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        """Return a transform, our own included."""
        from django_rokka.fields import lookups  # noqa: F401  # registers them

        return super().get_transform(lookup_name)

    # Checks

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Check the options of the field; the storages have checks of their own."""
        from django_rokka.fields.checking import find_field_problems

        return [*super().check(**kwargs), *find_field_problems(self)]


def _is_django_widget(widget: Any) -> bool:
    kind = widget if isinstance(widget, type) else type(widget)
    return issubclass(kind, forms.ClearableFileInput) and kind.__module__.startswith("django.")
