"""No text that a caller gives can make a request of another endpoint."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_rokka.client import RokkaClient
from django_rokka.client.endpoints.endpoint import Endpoint
from django_rokka.exceptions import RokkaError

from tests.client.conftest import API_KEY
from tests.client.samples import HASH
from tests.client.scripted_server import ScriptedServer

IMAGE = "/sourceimages/{}/{}"
ROUTES = (
    "/sourceimages/{}",
    "/sourceimages/{}/download",
    "/sourceimages/{}/copy",
    "/sourceimages/{}/binaryhash/{}",
    "/sourceimages/{}/alias/{}",
    "/sourceimages/{}/alias/{}/cache",
    *(
        f"{IMAGE}{rest}"
        for rest in (
            "",
            "/copy",
            "/restore",
            "/download",
            "/name",
            "/options/protected",
            "/options/locked",
            "/autolabel",
            "/autodescription",
            "/cache",
            "/meta/dynamic/{}",
            "/meta/user",
            "/meta/user/{}",
        )
    ),
    "/stacks/{}",
    "/stacks/{}/{}",
    "/stacks/{}/{}/cache",
    "/operations",
    "/stackoptions",
    "/organizations/{}",
    "/organizations/{}/options",
    "/organizations/{}/options/{}",
    "/organizations/{}/sub_organizations",
    "/organizations/{}/memberships",
    "/organizations/{}/memberships/{}",
    "/users",
    "/user",
    "/user/memberships",
    "/user/admin/apikeys",
    "/user/apikeys",
    "/user/apikeys/current",
    "/user/apikeys/token",
    "/user/apikeys/{}",
    "/user/mfa/totp",
    "/user/mfa/totp/confirm",
    "/utils/{}/sign_url",
    "/utils/{}/render/{}",
    "/utils/{}/render/{}/{}",
    "/stats/{}",
    "/billing/{}",
    "/_albums/{}/all.json",
    "/_albums/{}/favorites.json",
    "/thumb/{}",
)
"""The endpoints of rokka; of several that fit, the one with the fewest names is meant."""

METHODS: dict[str, dict[str, Any]] = {
    "aliases.create": {"name": "logo", "hash": HASH},
    "aliases.get": {"name": "logo"},
    "aliases.delete": {"name": "logo"},
    "aliases.invalidate_cache": {"name": "logo"},
    "memberships.list": {},
    "memberships.get": {"user_id": "ada"},
    "memberships.create": {"user_id": "ada", "roles": ["read"]},
    "memberships.create_with_new_user": {"roles": ["read"]},
    "memberships.delete": {"user_id": "ada"},
    "operations.list": {},
    "organizations.get": {"name": "acme"},
    "organizations.create": {"name": "acme", "billing_email": "bills@example.org"},
    "organizations.set_option": {"name": "remote_basepath", "value": "x"},
    "organizations.set_options": {"options": {"remote_basepath": "x"}},
    "organizations.list_sub_organizations": {},
    "source_images.create": {"file": b"x", "name": "a.jpg"},
    "source_images.create_many": {"files": [b"x"], "threads": 1},
    "source_images.create_from_url": {"url": "https://example.org/a.jpg"},
    "source_images.get": {"hash": HASH},
    "source_images.get_by_binary_hash": {"binary_hash": HASH},
    "source_images.list": {},
    "source_images.iter": {},
    "source_images.count": {},
    "source_images.download": {"hash": HASH, "binary_hash": HASH},
    "source_images.download_list": {},
    "source_images.rename": {"hash": HASH, "name": "a.jpg"},
    "source_images.set_locked": {"hash": HASH, "is_locked": True},
    "source_images.set_protected": {"hash": HASH, "is_protected": True},
    "source_images.autolabel": {"hash": HASH},
    "source_images.autodescribe": {"hash": HASH, "languages": "en"},
    "source_images.invalidate_cache": {"hash": HASH},
    "source_images.set_dynamic_metadata": {"hash": HASH, "name": "version", "value": {}},
    "source_images.delete_dynamic_metadata": {"hash": HASH, "name": "version"},
    "source_images.set_subject_area": {"hash": HASH, "x": 1, "y": 1},
    "source_images.remove_subject_area": {"hash": HASH},
    "source_images.copy": {"hash": HASH, "destination": "other"},
    "source_images.copy_all": {"hashes": HASH, "destination": "other"},
    "source_images.delete": {"hash": HASH},
    "source_images.delete_by_binary_hash": {"binary_hash": HASH},
    "source_images.restore": {"hash": HASH},
    "source_images.metadata.get": {"hash": HASH},
    "source_images.metadata.get_field": {"hash": HASH, "field": "alt"},
    "source_images.metadata.set": {"hash": HASH, "field": "alt", "value": "x"},
    "source_images.metadata.add": {"hash": HASH, "data": {"alt": "x"}},
    "source_images.metadata.replace": {"hash": HASH, "data": {"alt": "x"}},
    "source_images.metadata.delete": {"hash": HASH},
    "source_images.metadata.delete_field": {"hash": HASH, "field": "alt"},
    "stack_options.get": {},
    "stacks.create": {"name": "thumb", "definition": {}},
    "stacks.get": {"name": "thumb"},
    "stacks.list": {},
    "stacks.iter": {},
    "stacks.delete": {"name": "thumb"},
    "stacks.invalidate_cache": {"name": "thumb"},
    "stats.get": {},
    "stats.get_billing": {},
    "users.create": {"email": "ada@example.org"},
    "users.get": {},
    "users.get_id": {},
    "users.list_memberships": {},
    "users.list_api_keys": {},
    "users.create_api_key": {},
    "users.get_current_api_key": {},
    "users.update_api_key": {"id": "k", "comment": "x"},
    "users.delete_api_key": {"id": "k"},
    "users.fetch_token": {},
    "utils.sign_url": {"url": "https://acme.rokka.io/a/b.jpg"},
    "utils.render": {"file": b"x", "stack": "thumb", "format": "jpg", "name": "a.jpg"},
    "utils.list_album": {"album": "holidays", "render_host": "HOST"},
    "utils.fetch_blurhash": {"url": f"HOST/thumb/{HASH}.blur"},
}
"""What each method is called with where no harm is meant."""

NO_REQUEST = {"users.get_token"}

KEYS = {"data", "definition", "dynamic_metadata", "options", "search", "user_metadata"}
"""Parameters that are mappings, whose keys are names."""

LISTS = {"allowed_ips", "ips", "roles"}
"""Parameters that are lists of texts and nothing else."""

HOSTS = {("utils.list_album", "render_host"), ("utils.fetch_blurhash", "url")}
"""Parameters that name a place, and so may lead everywhere."""

HARMLESS = {"organization": "acme", "destination": "other"}

HOSTILE = (
    "",
    " ",
    ".",
    "..",
    "../x",
    "..\\x",
    "./",
    "a/b",
    "/a",
    "a/",
    "//a",
    "a?b",
    "a#b",
    "a;b",
    "a%",
    "%2e%2e",
    "%2F",
    "..%2f..",
    "é",
    "\uff0e\uff0e",
    "\uff41",
    "²",
    "a b",
    "a\nb",
    "a\r\nX-Header: b",
    "a\n",
    "\x00",
    "a\x00b",
    "\x7f",
    "\ud800",
    "\u202e",
    "a:b",
    "{}",
    "{organization}",
    "@evil.test",
    "http://evil.test/",
    "a" * 5000,
    "download",
    "copy",
    "alias",
    "binaryhash",
    "cache",
    "current",
    "token",
    "options",
    "memberships",
    "meta",
    "restore",
    "favorites.json",
    HASH.upper(),
    f"{HASH}\n",
)
TEXTS = st.one_of(
    st.text(max_size=20),
    st.lists(st.sampled_from([*HOSTILE, HASH, "logo", "a"]), max_size=4).map("".join),
)


class Case(NamedTuple):
    """A parameter of a method that takes a text, or a mapping whose keys are texts."""

    method: str
    parameter: str

    def call(self, client: RokkaClient, text: str | None = None) -> None:
        """Call the method to its end, with a text or as if no harm were meant."""
        arguments = {
            name: value.replace("HOST", client.api_host) if isinstance(value, str) else value
            for name, value in METHODS[self.method].items()
        }
        if text is not None:
            arguments[self.parameter] = self._wrap(text)
        answer = find_method(client, self.method)(**arguments)
        if isinstance(answer, Iterator):
            for item in list(answer):  # a generator of threads is not left to the collector
                if getattr(item, "error", None):
                    raise item.error

    def _wrap(self, text: str) -> object:
        if self.parameter in KEYS:
            return {text: "x"}
        return [text] if self.parameter in LISTS else text


def find_method(client: RokkaClient, path: str) -> Any:
    found: Any = client
    for name in path.split("."):
        found = getattr(found, name)
    return found


def list_methods(owner: object, prefix: str = "") -> Iterator[str]:
    """Walk all public methods of a client and of the endpoints that hang from it."""
    for name, value in inspect.getmembers(owner):
        if name.startswith("_"):
            continue
        if isinstance(value, Endpoint):
            yield from list_methods(value, f"{prefix}{name}.")
        elif inspect.ismethod(value) and isinstance(owner, Endpoint):
            yield f"{prefix}{name}"


def list_cases(client: RokkaClient) -> Iterator[Case]:
    for method in METHODS:
        for name, parameter in inspect.signature(find_method(client, method)).parameters.items():
            takes_text = re.search(r"\bstr\b", str(parameter.annotation))
            if name in KEYS or (takes_text and (method, name) not in HOSTS):
                yield Case(method, name)


CLIENT = RokkaClient(organization="acme", api_key=API_KEY)  # asks nobody; it is only looked at
CASES = list(list_cases(CLIENT))


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    """Give a server that refuses whatever it is asked, which is what matters here."""
    with ScriptedServer().serving() as server:
        yield server


@pytest.fixture(scope="module")
def client(server: ScriptedServer) -> Iterator[RokkaClient]:
    with RokkaClient(
        organization="acme", api_key=API_KEY, api_host=server.url, retries=0
    ) as client:
        yield client


def ask(case: Case, client: RokkaClient, server: ScriptedServer, text: str | None) -> list[str]:
    """Return the segments of the request's path, none where the text was refused before."""
    server.received.clear()
    with pytest.raises((ValueError, RokkaError)) as caught:
        case.call(client, text)
    assert server.received or isinstance(caught.value, ValueError), repr(caught.value)
    assert len(server.received) <= 1
    return [
        segment
        for request in server.received
        for segment in request.target.partition("?")[0].split("/")
    ]


