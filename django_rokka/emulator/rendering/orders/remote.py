"""Remote images: named by a URL in a render URL, fetched once and stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import sha1
from typing import IO, Any, cast
from urllib.parse import SplitResult, urlsplit

from werkzeug.exceptions import BadRequest, Forbidden, NotFound

from django_rokka.emulator.access.ip_addresses import is_host
from django_rokka.emulator.access.roles import has_role
from django_rokka.emulator.files.fetching import PrivateHost, fetch, name_of_url
from django_rokka.emulator.files.measuring import UnreadableFile, measure
from django_rokka.emulator.http.incoming import IncomingRequest
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import ROOT_USER, StoredImage, StoredOrganization

__all__ = ["fetch_remote_image", "is_remote"]

_DEADLINE = 30
_URL = re.compile(r"(?P<scheme>https?):/+(?P<rest>.*)", re.DOTALL)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"http": 80, "https": 443}


def is_remote(name: str) -> bool:
    """Say whether the name of an image is ``-path-or-url-``, and neither hash nor alias."""
    return name.startswith("-") and not (name.startswith("-_") and name.endswith("_-"))


def fetch_remote_image(
    services: Services,
    request: IncomingRequest,
    owner: StoredOrganization,
    name: str,
    *,
    options: Mapping[str, Any],
) -> StoredImage:
    """Return the stored copy of a remote image, which is fetched if there is none yet.

    ``options`` are those of the stack as it is stored, not of the URL: whoever asks for a picture
    must not choose what may be fetched. Answer 403 to what neither they nor the organization
    allow, 404 to what cannot be fetched.
    """
    rules = _Rules(services, request, owner, options)
    url = rules.resolve(name[1:-1])
    image_hash = _hash_of(url)

    def load() -> None:
        # A copy that was deleted stays away.
        if services.source_images.find(owner.name, image_hash, with_deleted=True) is None:
            _load(services, request, rules, url)

    services.flights.run((owner.name, image_hash), load)
    return services.source_image(owner.name, image_hash)


class _Rules:
    """What an organization and a stack allow to fetch."""

    def __init__(
        self,
        services: Services,
        request: IncomingRequest,
        owner: StoredOrganization,
        options: Mapping[str, Any],
    ) -> None:
        self.owner = owner
        self._services = services
        self._own_address = (request.environ["SERVER_NAME"], str(request.environ["SERVER_PORT"]))
        self._own_path = f"{request.root_path}/render/{owner.name}/"
        self._elsewhere = services.settings.redirect_missing.replace("{organization}", owner.name)
        self._base = str(options.get("remote_basepath") or owner.options.get("remote_basepath", ""))
        self._is_open = bool(
            options.get("remote_fullurl_allow") or owner.options.get("remote_fullurl_allow")
        )
        self._patterns = _read_patterns(
            options.get("remote_fullurl_whitelist")
            or owner.options.get("remote_fullurl_whitelist")
            or ()
        )

    def resolve(self, name: str) -> str:
        """Return the URL that a name stands for, if it may be fetched."""
        match = _URL.fullmatch(name)
        if match is None:
            return self._below_base(name)
        # Between here and the browser two slashes may have become one.
        url = f"{match['scheme']}://{match['rest']}"
        parts = _split(url)
        if not self._is_own(parts) and not self._is_open:
            raise Forbidden(
                f"The URL {url[:200]!r} is not allowed in {self.owner.name!r}. Set the option"
                " remote_fullurl_allow of the organization or of the stack."
            )
        self.check(url)
        return url

    def check(self, url: str) -> bool:
        """Refuse a host that is not allowed; say whether it may be in a private network."""
        parts = _split(url)
        host = parts.hostname or ""
        if self._is_own(parts):
            return True
        is_named = self._is_below_base(parts)
        if self._patterns and not is_named:
            is_named = any(pattern.search(host) for pattern in self._patterns)
            if not is_named:
                raise Forbidden(
                    f"The host {host[:200]!r} matches nothing in remote_fullurl_whitelist. Add a"
                    " regular expression for it."
                )
        return is_named and self._is_trusted()

    def _is_trusted(self) -> bool:
        """Say whether nobody but the owner of this machine chooses what is fetched here."""
        members = self._services.memberships.of_organization(self.owner.name)
        return self._services.settings.private_networks or not any(
            member.user_id != ROOT_USER.id and has_role(member.roles, "write") for member in members
        )

    def _below_base(self, name: str) -> str:
        if not self._base:
            raise Forbidden(
                f"The path {name[:200]!r} has no base in {self.owner.name!r}. Set the option"
                " remote_basepath of the organization or of the stack."
            )
        if ".." in re.split(r"[/\\]", name):
            raise Forbidden(f"The path {name[:200]!r} leads out of its base. Leave out the '..'.")
        return f"{self._base.rstrip('/')}/{name.lstrip('/')}"

    def _is_below_base(self, parts: SplitResult) -> bool:
        base = _split(self._base) if self._base else None
        return base is not None and (base.scheme, base.netloc) == (parts.scheme, parts.netloc)

    def _is_own(self, parts: SplitResult) -> bool:
        """Say whether a URL is one of the organization's own renders."""
        if self._elsewhere and parts.geturl().startswith(self._elsewhere.rstrip("/") + "/"):
            return True
        host, port = parts.hostname or "", str(parts.port or _PORTS[parts.scheme])
        name, own_port = self._own_address
        if parts.scheme != "http" or port != own_port:
            return False
        if host == f"{self.owner.name}.localhost":
            return True
        return host in {*_LOOPBACK, name} and parts.path.startswith(self._own_path)


def _load(services: Services, request: IncomingRequest, rules: _Rules, url: str) -> None:
    file = request.receive()
    try:
        fetch(url, cast("IO[bytes]", file), deadline=_DEADLINE, check=rules.check)
        file.flush()
        measurement = measure(file.path)
    except PrivateHost as error:
        host = urlsplit(url).hostname or ""
        raise Forbidden(
            f"The host {host[:200]!r} is, or leads, in a private network. Name it in"
            " remote_fullurl_whitelist, in an organization that only the emulator's own key"
            " changes; or start the emulator with --private-networks."
        ) from error
    except (BadRequest, UnreadableFile) as error:
        reason = error.description if isinstance(error, BadRequest) else error
        raise NotFound(f"The remote image cannot be had. {reason}") from error
    services.files.keep(file)
    services.source_images.add(
        StoredImage(
            organization=rules.owner.name,
            hash=_hash_of(url),
            binary_hash=file.binary_hash,
            created=services.now(),
            name=name_of_url(url),
            size=file.size,
            **measurement.as_columns(),
            protected=False,
            user_metadata={},
            dynamic_metadata={},
        )
    )


def _hash_of(url: str) -> str:
    """Return the hash under which a URL's image is stored, and never that of an upload."""
    return sha1(f"remote:{url}".encode(errors="surrogatepass"), usedforsecurity=False).hexdigest()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        # Only now a port is found out to be none.
        is_url = parts.scheme in _PORTS and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise BadRequest(f"{url[:200]!r} is no URL of an image. Use http or https and a host.")
    return parts


def _read_patterns(patterns: Iterable[Any]) -> list[re.Pattern[str]]:
    try:
        return [re.compile(str(pattern), re.IGNORECASE) for pattern in patterns]
    except (TypeError, re.error, OverflowError, RecursionError) as error:
        raise BadRequest(
            f"remote_fullurl_whitelist is no list of regular expressions: {error}."
        ) from error
