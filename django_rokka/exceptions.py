"""Every error that django-rokka raises on purpose.

::

    RokkaError
    ├── InvalidReference          (ValueError)       a text is no image reference
    ├── InvalidRenderURL          (ValueError)       a render URL cannot be written or read
    ├── InvalidAliasName          (ValueError)       rokka does not route such a name
    ├── EmptyFile                 (ValueError)       there is nothing to upload
    ├── UploadFailed              (OSError)          a file did not reach rokka
    ├── ChecksumMismatch          (OSError)          rokka's bytes are not the bytes we sent
    ├── ConnectionFailed          (ConnectionError)  no answer from the API host
    │   └── RequestTimeout        (TimeoutError)     no answer in time
    └── APIError                                     rokka answered, and it was a refusal
        ├── BadRequest            (ValueError)       400
        ├── AuthenticationFailed  (PermissionError)  401, or 403 for a bad key
        ├── PermissionRefused     (PermissionError)  403 for a missing role or a paid feature
        ├── NotFound              (LookupError)      404
        │   └── OrganizationNotFound                 404 for the organization itself
        ├── Conflict                                 409 and 412
        ├── RateLimited                              429
        └── ServerError                              5xx

Wrong settings are Django's ``ImproperlyConfigured`` and live outside of this tree.
No message, argument or attribute of any of these ever holds an API key or a signing key.
"""

from __future__ import annotations

__all__ = [
    "APIError",
    "AuthenticationFailed",
    "BadRequest",
    "ChecksumMismatch",
    "Conflict",
    "ConnectionFailed",
    "EmptyFile",
    "InvalidAliasName",
    "InvalidReference",
    "InvalidRenderURL",
    "NotFound",
    "OrganizationNotFound",
    "PermissionRefused",
    "RateLimited",
    "RequestTimeout",
    "RokkaError",
    "ServerError",
    "UploadFailed",
]


class RokkaError(Exception):
    """Base of every error of this package."""


class InvalidReference(RokkaError, ValueError):
    """A text that should name an image at rokka does not follow the reference grammar."""


class InvalidRenderURL(RokkaError, ValueError):
    """A render URL that cannot be built from these parts, or read from this text."""


class InvalidAliasName(RokkaError, ValueError):
    """An alias name with other characters than letters, digits and underscores."""


class EmptyFile(RokkaError, ValueError):
    """A file of zero bytes, which rokka does not take."""


class UploadFailed(RokkaError, OSError):
    """A file did not reach rokka; of a model field, nothing was written to the database either."""


class ChecksumMismatch(RokkaError, OSError):
    """The SHA-1 of what was transferred differs from the binary hash rokka reports."""


class ConnectionFailed(RokkaError, ConnectionError):
    """The API host could not be reached, or the connection broke."""


class RequestTimeout(ConnectionFailed, TimeoutError):
    """The API host did not answer within the timeout, or the call's deadline passed."""


class APIError(RokkaError):
    """An answer of rokka with a status of 400 or above.

    ``status`` is the HTTP status, ``method`` and ``path`` name the call, ``detail`` is rokka's
    own message (may be empty).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        method: str = "",
        path: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.method = method
        self.path = path
        self.detail = detail


class BadRequest(APIError, ValueError):
    """400: rokka does not accept a value that was sent."""


class AuthenticationFailed(APIError, PermissionError):
    """401, or 403 with ``invalid_authentication``: the credentials themselves are bad."""


class PermissionRefused(APIError, PermissionError):
    """403: the credentials are good, but lack a role, or the account lacks the feature."""


class NotFound(APIError, LookupError):
    """404: there is no such image, alias or stack."""


class OrganizationNotFound(NotFound):
    """404: there is no such organization."""


class Conflict(APIError):
    """409 or 412: it exists already and overwriting was not asked for."""


class RateLimited(APIError):
    """429: too many calls; ``retry_after`` is in seconds, ``None`` when rokka does not say."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        status: int = 429,
        method: str = "",
        path: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(message, status=status, method=method, path=path, detail=detail)
        self.retry_after = retry_after


class ServerError(APIError):
    """5xx: rokka failed; the same call may work later."""
