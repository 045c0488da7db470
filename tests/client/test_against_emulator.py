"""The client and the emulator meet in HTTP, over the network and in process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha1
from io import BytesIO
from pathlib import Path

import pytest

from django_rokka.client import Alias, RokkaClient
from django_rokka.exceptions import (
    AliasExists,
    AuthenticationFailed,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    OrganizationNotFound,
    RateLimited,
)

from tests.client.conftest import API_KEY, FakeClock

pytest.importorskip("werkzeug", reason="the emulator needs its extra")
Image = pytest.importorskip("PIL.Image", reason="makes the pictures")

from django_rokka.emulator import Emulator, EmulatorAdapter, EmulatorServer  # noqa: E402 - it is there only with its extra

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="9"/></svg>'


def make_picture(format: str) -> bytes:
    if format == "svg":
        return SVG
    file = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, format)
    return file.getvalue()


@pytest.fixture
def emulator(tmp_path: Path) -> Emulator:
    return Emulator(root=tmp_path / "rokka", organization="acme", api_key=API_KEY)


@pytest.fixture(params=["server", "adapter"])
def rokka(
    request: pytest.FixtureRequest, emulator: Emulator, clock: FakeClock
) -> Iterator[RokkaClient]:
    with ExitStack() as stack:
        server = stack.enter_context(EmulatorServer(emulator))
        is_in_process = request.param == "adapter"
        yield stack.enter_context(
            RokkaClient(
                organization="acme",
                api_key=API_KEY,
                api_host="http://rokka.emulator" if is_in_process else server.api_host,
                session=EmulatorAdapter(emulator).make_session if is_in_process else None,
                clock=clock,
            )
        )


@pytest.mark.parametrize("format", ["jpeg", "png", "gif", "webp", "svg"])
def test_upload__comes_back_byte_for_byte(rokka: RokkaClient, format: str) -> None:
    content = make_picture(format)

    image = rokka.source_images.create(content, name=f'"a"\r\n<ü>.{format}')
    with rokka.source_images.download(image.hash) as download:
        assert b"".join(download) == content

    binary_hash = sha1(content, usedforsecurity=False).hexdigest()
    plain_hash = sha1(f"{binary_hash}a:0:{{}}".encode(), usedforsecurity=False).hexdigest()
    assert (image.binary_hash, image.hash) == (binary_hash, plain_hash)
    assert (image.width, image.height, image.size) == (40, 30, len(content))
    assert (image.organization, image.is_protected) == ("acme", False)


def test_upload__of_several_megabytes_comes_back(rokka: RokkaClient) -> None:
    content = SVG + b"<!--" + b"x" * 5_000_000 + b"-->"

    image = rokka.source_images.create(BytesIO(content), name="large.svg")
    file = BytesIO()
    with rokka.source_images.download(image.hash) as download:
        download.write_to(file)

    assert file.getvalue() == content


def test_upload__twice_is_one_image(rokka: RokkaClient) -> None:
    first = rokka.source_images.create(SVG, name="a.svg", user_metadata={"a": "1"})
    second = rokka.source_images.create(SVG, name="b.svg", user_metadata={"b": "2"})

    assert first.hash == second.hash
    assert rokka.source_images.get(first.hash).user_metadata == {"a": "1", "b": "2"}


def test_upload__with_dynamic_metadata_or_protection_is_another_image(rokka: RokkaClient) -> None:
    area = {"x": 1, "y": 2, "width": 3, "height": 4}
    plain = rokka.source_images.create(SVG, name="a.svg")
    focused = rokka.source_images.create(SVG, name="a.svg", dynamic_metadata={"subject_area": area})
    protected = rokka.source_images.create(SVG, name="a.svg", is_protected=True)

    assert len({plain.hash, focused.hash, protected.hash}) == 3
    assert focused.dynamic_metadata == {"subject_area": area}
    assert protected.is_protected


def test_upload__of_what_is_no_image_is_refused(rokka: RokkaClient) -> None:
    with pytest.raises(InvalidRequest):
        rokka.source_images.create(b"just words", name="a.jpg")


def test_delete__makes_it_not_found(rokka: RokkaClient) -> None:
    image = rokka.source_images.create(SVG, name="a.svg")

    rokka.source_images.delete(image.hash)

    with pytest.raises(NotFound):
        rokka.source_images.get(image.hash)


def test_alias__is_made_moved_and_deleted(rokka: RokkaClient) -> None:
    first = rokka.source_images.create(SVG, name="a.svg")
    second = rokka.source_images.create(make_picture("png"), name="b.png")

    rokka.aliases.create("logo", first.hash)
    with pytest.raises(AliasExists):
        rokka.aliases.create("logo", second.hash)
    rokka.aliases.create("logo", second.hash, overwrite=True)
    alias = rokka.aliases.get("logo")
    rokka.aliases.delete("logo")

    assert (alias.name, alias.hash, alias.organization) == ("logo", second.hash, "acme")
    assert isinstance(alias, Alias)
    with pytest.raises(NotFound):
        rokka.aliases.get("logo")


def test_alias__to_no_image_is_not_found(rokka: RokkaClient) -> None:
    with pytest.raises(NotFound):
        rokka.aliases.create("logo", "0" * 40)


def test_alias__has_ten_invalidations_an_hour(rokka: RokkaClient) -> None:
    image = rokka.source_images.create(SVG, name="a.svg")
    rokka.aliases.create("logo", image.hash)

    for _ in range(10):
        rokka.aliases.invalidate_cache("logo")
    with pytest.raises(RateLimited) as caught:
        rokka.aliases.invalidate_cache("logo")

    assert caught.value.retry_at is not None


def test_stack__is_made_listed_and_deleted(rokka: RokkaClient) -> None:
    definition = {
        "operations": [{"name": "resize", "options": {"width": 100}}],
        "options": {"jpg.quality": 77},
        "variables": {"w": 1},
    }

    made = rokka.stacks.create("thumb", definition)
    with pytest.raises(Conflict):
        rokka.stacks.create("thumb", definition)
    read = rokka.stacks.get("thumb")
    listed = rokka.stacks.list()
    rokka.stacks.delete("thumb")

    assert (made.name, read.options, read.variables) == ("thumb", {"jpg.quality": 77}, {"w": 1})
    assert [operation["name"] for operation in read.operations] == ["resize"]
    assert [stack.name for stack in listed] == ["thumb"]
    assert len(rokka.stacks.list()) == 0


def test_key__that_is_wrong_is_refused(emulator: Emulator) -> None:
    with (
        RokkaClient(
            organization="acme",
            api_key="wrong",
            api_host="http://rokka.emulator",
            session=EmulatorAdapter(emulator).make_session,
        ) as client,
        pytest.raises(AuthenticationFailed),
    ):
        client.source_images.create(SVG, name="a.svg")


def test_organization__that_does_not_exist_is_not_found(rokka: RokkaClient) -> None:
    with pytest.raises(OrganizationNotFound):
        rokka.source_images.create(SVG, name="a.svg", organization="nobody")


def test_upload__survives_a_busy_host_and_a_reset(rokka: RokkaClient, emulator: Emulator) -> None:
    content = SVG + b"<!--" + b"x" * 1_000_000 + b"-->"
    emulator.faults.add(method="POST", status=503, headers={"Retry-After": "3"})
    emulator.faults.add(method="POST", reset_after=100_000)

    image = rokka.source_images.create(content, name="a.svg")

    assert image.size == len(content)


def test_download__cut_short_is_an_error(rokka: RokkaClient, emulator: Emulator) -> None:
    image = rokka.source_images.create(make_picture("png"), name="a.png")
    emulator.faults.add(path="/download", truncate_at=10)

    with (
        rokka.source_images.download(image.hash) as download,
        pytest.raises(ConnectionFailed),
    ):
        download.write_to(BytesIO())
