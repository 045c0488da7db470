"""What a field file changes at rokka: metadata, and the image's name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from django.db.models import Model

    from django_rokka.client import SourceImage
    from django_rokka.fields.image import RokkaImage
    from django_rokka.render import ImageReference

__all__ = ["EditedImage"]

_DEADLINE = 10
"""Seconds that each call may take with all its tries."""


class EditedImage:
    """Change what belongs to the image, by a call to rokka.

    What changes the look of an image makes another one, with a hash of its own. The value takes
    that at once, and saving the row stores it; the row's alias follows and the old image is
    released when that is committed. With the field's ``keep_hash`` the image itself is changed:
    in every row that has it, while caches go on showing what they have. Each method raises
    rokka's errors as they are, and then the value is as it was; ``InvalidReference`` for a file
    that has not been uploaded, or is not at rokka.
    """

    instance: Model
    field: RokkaImage
    name: str | None

    if TYPE_CHECKING:
        # Of the field file.
        @property
        def reference(self) -> ImageReference: ...  # noqa: D102  # it is documented there

        def _hold(self, reference: ImageReference) -> None: ...

    def set_subject_area(
        self,
        *,
        x: int,
        y: int,
        width: int = 1,
        height: int = 1,
        is_percentage: bool | None = None,
    ) -> None:
        """Say what must stay visible when the image is cropped: a box, or a point.

        It is in pixels of the original, or with ``is_percentage`` in percent of it.
        """
        area = {"x": x, "y": y, "width": width, "height": height, "is_percentage": is_percentage}
        self._change(lambda images, **parts: images.set_subject_area(**area, **parts))

    set_subject_area.alters_data = True  # type: ignore[attr-defined]  # Django's mark for templates

    def remove_subject_area(self) -> None:
        """Let all be cut off; raise ``NotFound`` when the image has no subject area."""
        self._change(lambda images, **parts: images.remove_subject_area(**parts))

    remove_subject_area.alters_data = True  # type: ignore[attr-defined]  # Django's mark for templates

    def set_metadata(self, name: str, value: Any) -> None:
        """Set one of rokka's dynamic metadata, such as ``crop_area`` or ``version``."""
        self._change(
            lambda images, **parts: images.set_dynamic_metadata(name=name, value=value, **parts)
        )

    set_metadata.alters_data = True  # type: ignore[attr-defined]  # Django's mark for templates

    def delete_metadata(self, name: str) -> None:
        """Take dynamic metadata away; raise ``NotFound`` when the image has none of that name."""
        self._change(lambda images, **parts: images.delete_dynamic_metadata(name=name, **parts))

    delete_metadata.alters_data = True  # type: ignore[attr-defined]  # Django's mark for templates

    def set_alias(self, name: str, *, overwrite: bool = False) -> None:
        """Point a name of one's own at the image; saving the row stores it.

        It does not follow: another image in the row has no alias, and the name goes on pointing at
        this one, which is kept for it. After a rollback the name still points at the image, and
        nothing keeps that: set it again, or delete the name at rokka. Raise ``AliasExists`` when
        there is such a name and ``overwrite`` was not asked for, ``InvalidAliasName`` for what
        cannot be one, and ``ValueError`` for a field whose option ``alias`` names its images.
        """
        from django_rokka.render import check_alias_name
        from django_rokka.signals import alias_set

        reference = self.reference
        if self.field.alias:
            self._refuse_alias(name)
        check_alias_name(name)
        named = reference._replace(alias=name).fit(self._room)
        storage = self.field.rokka_storage
        storage.client.aliases.create(name, reference.hash, overwrite=overwrite, deadline=_DEADLINE)
        alias_set.send_robust(
            type(storage), storage=storage, name=name, reference=named, is_overwritten=overwrite
        )
        self._hold(named)

    set_alias.alters_data = True  # type: ignore[attr-defined]  # Django's mark for templates

    @property
    def _room(self) -> int:
        """Characters that the column has for a reference."""
        from django_rokka.render.reference import MAX_LENGTH

        return self.field.max_length or MAX_LENGTH

    def _change(self, act: Callable[..., SourceImage]) -> None:
        from django_rokka.signals import image_uploaded

        before = self.reference
        storage = self.field.rokka_storage
        image = act(
            storage.client.source_images,
            hash=before.hash,
            keep_hash=self.field.keep_hash,
            deadline=_DEADLINE,
        )
        # Another image than an upload made, and as new to whoever keeps account of them.
        image_uploaded.send_robust(type(storage), storage=storage, image=image)
        after = before._replace(
            hash=image.hash,
            width=image.width or before.width,
            height=image.height or before.height,
            # An alias goes on showing the image before, until it has been moved.
            alias=before.alias if image.hash == before.hash else "",
            # rokka derives a protected image from a protected one, also where it does not say so.
            is_protected=before.is_protected or image.is_protected,
        )
        self._hold(after.fit(self._room))

    def _refuse_alias(self, name: str) -> NoReturn:
        raise ValueError(
            f"{name!r} was not set: {self.field} has the option alias, which names the images of"
            " its rows. Change that, or use a field without it."
        )
