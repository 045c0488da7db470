"""Every error that django-rokka raises on purpose.

::

    RokkaError
    ├── InvalidReference              (ValueError)       a text is no image reference
    ├── InvalidRenderURL              (ValueError)       a render URL cannot be written or read
    ├── InvalidName                   (ValueError)       rokka does not route such a name
    │   └── InvalidAliasName
    ├── AliasTaken                    (ValueError)       a name is that of another row or site
    ├── UnknownAlias                  (LookupError)      this site has no such alias
    ├── EmptyFile                     (ValueError)       there is nothing to upload
    ├── UploadFailed                  (OSError)          a file did not reach rokka
    └── CallFailed                                       a call of the API did not succeed
        ├── ConnectionFailed          (ConnectionError)  no answer from the API host
        │   └── Timeout               (TimeoutError)     no answer in time
        ├── IntegrityError            (OSError)          other bytes arrived than were sent
        ├── ReadOnly                  (PermissionError)  a write where only reading is allowed
        ├── CopyInterrupted                              a copy of many images ended halfway
        ├── ChangeUnread                                 a change is made, its image was not read
        └── APIError                                     rokka answered, and it was a refusal
            ├── InvalidRequest        (ValueError)       400, and other refusals of what was sent
            ├── AuthenticationFailed  (PermissionError)  401, or 403 for bad credentials
            ├── PermissionDenied      (PermissionError)  403 for a missing role or a paid feature
            ├── NotFound              (LookupError)      404
            │   └── OrganizationNotFound                 404 for the organization itself
            ├── Conflict                                 409
            │   └── AliasExists                          409 for an alias
            ├── PreconditionFailed                       412
            ├── RateLimited                              429
            │   └── QuotaExceeded                        429 for an hourly budget
            └── ServerError                              5xx

Wrong settings are Django's ``ImproperlyConfigured`` and live outside of this tree.
No message, argument or attribute of any of these ever holds an API key, a token or a signing key.
"""

from __future__ import annotations

from datetime import datetime

__all__ = [
    "APIError",
    "AliasExists",
    "AliasTaken",
    "AuthenticationFailed",
    "CallFailed",
    "ChangeUnread",
    "Conflict",
    "ConnectionFailed",
    "CopyInterrupted",
    "EmptyFile",
    "IntegrityError",
    "InvalidAliasName",
    "InvalidName",
    "InvalidReference",
    "InvalidRenderURL",
    "InvalidRequest",
    "NotFound",
    "OrganizationNotFound",
    "PermissionDenied",
    "PreconditionFailed",
    "QuotaExceeded",
    "RateLimited",
    "ReadOnly",
    "RokkaError",
    "ServerError",
    "Timeout",
    "UnknownAlias",
    "UploadFailed",
]


class RokkaError(Exception):
    """Base of every error of this package."""


class InvalidReference(RokkaError, ValueError):
    """A text that should name an image at rokka does not follow the reference grammar."""


class InvalidRenderURL(RokkaError, ValueError):
    """A render URL that cannot be built from these parts, or read from this text."""


class InvalidName(RokkaError, ValueError):
    """A hash, or the name of a stack, an organization or a metadata field, that cannot be one."""


class InvalidAliasName(InvalidName):
    """An alias name with other characters than letters, digits and underscores, or too many."""


class AliasTaken(RokkaError, ValueError):
    """An alias that follows a row, or belongs to another environment, and so is not set by hand."""


class UnknownAlias(RokkaError, LookupError):
    """An alias that this site has not made, nor taken over."""


class EmptyFile(RokkaError, ValueError):
    """A file of zero bytes, which rokka does not take."""


class UploadFailed(RokkaError, OSError):
    """A file did not reach rokka; of a model field, nothing was written to the database either."""


class CallFailed(RokkaError):
    """A call of the API did not succeed.

    ``method`` and ``path`` name the call. ``status`` and ``body`` (text, cut off when it is long)
    are those of the last answer, 0 and empty where there was none.
    """

    def __init__(
        self, message: str, *, status: int = 0, method: str = "", path: str = "", body: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.method = method
        self.path = path
        self.body = body


class ConnectionFailed(CallFailed, ConnectionError):
    """The API host could not be reached, or the connection broke."""


class Timeout(ConnectionFailed, TimeoutError):
    """The API host did not answer within the timeout, or the call's deadline passed."""


class IntegrityError(CallFailed, OSError):
    """The SHA-1 of what was transferred differs from the binary hash of the image."""


class ReadOnly(CallFailed, PermissionError):
    """A write through a client or a storage that is only to read; nothing was sent."""


class CopyInterrupted(CallFailed):
    """A copy of many images ended halfway; its cause says why.

    ``created``, ``existing`` and ``not_found`` are the hashes of the images before that.
    """

    created: tuple[str, ...] = ()
    existing: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()


class ChangeUnread(CallFailed):
    """An image was changed, but not read after that; its cause says why.

    ``hash`` is that of the image as it is now: ``source_images.get(hash)`` reads it.
    """

    hash = ""


class APIError(CallFailed):
    """An answer of rokka that is no success; ``detail`` is rokka's own message, maybe empty."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        method: str = "",
        path: str = "",
        body: str = "",
        detail: str = "",
    ) -> None:
        super().__init__(message, status=status, method=method, path=path, body=body)
        self.detail = detail


class InvalidRequest(APIError, ValueError):
    """400, 413, 415 or 422: rokka does not accept what was sent."""


class AuthenticationFailed(APIError, PermissionError):
    """401, or 403 with ``invalid_authentication``: the credentials themselves are bad."""


class PermissionDenied(APIError, PermissionError):
    """403: the credentials are good, but lack a role, or the account lacks the feature.

    ``feature`` names what only paying accounts may do, where the call is about such a thing.
    """

    feature = ""


class NotFound(APIError, LookupError):
    """404: there is no such image, alias, stack, field, user or key."""


class OrganizationNotFound(NotFound):
    """404: there is no such organization."""


class Conflict(APIError):
    """409: it exists already and overwriting was not asked for, or it must not go away."""


class AliasExists(Conflict):
    """409: the alias exists already and overwriting was not asked for."""


class PreconditionFailed(APIError):
    """412: the image exists at the destination and overwriting was refused."""


class RateLimited(APIError):
    """429: too many calls; ``retry_at`` (aware) is ``None`` when rokka does not say."""

    retry_at: datetime | None = None


class QuotaExceeded(RateLimited):
    """429 of an hourly budget, such as that of cache invalidations."""


class ServerError(APIError):
    """5xx, or an answer that makes no sense; the same call may work later."""
