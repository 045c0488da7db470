"""Each method of the official JavaScript client has its counterpart, which sends the same.

Both requests are reduced to what they mean, by these rules:

- ``User-Agent``, ``Accept`` and what belongs to the connection are not compared: they name the
  sender and say nothing about the call.
- JSON is sent as ``application/json``; the official client says ``text/plain``, which browsers
  send to other hosts without asking them first.
- The metadata of an upload are JSON once; the official client encodes some of them, and
  ``optimize_source``, once more. rokka decodes what is a text after decoding, so both are the same.
- Dynamic metadata of an upload are a part each, ``meta_dynamic[0][name]``, as rokka documents it;
  the official client has one part ``meta_dynamic[0]`` for all. Both are one mapping.
- The parts of a multipart body have no order: rokka counts files and URLs alone.
- ``overwrite=false`` and ``deleted=false`` are left out: they are what rokka does anyway.
- ``Content-Length: 0`` says what an empty body says.

All that differs beyond that stands in ``DEPARTURES``, and what is refused before the network in
``REFUSED``.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha1
from operator import attrgetter
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest

from django_rokka.client import API_HOST, RokkaClient, TokenMemory
from django_rokka.client.endpoints.rendering import RENDER_HOST
from django_rokka.exceptions import InvalidRequest

from tests.client.scripted_server import Received, Reply, ScriptedServer
from tests.client.wire.counterparts import COUNTERPARTS, LOCAL

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "calls.json").read_text(encoding="utf-8")
)
GIVEN: dict[str, str] = RECORDED["given"]
CALLS: dict[str, dict[str, Any]] = {call["id"]: call for call in RECORDED["calls"]}

HEADERS = ("Api-Version", "Api-Key", "Authorization", "Content-Type", "Destination", "Overwrite")
DEFAULTS = [["deleted", "false"], ["overwrite", "false"]]


class Departure(NamedTuple):
    """The members of the reduced request that are other ones here, and why."""

    members: dict[str, Any]
    reason: str


IN_QUERY = "rokka reads deletePrevious in the query; in the body of a DELETE it has no effect"
AS_JSON = "the value is JSON, and so a text stays one whatever it looks like"
EXPLICIT_ORDER = "the direction is always written"
NO_COUNTS = "an archive has no place for counts"
NO_NULL = "what is not given is left out"
NO_EMPTY = "a date that is not given is left out, instead of an empty parameter"

PICTURE = "a picture\r\n--with lines\r\n"
PREVIOUS_STAYS = {"query": [["deletePrevious", "false"]], "body": None}
PREVIOUS_GOES = {"query": [["deletePrevious", "true"]], "body": None}
WITHOUT_BODY = {"headers": {"Api-Version": "1", "Api-Key": GIVEN["api_key"]}}

DEPARTURES: dict[str, Departure] = {
    "sourceimages.list with several sorts": Departure(
        {"query": [["sort", "created desc,user:int:id asc,size asc"]]}, EXPLICIT_ORDER
    ),
    "sourceimages.downloadList with several sorts": Departure(
        {"query": [["sort", "created desc,user:int:id asc,size asc"]]}, EXPLICIT_ORDER
    ),
    "sourceimages.downloadList with facets": Departure({"query": [["limit", "0"]]}, NO_COUNTS),
    "sourceimages.downloadList with everything": Departure(
        {
            "query": [
                ["deleted", "true"],
                ["height", "[1,2}"],
                ["limit", "2"],
                ["name", "foo*"],
                ["offset", "1"],
                ["sort", "created desc,size asc"],
                ["user:int:id", "42"],
            ]
        },
        NO_COUNTS,
    ),
    "sourceimages.create with a path": Departure(
        {"body": {"filedata": ["folder/picture.gif", "image/gif", PICTURE]}},
        "a name that is given is sent as it is",
    ),
    "sourceimages.createByUrl optimized": Departure(
        {
            "method": "POST",
            "host": "api",
            "path": "/sourceimages/acme",
            "query": [],
            "headers": {**WITHOUT_BODY["headers"], "Content-Type": "multipart/form-data"},
            "body": {"url[0]": "https://example.org/a.tif", "optimize_source": True},
        },
        "the official client throws for what rokka takes",
    ),
    "sourceimages.deleteDynamicMetaData": Departure({**PREVIOUS_STAYS, **WITHOUT_BODY}, IN_QUERY),
    "sourceimages.deleteDynamicMetaData with deletePrevious": Departure(
        {**PREVIOUS_GOES, **WITHOUT_BODY}, IN_QUERY
    ),
    "sourceimages.deleteDynamicMetaData without deletePrevious": Departure(
        {**PREVIOUS_STAYS, **WITHOUT_BODY}, IN_QUERY
    ),
    "sourceimages.meta.set to text": Departure({"body": {"json": 'a "bär"'}}, AS_JSON),
    "sourceimages.meta.set to digits": Departure({"body": {"json": "42"}}, AS_JSON),
    "organizations.setOption to text": Departure(
        {"body": {"json": "https://example.org/"}}, AS_JSON
    ),
    "memberships.create with a null comment": Departure(
        {"body": {"json": {"roles": ["upload"]}}}, NO_NULL
    ),
    "users.create": Departure({"body": {"json": {"email": "someone@example.org"}}}, NO_NULL),
    "user.addApiKey": Departure({"body": {"json": {}}}, NO_NULL),
    "stats.get": Departure({"query": []}, NO_EMPTY),
    "stats.get from a day": Departure({"query": [["from", "2020-01-01"]]}, NO_EMPTY),
}

REFUSED: dict[str, tuple[type[Exception], str]] = {
    "sourceimages.list with several values of a field": (TypeError, "cannot be searched for"),
    "sourceimages.downloadList with several values of a field": (TypeError, "cannot be searched"),
    "sourceimages.createByUrl": (ValueError, "cannot be fetched"),  # it has a space
    "sourceimages.meta.set to a boolean": (TypeError, "rokka does not say how it keeps booleans"),
    "sourceimages.meta.set to null": (ValueError, "'title' cannot be None"),
}

HARMLESS = {
    "sourceimages.create with user metadata": "encoded once here",
    "sourceimages.create with all metadata": "encoded once here",
    "sourceimages.create with metadata that are JSON already": "encoded once here",
    "sourceimages.create optimized as JPEG": "without quotes here",
    "memberships.create with a role it does not know": "known here, and no promise is left over",
}
"""What of the marked behaviour a rule allows for, or is not about the request."""


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer().serving() as server:
        yield server


def call_counterpart(server: ScriptedServer, id: str) -> None:
    """Call the counterpart of a recorded call; the hosts are the first folder of the paths."""
    call = CALLS[id]
    server.received.clear()
    server.replies.clear()
    # A refusal ends each call, so that none goes on with a second request.
    server.reply(Reply(status=400, json={}))
    has_token = call.get("given") == "token"
    is_album = call["method"] == "render.imagesByAlbum"
    hosts = {"render_host": f"{server.url}/{{organization}}.rokka.io"} if is_album else {}
    with RokkaClient(
        organization="another",  # each call names its own
        api_key="" if has_token else GIVEN["api_key"],
        tokens=TokenMemory(GIVEN["token"]) if has_token else None,
        api_host=f"{server.url}/api",
    ) as client:
        COUNTERPARTS[call["method"]](client, *map(revive, call["arguments"]), **hosts)


def revive(argument: Any) -> Any:
    if not isinstance(argument, dict):
        return argument
    if "$stream" in argument:
        content = b64decode(argument["$stream"])
        return iter([content[:7], content[7:]])
    return b64decode(argument["$bytes"]) if "$bytes" in argument else argument


def reduce_received(received: Received) -> dict[str, Any]:
    parts = urlsplit(received.target)
    _, host, path = parts.path.split("/", 2)
    content_type, _, parameters = received.headers.get("Content-Type", "").partition(";")
    headers = {name: received.headers[name] for name in HEADERS if name in received.headers}
    return reduce(
        {
            "method": received.method,
            "host": host,
            "path": f"/{path}",
            "query": [list(pair) for pair in parse_qsl(parts.query, keep_blank_values=True)],
            "headers": {**headers, "Content-Type": content_type} if content_type else headers,
            "body": read_body(received.body, content_type, parameters.partition("=")[2]),
        }
    )


def read_body(body: bytes, content_type: str, boundary: str) -> Any:
    """Write a body as the recording does."""
    if not body:
        return None
    if content_type == "application/json":
        return {"json": json.loads(body)}
    return {
        "multipart": [read_part(part[2:-2]) for part in body.split(f"--{boundary}".encode())[1:-1]]
    }


def read_part(part: bytes) -> dict[str, Any]:
    head, _, content = part.partition(b"\r\n\r\n")
    written = {
        name: match[1] if (match := re.search(pattern, head.decode())) else None
        for name, pattern in {
            "name": r' name="([^"]*)"',
            "filename": r' filename="([^"]*)"',
            "content_type": r"Content-Type: (\S+)",
        }.items()
    }
    try:
        return {**written, "text": content.decode()}
    except UnicodeDecodeError:
        return {**written, "sha1": sha1(content, usedforsecurity=False).hexdigest()}


def reduce(request: dict[str, Any]) -> dict[str, Any]:
    """Reduce a request to what it means."""
    headers = {name: it for name, it in request["headers"].items() if name != "Content-Length"}
    if headers.get("Content-Type") == "text/plain":
        headers["Content-Type"] = "application/json"
    body = request["body"]
    return {
        **request,
        "query": sorted(pair for pair in request["query"] if pair not in DEFAULTS),
        "headers": headers,
        "body": reduce_parts(body["multipart"]) if body and "multipart" in body else body,
    }


def reduce_parts(parts: list[dict[str, Any]]) -> dict[str, Any]:
    reduced: dict[str, Any] = {}
    for part in parts:
        if part["filename"] is not None:
            content = part.get("text", part.get("sha1"))
            reduced[part["name"]] = [part["filename"], part["content_type"], content]
        elif named := re.fullmatch(r"(meta_dynamic\[0\])\[(\w+)\]", part["name"]):
            reduced.setdefault(named[1], {})[named[2]] = decode(part["text"])
        else:
            reduced[part["name"]] = decode(part["text"])
    return reduced


def decode(text: str) -> Any:
    """Decode JSON until it is no text that is JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return decode(value) if isinstance(value, str) else value


