"""The field itself: what a model declares, and what its migrations hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast, overload

from django import forms
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ValidationError
from django.core.files import File
from django.core.files.storage import InvalidStorageError, Storage, default_storage, storages
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.db.models.fields.files import FileField
from django.utils.translation import gettext_lazy as _

from django_rokka.exceptions import InvalidReference
from django_rokka.fields.files import RokkaFieldFile, RokkaFileDescriptor
from django_rokka.fields.naming import make_alias_name, read_template
from django_rokka.forms import RemoteImage, RokkaImageField, get_uploaded_reference
from django_rokka.markup import LINKS
from django_rokka.render import ImageReference
from django_rokka.render.reference import MAX_LENGTH
from django_rokka.storage import RokkaStorage, get_rokka_storage, require_rokka_storage
from django_rokka.storage.backend import SHORTEST_ROOM
from django_rokka.widgets import RokkaImageWidget

__all__ = ["RokkaImage"]

_MAX_LENGTH = 255
_OWN_PLACEHOLDERS = frozenset({"app_label", "model", "field", "pk"})


class RokkaImage(models.ImageField):
    """An image at rokka; the column holds its reference, so reading asks nobody.

    ``storage`` is an alias of ``STORAGES``, needed only where there are several rokka storages.
    ``alias`` is a template such as ``"brand_{pk}_logo"``: rokka keeps that name pointing at the
    row's image. ``alias_format`` is the extension of alias URLs, ``render_by`` (``"hash"`` or
    ``"alias"``) what ``url`` links to. ``protected`` images are rendered by signed URLs only.
    ``default_stack`` comes before the storage's.
    """

    attr_class = RokkaFieldFile
    descriptor_class = RokkaFileDescriptor  # type: ignore[assignment]  # wider than the stock one

    width_field: str | None
    height_field: str | None

    if TYPE_CHECKING:
        # What a type checker sees of the descriptor, so that editors complete `obj.image.`.
        @overload  # type: ignore[no-overload-impl, override]  # the plain descriptor does it
        def __get__(self, instance: None, owner: Any) -> RokkaFileDescriptor: ...
        @overload
        def __get__(self, instance: models.Model, owner: Any) -> RokkaFieldFile: ...
        @overload
        def __get__(self, instance: Any, owner: Any) -> RokkaImage: ...

    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        *,
        storage: str | Storage | Callable[[], Storage] | None = None,
        alias: str = "",
        alias_format: str = "png",
        render_by: str = "hash",
        protected: bool = False,
        default_stack: str = "",
        **kwargs: Any,
    ) -> None:
        self._is_made = False
        self._storage = storage
        self.alias = alias
        self.alias_format = alias_format
        self.render_by = render_by
        self.protected = protected
        self.default_stack = default_stack
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
        return require_rokka_storage(self.storage, keeps=str(self))

    # What migrations hold

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
        FileField.contribute_to_class(self, cls, name, **kwargs)

    # Saving

    def pre_save(self, model_instance: models.Model, add: bool) -> RokkaFieldFile:  # noqa: FBT001  # Django's
        """Upload what was assigned, before the row is written.

        Raise ``InvalidReference`` for a public image in a protected field.
        """
        file = cast(RokkaFieldFile, super().pre_save(model_instance, add))
        self._check_protection(file)
        self.update_dimension_fields(model_instance)
        return file

    def update_dimension_fields(self, instance: models.Model, *args: Any, **kwargs: Any) -> None:
        """Copy the size in pixels from the reference into ``width_field`` and ``height_field``."""
        if not (self.width_field or self.height_field) or self.attname not in instance.__dict__:
            return
        file: RokkaFieldFile = getattr(instance, self.attname)
        try:
            width, height = file.reference[1:3] if file else (None, None)
        except InvalidReference:
            return
        if self.width_field:
            setattr(instance, self.width_field, width)
        if self.height_field:
            setattr(instance, self.height_field, height)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Refuse a file that was not uploaded: its name would be stored for a reference."""
        if isinstance(value, File) and value and not getattr(value, "_committed", False):
            raise InvalidReference(
                f"{value.name!r} has not been uploaded, so {self} cannot hold it. Assign it to an"
                f" object and call obj.{self.name}.commit() before bulk_update() or update()."
            )
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
        return get_uploaded_reference(file, storage=self.storage, is_protected=self.protected)

    def get_alias_name(self, instance: models.Model) -> str:
        """Return the name of the row's alias, empty without one or before the row has a key."""
        if not self.alias:
            return ""
        return make_alias_name(self.alias, instance=instance, field=self)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """Validate as a file field does, and the name of the alias where it is known."""
        if model_instance is not None:
            self.get_alias_name(model_instance)
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

    def run_validators(self, value: Any) -> None:
        """Run the validators on a file that is to be uploaded, and on no reference.

        What was chosen in a form has no bytes that a validator could look at.
        """
        is_stored = getattr(value, "_committed", True)
        if not (is_stored or isinstance(value.file, RemoteImage)):
            super().run_validators(value)

    def _check_protection(self, value: Any) -> None:
        """Refuse a public image in a protected field: anybody could go on looking at it."""
        is_uploaded = getattr(value, "_committed", True)
        if not (self.protected and value and is_uploaded):
            return
        try:
            reference = ImageReference.parse(str(value))
        except InvalidReference:
            return  # a broken reference shows no image
        if not reference.is_protected:
            raise InvalidReference(
                f"{self} is protected, but '{reference}' names a public image. Assign the file"
                " itself, which is uploaded as a protected image then."
            )

    def formfield(self, **kwargs: Any) -> forms.Field:
        """Return the form field that uploads; the widget of Django's admin is replaced."""
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

    # Checks

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Check the options of the field; the storages have checks of their own."""
        problems = (
            self._check_alias(),
            self._check_render_by(),
            self._check_storage(),
            self._check_order(),
            self._check_length(),
        )
        return [*super().check(**kwargs), *(problem for problem in problems if problem)]

    def _check_alias(self) -> checks.CheckMessage | None:
        try:
            names = read_template(self.alias)
            for name in set(names) - _OWN_PLACEHOLDERS:
                self.model._meta.get_field(name)
        except (ValueError, FieldDoesNotExist) as error:
            return checks.Error(
                f"The alias template {self.alias!r} cannot be read: {error}.",
                hint="Use letters, digits, '_' and the placeholders {app_label}, {model},"
                " {field}, {pk} and names of columns.",
                obj=self,
                id="django_rokka.E010",
            )
        return None

    def _check_render_by(self) -> checks.CheckMessage | None:
        if self.render_by in LINKS:
            return None
        return checks.Error(
            f"render_by is {self.render_by!r}.",
            hint="Use 'hash' or 'alias'.",
            obj=self,
            id="django_rokka.E011",
        )

    def _check_storage(self) -> checks.CheckMessage | None:
        try:
            self.rokka_storage  # noqa: B018  # looking is the check
        except (ImproperlyConfigured, InvalidStorageError) as error:
            return checks.Error(
                str(error),
                hint="Add a storage with the BACKEND 'django_rokka.storage.RokkaStorage' to"
                " STORAGES, and name its alias where there are several.",
                obj=self,
                id="django_rokka.E012",
            )
        return None

    def _check_order(self) -> checks.CheckMessage | None:
        names = [field.name for field in self.model._meta.concrete_fields]
        earlier = {self.width_field, self.height_field}.intersection(
            names[: names.index(self.name)]
        )
        if not earlier:
            return None
        listed = ", ".join(sorted(map(repr, earlier)))
        return checks.Warning(
            f"{listed} stand before the image they measure, so bulk_create() writes them before"
            " the image is uploaded.",
            hint=f"Declare them after {self.name!r}, or call obj.{self.name}.commit() before"
            " bulk_create().",
            obj=self,
            id="django_rokka.W013",
        )

    def _check_length(self) -> checks.CheckMessage | None:
        if self.max_length is None or self.max_length >= SHORTEST_ROOM:
            return None
        return checks.Error(
            f"A column of {self.max_length} characters has no room for an image reference.",
            hint=f"Give the field a max_length of {MAX_LENGTH} or more, or leave it out.",
            obj=self,
            id="django_rokka.E014",
        )


def _is_django_widget(widget: Any) -> bool:
    kind = widget if isinstance(widget, type) else type(widget)
    return issubclass(kind, forms.ClearableFileInput) and kind.__module__.startswith("django.")
