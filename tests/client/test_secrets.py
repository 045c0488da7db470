"""The API key stays out of sight, whatever goes wrong."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from io import BytesIO
from types import FrameType

import pytest

from django_rokka.client import RokkaClient, Secret

from tests.client.conftest import API_KEY
from tests.client.samples import BAD_KEY, HASH
from tests.client.scripted_server import Reply, ScriptedServer


def iter_chain(error: BaseException | None) -> Iterator[BaseException]:
    if error is not None:
        yield error
        yield from iter_chain(error.__cause__)
        if error.__context__ is not error.__cause__:
            yield from iter_chain(error.__context__)


def iter_frames(error: BaseException) -> Iterator[FrameType]:
    for frame, _line in traceback.walk_tb(error.__traceback__):
        yield frame


def what_an_error_page_shows(error: BaseException) -> str:
    """Write all that Django's technical 500 page prints of an exception, and a bit more."""
    shown: list[object] = []
    for link in iter_chain(error):
        shown += [str(link), repr(link), vars(link)]
        shown += [frame.f_locals for frame in iter_frames(link)]
    return "\n".join(repr(item) for item in shown)


def refuse_connection(client: RokkaClient, server: ScriptedServer) -> None:
    with RokkaClient(
        organization="acme", api_key=API_KEY, api_host="http://127.0.0.1:1", retries=0
    ) as other:
        other.source_images.get(HASH)


def time_out(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(delay=0.3))
    with RokkaClient(
        organization="acme", api_key=API_KEY, api_host=server.url, retries=0, timeout=0.1
    ) as other:
        other.source_images.get(HASH)


def reset_before_the_answer(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(*[Reply(is_reset=True)] * 5)
    client.source_images.create(b"x" * 300_000, name="a.jpg")


def reset_mid_upload(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(*[Reply(is_reset=True, reads_body=False)] * 5)
    client.source_images.create(b"x" * 5_000_000, name="a.jpg")


def break_off_mid_answer(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(*[Reply(body=b'{"hash": ', missing=50)] * 5)
    client.source_images.get(HASH)


def break_off_mid_download(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(body=b"x" * 100_000, missing=50))
    with client.source_images.download(HASH) as download:
        download.write_to(BytesIO())


def refuse_the_key(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=403, json=BAD_KEY))
    client.source_images.get(HASH)


def echo_the_key(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=400, json={"error": {"message": f"What is {API_KEY}?"}}))
    client.source_images.get(HASH)


def redirect_with_the_key(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=302, headers={"Location": f"http://evil.test/{API_KEY}"}))
    client.source_images.get(HASH)


def fail(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(status=500, body=b"<h1>Oops</h1>"))
    client.source_images.get(HASH)


def answer_no_json(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(body=b"<h1>Welcome</h1>" + API_KEY.encode()))
    client.source_images.get(HASH)


def answer_something_else(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(Reply(json={"hash": 3}))
    client.source_images.get(HASH)


def run_out_of_time(client: RokkaClient, server: ScriptedServer) -> None:
    server.reply(*[Reply(status=503)] * 5)
    client.source_images.get(HASH, deadline=1)


def fail_to_read_the_file(client: RokkaClient, server: ScriptedServer) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the disk is gone")

    client.source_images.create(Broken(b"x"), name="a.jpg")


def misspell_the_host(client: RokkaClient, server: ScriptedServer) -> None:
    RokkaClient(organization="acme", api_key=Secret(API_KEY), api_host="api.rokka.io")


def send_a_line_end(client: RokkaClient, server: ScriptedServer) -> None:
    RokkaClient(organization="acme", api_key=Secret(API_KEY + "\n"))


FAULTS = [
    refuse_connection,
    time_out,
    reset_before_the_answer,
    reset_mid_upload,
    break_off_mid_answer,
    break_off_mid_download,
    refuse_the_key,
    echo_the_key,
    redirect_with_the_key,
    fail,
    answer_no_json,
    answer_something_else,
    run_out_of_time,
    fail_to_read_the_file,
    misspell_the_host,
    send_a_line_end,
]


@pytest.fixture(params=FAULTS, ids=lambda fault: fault.__name__)
def error(request: pytest.FixtureRequest, client: RokkaClient, server: ScriptedServer) -> Exception:
    fault: Callable[[RokkaClient, ScriptedServer], None] = request.param
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each fault has its own
        fault(client, server)
    return caught.value


def test_error__shows_no_key_in_its_chain_of_frames(error: Exception) -> None:
    assert API_KEY not in what_an_error_page_shows(error)


def test_error__shows_no_key_on_djangos_error_page(error: Exception) -> None:
    debug = pytest.importorskip("django.views.debug", reason="needs Django")
    if not debug.settings.configured:
        pytest.skip("needs a Django project")
    reporter = debug.ExceptionReporter(None, type(error), error, error.__traceback__)

    assert API_KEY not in reporter.get_traceback_html()
    assert API_KEY not in reporter.get_traceback_text()


def test_error__is_logged_without_the_key(
    client: RokkaClient, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply(Reply(status=503), Reply(is_reset=True), Reply(status=403, json=BAD_KEY))

    with pytest.raises(PermissionError) as caught:
        client.source_images.get(HASH)
    logging.getLogger("django_rokka").error("It failed", exc_info=caught.value)

    assert "urllib3" in caplog.text
    assert API_KEY not in caplog.text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_secret__survives_a_pickle_masked(protocol: int) -> None:
    copy = pickle.loads(pickle.dumps(Secret("abc"), protocol))  # noqa: S301 - our own

    assert (type(copy), copy == "abc", repr(copy)) == (Secret, True, "'********'")


def test_secret__is_masked_in_whatever_contains_it() -> None:
    secret = Secret(API_KEY)

    shown = f"{secret!r} {[secret]} {({'key': secret},)}"

    assert API_KEY not in shown
