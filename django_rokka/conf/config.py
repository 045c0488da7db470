"""The options of one storage, and where each is read from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from django_rokka.client import Secret
from django_rokka.conf.values import INVALIDATIONS_PER_HOUR, Problem, find_wrong_values

__all__ = [
    "ENVIRONMENT_PREFIX",
    "OPTION_NAMES",
    "Config",
    "find_problems",
    "mask",
    "read_config",
    "read_option",
]

ENVIRONMENT_PREFIX = "django_rokka_env_"
"""How the fields of user metadata begin that say which environments use an image."""

_SECRETS = frozenset({"api_key", "signing_key", "api_url"})
_EMPTY: Mapping[str, Any] = MappingProxyType({})
_URL_SCHEME = "rokka"
_URL_OPTIONS = frozenset({"signing_key", "default_stack", "api_host", "render_host"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What a storage knows of rokka; the values here are the defaults.

    ``api_host`` and ``render_host`` may carry a path; ``{organization}`` in the render host is
    replaced. ``timeout`` is seconds to connect and seconds between two bytes of an answer.
    ``upload_deadline`` limits an upload inside of a request, in seconds over all its tries.
    ``fallback`` is the alias of the storage that keeps the names which are no reference.
    ``environment`` tells the images of this site from those of others in the organization.
    ``invalidation_budget`` is how many of the invalidations of aliases that rokka takes in an hour
    are this site's, with as large a share of the others, or a mapping of each kind to its number.
    ``task_backend`` and ``task_queue`` are names of ``TASKS``, for work in the background.
    """

    organization: str = ""
    api_key: str = Secret("")
    signing_key: str = Secret("")
    default_stack: str = ""
    api_host: str = "https://api.rokka.io"
    render_host: str = "https://{organization}.rokka.io"
    stacks: Mapping[str, Any] | None = None
    signed_stacks: Collection[str] = ()
    sign_dynamic: bool = False
    fallback: str = ""
    read_only: bool = False
    on_delete: str = "release"
    environment: str = ""
    invalidation_budget: int | Mapping[str, int] = 10
    task_backend: str = ""
    task_queue: str = ""
    timeout: float | tuple[float, float] = (5, 60)
    retries: int = 4
    upload_deadline: float = 25
    verify: bool = True

    @property
    def render_base(self) -> str:
        """The render host of this organization, without a slash at its end."""
        return self.render_host.replace("{organization}", self.organization).rstrip("/")

    @property
    def environment_field(self) -> str:
        """The field of user metadata that marks images of this environment; empty without one."""
        return f"{ENVIRONMENT_PREFIX}{self.environment}" if self.environment else ""

    @property
    def invalidation_shares(self) -> Mapping[str, int]:
        """How many invalidations of each kind this site may ask for in an hour."""
        budget = self.invalidation_budget
        if isinstance(budget, Mapping):
            return {**INVALIDATIONS_PER_HOUR, **budget}
        most = INVALIDATIONS_PER_HOUR["alias"]
        return {kind: number * budget // most for kind, number in INVALIDATIONS_PER_HOUR.items()}


OPTION_NAMES = frozenset({field.name for field in fields(Config)} | {"api_url"})
"""Every name that OPTIONS of a storage may hold."""


def mask(options: Mapping[str, Any], *, known: frozenset[str] = OPTION_NAMES) -> dict[str, Any]:
    """Return a copy whose keys are hidden from every ``repr``, also in Django's error pages.

    What is not among the ``known`` names is hidden too, for it may be a misspelled key, and so
    is a text with an ``@``, for it may be a URL with credentials.
    """
    return {
        name: _hide(value) if _may_be_secret(name, value, known=known) else value
        for name, value in options.items()
    }


def read_config(
    options: Mapping[str, Any],
    *,
    known: frozenset[str] = OPTION_NAMES,
    defaults: Mapping[str, Any] = _EMPTY,
) -> Config:
    """Read a storage's configuration; ``options`` are masked.

    ``known`` are the valid names, ``defaults`` come before those of ``Config``. Raise
    ``ImproperlyConfigured`` for the first problem.
    """
    for problem in find_problems(options, known=known, defaults=defaults):
        raise ImproperlyConfigured(f"{problem.message} {problem.hint}")
    return Config(**_collect(options, defaults))


def find_problems(
    options: Mapping[str, Any],
    *,
    known: frozenset[str] = OPTION_NAMES,
    defaults: Mapping[str, Any] = _EMPTY,
) -> Iterator[Problem]:
    """Yield every problem of a storage's configuration."""
    for name in sorted(set(options) - known):
        valid = ", ".join(sorted(known))
        yield Problem(1, f"Unknown option {name!r} of a rokka storage.", f"Use one of: {valid}.")
    url = _get(options, "api_url", default="")
    if url and not _read_url(url):
        yield Problem(
            2,
            "The option api_url (or ROKKA_API_URL) cannot be read.",
            "Write it as rokka://KEY@ORGANIZATION; of the options may follow, as in"
            f" ?default_stack=content: {', '.join(sorted(_URL_OPTIONS))}.",
        )
        return
    values = _collect(options, defaults)
    for name in ("organization", "api_key"):
        if not values.get(name):
            yield Problem(
                3,
                f"A rokka storage has no {name}.",
                f"Set the option {name!r} in STORAGES, or ROKKA_{name.upper()}, or ROKKA_API_URL.",
            )
    yield from find_wrong_values(values)


def read_option(options: Mapping[str, Any], name: str) -> Any:
    """Return one option as it is set, unchecked, or ``None``."""
    return _get(options, name, default=None)


def _may_be_secret(name: str, value: Any, *, known: frozenset[str]) -> bool:
    return name in _SECRETS or name not in known or (isinstance(value, str) and "@" in value)


def _hide(value: Any) -> Any:
    """Hide a key. What is no text cannot be one: its kind is kept, for the message that says so."""
    if value is None:
        return None
    return Secret(value) if isinstance(value, str) else type(value)


def _collect(options: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Collect what is set, with the parts of ``api_url`` below what is said by name."""
    values: dict[str, Any] = {**defaults, **_read_url(_get(options, "api_url", default=""))}
    for field in fields(Config):
        value = _get(options, field.name, default=None)
        if value is not None:
            values[field.name] = value
    return values


def _get(options: Mapping[str, Any], name: str, *, default: Any) -> Any:
    if name in options:
        return options[name]
    setting = f"ROKKA_{name.upper()}"
    return mask({name: getattr(settings, setting, default)})[name]


def _read_url(url: Any) -> dict[str, Any]:
    """Read ``rokka://KEY@ORGANIZATION?option=value``; empty for anything else.

    It raises nothing, so that no frame of an error page can show the key as a plain text.
    """
    if not isinstance(url, str):
        return {}
    try:
        parts = urlsplit(url)
        key, organization = unquote(parts.username or ""), parts.hostname or ""
    except ValueError:
        return {}
    if parts.scheme != _URL_SCHEME or not key or not organization:
        return {}
    options = dict(parse_qsl(parts.query))
    if not set(options) <= _URL_OPTIONS:
        return {}
    return mask({**options, "organization": organization, "api_key": key})