def write(request: dict[str, Any]) -> str:
    """Write a request line by line; in JSON, 1 is not true."""
    return json.dumps(request, indent=1, sort_keys=True, ensure_ascii=False)


@pytest.mark.parametrize("id", [name for name in CALLS if name not in REFUSED])
def test_counterpart__sends_the_same(server: ScriptedServer, id: str) -> None:
    recorded = CALLS[id]["request"]
    meant = reduce(recorded) if recorded else {}
    departure = DEPARTURES.get(id, Departure({}, ""))

    with pytest.raises(InvalidRequest):
        call_counterpart(server, id)

    (received,) = server.received
    assert write(reduce_received(received)) == write({**meant, **departure.members})


@pytest.mark.parametrize("id", REFUSED)
def test_counterpart__refuses_before_the_network(server: ScriptedServer, id: str) -> None:
    error, words = REFUSED[id]

    with pytest.raises(error, match=re.escape(words)):
        call_counterpart(server, id)

    assert server.received == []


@pytest.mark.parametrize("id", DEPARTURES)
def test_departure__is_one_still(id: str) -> None:
    recorded = CALLS[id]["request"]
    meant = reduce(recorded) if recorded else {}
    members, reason = DEPARTURES[id]

    assert reason
    assert [name for name in members if meant.get(name) == members[name]] == []


def test_quirks__are_all_decided_upon() -> None:
    quirks = {name for name, call in CALLS.items() if call.get("quirk")}

    assert quirks - {*DEPARTURES, *REFUSED} == set(HARMLESS)


def test_counterparts__are_those_of_all_methods_that_send() -> None:
    assert sorted(COUNTERPARTS) == sorted({call["method"] for call in CALLS.values()})
    assert len(COUNTERPARTS) == 62


def test_hosts__are_rokkas() -> None:
    assert (API_HOST, RENDER_HOST) == ("https://api.rokka.io", "https://{organization}.rokka.io")


def test_local__has_all_methods_that_send_nothing() -> None:
    assert sorted(LOCAL) == RECORDED["local"]
    assert [name for name, local in LOCAL.items() if not local.path] == ["expressions.default"]


@pytest.mark.parametrize("name", [name for name, local in LOCAL.items() if local.path])
def test_local__is_there(name: str) -> None:
    path = LOCAL[name].path
    if not path.startswith("client."):
        assert resolve_name(path)
        return
    with RokkaClient(organization="acme") as client:
        assert callable(attrgetter(path.removeprefix("client."))(client))
