"""A call of each kind, for every fault to hit.

Nothing here knows how the client copes: the outcomes stand in ``test_faults.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from io import BytesIO
from pathlib import Path
from typing import Any

from django_rokka.client import RokkaClient, TokenMemory

from tests.client.samples import HASH, RECORDED, STACK, uploaded
from tests.client.scripted_server import Reply

CONTENT = bytes(range(256)) * 20 * 1024  # 5 MiB, more than a connection buffers
SHA1 = sha1(CONTENT, usedforsecurity=False).hexdigest()

SAFE, ONCE, COSTLY = "may be repeated", "may not happen twice", "is tried once"

_IMAGE = f"/sourceimages/acme/{HASH}"
_HEAD = b"there before"


@dataclass(frozen=True, kw_only=True)
class Act:
    """A call, what it asks for, and what it makes of rokka's ``answer``.

    ``before`` and ``after`` are other answers on the way. ``repeated`` is what rokka answers
    where the act has been done already. ``wrong`` tells of other bytes than were sent or asked
    for. ``does`` names what faults can need. ``takes`` names faults that are none to it.
    """

    run: Callable[[RokkaClient, Path], object]
    line: tuple[str, str]
    answer: Reply
    value: object
    kind: str = SAFE
    before: tuple[Reply, ...] = ()
    after: tuple[Reply, ...] = ()
    repeated: Reply | None = None
    wrong: Reply | None = None
    does: frozenset[str] = frozenset({"answer"})
    takes: frozenset[str] = frozenset()
    is_public: bool = False
    options: Callable[[], dict[str, Any]] = field(default=dict)


def iterate(client: RokkaClient, folder: Path) -> object:
    return [image.hash for image in client.source_images.iter(page_size=1)]


def upload_path(client: RokkaClient, folder: Path) -> object:
    path = folder / "source.jpg"
    path.write_bytes(CONTENT)
    return client.source_images.create(path, name="a.jpg").hash


def upload_file(client: RokkaClient, folder: Path) -> object:
    """Upload an open file: it stands at its end, or after an error where it stood."""
    with BytesIO(CONTENT) as file:
        file.seek(100)
        try:
            uploaded_hash = client.source_images.create(file, name="a.jpg").hash
        except BaseException:
            assert file.tell() == 100
            raise
        assert file.tell() == len(CONTENT)
        return uploaded_hash


def upload_blocks(client: RokkaClient, folder: Path) -> object:
    def blocks() -> Iterator[bytes]:
        for start in range(0, len(CONTENT), 100_000):
            yield CONTENT[start : start + 100_000]

    return client.source_images.create(blocks(), name="a.jpg").hash


def upload_many(client: RokkaClient, folder: Path) -> object:
    """Raise the error that the other files would have been kept from."""
    (created,) = client.source_images.create_many([CONTENT], threads=1)
    if created.error is not None:
        raise created.error
    return created.image and created.image.hash


def upload_with_a_description(client: RokkaClient, folder: Path) -> object:
    wish = {"auto_description": {"languages": ["en"]}}
    return client.source_images.create(CONTENT, static_metadata=wish).hash


def download_path(client: RokkaClient, folder: Path) -> object:
    """Replace a file by all of the new one, or not at all."""
    path = folder / "target.jpg"
    path.write_bytes(_HEAD)
    try:
        with client.source_images.download(HASH, binary_hash=SHA1) as download:
            count = download.write_to(path)
    except BaseException:
        assert {each.name: each.read_bytes() for each in folder.iterdir()} == {path.name: _HEAD}
        raise
    assert [each.name for each in folder.iterdir()] == [path.name]
    return count, path.read_bytes() == CONTENT


def download_file(client: RokkaClient, folder: Path) -> object:
    """Write behind what an open file holds; after an error that is all of it again."""
    with BytesIO(_HEAD) as file:
        file.seek(len(_HEAD))
        try:
            with client.source_images.download(HASH, binary_hash=SHA1) as download:
                count = download.write_to(file)
        except BaseException:
            assert (file.getvalue(), file.tell()) == (_HEAD, len(_HEAD))
            raise
        return count, file.getvalue() == _HEAD + CONTENT


def download_blocks(client: RokkaClient, folder: Path) -> object:
    with client.source_images.download(HASH, binary_hash=SHA1) as download:
        return b"".join(download) == CONTENT


def download_unverified(client: RokkaClient, folder: Path) -> object:
    with client.source_images.download(HASH) as download:
        return b"".join(download) == CONTENT


def render(client: RokkaClient, folder: Path) -> object:
    with client.utils.render(CONTENT, stack="thumb", format="jpg", name="a.jpg") as rendered:
        return b"".join(rendered) == CONTENT


def list_album(client: RokkaClient, folder: Path) -> object:
    images = client.utils.list_album("holidays", render_host=client.api_host)
    return [image.hash for image in images]


def change(client: RokkaClient, *, delete_previous: bool) -> object:
    return client.source_images.set_dynamic_metadata(
        HASH, "version", {"text": "2"}, delete_previous=delete_previous
    ).hash


_ALIAS = Reply(json={"alias": "logo", "hash": HASH, "organization": "acme"})
_PUT_ALIAS = ("PUT", "/sourceimages/acme/alias/logo")
_TOKEN = "e30.eyJpZCI6InVzZXIiLCJleHAiOjE4MDAwMDAwMDAsImV4cHQiOjg2NDAwfQ.c2ln"
_GET_TOKEN = ("GET", "/user/apikeys/token")
_NOT_FOUND = Reply(status=404)
_NOTHING: frozenset[str] = frozenset()
_SENDS = frozenset({"answer", "send"})
_UPLOAD: dict[str, Any] = {
    "line": ("POST", "/sourceimages/acme"),
    "answer": Reply(json=uploaded(CONTENT)),
    "value": HASH,
    "wrong": Reply(json=uploaded(b"other")),
    "does": frozenset({"answer", "send", "verify"}),
}
_DOWNLOAD: dict[str, Any] = {
    "line": ("GET", f"{_IMAGE}/download"),
    "answer": Reply(body=CONTENT),
    "wrong": Reply(body=b"other"),
    "does": frozenset({"download", "verify"}),
}

_MOVED = Reply(status=201, json=RECORDED, headers={"Location": _IMAGE})
_CHANGE: dict[str, Any] = {
    "line": ("PUT", f"{_IMAGE}/meta/dynamic/version"),
    "does": _SENDS,
}

ACTS = {
    "get": Act(
        run=lambda client, _: client.source_images.get(HASH).hash,
        line=("GET", _IMAGE),
        answer=Reply(json=RECORDED),
        value=HASH,
    ),
    "list": Act(
        run=lambda client, _: [stack.name for stack in client.stacks.list()],
        line=("GET", "/stacks/acme"),
        answer=Reply(json={"items": [STACK]}),
        value=["mystack"],
    ),
    "iterate": Act(
        run=iterate,
        line=("GET", "/sourceimages/acme"),
        before=(Reply(json={"items": [RECORDED], "cursor": "c"}),),
        answer=Reply(json={"items": [RECORDED], "cursor": "d"}),
        after=(Reply(json={"items": []}),),
        value=[HASH] * 2,
    ),
    "put over": Act(
        run=lambda client, _: client.aliases.create("logo", HASH, overwrite=True).name,
        line=_PUT_ALIAS,
        answer=_ALIAS,
        value="logo",
        does=_SENDS,
        takes=frozenset({"empty", "null", "an object"}),  # it says what was asked for
    ),
    "put": Act(
        run=lambda client, _: client.stacks.create("mystack", {"operations": []}).name,
        line=("PUT", "/stacks/acme/mystack"),
        answer=Reply(json=STACK),
        value="mystack",
        kind=ONCE,
        does=_SENDS,
        repeated=Reply(status=409),
    ),
    "delete": Act(
        run=lambda client, _: client.aliases.delete("logo"),
        line=("DELETE", "/sourceimages/acme/alias/logo"),
        answer=Reply(status=204),
        repeated=_NOT_FOUND,
        value=None,
        does=_NOTHING,
    ),
    "delete by the binary hash": Act(
        run=lambda client, _: client.source_images.delete_by_binary_hash(SHA1),
        line=("DELETE", "/sourceimages/acme"),
        answer=Reply(status=204),
        repeated=_NOT_FOUND,
        value=True,
        does=_NOTHING,
    ),
    "invalidate": Act(
        run=lambda client, _: client.aliases.invalidate_cache("logo"),
        line=("DELETE", "/sourceimages/acme/alias/logo/cache"),
        answer=Reply(json={"status": "ok"}),
        value=None,
        kind=COSTLY,
        does=_NOTHING,
    ),
    "sign up": Act(
        run=lambda client, _: client.users.create("ada@example.org").id,
        line=("POST", "/users"),
        answer=Reply(json={"id": "ada", "email": "ada@example.org", "api_key": "k"}),
        value="ada",
        kind=ONCE,
        does=_SENDS,
        is_public=True,
    ),
    "let a new user in": Act(
        run=lambda client, _: client.memberships.create_with_new_user(["read"]).user_id,
        line=("POST", "/organizations/acme/memberships"),
        answer=Reply(json={"user_id": "ada", "roles": ["read"], "api_key": "k"}),
        value="ada",
        kind=ONCE,
        does=_SENDS,
    ),
    "patch": Act(
        run=lambda client, _: client.source_images.metadata.add(HASH, {"int:year": 1999}),
        line=("PATCH", f"{_IMAGE}/meta/user"),
        answer=Reply(status=204),
        value=None,
        does=frozenset({"send"}),
    ),
    "copy": Act(
        run=lambda client, _: client.source_images.copy(HASH, "other") in {True, False},
        line=("COPY", _IMAGE),
        answer=Reply(status=201, json={}),
        repeated=Reply(status=204),
        value=True,
        does=_NOTHING,
    ),
    "copy over nothing": Act(
        run=lambda client, _: client.source_images.copy(HASH, "other", overwrite=False),
        line=("COPY", _IMAGE),
        answer=Reply(status=201, json={}),
        repeated=Reply(status=412, json={}),
        value=True,
        kind=ONCE,
        does=_NOTHING,
    ),
    "copy many": Act(
        run=lambda client, _: client.source_images.copy_all([HASH], "other").created,
        line=("POST", "/sourceimages/acme/copy"),
        answer=Reply(json={"created": [HASH], "existing": [], "notfound": []}),
        value=(HASH,),
        does=_SENDS,
    ),
    "make another image": Act(
        run=lambda client, _: change(client, delete_previous=False),
        answer=_MOVED,
        value=HASH,
        **_CHANGE,
    ),
    "make this image another one": Act(
        run=lambda client, _: change(client, delete_previous=True),
        answer=_MOVED,
        repeated=_NOT_FOUND,
        value=HASH,
        kind=ONCE,
        **_CHANGE,
    ),
    "protect this image": Act(
        run=lambda client, _: (
            client.source_images.set_protected(HASH, True, delete_previous=True).hash
        ),
        line=("PUT", f"{_IMAGE}/options/protected"),
        answer=_MOVED,
        repeated=_NOT_FOUND,
        value=HASH,
        kind=ONCE,
        does=_SENDS,
    ),
    "label": Act(
        run=lambda client, _: client.source_images.autolabel(HASH).hash,
        line=("POST", f"{_IMAGE}/autolabel"),
        answer=Reply(json=RECORDED),
        value=HASH,
        kind=ONCE,
        does=_NOTHING,  # what is no image is looked up
    ),
    "patch a key": Act(
        run=lambda client, _: client.users.update_api_key("k", comment="old").id,
        line=("PATCH", "/user/apikeys/k"),
        answer=Reply(json={"id": "k", "comment": "old"}),
        value="k",
        does=_SENDS,
    ),
    "upload a path": Act(run=upload_path, **_UPLOAD),
    "upload an open file": Act(run=upload_file, **_UPLOAD),
    "upload blocks": Act(run=upload_blocks, **_UPLOAD),
    "upload many": Act(run=upload_many, **_UPLOAD),
    "upload for a fee": Act(run=upload_with_a_description, kind=ONCE, **_UPLOAD),
    "upload a URL": Act(
        run=lambda client, _: client.source_images.create_from_url("http://a.test/b").hash,
        line=("POST", "/sourceimages/acme"),
        answer=Reply(json=uploaded(CONTENT)),
        value=HASH,
        does=_SENDS,
    ),
    "download to a path": Act(run=download_path, value=(len(CONTENT), True), **_DOWNLOAD),
    "download to an open file": Act(run=download_file, value=(len(CONTENT), True), **_DOWNLOAD),
    "download blocks": Act(run=download_blocks, value=True, **_DOWNLOAD),
    "download unverified": Act(
        run=download_unverified, value=True, **{**_DOWNLOAD, "does": frozenset({"download"})}
    ),
    "render": Act(
        run=render,
        line=("POST", "/utils/acme/render/thumb.jpg"),
        answer=Reply(body=CONTENT),
        value=True,
        does=frozenset({"download", "send"}),
    ),
    "album": Act(
        run=list_album,
        line=("GET", "/_albums/holidays/all.json"),
        answer=Reply(json={"items": [{"hash": HASH}]}),
        value=[HASH],
        is_public=True,
    ),
    "operations": Act(
        run=lambda client, _: list(client.operations.list()),
        line=("GET", "/operations"),
        answer=Reply(json={"resize": {"properties": {}}}),
        value=["resize"],
        is_public=True,
    ),
    "fetch a token": Act(
        run=lambda client, _: client.users.fetch_token().id,
        line=_GET_TOKEN,
        answer=Reply(json={"token": _TOKEN}),
        value="user",
    ),
    "fetch a token on the way": Act(
        run=lambda client, _: client.source_images.get(HASH).hash,
        line=_GET_TOKEN,
        answer=Reply(json={"token": _TOKEN}),
        after=(Reply(json=RECORDED),),
        value=HASH,
        options=lambda: {"tokens": TokenMemory()},
    ),
    "sign": Act(
        run=lambda client, _: client.utils.sign_url("https://acme.rokka.io/a/b.jpg"),
        line=("POST", "/utils/acme/sign_url"),
        answer=Reply(json={"signed_url": "https://acme.rokka.io/a/b.jpg?sig=1"}),
        value="https://acme.rokka.io/a/b.jpg?sig=1",
        does=_SENDS,
    ),
    "stats": Act(
        run=lambda client, _: client.stats.get().number_of_files,
        line=("GET", "/stats/acme"),
        answer=Reply(json={"number_of_files": []}),
        value=(),
        takes=frozenset({"an object"}),  # each list of figures may be absent
    ),
}
