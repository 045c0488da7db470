"""What may be wrong with the values of options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from django_rokka import client, render
from django_rokka.exceptions import InvalidRenderURL

__all__ = ["INVALIDATIONS_PER_HOUR", "Problem", "find_wrong_values"]

INVALIDATIONS_PER_HOUR: Mapping[str, int] = MappingProxyType({"alias": 10, "image": 5, "stack": 5})
"""How often rokka clears its CDN for an organization: of an alias, of an image, of a stack."""

_TEXTS = (
    "organization",
    "api_key",
    "signing_key",
    "default_stack",
    "api_host",
    "render_host",
    "fallback",
    "environment",
    "task_backend",
    "task_queue",
)
_FLAGS = ("read_only", "sign_dynamic", "verify")
_ON_DELETE = ("release", "never")

_PATH = re.compile(r"/[^@?#\s]*")
_ORGANIZATION = re.compile(r"[a-z0-9-]+")
_ENVIRONMENT = re.compile(r"[a-z0-9_]{1,37}")
# What every declared stack is tried with: an ordinary photograph.
_WIDTH, _HEIGHT = 1200, 800


class Problem(NamedTuple):
    """A wrong setting: the number of its system check, what is wrong, and the remedy."""

    number: int
    message: str
    hint: str


def find_wrong_values(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the values of options, which are set or are defaults."""
    for name in _TEXTS:
        value = values.get(name, "")
        if not isinstance(value, str):
            kind = value if isinstance(value, type) else type(value)
            yield Problem(8, f"The option {name} is of type {kind.__name__}.", "Write a text.")
    api_key = values.get("api_key", "")
    if isinstance(api_key, str) and not client.is_key(api_key):
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
    environment = values.get("environment") or ""
    if isinstance(environment, str) and environment and not _ENVIRONMENT.fullmatch(environment):
        yield Problem(
            38,
            f"The option environment is {environment!r}.",
            "Use 1 to 37 of the characters a-z, 0-9 and '_', such as 'production'.",
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
    render.RenderURL(image="0" * 40, format="jpg", stack=name).path  # noqa: B018  # writing is the check


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
    from django_rokka.render.operations import OPERATION_NAMES

    try:
        _check_stack_name(str(name))
        stack = render.StackDefinition.from_json(definition)
        operations, _ = stack.resolve(image={"width": _WIDTH, "height": _HEIGHT})
        for operation in operations:
            render.rendered_size([operation], _WIDTH, _HEIGHT)
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
        if not host or not isinstance(host, str) or client.is_host(host):
            continue
        # The render host may be the project's own, as the emulator's is.
        if name == "render_host" and _PATH.fullmatch(host):
            continue
        yield Problem(
            4,
            f"The option {name} is {client.hide_credentials(host)!r}.",
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
    yield from _find_wrong_budget(values.get("invalidation_budget", 0))


def _find_wrong_budget(budget: Any) -> Iterator[Problem]:
    is_mapping = isinstance(budget, Mapping)
    shares = budget if is_mapping else {"alias": budget}
    if not all(kind in INVALIDATIONS_PER_HOUR and _is_share(kind, shares[kind]) for kind in shares):
        most = ", ".join(f"{kind!r}: {most}" for kind, most in INVALIDATIONS_PER_HOUR.items())
        yield Problem(
            5,
            f"The option invalidation_budget is {budget!r}.",
            "Write how many of rokka's ten an hour are for this site, 0 to 10, or a dict of at"
            f" most {{{most}}}.",
        )


def _is_share(kind: str, share: Any) -> bool:
    return type(share) is int and 0 <= share <= INVALIDATIONS_PER_HOUR[kind]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
