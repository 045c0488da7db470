from __future__ import annotations

import subprocess
import sys

import pytest

from django_rokka.emulator import Emulator, EmulatorServer

from tests.emulator.conftest import API_KEY, SIGNING_KEY, Rokka
from tests.emulator.pictures import encode, halves


@pytest.mark.parametrize("headers", [{"Api-Key": "wrong"}, {"Api-Key": ""}])
def test_api__refuses_a_wrong_key_flatly(rokka: Rokka, headers: dict[str, str]) -> None:
    response = rokka.api("GET", "/sourceimages/demo", headers=headers)
    assert response.status_code == 403
    assert response.json() == {
        "code": 403,
        "message": "API credentials are not supplied or not a valid format.",
        "invalid_authentication": True,
    }


def test_api__takes_the_key_as_a_bearer(rokka: Rokka) -> None:
    headers = {"Api-Key": "", "Authorization": f"Bearer {API_KEY}"}
    assert rokka.api("GET", "/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/sourceimages/nobody"),
        ("GET", "/sourceimages/nobody/0a1b2c"),
        ("GET", "/stacks/nobody"),
        ("PUT", "/stacks/nobody/thumb"),
        ("GET", "/organizations/nobody"),
    ],
)
def test_api__does_not_know_other_organizations(rokka: Rokka, method: str, path: str) -> None:
    response = rokka.api(method, path, json={})
    assert response.status_code == 404
    assert response.json() == {
        "error": {"code": 404, "message": "The organization 'nobody' does not exist."}
    }


def test_api__names_what_is_missing(rokka: Rokka) -> None:
    response = rokka.api("GET", "/billing/demo")
    assert response.status_code == 501
    message = "The emulator does not have billing. Use the real rokka for it."
    assert response.json() == {"error": {"code": 501, "message": message}}


@pytest.mark.parametrize("path", ["/nothing", "/sourceimages", "/sourceimages/demo/alias"])
def test_api__answers_404_to_unknown_routes(rokka: Rokka, path: str) -> None:
    response = rokka.api("GET", path)
    assert response.status_code == 404
    assert response.json()["error"]["message"] == f"There is no endpoint GET {path}."


def test_api__answers_404_to_other_methods(rokka: Rokka) -> None:
    assert rokka.api("PATCH", "/sourceimages/demo").status_code == 404


def test_api__content_type_is_json_without_parameters(rokka: Rokka) -> None:
    assert rokka.api("GET", "/operations").headers["Content-Type"] == "application/json"


def test_api__lets_every_origin_read(rokka: Rokka) -> None:
    preflight = rokka.api("OPTIONS", "/sourceimages/demo")
    assert preflight.status_code == 204
    assert "Api-Key" in preflight.headers["Access-Control-Allow-Headers"]
    assert rokka.api("GET", "/").headers["Access-Control-Allow-Origin"] == "*"


def test_api__takes_a_trailing_slash(rokka: Rokka) -> None:
    assert rokka.api("GET", "/sourceimages/demo/?limit=1").status_code == 200


def test_emulator__hides_its_keys(emulator: Emulator) -> None:
    shown = repr(emulator) + repr(vars(emulator)["_services"])
    assert API_KEY not in shown
    assert SIGNING_KEY not in shown


def test_emulator__remembers_after_a_restart(rokka: Rokka, emulator: Emulator) -> None:
    image = rokka.upload(encode(halves(20, 10)))
    again = Emulator(root=emulator.root, api_key=API_KEY)
    try:
        assert again.signing_key == SIGNING_KEY
        stored = rokka.api("GET", f"/sourceimages/demo/{image['hash']}").json()
        assert stored == image
    finally:
        again.close()


def test_emulator__refuses_a_name_that_is_no_organization(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match=r"'No_Org' is no organization: use lower-case letters"):
        Emulator(root=emulator.root, organization="No_Org")


def test_emulator__imports_neither_django_nor_the_client_nor_pyvips() -> None:
    program = (
        "import sys, django_rokka.emulator\n"
        "print({'django', 'django_rokka.client', 'pyvips'}.intersection(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_emulator__without_its_extra_names_it() -> None:
    program = "import sys; sys.modules['werkzeug'] = None; import django_rokka.emulator"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    last = done.stderr.splitlines()[-1]
    assert last == (
        "ImportError: The emulator needs its extra. Run: pip install 'django-rokka[emulator]'"
    )


@pytest.mark.parametrize("is_chunked", [False, True])
def test_json__has_a_limit_in_memory(rokka: Rokka, *, is_chunked: bool) -> None:
    body = b'{"email": "' + b"x" * 2_000_000 + b'"}'
    response = rokka.api("POST", "/users", data=iter([body]) if is_chunked else body)
    assert response.status_code == 413
    assert response.json()["error"]["code"] == 413


def test_emulator__opens_with_each_of_its_keys(emulator: Emulator) -> None:
    again = Emulator(root=emulator.root, api_key="one", more_api_keys=["zwei", "three"])
    with EmulatorServer(again) as server:
        client = Rokka(server)
        for key in ("one", "zwei", "three"):
            headers = {"Api-Key": key}
            assert client.api("GET", "/_emulator/faults", headers=headers).status_code == 200
            token = client.api("GET", "/user/apikeys/token", headers=headers).json()["token"]
            bearer = {"Api-Key": "", "Authorization": f"Bearer {token}"}
            assert client.api("PUT", "/stacks/demo/thumb?overwrite=1", headers=bearer, json={}).ok
        assert client.api("GET", "/stacks/demo").status_code == 403
        keys = client.api("GET", "/user/apikeys", headers={"Api-Key": "zwei"}).json()
        client.close()
    assert len({key["id"] for key in keys}) == 3
    assert again.api_key == "one"
    assert "zwei" not in repr(again) + repr(vars(again)["_services"])


def test_emulator__refuses_a_text_as_its_list_of_keys(emulator: Emulator) -> None:
    with pytest.raises(TypeError, match="more_api_keys is a text, must be a list of keys"):
        Emulator(root=emulator.root, more_api_keys="one")


def test_render_url__without_a_picture_says_what_is_missing(rokka: Rokka) -> None:
    answer = rokka.api("GET", "/render/demo")
    assert answer.status_code == 404
    message = answer.json()["error"]["message"]
    assert "A render URL is /render/<organization>/<stack>/<hash>.<format>." in message