@cache
def ask_harmlessly(method: str, client: RokkaClient, server: ScriptedServer) -> list[str]:
    """Return the segments of the request that a method makes where no harm is meant."""
    return ask(Case(method, ""), client, server, None)


def route(segments: list[str]) -> str:
    """Return the endpoint that a path is taken for, by a server that decodes its segments."""
    decoded = [unquote(segment) for segment in segments]
    fitting = [each for each in ROUTES if fits(each.split("/"), decoded)]
    return min(fitting, key=lambda each: each.count("{}"), default="")


def fits(pattern: list[str], segments: list[str]) -> bool:
    return len(pattern) == len(segments) and all(
        there == known or (known == "{}" and there not in {"", ".", ".."})
        for known, there in zip(pattern, segments, strict=True)
    )


def check(case: Case, client: RokkaClient, server: ScriptedServer, text: str) -> None:
    """Compare what a text asks for with what a harmless one does."""
    asked = ask(case, client, server, text)
    if not asked:
        return
    harmless = ask_harmlessly(case.method, client, server)
    meant = METHODS[case.method].get(case.parameter, HARMLESS.get(case.parameter, ""))
    if case == Case("utils.render", "operations"):
        # A path of its own, below that of the stack.
        assert [*asked[:4], asked[-1][-4:]] == ["", "utils", "acme", "render", ".jpg"]
        assert not {"", ".", ".."}.intersection(map(unquote, asked[1:]))
        return
    assert route(asked) == route(harmless) != ""
    assert len(asked) == len(harmless)
    for there, before in zip(asked, harmless, strict=True):
        if there != before:
            assert unquote(there, errors="strict") == unquote(before).replace(meant, text)


def test_methods__are_all_here() -> None:
    assert {*METHODS, *NO_REQUEST} == set(list_methods(CLIENT))


@pytest.mark.parametrize("method", METHODS)
def test_method__asks_for_a_known_endpoint(
    method: str, client: RokkaClient, server: ScriptedServer
) -> None:
    assert route(ask_harmlessly(method, client, server))


@pytest.mark.parametrize("case", CASES, ids=".".join)
def test_text__that_is_hostile_leads_nowhere_else(
    case: Case, client: RokkaClient, server: ScriptedServer
) -> None:
    for text in HOSTILE:
        check(case, client, server, text)


@given(case=st.sampled_from(CASES), text=TEXTS)
@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text__of_any_kind_leads_nowhere_else(
    case: Case, text: str, client: RokkaClient, server: ScriptedServer
) -> None:
    check(case, client, server, text)
