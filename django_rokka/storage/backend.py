"""The storage backend: files go to rokka, names are image references, URLs are only written."""

from __future__ import annotations

import functools
import io
import logging
import os
import pathlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import IO, Any

from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import Storage
from django.core.files.utils import validate_file_name
from django.core.signals import setting_changed
from django.utils import timezone

from django_rokka.client import RokkaClient, SourceImage
from django_rokka.conf import (
    OPTION_NAMES,
    Config,
    Problem,
    find_problems,
    has_time_zones,
    is_debug,
    mask,
    read_config,
)
from django_rokka.exceptions import InvalidReference
from django_rokka.render import ImageReference, Operation, RenderURL, StackDefinition
from django_rokka.render.reference import MAX_LENGTH
from django_rokka.render.urls import DYNAMIC
from django_rokka.storage.files import RokkaFile, missing_is_file_not_found

__all__ = ["SHORTEST_ROOM", "RokkaStorage"]

logger = logging.getLogger("django_rokka.storage")

SHORTEST_ROOM = len(f"{'0' * 40}/protected/999999x999999/i.jpeg")
"""Characters of the longest reference without alias and with a slug of one character."""


class RokkaStorage(Storage):
    """Keep images at rokka.io.

    Options are those of ``STORAGES[...]["OPTIONS"]``; see ``conf.Config``. Making one never
    fails and reads nothing: a wrong option is an ``ImproperlyConfigured`` at its first use, and
    a numbered system check before that.
    """

    option_names = OPTION_NAMES
    option_defaults: Mapping[str, Any] = MappingProxyType({})
    path_of_class = "django_rokka.storage.RokkaStorage"

    def __init__(self, **options: Any) -> None:
        self._options = mask(options, known=self.option_names)
        setting_changed.connect(self._forget)

    @functools.cached_property
    def config(self) -> Config:
        """The options in force; raises ``ImproperlyConfigured`` when they are wrong."""
        return read_config(self._options, known=self.option_names, defaults=self.option_defaults)

    @functools.cached_property
    def client(self) -> RokkaClient:
        """The API client of this storage."""
        return self._make_client()

    def _make_client(self, **options: Any) -> RokkaClient:
        config = self.config
        return RokkaClient(
            organization=config.organization,
            api_key=config.api_key,
            api_host=config.api_host,
            timeout=config.timeout,
            retries=config.retries,
            **options,
        )

    @functools.cached_property
    def stack_definitions(self) -> Mapping[str, StackDefinition]:
        """The stacks that the option ``stacks`` declares, by name."""
        declared = self.config.stacks or {}
        return {name: StackDefinition.from_json(data) for name, data in declared.items()}

    def find_problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the options, for the system checks."""
        return find_problems(self._options, known=self.option_names, defaults=self.option_defaults)

    def find_deployment_problems(self) -> Iterator[Problem]:
        """Yield what a site that others visit should not have, for ``check --deploy``."""
        yield from ()

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
        if max_length is not None and max_length < SHORTEST_ROOM:
            raise SuspiciousFileOperation(
                f"A column of {max_length} characters has no room for an image reference."
                f" Give the field a max_length of {MAX_LENGTH} or more."
            )
        return name

    # Writing

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        """Upload a file and return the reference of the image (POST /sourceimages/{org}).

        Raise an error of ``django_rokka.exceptions`` when rokka does not take it.
        """
        name = content.name if name is None else name
        if name is None:
            raise ValueError(f"{content!r} has no name, and save() got none. Give it one.")
        name = self.get_available_name(name, max_length=max_length)
        validate_file_name(name, allow_relative_path=True)
        reference = self.upload(name, content)
        return str(reference if max_length is None else reference.fit(max_length))

    def upload(
        self,
        name: str,
        content: IO[Any],
        *,
        is_protected: bool = False,
        deadline: float | None = None,
    ) -> ImageReference:
        """Upload a file and return its reference, made of what rokka answered.

        ``deadline`` limits the whole upload, in seconds over all its tries.
        """
        file_name = _original_name(name)
        image = self.client.source_images.create(
            _binary(content),
            name=file_name,
            is_protected=is_protected,
            deadline=deadline,
            verify=self.config.verify,
        )
        return ImageReference.from_file_name(
            file_name,
            hash=image.hash,
            extension=image.format,
            width=image.width or None,
            height=image.height or None,
            is_protected=image.is_protected,
        )

    def delete(self, name: str) -> None:
        """Release an image: nothing is deleted at rokka, where other rows may use the same one."""
        if not name:
            raise ValueError("The name must be given to delete().")

    # Reading

    def _open(self, name: str, mode: str = "rb") -> RokkaFile:
        if mode != "rb":
            raise ValueError(
                f"Images at rokka do not change, so mode {mode!r} cannot open {name!r}."
                " Use 'rb', and save() for a new image."
            )
        return RokkaFile(name, client=self.client)

    def exists(self, name: str) -> bool:
        """Ask rokka whether it has the image; an outage is an error, never ``False``.

        Raise ``OrganizationNotFound`` when there is not even the organization.
        """
        try:
            self._fetch(name)
        except (InvalidReference, FileNotFoundError):
            return False
        return True

    def size(self, name: str) -> int:
        """Ask rokka for the size of the original, in bytes."""
        return self._fetch(name).size

    def get_created_time(self, name: str) -> datetime:
        """Ask rokka when the image was first uploaded."""
        created = self._fetch(name).created
        if has_time_zones():
            return created
        return timezone.make_naive(created, timezone.get_default_timezone())

    def get_modified_time(self, name: str) -> datetime:
        """Return the time of creation: what a hash stands for does not change."""
        return self.get_created_time(name)

    def _fetch(self, name: str) -> SourceImage:
        with missing_is_file_not_found():
            return self.client.source_images.get(ImageReference.parse(name).hash)

    # Rendering

    def url(self, name: str | ImageReference | None, stack: str = "", **parts: Any) -> str:
        """Write the render URL of an image; no request, no query.

        ``parts`` are those of ``get_render_url``. What cannot be rendered gives an empty text
        and a line in the log: a name that is no reference (an ``InvalidReference`` under
        ``DEBUG``), or any name while the storage is not configured.
        """
        reference = name if isinstance(name, ImageReference) else self.read_reference(name or "")
        if reference is None:
            return ""
        try:
            url = self.get_render_url(reference, stack, **parts)
            return self.build_url(url, is_protected=reference.is_protected)
        except ImproperlyConfigured as error:
            logger.error("No render URL for %s: %s", reference, error)
            return ""

    def read_reference(self, name: str) -> ImageReference | None:
        """Parse a name; one that is none is ``None`` and logged, under ``DEBUG`` an error."""
        try:
            return ImageReference.parse(name)
        except InvalidReference as error:
            if is_debug():
                raise
            logger.warning("No image at rokka: %s", error)
            return None

    def get_render_url(
        self,
        reference: ImageReference,
        stack: str = "",
        *,
        format: str = "",
        operations: tuple[Operation, ...] = (),
        overrides: tuple[Operation, ...] = (),
        options: Mapping[str, Any] | None = None,
        variables: Mapping[str, Any] | None = None,
        filename: str | None = None,
    ) -> RenderURL:
        """Return the parts of a render URL; ``build_url`` writes them.

        Without a stack it is ``default_stack``, or without one the dynamic stack with
        autoformat. ``operations`` are those of a dynamic URL, ``overrides`` change a named
        stack's. A reference without a hash is rendered by its alias.
        """
        stack = "" if operations else stack or self.config.default_stack
        if not stack:
            options = {"autoformat": True, **(options or {})}
        return RenderURL(
            image=reference.hash or f"-_{reference.alias}_-",
            format=format or reference.format,
            stack=stack or DYNAMIC,
            operations=operations,
            overrides=overrides,
            options=options or {},
            variables=variables or {},
            filename=reference.slug if filename is None else filename,
        )

    def get_render_base(self) -> str:
        """Return what comes before the path of every render URL."""
        return self.config.render_base

    def build_url(self, url: RenderURL, *, is_protected: bool = False) -> str:
        """Write a render URL for this organization, signed where the image is protected."""
        if is_protected and not self.config.signing_key:
            raise ImproperlyConfigured(
                "A protected image needs a signed URL. Set the option 'signing_key' in STORAGES,"
                " or ROKKA_SIGNING_KEY."
            )
        return url.build(
            self.get_render_base(),
            signing_key=self.config.signing_key if is_protected else "",
        )

    # Django's habits

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return what rebuilds it in a migration: never an option, so never a key."""
        kind = type(self)
        return vars(kind).get("path_of_class", f"{kind.__module__}.{kind.__qualname__}"), [], {}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._options == other._options

    def __hash__(self) -> int:
        return hash((type(self), tuple(sorted(self._options))))

    def __repr__(self) -> str:
        told = {**self.option_defaults, **self._options}
        return f"<{type(self).__name__} {told.get('organization', '')!r}>"

    def __getstate__(self) -> dict[str, Any]:
        return {"_options": self._options}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._options = state["_options"]
        setting_changed.connect(self._forget)

    def _forget(self, *, setting: str, **kwargs: Any) -> None:
        """Read the options again after a test has overridden one of them."""
        if setting.startswith("ROKKA_"):
            self.__dict__.pop("config", None)
            self.__dict__.pop("stack_definitions", None)
            client = self.__dict__.pop("client", None)
            if client is not None:
                client.close()


def _original_name(name: str) -> str:
    """Return the file name to tell rokka; that of a stored reference is its slug."""
    try:
        reference = ImageReference.parse(name)
    except InvalidReference:
        return str(name).replace("\\", "/").rpartition("/")[2]
    return f"{reference.slug or 'image'}.{reference.extension or 'jpg'}"


def _binary(content: Any) -> Any:
    """Return content that reads as bytes, opened again where it was closed; text becomes UTF-8."""
    if getattr(content, "closed", False) and hasattr(content, "open"):
        content.open()
    inner = content
    while isinstance(inner, File):
        inner = inner.file
    if not isinstance(inner, io.TextIOBase):
        return content
    inner.seek(0)
    return io.BytesIO(inner.read().encode())
