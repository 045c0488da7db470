"""The URLs of a rokka storage: written and signed here, without asking anyone."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from django_rokka import render
from django_rokka.storage.configured import ConfiguredStorage

__all__ = ["RenderingStorage"]

logger = logging.getLogger("django_rokka.storage")


class RenderingStorage(ConfiguredStorage):
    """Write render URLs."""

    @functools.cached_property
    def remembered(self) -> dict[Any, Any]:
        """What pages keep of this storage, until its options are read again."""
        return {}

    @functools.cached_property
    def has_fallback(self) -> bool:
        """Whether names that are none of rokka's are kept by another storage."""
        return bool(self.fallback_alias)

    def url(self, name: str | render.ImageReference | None, stack: str = "", **parts: Any) -> str:
        """Write the render URL of an image; no request, no query.

        ``parts`` are those of ``get_render_url`` and of ``build_url``. A name that the fallback
        keeps has the URL that the fallback gives it, whatever the stack. What cannot be rendered
        gives an empty text and a line in the log: a name that is no reference (an
        ``InvalidReference`` under ``DEBUG``), or any name while the storage is not configured.
        """
        try:
            if isinstance(name, render.ImageReference):
                return self._write_url(name, stack, **parts)
            reference = self.read_reference(name or "")
            if reference is not None:
                return self._write_url(reference, stack, **parts)
            fallback = self.find_fallback(name)
            return "" if fallback is None else fallback.url(name)
        except ImproperlyConfigured as error:
            logger.error("No render URL for %s: %s", name, error)
            return ""

    def read_reference(self, name: str) -> render.ImageReference | None:
        """Parse a name; one that is none is ``None`` and logged, under ``DEBUG`` an error.

        A name that the fallback keeps is ``None`` without a word.
        """
        from django_rokka.exceptions import InvalidReference

        try:
            reference = render.ImageReference.parse(name)
        except InvalidReference as error:
            if self.find_fallback(name) is not None:
                return None
            from django_rokka.conf import is_debug

            if is_debug():
                raise
            logger.warning("No image at rokka: %s", error)
            return None
        is_ours = reference.is_unmistakable or self.fallback is None
        return reference if is_ours else None

    def get_render_url(
        self,
        reference: render.ImageReference,
        stack: str = "",
        *,
        format: str = "",
        operations: tuple[render.Operation, ...] = (),
        overrides: tuple[render.Operation, ...] = (),
        options: Mapping[str, Any] | None = None,
        variables: Mapping[str, Any] | None = None,
        filename: str | None = None,
    ) -> render.RenderURL:
        """Return the parts of a render URL; ``build_url`` writes them.

        Without a stack it is ``default_stack``, or without one the dynamic stack with
        autoformat. ``operations`` are those of a dynamic URL, ``overrides`` change a named
        stack's. A reference without a hash is rendered by its alias; raise ``InvalidAliasName``
        for what cannot be one, which would be the path of a remote image.
        """
        if not reference.hash:
            render.check_alias_name(reference.alias)
        stack = "" if operations else stack or self.config.default_stack
        if not stack:
            options = {"autoformat": True, **(options or {})}
        return render.RenderURL(
            image=reference.hash or f"-_{reference.alias}_-",
            format=format or reference.format,
            stack=stack or render.DYNAMIC,
            operations=operations,
            overrides=overrides,
            options=options or {},
            variables=variables or {},
            filename=reference.file_name if filename is None else filename,
        )

    def get_render_base(self) -> str:
        """Return what comes before the path of every render URL."""
        return self._render_base

    def build_url(
        self,
        url: render.RenderURL,
        *,
        is_protected: bool = False,
        signed: bool | None = None,
        expires_in: float | timedelta | None = None,
    ) -> str:
        """Write a render URL for this organization.

        It is signed where the image is protected, or the stack is by ``signed_stacks`` or
        ``sign_dynamic``; ``signed`` says otherwise. ``expires_in``, in seconds or a
        ``timedelta``, makes a signature that ends then or up to five minutes later: its end is
        rounded up, so that all pages of these minutes have the same URL, and caches hit.
        """
        if expires_in is not None and signed is False:
            raise ValueError("Only a signed URL can expire: leave out 'signed' or 'expires_in'.")
        is_asked = bool(signed) or expires_in is not None
        reason = self._find_reason_to_sign(url, is_protected=is_protected, is_asked=is_asked)
        if not reason or signed is False:
            return url.build(self.get_render_base())
        if not self.config.signing_key:
            raise ImproperlyConfigured(
                f"{reason} needs a signed URL. Set the option 'signing_key' in STORAGES,"
                " or ROKKA_SIGNING_KEY."
            )
        return url.build(
            self.get_render_base(),
            signing_key=self.config.signing_key,
            until=None if expires_in is None else _read_end(expires_in),
        )

    def write_signature(self, target: str) -> str:
        """Return the signature of a path and its query, as they stand in a URL."""
        # In two steps: no variable of a frame, which error pages print, holds text and key in one.
        digest = sha256(f"{target}:".encode())
        digest.update(self.config.signing_key.encode())
        return digest.hexdigest()[:16]

    @functools.cached_property
    def _render_base(self) -> str:
        return self.config.render_base

    def _forget(self, *, setting: str, **kwargs: Any) -> None:
        super()._forget(setting=setting, **kwargs)
        if setting == "STORAGES" or setting.startswith("ROKKA_"):
            for name in ("remembered", "has_fallback", "_render_base"):
                self.__dict__.pop(name, None)

    def _find_reason_to_sign(
        self, url: render.RenderURL, *, is_protected: bool, is_asked: bool
    ) -> str:
        """Return what needs a signature, for a message; empty where nothing does."""
        if is_protected:
            return "A protected image"
        if url.stack in self.config.signed_stacks:
            return f"The stack {url.stack!r}"
        if url.is_dynamic and self.config.sign_dynamic:
            return "The dynamic stack"
        return "What was asked for" if is_asked else ""

    def _write_url(
        self,
        reference: render.ImageReference,
        stack: str,
        *,
        signed: bool | None = None,
        expires_in: float | timedelta | None = None,
        **parts: Any,
    ) -> str:
        return self.build_url(
            self.get_render_url(reference, stack, **parts),
            is_protected=reference.is_protected,
            signed=signed,
            expires_in=expires_in,
        )


def _read_end(expires_in: float | timedelta) -> datetime:
    left = expires_in if isinstance(expires_in, timedelta) else timedelta(seconds=expires_in)
    if left <= timedelta():
        raise ValueError(f"expires_in is {expires_in!r}, must be more than 0 seconds.")
    return timezone.now() + left
