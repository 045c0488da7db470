"""Why an upload failed, as whoever fills in the form may read it; the log has the details."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from django_rokka.exceptions import (
    AuthenticationFailed,
    ConnectionFailed,
    EmptyFile,
    InvalidRequest,
    OrganizationNotFound,
    PermissionDenied,
    RateLimited,
    ReadOnly,
    ServerError,
)

__all__ = ["get_reason"]

_REASONS: tuple[tuple[tuple[type[Exception], ...], Any], ...] = (
    (
        (
            ImproperlyConfigured,
            AuthenticationFailed,
            OrganizationNotFound,
            PermissionDenied,
            ReadOnly,
        ),
        _("This site is not set up for it, as its log says. Tell those who run it."),
    ),
    ((InvalidRequest, EmptyFile), _("rokka does not take it. Choose another one.")),
    (
        (ConnectionFailed, RateLimited, ServerError),
        _("rokka does not answer at the moment. Try again later."),
    ),
)
_SHOWN = 300
_OTHERWISE = _("The log of this site says why. Try again, or tell those who run it.")


def get_reason(error: Exception) -> Any:
    """Return a short reason that names no host, no organization and no setting."""
    if isinstance(error, InvalidRequest) and error.detail:
        return Truncator(error.detail).chars(_SHOWN)  # what rokka says of the file
    for kinds, reason in _REASONS:
        if isinstance(error, kinds):
            return reason
    return _OTHERWISE
