"""What this package has for each method of the official JavaScript client.

``COUNTERPARTS`` are for methods that make a request: functions of a client and of the method's
own arguments. ``LOCAL`` names what stands for methods that make none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django_rokka.client import RokkaClient, Token
from django_rokka.client.arguments import as_list
from django_rokka.client.endpoints.rendering import RENDER_HOST
from django_rokka.client.search import Prefix, Range, Scalar, SearchValue

Options = Mapping[str, Any] | None
Counterpart = Callable[..., object]


class Local(NamedTuple):
    """``path`` leads from a module, or from a ``client``; it is empty where nothing is needed."""

    path: str
    word: str = ""


def create(client: RokkaClient, org: str, name: str, data: Any, *rest: Options) -> object:
    return client.source_images.create(data, name=name, **read_upload(*rest), organization=org)


def create_by_url(client: RokkaClient, org: str, url: str, *rest: Options) -> object:
    return client.source_images.create_from_url(url, **read_upload(*rest), organization=org)


def download_as_buffer(client: RokkaClient, org: str, hash: str) -> bytes:
    with client.source_images.download(hash, organization=org) as download:
        return b"".join(download)


def download_list(client: RokkaClient, org: str, options: Options = None) -> object:
    query = read_query(options)
    query.pop("facets", None)  # an archive has no place for counts
    return client.source_images.download_list(**query, organization=org)


def delete_metadata(client: RokkaClient, org: str, hash: str, field: str | None = None) -> None:
    metadata = client.source_images.metadata
    if field is None:
        metadata.delete(hash, organization=org)
    else:
        metadata.delete_field(hash, field, organization=org)


def create_stack(
    client: RokkaClient, org: str, name: str, config: Any, options: Options = None, *rest: bool
) -> object:
    """Define a stack; the old form has a list of operations, stack options and a flag."""
    if isinstance(config, list):
        config = {"operations": config, **({} if options is None else {"options": options})}
        options = {"overwrite": any(rest)}
    return client.stacks.create(name, config, **flags(options), organization=org)


def list_album(
    client: RokkaClient,
    org: str,
    album: str,
    options: Options = None,
    *,
    render_host: str = RENDER_HOST,
) -> object:
    """List an album; the render host is an argument here, not a property of the client."""
    is_favorites = bool((options or {}).get("favorites"))
    return client.utils.list_album(
        album, is_favorites=is_favorites, render_host=render_host, organization=org
    )


def fetch_token(client: RokkaClient, api_key: str | None = None, options: Options = None) -> Token:
    """Fetch a token; for another key by another client, since ours keep the one they have."""
    given = dict(options or {})
    arguments: dict[str, Any] = {
        "expires_in": given.get("expires_in"),
        "is_renewable": given.get("renewable"),
        "no_ip_protection": bool(given.get("no_ip_protection")),
        "ips": given["ips"].split(",") if "ips" in given else (),
    }
    if api_key is None:
        return client.users.fetch_token(**arguments)
    with RokkaClient(
        organization=client.organization, api_key=api_key, api_host=client.api_host
    ) as other:
        return other.users.fetch_token(**arguments)


def read_query(options: Options) -> dict[str, Any]:
    """Read the options of a list; the official client flattens ``search`` into the query."""
    given = {name: value for name, value in (options or {}).items() if value is not None}
    search = dict(given.pop("search", {}))
    if "operator" in search:
        given["operator"] = search.pop("operator")
    if "sort" in given:
        given["sort"] = [read_order(text) for text in as_list(given["sort"])]
    if "facets" in given:
        given["facets"] = given["facets"].split(",")
    given["search"] = {name: read_condition(value) for name, value in search.items()}
    return given


def read_order(text: str) -> str:
    field, _, direction = text.partition(" ")
    return f"-{field}" if direction == "desc" else field


def read_condition(value: Any) -> SearchValue:
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return] # a number, or what ours refuses
    if value.endswith("*"):
        return Prefix(value[:-1])
    span = re.fullmatch(r"([\[{])([^,]*),([^,]*)([\]}])", value)
    if span is None:
        return value
    opening, minimum, maximum, closing = span.groups()
    return Range(
        read_bound(minimum),
        read_bound(maximum),
        includes_minimum=opening == "[",
        includes_maximum=closing == "]",
    )


def read_bound(text: str) -> Scalar | None:
    if not text:
        return None
    quoted = re.fullmatch(r"'(.*)Z'", text)
    return datetime.fromisoformat(f"{quoted[1]}+00:00") if quoted else int(text)


def read_upload(metadata: Options = None, options: Options = None) -> dict[str, Any]:
    parts = metadata or {}
    user_metadata = parts.get("meta_user")
    given = parts.get("options", {})
    return {
        "user_metadata": json.loads(user_metadata)
        if isinstance(user_metadata, str)
        else user_metadata,
        "dynamic_metadata": parts.get("meta_dynamic"),
        "static_metadata": parts.get("meta_static"),
        "is_protected": given.get("protected"),
        "is_locked": given.get("locked"),
        "visual_binaryhash": given.get("visual_binaryhash"),
        "optimize_source": (options or {}).get("optimize_source"),
    }


def flags(options: Options) -> dict[str, Any]:
    """Give options their names here."""
    names = {"deletePrevious": "delete_previous", "keepHash": "keep_hash"}
    return {names.get(name, name): value for name, value in (options or {}).items()}


def period(start: str | None = None, end: str | None = None) -> dict[str, date | None]:
    ends = {"from_date": start, "to_date": end}
    return {name: date.fromisoformat(text) if text else None for name, text in ends.items()}


SOURCE_IMAGES: dict[str, Counterpart] = {
    "sourceimages.list": lambda client, org, options=None: client.source_images.list(
        **read_query(options), organization=org
    ),
    "sourceimages.downloadList": download_list,
    "sourceimages.get": lambda client, org, image, options=None: client.source_images.get(
        image, with_deleted=bool((options or {}).get("deleted")), organization=org
    ),
    "sourceimages.getWithBinaryHash": lambda client, org, binary_hash: (
        client.source_images.get_by_binary_hash(binary_hash, organization=org)
    ),
    "sourceimages.download": lambda client, org, image: client.source_images.download(
        image, organization=org
    ),
    "sourceimages.downloadAsBuffer": download_as_buffer,
    "sourceimages.autolabel": lambda client, org, image: client.source_images.autolabel(
        image, organization=org
    ),
    "sourceimages.autodescription": lambda client, org, image, languages, force=False: (
        client.source_images.autodescribe(image, languages, force=force, organization=org)
    ),
    "sourceimages.create": create,
    "sourceimages.createByUrl": create_by_url,
    "sourceimages.delete": lambda client, org, image: client.source_images.delete(
        image, organization=org
    ),
    "sourceimages.deleteWithBinaryHash": lambda client, org, binary_hash: (
        client.source_images.delete_by_binary_hash(binary_hash, organization=org)
    ),
    "sourceimages.restore": lambda client, org, image: client.source_images.restore(
        image, organization=org
    ),
    "sourceimages.copy": lambda client, org, image, destination, overwrite=True: (
        client.source_images.copy(image, destination, overwrite=overwrite, organization=org)
    ),
    "sourceimages.copyAll": lambda client, org, hashes, destination, overwrite=True: (
        client.source_images.copy_all(hashes, destination, overwrite=overwrite, organization=org)
    ),
    "sourceimages.invalidateCache": lambda client, org, image: (
        client.source_images.invalidate_cache(image, organization=org)
    ),
    "sourceimages.setProtected": lambda client, org, image, is_protected, options=None: (
        client.source_images.set_protected(image, is_protected, **flags(options), organization=org)
    ),
    "sourceimages.setLocked": lambda client, org, image, is_locked: client.source_images.set_locked(
        image, is_locked, organization=org
    ),
    "sourceimages.putName": lambda client, org, image, name: client.source_images.rename(
        image, name, organization=org
    ),
}

METADATA: dict[str, Counterpart] = {
    "sourceimages.setSubjectArea": lambda client, org, image, area, options=None: (
        client.source_images.set_subject_area(image, **area, **flags(options), organization=org)
    ),
    "sourceimages.removeSubjectArea": lambda client, org, image, options=None: (
        client.source_images.remove_subject_area(image, **flags(options), organization=org)
    ),
    "sourceimages.addDynamicMetaData": lambda client, org, image, name, value, options=None: (
        client.source_images.set_dynamic_metadata(
            image, name, value, **flags(options), organization=org
        )
    ),
    "sourceimages.deleteDynamicMetaData": lambda client, org, image, name, options=None: (
        client.source_images.delete_dynamic_metadata(
            image, name, **flags(options), organization=org
        )
    ),
    "sourceimages.meta.get": lambda client, org, image: client.source_images.metadata.get(
        image, organization=org
    ),
    "sourceimages.meta.set": lambda client, org, image, field, value: (
        client.source_images.metadata.set(image, field, value, organization=org)
    ),
    "sourceimages.meta.add": lambda client, org, image, data: client.source_images.metadata.add(
        image, data, organization=org
    ),
    "sourceimages.meta.replace": lambda client, org, image, data: (
        client.source_images.metadata.replace(image, data, organization=org)
    ),
    "sourceimages.meta.delete": delete_metadata,
}

ALIASES_AND_STACKS: dict[str, Counterpart] = {
    "sourceimages.alias.create": lambda client, org, alias, data, options=None: (
        client.aliases.create(alias, data["hash"], **flags(options), organization=org)
    ),
    "sourceimages.alias.get": lambda client, org, alias: client.aliases.get(
        alias, organization=org
    ),
    "sourceimages.alias.delete": lambda client, org, alias: client.aliases.delete(
        alias, organization=org
    ),
    "sourceimages.alias.invalidateCache": lambda client, org, alias: (
        client.aliases.invalidate_cache(alias, organization=org)
    ),
    "stacks.list": lambda client, org, limit=None, offset=None: client.stacks.list(
        limit=limit, offset=offset, organization=org
    ),
    "stacks.get": lambda client, org, name: client.stacks.get(name, organization=org),
    "stacks.create": create_stack,
    "stacks.delete": lambda client, org, name: client.stacks.delete(name, organization=org),
    "stacks.invalidateCache": lambda client, org, name: client.stacks.invalidate_cache(
        name, organization=org
    ),
    "stackoptions.get": lambda client: client.stack_options.get(),
    "operations.list": lambda client: client.operations.list(),
}

ACCOUNTS: dict[str, Counterpart] = {
    "organizations.get": lambda client, org: client.organizations.get(org),
    "organizations.create": lambda client, org, billing_email, display_name: (
        client.organizations.create(org, billing_email=billing_email, display_name=display_name)
    ),
    "organizations.setOption": lambda client, org, name, value: client.organizations.set_option(
        name, value, organization=org
    ),
    "organizations.setOptions": lambda client, org, options: client.organizations.set_options(
        options, organization=org
    ),
    "memberships.create": lambda client, org, user_id, roles, comment=None: (
        client.memberships.create(user_id, as_list(roles), comment=comment or "", organization=org)
    ),
    "memberships.createWithNewUser": lambda client, org, roles, comment=None: (
        client.memberships.create_with_new_user(
            as_list(roles), comment=comment or "", organization=org
        )
    ),
    "memberships.list": lambda client, org: client.memberships.list(organization=org),
    "memberships.get": lambda client, org, user_id: client.memberships.get(
        user_id, organization=org
    ),
    "memberships.delete": lambda client, org, user_id: client.memberships.delete(
        user_id, organization=org
    ),
    "users.create": lambda client, email, org=None: client.users.create(
        email, organization=org or ""
    ),
    "users.getId": lambda client: client.users.get_id(),
    "user.getId": lambda client: client.users.get_id(),
    "user.get": lambda client: client.users.get(),
    "user.listApiKeys": lambda client: client.users.list_api_keys(),
    "user.addApiKey": lambda client, comment=None: client.users.create_api_key(
        comment=comment or ""
    ),
    "user.deleteApiKey": lambda client, key_id: client.users.delete_api_key(key_id),
    "user.getCurrentApiKey": lambda client: client.users.get_current_api_key(),
    "user.getNewToken": fetch_token,
}

REST: dict[str, Counterpart] = {
    "utils.signUrl": lambda client, org, url, options=None: client.utils.sign_url(
        url, round_date_up_to=(options or {}).get("roundDateUpTo"), organization=org
    ),
    "stats.get": lambda client, org, *days: client.stats.get(**period(*days), organization=org),
    "billing.get": lambda client, org, first=None, last=None: client.stats.get_billing(
        from_date=first, to_date=last, organization=org
    ),
    "render.imagesByAlbum": list_album,
    "request": lambda client, path, method="GET", body=None: client.request(
        method, f"/{path}", json=body
    ),
}

COUNTERPARTS: dict[str, Counterpart] = {
    **SOURCE_IMAGES,
    **METADATA,
    **ALIASES_AND_STACKS,
    **ACCOUNTS,
    **REST,
}

OPERATION = Local("django_rokka.render.Operation", "by its name: Operation('resize', width=100)")

LOCAL: dict[str, Local] = {
    "expressions.default": Local(
        "", "an expression is plain JSON of a stack's definition, as client.stacks.create takes it"
    ),
    "operations.autorotate": OPERATION,
    "operations.blur": OPERATION,
    "operations.composition": OPERATION,
    "operations.crop": OPERATION,
    "operations.dropshadow": OPERATION,
    "operations.noop": OPERATION,
    "operations.resize": OPERATION,
    "operations.rotate": OPERATION,
    "operations.trim": OPERATION,
    "render.addStackVariables": Local("django_rokka.render.add_stack_variables"),
    "render.getUrl": Local("django_rokka.render.RenderURL.build"),
    "render.getUrlComponents": Local("django_rokka.render.RenderURL.parse"),
    "render.getUrlFromUrl": Local(
        "django_rokka.render.RenderURL.overridden", "of what parse() made of the other URL"
    ),
    "render.signUrl": Local("django_rokka.render.sign_url"),
    "render.signUrlWithOptions": Local("django_rokka.render.sign_url", "with options="),
    "user.getToken": Local("client.users.get_token"),
    "user.getTokenIsValidFor": Local(
        "django_rokka.client.Token.expires", "a date, of what client.users.get_token() returns"
    ),
    "user.isTokenExpiring": Local(
        "django_rokka.client.Token.expires", "the client itself renews a token that ends soon"
    ),
    "user.setToken": Local("django_rokka.client.TokenStore.set", "of the store in tokens="),
}
