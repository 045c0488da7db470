"""From the credentials of a request to its caller, and to what the caller may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from werkzeug.exceptions import Forbidden

from django_rokka.emulator.callers import Caller
from django_rokka.emulator.errors import InvalidCredentials, InvalidToken, RestrictedKey
from django_rokka.emulator.incoming import IncomingRequest
from django_rokka.emulator.ip_addresses import is_address_in
from django_rokka.emulator.json_web_tokens import is_token, read_token
from django_rokka.emulator.roles import READ_ONLY, has_role
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredKey, StoredUser

__all__ = ["authenticate", "check_restrictions", "is_permitted", "is_read_only", "require_role"]

_BEARER = "bearer "


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
    memberships = services.memberships.of_user(caller.user.id)
    return any(READ_ONLY.intersection(membership.roles) for membership in memberships)


def check_restrictions(services: Services, request: IncomingRequest, key: StoredKey) -> None:
    """Refuse a key that has expired, or that is used from elsewhere."""
    expires = key.restrictions.get("expires")
    if expires and datetime.fromisoformat(expires) <= services.clock():
        raise RestrictedKey("key_expired", f"The API key expired at {expires}. Use another one.")
    networks = key.restrictions.get("allowed_ips")
    if networks and not is_address_in(request.address, networks):
        raise RestrictedKey("ip_not_allowed", f"The API key is not for use from {request.address}.")


def _identify(services: Services, request: IncomingRequest, caller: Caller) -> Caller:
    check_restrictions(services, request, caller.key)
    key = services.users.note_access(caller.key, now=services.now())
    return replace(caller, key=key)


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
