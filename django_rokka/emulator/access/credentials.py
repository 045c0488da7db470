"""From the credentials of a request to its caller, and to what the caller may do."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from werkzeug.exceptions import Forbidden

from django_rokka.emulator.access.callers import Caller
from django_rokka.emulator.access.ip_addresses import is_address_in
from django_rokka.emulator.access.json_web_tokens import is_token, read_token
from django_rokka.emulator.access.roles import READ_ONLY, has_role
from django_rokka.emulator.errors import (
    InvalidCredentials,
    InvalidToken,
    RestrictedKey,
    TooManyCodes,
)
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import CodeCheck, StoredKey, StoredUser

__all__ = [
    "authenticate",
    "check_restrictions",
    "has_expired",
    "has_read_only_role",
    "is_permitted",
    "is_read_only",
    "refuse_read_only",
    "require_code",
    "require_role",
]

_BEARER = "bearer "
_SETUP = "/user/mfa/totp"
_TOKEN = ("POST", "/user/apikeys/token")


def authenticate(services: Services, request: IncomingRequest) -> Caller:
    """Read a key or a token, as ``Api-Key`` or as a bearer; the former wins."""
    given = request.headers.get("Api-Key")
    authorization = request.headers.get("Authorization", "")
    if not given and authorization.lower().startswith(_BEARER):
        given = authorization[len(_BEARER) :].strip()
    key = services.users.find_key(given) if given else None
    if key is not None:
        return _identify(services, request, Caller(user=_user_of(services, key), key=key))
    if given and is_token(given) and not request.headers.get("Api-Key"):
        return _identify(services, request, _read_token(services, request, given))
    raise InvalidCredentials


def require_role(services: Services, caller: Caller, organization: str, role: str) -> None:
    """Refuse a caller without a role in an organization; answer 404 when there is none."""
    services.organization(organization)
    if not is_permitted(services, caller, organization, role):
        raise Forbidden(
            f"The role {role!r} in the organization {organization!r} is needed for this. Ask an"
            " administrator of the organization for it."
        )


def is_permitted(services: Services, caller: Caller, organization: str, role: str) -> bool:
    """Say whether a caller has a role in an organization."""
    if caller.is_root:
        return True
    membership = services.memberships.find(organization, caller.user.id)
    return membership is not None and has_role(membership.roles, role)


def is_read_only(services: Services, caller: Caller) -> bool:
    """Say whether a user is kept away from API keys, unless the key is a trusted one."""
    if caller.is_root or caller.key.restrictions.get("trusted"):
        return False
    return has_read_only_role(services, caller.user)


def has_read_only_role(services: Services, user: StoredUser) -> bool:
    """Say whether a user has a role, anywhere, whose keys may be known to everybody."""
    memberships = services.memberships.of_user(user.id)
    return any(READ_ONLY.intersection(membership.roles) for membership in memberships)


def refuse_read_only(services: Services, caller: Caller) -> None:
    """Refuse who is kept away from API keys, and from all else of the user."""
    if is_read_only(services, caller):
        raise Forbidden(
            "A user with one of the roles read, upload and sourceimages:read cannot look at API"
            " keys, second factors and memberships. Use a trusted key."
        )


def require_code(services: Services, request: IncomingRequest) -> None:
    """Refuse a body without the current code of the caller's authenticator app."""
    data = request.lenient_json()
    code = data.get("totp") if isinstance(data, dict) else None
    check = CodeCheck.WRONG
    if isinstance(code, str) and code:
        now = services.clock().timestamp()
        check = services.second_factors.check(request.caller.user.id, code, now=now)
    if check is CodeCheck.TOO_MANY:
        raise TooManyCodes
    if check is CodeCheck.WRONG:
        raise RestrictedKey(
            "totp_invalid",
            "The code is missing, wrong, or was used before. Send the current one of the"
            ' authenticator app in the body: {"totp": "123456"}.',
        )


def has_expired(services: Services, key: StoredKey) -> bool:
    """Say whether the time of a key is over."""
    expires: str = key.restrictions.get("expires", "")
    return bool(expires) and datetime.fromisoformat(expires) <= services.clock()


def check_restrictions(services: Services, request: IncomingRequest, key: StoredKey) -> None:
    """Refuse a key that has expired, or that is used from elsewhere."""
    if has_expired(services, key):
        raise RestrictedKey(
            "key_expired",
            f"The API key expired at {key.restrictions['expires']}. Use another one.",
        )
    networks = key.restrictions.get("allowed_ips")
    if networks and not is_address_in(request.address, networks):
        raise RestrictedKey("ip_not_allowed", f"The API key is not for use from {request.address}.")


def _identify(services: Services, request: IncomingRequest, caller: Caller) -> Caller:
    check_restrictions(services, request, caller.key)
    if caller.key.restrictions.get("requires_mfa"):
        _check_second_factor(services, request, caller)
    # Whoever only reads must not have to wait for a disk that takes nothing.
    with suppress(sqlite3.OperationalError):
        key = services.users.note_access(caller.key, now=services.now())
        return replace(caller, key=key)
    return caller


def _check_second_factor(services: Services, request: IncomingRequest, caller: Caller) -> None:
    """Let a key that asks for a second factor do nothing but set it up and get a token with it."""
    factor = services.second_factors.find(caller.user.id)
    if factor is None or not factor.confirmed:
        if not request.route_path.startswith(_SETUP):
            raise RestrictedKey(
                "mfa_enrollment_required",
                "The API key asks for a second factor, and there is none yet. Set it up first:"
                f" POST {_SETUP}.",
            )
        return
    if caller.token is not None:
        is_enough = bool(caller.token.get("mfa"))
    else:
        # Not in a URL, which is written down in many places. Its endpoint looks at the code.
        is_enough = (request.method, request.route_path) == _TOKEN and "totp" not in request.args
    if not is_enough:
        raise RestrictedKey(
            "mfa_required",
            "The API key asks for a second factor. Get a token with it: POST /user/apikeys/token,"
            ' with {"totp": "123456"} in the body.',
        )


def _read_token(services: Services, request: IncomingRequest, token: str) -> Caller:
    payload = read_token(token, services.users.token_secret())
    if payload is None:
        raise InvalidToken("The token is not valid. Get a new one with an API key.")
    if payload["exp"] <= services.clock().timestamp():
        raise InvalidToken("The token has expired. Get a new one with an API key.")
    if payload.get("ips") and not is_address_in(request.address, payload["ips"]):
        raise InvalidToken(f"The token is not for use from {request.address}.")
    key = services.users.find_key_by_id(payload["id"])
    if key is None:
        raise InvalidToken("The key of the token was deleted. Get a new one with another key.")
    return Caller(user=_user_of(services, key), key=key, token=payload)


def _user_of(services: Services, key: StoredKey) -> StoredUser:
    user = services.users.find(key.user_id)
    if user is None:
        raise InvalidCredentials
    return user
