"""Each refusal that rokka documents: what provokes it, its status, the shape of its body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
import requests

from django_rokka.emulator.store import Invalidations

from tests.emulator.api.members import NOBODY, make_member
from tests.emulator.conftest import API_KEY, Clock, Rokka
from tests.emulator.pictures import encode, halves

NESTED, FLAT, INVALID, WORD, EMPTY, BUDGET = "nested", "flat", "invalid", "word", "empty", "budget"
THUMB = {"operations": [{"name": "resize", "options": {"width": 9}}]}
UNKNOWN = "0" * 40
IMAGE = "/sourceimages/demo/IMAGE"
LOCKED = "/sourceimages/demo/LOCKED"


class Refusal(NamedTuple):
    """A request, by whom, and how it is refused; ``words`` stand in the message."""

    status: int
    method: str
    path: str
    body: Any = None
    shape: str = NESTED
    headers: Mapping[str, str] = {}
    role: str = ""
    words: str = ""
    is_free: bool = False


REFUSALS = [
    # 400: names and values.
    Refusal(400, "PATCH", f"{IMAGE}/meta/user", {"AltText": "x"}, words='Field name "AltText"'),
    Refusal(400, "PATCH", f"{IMAGE}/meta/user", {"a-b": "x"}, words='Field name "a-b"'),
    Refusal(400, "PUT", f"{IMAGE}/meta/user", {"a" * 55: "x"}, words="max length: 54"),
    Refusal(400, "PATCH", f"{IMAGE}/meta/user", {"int:year": "x"}, words="int:year"),
    Refusal(400, "PATCH", f"{IMAGE}/meta/user", {"date:day": "today"}, words="date:day"),
    Refusal(400, "PATCH", f"{IMAGE}/meta/user", {"latlon:at": "91,0"}, words="latlon:at"),
    Refusal(400, "PATCH", f"{IMAGE}/meta/user", {"array:tags": "x"}, words="array:tags"),
    Refusal(400, "PUT", f"{IMAGE}/meta/user/Foo", "x", words='Field name "Foo"'),
    Refusal(400, "PATCH", f"{IMAGE}/meta/user", [1]),
    Refusal(400, "PUT", f"{IMAGE}/meta/dynamic/subject_area", {"x": 1}, words="y of"),
    Refusal(400, "PUT", f"{IMAGE}/meta/dynamic/subject_area", {"x": "1", "y": 1}, words="x of"),
    Refusal(400, "PUT", f"{IMAGE}/meta/dynamic/crop_area", {"x": 1, "y": 1}, words="width of"),
    Refusal(
        400,
        "PUT",
        f"{IMAGE}/meta/dynamic/multi_areas",
        {"a b": {"subject_area": {"x": 1, "y": 1}}},
        words="area name",
    ),
    Refusal(400, "PUT", f"{IMAGE}/meta/dynamic/colour", {}, words="colour"),
    Refusal(
        400,
        "PUT",
        f"{IMAGE}/meta/dynamic/version?keepHash=true&deletePrevious=true",
        {"text": "x"},
        words="keepHash",
    ),
    Refusal(400, "PUT", f"{IMAGE}/options/protected", "perhaps", words="true or false"),
    Refusal(400, "PUT", f"{IMAGE}/options/locked", "perhaps", words="true or false"),
    Refusal(400, "PUT", f"{IMAGE}/name", 3, words="name"),
    Refusal(400, "POST", f"{IMAGE}/autodescription", {"languages": ["es"]}, words="es"),
    Refusal(400, "POST", "/sourceimages/demo", words="no file"),
    Refusal(400, "GET", "/sourceimages/demo?limit=2001", words="limit"),
    Refusal(400, "GET", "/sourceimages/demo?colour=red", words="colour"),
    Refusal(400, "GET", "/sourceimages/demo?width=[1 TO 2]", words="width"),
    Refusal(400, "DELETE", "/sourceimages/demo", words="binaryHash"),
    # 400: copies.
    Refusal(400, "COPY", IMAGE, headers={"Destination": "nobody"}, words="nobody"),
    Refusal(400, "COPY", IMAGE, words="Destination"),
    Refusal(400, "POST", f"{IMAGE}/copy", headers={"Destination": "nobody"}, words="nobody"),
    Refusal(
        400,
        "POST",
        "/sourceimages/demo/copy",
        [UNKNOWN] * 101,
        headers={"Destination": "demo"},
        words="100",
    ),
    # 400: stacks, aliases, organizations, users, keys and tokens.
    Refusal(400, "PUT", "/stacks/demo/new", [{"name": "shrink"}], words="shrink"),
    Refusal(400, "PUT", "/stacks/demo/new", {"options": {"jpg.quality": 101}}, words="jpg.quality"),
    Refusal(400, "PUT", "/stacks/demo/dynamic", THUMB, words="reserved"),
    Refusal(400, "PUT", "/stacks/demo/_mine", THUMB, words="reserved"),
    Refusal(
        400,
        "PUT",
        "/stacks/demo/thumb?overwrite=true",
        {"options": {"protected": True}},
        words="not protected",
    ),
    Refusal(400, "PUT", "/sourceimages/demo/alias/new", {"hash": "nohash"}, words="hash"),
    Refusal(400, "PUT", "/organizations/new", {}, words="billing_email"),
    Refusal(400, "PUT", "/organizations/demo/options/loud", True, words="loud"),
    Refusal(400, "POST", "/organizations/demo/memberships", {"roles": ["king"]}, words="king"),
    Refusal(400, "POST", "/users", {"email": "nobody"}, words="email"),
    Refusal(400, "POST", "/user/apikeys", {"allowed_ips": ["10.0.0.0/8"]}, words="allowed_ips"),
    Refusal(400, "POST", "/user/apikeys", {"expires": "2020-01-01T00:00:00Z"}, words="expires"),
    Refusal(
        400,
        "POST",
        "/organizations/demo/memberships",
        {"roles": ["read"], "api_key": {"requires_mfa": True}},
        words="trusted",
    ),
    Refusal(
        400, "GET", "/user/apikeys/token?no_ip_protection=true&ips=192.0.2.1", words="no_ip_prot"
    ),
    Refusal(400, "GET", "/stats/demo?from=yesterday", words="from"),
    Refusal(400, "POST", "/utils/demo/sign_url", {}, words="url"),
    # 401 and 403: credentials.
    Refusal(403, "GET", "/sourceimages/demo", shape=INVALID, headers=NOBODY),
    Refusal(403, "GET", "/", shape=INVALID, headers={"Api-Key": "wrong"}),
    Refusal(
        401,
        "GET",
        "/user",
        shape=INVALID,
        headers={"Api-Key": "", "Authorization": "Bearer eyJ0eXAiOiJKV1QifQ.e30.bad"},
    ),
    # 403: roles.
    Refusal(403, "POST", "/sourceimages/demo", role="read", words="'upload'"),
    Refusal(403, "DELETE", IMAGE, role="read", words="'sourceimages:write'"),
    Refusal(403, "GET", IMAGE, role="upload", words="'sourceimages:read'"),
    Refusal(403, "PUT", "/stacks/demo/new", THUMB, role="read", words="'write'"),
    Refusal(403, "GET", "/stacks/demo", role="sourceimages:read", words="'read'"),
    Refusal(403, "PUT", f"{IMAGE}/options/locked", True, role="write", words="unlock"),
    Refusal(
        403,
        "GET",
        "/sourceimages/demo/PROTECTED/download",
        role="sourceimages:write",
        words="sourceimages:download:protected",
    ),
    Refusal(403, "GET", "/organizations/demo/memberships", role="write", words="'admin:read'"),
    Refusal(403, "PUT", "/organizations/demo/options", {}, role="admin:read", words="'admin'"),
    Refusal(403, "GET", "/billing/demo", role="read", words="'billing:read'"),
    Refusal(403, "GET", "/user/apikeys", role="read", words="trusted"),
    Refusal(403, "GET", "/user/memberships", role="upload", words="trusted"),
    Refusal(403, "GET", "/user/admin/apikeys", role="sourceimages:read", words="trusted"),
    Refusal(403, "POST", "/user/mfa/totp", role="read", words="trusted"),
    Refusal(403, "COPY", IMAGE, headers={"Destination": "other"}, role="write", words="'other'"),
    # 403: locks, and what costs something.
    Refusal(403, "DELETE", LOCKED, words="locked"),
    Refusal(403, "DELETE", "/sourceimages/demo?binaryHash=BINARY_OF_LOCKED", words="locked"),
    Refusal(403, "PATCH", f"{LOCKED}/meta/user", {"a": "b"}, words="locked"),
    Refusal(403, "DELETE", f"{LOCKED}/meta/user", words="locked"),
    Refusal(403, "DELETE", f"{IMAGE}/cache", is_free=True, words="paying"),
    Refusal(403, "DELETE", "/stacks/demo/thumb/cache", is_free=True, words="paying"),
    Refusal(403, "DELETE", "/sourceimages/demo/alias/logo/cache", is_free=True, words="paying"),
    Refusal(403, "POST", f"{IMAGE}/autolabel", is_free=True, words="paying"),
    Refusal(
        403, "POST", f"{IMAGE}/autodescription", {"languages": ["en"]}, is_free=True, words="paying"
    ),
    Refusal(403, "PUT", f"{IMAGE}/meta/dynamic/detection_face", {}, is_free=True, words="paying"),
    # 404.
    *(
        Refusal(404, method, f"/sourceimages/demo/{UNKNOWN}{rest}", body, words=words)
        for method, rest, body, words in (
            ("GET", "", None, "No source image found"),
            ("DELETE", "", None, "No source image found"),
            ("GET", "/download", None, "No source image found"),
            ("POST", "/restore", None, "No source image found"),
            ("PUT", "/name", "x", "No source image found"),
            ("PUT", "/options/locked", True, "No source image found"),
            ("PUT", "/options/protected", True, "No source image found"),
            ("POST", "/autolabel", None, "No source image found"),
            ("DELETE", "/cache", None, "No source image found"),
            ("PUT", "/meta/dynamic/version", {"text": "x"}, "No source image found"),
            ("GET", "/meta/user", None, "No source image found"),
            ("PATCH", "/meta/user", {"a": "b"}, "No source image found"),
        )
    ),
    Refusal(404, "COPY", f"/sourceimages/demo/{UNKNOWN}", headers={"Destination": "other"}),
    Refusal(404, "DELETE", f"/sourceimages/demo?binaryHash={UNKNOWN}", words="binary hash"),
    Refusal(404, "GET", f"{IMAGE}/meta/user/missing", words="missing"),
    Refusal(404, "DELETE", f"{IMAGE}/meta/dynamic/subject_area", words="subject_area"),
    Refusal(404, "POST", "/sourceimages/demo/TOO_OLD/restore", words="No source image found"),
    Refusal(404, "GET", "/sourceimages/nobody", words="nobody"),
    Refusal(404, "PUT", "/sourceimages/demo/alias/new", {"hash": UNKNOWN}),
    *(
        Refusal(404, method, "/sourceimages/demo/alias/my-logo", {"hash": UNKNOWN})
        for method in ("GET", "PUT", "DELETE")
    ),
    Refusal(404, "GET", "/sourceimages/demo/alias/unknown", words="unknown"),
    Refusal(404, "DELETE", "/sourceimages/demo/alias/unknown", words="unknown"),
    Refusal(404, "DELETE", "/sourceimages/demo/alias/unknown/cache", words="unknown"),
    Refusal(404, "GET", "/stacks/demo/unknown", words="unknown"),
    Refusal(404, "DELETE", "/stacks/demo/unknown", words="unknown"),
    Refusal(404, "DELETE", "/stacks/demo/unknown/cache", words="unknown"),
    Refusal(404, "GET", "/organizations/nobody", words="nobody"),
    Refusal(404, "GET", "/organizations/demo/memberships/nobody", words="nobody"),
    Refusal(404, "DELETE", "/organizations/demo/memberships/nobody", words="nobody"),
    Refusal(404, "DELETE", "/user/apikeys/nobody", words="nobody"),
    Refusal(404, "GET", "/nowhere", words="/nowhere"),
    # 409.
    Refusal(409, "DELETE", "/user/mfa/totp", {"totp": "123456"}, words="authenticator"),
    Refusal(409, "POST", "/user/mfa/totp/confirm", {"totp": "123456"}, words="authenticator"),
    Refusal(409, "PUT", "/stacks/demo/thumb", THUMB, words="overwrite=true"),
    Refusal(409, "PUT", "/sourceimages/demo/alias/logo", {"hash": "IMAGE"}, words="overwrite=true"),
    Refusal(
        409,
        "PUT",
        "/sourceimages/demo/alias/logo?overwrite=false",
        {"hash": "IMAGE"},
        words="overwrite=true",
    ),
    Refusal(409, "DELETE", "/organizations/demo/memberships/ROOT", words="last"),
    Refusal(409, "PUT", "/organizations/demo/memberships/ROOT", {"roles": ["read"]}, words="last"),
    Refusal(409, "PUT", "/organizations/demo", {"billing_email": "a@example.com"}, words="demo"),
    Refusal(409, "POST", "/users", {"email": "a@example.com", "organization": "demo"}),
    # 412, with an empty object.
    Refusal(412, "COPY", IMAGE, shape=EMPTY, headers={"Destination": "demo", "Overwrite": "F"}),
    Refusal(
        412, "POST", f"{IMAGE}/copy", shape=EMPTY, headers={"Destination": "demo", "Overwrite": "F"}
    ),
    # 429: the hour's invalidations are spent.
    Refusal(429, "DELETE", f"{IMAGE}/cache", shape=BUDGET),
    Refusal(429, "DELETE", "/stacks/demo/thumb/cache", shape=BUDGET),
    Refusal(429, "DELETE", "/sourceimages/demo/alias/logo/cache", shape=BUDGET),
]


@pytest.fixture
def names(rokka: Rokka, clock: Clock) -> dict[str, str]:
    """What the placeholders of the table stand for."""
    old = rokka.upload(encode(halves(9, 9)))
    rokka.api("DELETE", f"/sourceimages/demo/{old['hash']}")
    clock.advance(31 * 86_400)
    image = rokka.upload(encode(halves(30, 20)))
    locked = rokka.upload(encode(halves(31, 20)), **{"options[0]": '{"locked": true}'})
    protected = rokka.upload(encode(halves(32, 20)), **{"options[0]": '{"protected": true}'})
    rokka.put_stack("thumb", THUMB)
    rokka.api("PUT", "/sourceimages/demo/alias/logo", json={"hash": image["hash"]})
    rokka.api("PUT", "/organizations/other", json={"billing_email": "b@example.com"})
    return {
        "BINARY_OF_LOCKED": locked["binary_hash"],
        "IMAGE": image["hash"],
        "LOCKED": locked["hash"],
        "PROTECTED": protected["hash"],
        "ROOT": rokka.api("GET", "/user").json()["user_id"],
        "TOO_OLD": old["hash"],
    }


@pytest.mark.parametrize(
    "refusal",
    REFUSALS,
    ids=[f"{number}: {it.status} {it.method} {it.path}" for number, it in enumerate(REFUSALS)],
)
def test_refusal__has_its_status_and_shape(
    rokka: Rokka, names: dict[str, str], clock: Clock, refusal: Refusal
) -> None:
    if refusal.status == 429:
        spend(rokka, clock)
    if refusal.is_free:
        rokka.server.emulator._services.organizations.set_paying("demo", is_paying=False)
    answer = provoke(rokka, names, refusal)
    assert answer.status_code == refusal.status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    if refusal.shape == EMPTY:
        assert body == {}
    elif refusal.shape == INVALID:
        assert set(body) == {"code", "message", "invalid_authentication"}
        assert (body["code"], body["invalid_authentication"]) == (refusal.status, True)
    else:
        assert body["error"]["code"] == refusal.status
        assert refusal.words in body["error"]["message"]
        assert "invalid_authentication" not in body
    if refusal.shape == BUDGET:
        assert body["status"] == "too many requests"
        assert "X-RateLimit-Retry-After-readable" in body
        assert answer.headers["X-RateLimit-Remaining"] == "0"
        assert int(answer.headers["X-RateLimit-Retry-After"]) > clock.now.timestamp()
        assert int(answer.headers["X-RateLimit-Limit"]) in {5, 10}


@pytest.mark.parametrize(
    ("settings", "seconds", "word"),
    [
        ({"expires": "2026-03-01T13:00:00+00:00"}, 3600, "key_expired"),
        ({"allowed_ips": ["192.0.2.1"]}, 0, "ip_not_allowed"),
    ],
)
def test_restricted_key__is_refused_with_a_word(
    rokka: Rokka, clock: Clock, settings: dict[str, object], seconds: int, word: str
) -> None:
    member = make_member(rokka, "write", **settings)
    clock.advance(seconds)
    answer = rokka.api("GET", "/stacks/demo", headers=member.headers)
    body = answer.json()
    assert (answer.status_code, body["error"]) == (401, word)
    assert (body["code"], body["invalid_authentication"]) == (401, True)


def test_token__that_is_not_renewable_is_403_and_an_expired_one_401(
    rokka: Rokka, clock: Clock
) -> None:
    path = "/user/apikeys/token"
    token = rokka.api("GET", f"{path}?renewable=false&expires_in=60").json()["token"]
    headers = {"Api-Key": "", "Authorization": f"Bearer {token}"}
    answer = rokka.api("GET", path, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, 403)
    clock.advance(60)
    answer = rokka.api("GET", path, headers=headers)
    assert (answer.status_code, answer.json()["invalid_authentication"]) == (401, True)


def provoke(rokka: Rokka, names: Mapping[str, str], refusal: Refusal) -> requests.Response:
    """Send the request of a refusal, by whom it is refused."""
    path, body = refusal.path, json.dumps(refusal.body)
    for name, value in names.items():
        path, body = path.replace(name, value), body.replace(f'"{name}"', f'"{value}"')
    key = make_member(rokka, refusal.role).api_key if refusal.role else API_KEY
    return rokka.api(
        refusal.method,
        path,
        headers={"Api-Key": key, **refusal.headers},
        data=None if refusal.body is None else body,
    )


def spend(rokka: Rokka, clock: Clock) -> None:
    """Spend all invalidations of the hour."""
    invalidations: Invalidations = rokka.server.emulator._services.invalidations
    for kind in ("alias", "source_image", "stack"):
        for _ in range(10):
            invalidations.reserve("demo", kind, limit=10, now=clock.now.timestamp())
