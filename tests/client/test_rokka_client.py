"""What a client takes, and what it refuses to take."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from django_rokka.client import RokkaClient
from django_rokka.exceptions import InvalidName, ReadOnly

from tests.client.samples import HASH, RECORDED
from tests.client.scripted_server import Reply, ScriptedServer

BAD_KEY = (
    "The API key has characters that no key has, such as white space or a line end. Copy it"
    " again, without quotes."
)
HEAVY = ("django", "requests", "tenacity", "urllib3")


def test_client__repr_shows_organization_and_host_only(client: RokkaClient) -> None:
    assert repr(client) == f"<RokkaClient 'acme' at {client.api_host}>"


@pytest.mark.parametrize(
    "api_host",
    [
        "",
        "api.rokka.io",
        "ftp://api.rokka.io",
        "https://",
        "https://host?a=b",
        "https://host#a",
        "https://host?",
        "https://ho st",
        "http://[::1",
        "http://host:port",
    ],
)
def test_client__refuses_what_is_no_api_host(api_host: str) -> None:
    with pytest.raises(ValueError, match="is no API host") as caught:
        RokkaClient(organization="acme", api_key="key", api_host=api_host)

    assert str(caught.value) == (
        f"{api_host!r} is no API host: write scheme, host and perhaps a path, such as"
        " 'https://api.rokka.io'."
    )


def test_client__masks_credentials_in_a_refused_host() -> None:
    with pytest.raises(ValueError, match=r"^'rokka://\*{8}@acme' is no API host"):
        RokkaClient(organization="acme", api_key="key", api_host="rokka://secret@acme")


@pytest.mark.parametrize("api_key", ["key\n", "a b", "schlüssel", "\x00"])
def test_client__refuses_a_key_that_no_header_holds(api_key: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(BAD_KEY)}$"):
        RokkaClient(organization="acme", api_key=api_key)


@pytest.mark.parametrize("timeout", [0, -1, (10, 0), float("inf"), float("nan")])
def test_client__refuses_a_timeout_that_is_none(timeout: float | tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="give seconds above 0 and below 1000000, one number or"):
        RokkaClient(organization="acme", api_key="key", timeout=timeout)


def test_client__refuses_fewer_than_no_retries() -> None:
    with pytest.raises(ValueError, match="-1 retries cannot be made: give 0 or more"):
        RokkaClient(organization="acme", api_key="key", retries=-1)


def test_client__refuses_a_key_that_is_not_set() -> None:
    with pytest.raises(TypeError) as caught:
        RokkaClient(organization="acme", api_key=os.environ.get("NO_SUCH_VARIABLE"))  # type: ignore[arg-type]  # the claim

    assert str(caught.value) == (
        "The API key is of type NoneType, must be a text. Is the environment variable set that it"
        " comes from?"
    )


@pytest.mark.parametrize("organization", ["", "Acme Inc", "../x"])
def test_client__refuses_what_is_no_organization(organization: str) -> None:
    with pytest.raises(InvalidName, match="is no organization: use lower-case letters"):
        RokkaClient(organization=organization, api_key="key")


def test_client__keeps_the_path_of_its_host(
    make_client: Callable[..., RokkaClient], server: ScriptedServer
) -> None:
    server.reply(Reply(json=RECORDED))
    client = make_client(api_host=f"{server.url}/api/")

    client.source_images.get(HASH)

    assert server.received[0].target == f"/api/sourceimages/acme/{HASH}"


def test_client__works_again_after_it_was_closed(
    client: RokkaClient, server: ScriptedServer
) -> None:
    server.reply(Reply(json=RECORDED), Reply(json=RECORDED))

    client.source_images.get(HASH)
    client.close()
    client.source_images.get(HASH)

    first, second = server.received
    assert first.port != second.port


def test_import__loads_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "from django_rokka.client import RokkaClient\n"
        "RokkaClient(organization='acme', api_key='key')\n"
        f"print(*sorted(set({HEAVY}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("\n", "")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "post"])
def test_client__that_is_read_only_sends_nothing_that_writes(
    server: ScriptedServer, method: str
) -> None:
    with (
        RokkaClient(
            organization="acme", api_key="key", api_host=server.url, read_only=True
        ) as client,
        pytest.raises(ReadOnly) as caught,
    ):
        client.request(method, "/stacks/acme/thumb", json={})

    assert server.received == []
    assert (caught.value.method, caught.value.path) == (method.upper(), "/stacks/acme/thumb")


def test_client__that_is_read_only_reads_and_signs(server: ScriptedServer) -> None:
    server.reply(Reply(json=RECORDED), Reply(json={"signed_url": "https://acme.rokka.io/a?sig=b"}))
    with RokkaClient(
        organization="acme", api_key="key", api_host=server.url, read_only=True
    ) as client:
        assert client.source_images.get(HASH).hash == HASH
        assert client.utils.sign_url("https://acme.rokka.io/a").endswith("sig=b")
