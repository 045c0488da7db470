"""The configuration of one storage: its OPTIONS, then ``ROKKA_<OPTION>``, then the default."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from django_rokka.client import Secret, hide_credentials, is_host, is_key
from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import RenderURL, StackDefinition, rendered_size
from django_rokka.render.operations import OPERATION_NAMES

__all__ = [
    "OPTION_NAMES",
    "Config",
    "Problem",
    "find_left_over_settings",
    "find_problems",
    "get_declared_storages",
    "has_time_zones",
    "is_debug",
    "mask",
    "read_config",
    "read_option",
]

_SECRETS = frozenset({"api_key", "signing_key", "api_url"})
_EMPTY: Mapping[str, Any] = MappingProxyType({})
_URL_SCHEME = "rokka"
_URL_OPTIONS = frozenset({"signing_key", "default_stack", "api_host", "render_host"})
_TEXTS = (
    "organization",
    "api_key",
    "signing_key",
    "default_stack",
    "api_host",
    "render_host",
    "fallback",
)
_FLAGS = ("read_only", "sign_dynamic", "verify")
_ON_DELETE = ("release", "never")
_LEFT_OVER = {"DEFAULT_FILE_STORAGE": "default", "STATICFILES_STORAGE": "staticfiles"}
"""Settings that Django ignores since 5.1, and the alias of STORAGES that took their place."""
_PATH = re.compile(r"/[^@?#\s]*")
_ORGANIZATION = re.compile(r"[a-z0-9-]+")
# What every declared stack is tried with: an ordinary photograph.
_WIDTH, _HEIGHT = 1200, 800


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What a storage knows of rokka; the values here are the defaults.

    ``api_host`` and ``render_host`` may carry a path; ``{organization}`` in the render host is
    replaced. ``timeout`` is seconds to connect and seconds between two bytes of an answer.
    ``upload_deadline`` limits an upload inside of a request, in seconds over all its tries.
    ``fallback`` is the alias of the storage that keeps the names which are no reference.
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
    timeout: float | tuple[float, float] = (5, 60)
    retries: int = 4
    upload_deadline: float = 25
    verify: bool = True

    @property
    def render_base(self) -> str:
        """The render host of this organization, without a slash at its end."""
        return self.render_host.replace("{organization}", self.organization).rstrip("/")


OPTION_NAMES = frozenset({field.name for field in fields(Config)} | {"api_url"})
"""Every name that OPTIONS of a storage may hold."""


class Problem(NamedTuple):
    """A wrong setting: the number of its system check, what is wrong, and the remedy."""

    number: int
    message: str
    hint: str


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
    yield from _find_wrong_values(values)


def read_option(options: Mapping[str, Any], name: str) -> Any:
    """Return one option as it is set, unchecked, or ``None``."""
    return _get(options, name, default=None)


def find_left_over_settings() -> Iterator[tuple[str, str]]:
    """Yield settings that Django ignores, with the alias of ``STORAGES`` that replaced each."""
    for name, alias in _LEFT_OVER.items():
        if getattr(settings, name, None):
            yield name, alias


def get_declared_storages() -> dict[str, Any]:
    """Return ``STORAGES``: BACKEND and OPTIONS of every alias."""
    declared: Mapping[str, Any] = settings.STORAGES
    return dict(declared)


def has_time_zones() -> bool:
    """Say whether Django wants aware dates (``USE_TZ``)."""
    return bool(settings.USE_TZ)


def is_debug() -> bool:
    """Say whether mistakes are to be raised where a page in production would go on."""
    return bool(settings.DEBUG)


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


def _find_wrong_values(values: Mapping[str, Any]) -> Iterator[Problem]:
    for name in _TEXTS:
        value = values.get(name, "")
        if not isinstance(value, str):
            kind = value if isinstance(value, type) else type(value)
            yield Problem(8, f"The option {name} is of type {kind.__name__}.", "Write a text.")
    api_key = values.get("api_key", "")
    if isinstance(api_key, str) and not is_key(api_key):
        yield Problem(
            9,
            "The option api_key has characters that no key has, such as white space.",
            "Copy it again, without quotes and line end.",
        )
    yield from _find_wrong_names(values)
    yield from _find_wrong_hosts(values)
    yield from _find_wrong_numbers(values)
    yield from _find_wrong_choices(values)
    yield from _find_wrong_signing(values)
    yield from _find_wrong_stacks(values.get("stacks"))


def _find_wrong_names(values: Mapping[str, Any]) -> Iterator[Problem]:
    organization = values.get("organization") or ""
    is_name = isinstance(organization, str) and _ORGANIZATION.fullmatch(organization)
    if isinstance(organization, str) and organization and not is_name:
        yield Problem(
            15,
            f"The option organization is {organization!r}.",
            "Use the name that rokka knows: lower-case letters, digits and '-'.",
        )
    stack = values.get("default_stack")
    if stack and isinstance(stack, str) and (reason := _why_no_stack_name(stack)):
        yield Problem(16, f"The option default_stack is {stack!r}.", reason)


def _why_no_stack_name(name: str) -> str:
    """Say why no render URL can name this stack; empty where one can."""
    try:
        _check_stack_name(name)
    except InvalidRenderURL as error:
        return str(error)
    return ""


def _check_stack_name(name: str) -> None:
    """Raise ``InvalidRenderURL`` for a stack that no render URL can name."""
    RenderURL(image="0" * 40, format="jpg", stack=name).path  # noqa: B018  # writing is the check


def _find_wrong_stacks(stacks: Any) -> Iterator[Problem]:
    if stacks is not None and not isinstance(stacks, Mapping):
        yield Problem(
            6,
            f"The option stacks is a {type(stacks).__name__}.",
            "Write a dict: the name of a stack and its definition.",
        )
        return
    for name, definition in (stacks or {}).items():
        yield from _find_wrong_stack(name, definition)


def _find_wrong_stack(name: Any, definition: Any) -> Iterator[Problem]:
    try:
        _check_stack_name(str(name))
        stack = StackDefinition.from_json(definition)
        operations, _ = stack.resolve(image={"width": _WIDTH, "height": _HEIGHT})
        for operation in operations:
            rendered_size([operation], _WIDTH, _HEIGHT)
    except InvalidRenderURL as error:
        yield Problem(6, f"The stack {name!r} cannot be used.", str(error))
        return
    for unknown in sorted({item.name for item in stack.operations} - OPERATION_NAMES):
        yield Problem(
            6,
            f"The stack {name!r} has an unknown operation {unknown!r}.",
            f"Use one of: {', '.join(sorted(OPERATION_NAMES))}.",
        )


def _find_wrong_hosts(values: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("api_host", "render_host"):
        host = values.get(name)
        if not host or not isinstance(host, str) or is_host(host):
            continue
        # The render host may be the project's own, as the emulator's is.
        if name == "render_host" and _PATH.fullmatch(host):
            continue
        yield Problem(
            4,
            f"The option {name} is {hide_credentials(host)!r}.",
            "Write a whole URL such as https://api.rokka.io, a path may follow.",
        )


def _find_wrong_choices(values: Mapping[str, Any]) -> Iterator[Problem]:
    on_delete = values.get("on_delete", "release")
    if on_delete not in _ON_DELETE:
        allowed = " or ".join(map(repr, _ON_DELETE))
        yield Problem(34, f"The option on_delete is {on_delete!r}.", f"Use {allowed}.")
    for name in _FLAGS:
        if not isinstance(values.get(name, False), bool):
            yield Problem(35, f"The option {name} is {values[name]!r}.", "Use True or False.")


def _find_wrong_signing(values: Mapping[str, Any]) -> Iterator[Problem]:
    stacks = values.get("signed_stacks", ())
    if not isinstance(stacks, (list, tuple, set, frozenset)):
        yield Problem(
            32, f"The option signed_stacks is a {type(stacks).__name__}.", "Write a list of names."
        )
        return
    for name in stacks:
        if reason := _why_no_stack_name(name if isinstance(name, str) else ""):
            yield Problem(32, f"The option signed_stacks has {name!r}.", reason)
    named = "signed_stacks" if stacks else "sign_dynamic" if values.get("sign_dynamic") else ""
    if named and not values.get("signing_key"):
        yield Problem(
            33,
            f"The option {named} needs a key to sign with.",
            "Set the option 'signing_key' in STORAGES, or ROKKA_SIGNING_KEY.",
        )


def _find_wrong_numbers(values: Mapping[str, Any]) -> Iterator[Problem]:
    retries = values.get("retries", 1)
    if not _is_number(retries) or retries < 0:
        yield Problem(5, f"The option retries is {retries!r}.", "Write a number, 0 or more.")
    deadline = values.get("upload_deadline", 1)
    if not _is_number(deadline) or deadline <= 0:
        yield Problem(
            5, f"The option upload_deadline is {deadline!r}.", "Write seconds, more than 0."
        )
    timeout = values.get("timeout", 1)
    numbers = timeout if isinstance(timeout, tuple) and len(timeout) == 2 else (timeout,)
    if not all(_is_number(number) and number > 0 for number in numbers):
        yield Problem(
            5,
            f"The option timeout is {timeout!r}.",
            "Write seconds, more than 0: a number, or a pair to connect and to wait.",
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
