"""The uploaded and imported files of one request, each with its metadata and options."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any, NamedTuple, cast

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.access.accounts import require_paying
from django_rokka.emulator.access.credentials import require_role
from django_rokka.emulator.errors import shown
from django_rokka.emulator.files.binary_files import IncomingFile
from django_rokka.emulator.files.descriptions import describe_image, read_languages
from django_rokka.emulator.files.fetching import Check, fetch, name_of_url
from django_rokka.emulator.files.measuring import Measurement, UnreadableFile, measure
from django_rokka.emulator.files.metadata import (
    check_dynamic_metadata,
    check_user_metadata,
)
from django_rokka.emulator.files.optimizing import optimize, read_mode
from django_rokka.emulator.files.static_metadata import read_static_metadata
from django_rokka.emulator.http.incoming import IncomingRequest, base_name, read_flag, read_json
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredImage, image_hash

__all__ = ["store_uploads"]

_INDEXED = re.compile(r"(?P<kind>[a-z_]+)\[(?P<index>[0-9]{0,4})\](?:\[(?P<name>[a-z0-9_:]+)\])?")
_URL = re.compile(r"url(?:\[(?P<index>[0-9]{0,4})\])?")
_FONTS = frozenset({"ttf", "otf"})
_OPTIONS = ("locked", "protected", "visual_binaryhash")


class _Part(NamedTuple):
    """A file as it was sent, or the URL where it is."""

    number: int
    name: str
    file: IncomingFile | None = None
    url: str = ""


class _Fields(NamedTuple):
    user_metadata: dict[str, Any]
    dynamic_metadata: dict[str, Any]
    languages: list[str]
    force: bool
    is_protected: bool
    is_locked: bool


class _Upload(NamedTuple):
    """A file that can be stored; ``optimized`` takes its place where there is one."""

    name: str
    file: IncomingFile
    optimized: IncomingFile | None
    measurement: Measurement
    static_metadata: dict[str, Any]
    fields: _Fields


def store_uploads(
    services: Services, request: IncomingRequest, *, organization: str
) -> list[StoredImage]:
    """Store every file part, whatever its field is called, and every URL.

    Refuse all when one cannot be stored.
    """
    mode = read_mode(request.form.get("optimize_source", ""))
    parts = list(_iter_parts(request))
    if not parts:
        raise BadRequest(
            "The request has no file. Send multipart/form-data with a file part that has a"
            " filename, or with url[0]."
        )
    indexed = _indexed_fields(request)
    fields = [_read_fields(indexed.get(part.number, {})) for part in parts]
    if any(own.is_locked for own in fields):
        require_role(services, request.caller, organization, "sourceimages:unlock")
    if any(own.languages for own in fields):
        require_paying(services, organization, "Automatic description")
    if any("detection_face" in own.dynamic_metadata for own in fields):
        require_paying(services, organization, "Detection of faces")
    # The owner of the emulator may fetch from their own machine and network, nobody else.
    is_free = request.caller.is_root or services.settings.private_networks
    check = None if is_free else _refuse_private
    uploads = [
        _prepare(request, part, own, mode=mode, check=check)
        for part, own in zip(parts, fields, strict=True)
    ]
    if any(upload.measurement.format.name in _FONTS for upload in uploads):
        require_paying(services, organization, "Storing files that are no pictures")
    # The files are in their places before a row speaks of them.
    for upload in uploads:
        services.files.keep(upload.optimized or upload.file)
    with services.database.transaction():
        return [_store(services, upload, organization=organization) for upload in uploads]


def _iter_parts(request: IncomingRequest) -> Iterator[_Part]:
    """Yield files in the order of the request, and URLs behind them by their own numbers."""
    files = [part for _, part in request.files.items(multi=True)]
    for number, part in enumerate(files):
        yield _Part(number, base_name(part.filename), file=cast("IncomingFile", part.stream))
    urls = [(match["index"], url) for key, url in _texts(request) if (match := _URL.fullmatch(key))]
    for position, (index, url) in enumerate(urls):
        yield _Part(len(files) + int(index or position), name_of_url(url), url=url.strip())


def _texts(request: IncomingRequest) -> list[tuple[str, str]]:
    """List the parts that are no files; a part may lack a name."""
    return [(key or "", text) for key, text in request.form.items(multi=True)]


def _indexed_fields(request: IncomingRequest) -> dict[int, dict[str, dict[str, Any]]]:
    """Collect ``meta_user[0]``, ``meta_dynamic[0][name]``, ``options[]``... by file."""
    fields: dict[int, dict[str, dict[str, Any]]] = {}
    for key, text in _texts(request):
        match = _INDEXED.fullmatch(key)
        if match is None or match["kind"] == "url":
            continue
        value = read_json(text)
        if match["name"]:
            value = {match["name"]: value}
        if not isinstance(value, dict):
            raise BadRequest(f"{key} is {text[:100]!r}, must be a JSON object.")
        own = fields.setdefault(int(match["index"] or 0), {})
        own[match["kind"]] = {**own.get(match["kind"], {}), **value}
    return fields


def _read_fields(own: dict[str, dict[str, Any]]) -> _Fields:
    options = own.get("options", {})
    for name in options:
        if name not in _OPTIONS:
            raise BadRequest(
                f"Unknown option {name[:100]!r}, must be one of: {', '.join(_OPTIONS)}."
            )
    languages, force = _read_static(own.get("meta_static", {}))
    return _Fields(
        user_metadata=check_user_metadata(own.get("meta_user", {})),
        dynamic_metadata=check_dynamic_metadata(own.get("meta_dynamic", {})),
        languages=languages,
        force=force,
        is_protected=read_flag("protected", options.get("protected", False)),
        is_locked=read_flag("locked", options.get("locked", False)),
    )


def _read_static(metadata: dict[str, Any]) -> tuple[list[str], bool]:
    """Read which descriptions are asked for: static metadata itself is rokka's to write."""
    if not metadata:
        return [], False
    asked = metadata.get("auto_description")
    if len(metadata) > 1 or not isinstance(asked, dict):
        raise BadRequest(
            f"meta_static is {shown(metadata)}, must be"
            ' {"auto_description": {"languages": ["en"], "force": false}}.'
        )
    return read_languages(asked.get("languages")), read_flag("force", asked.get("force", False))


def _prepare(
    request: IncomingRequest, part: _Part, fields: _Fields, *, mode: str, check: Check | None
) -> _Upload:
    file = part.file
    if file is None:
        file = request.receive()
        fetch(part.url, cast("IO[bytes]", file), check=check)
    measurement = _measure(file, part.name)
    # What a file says of itself is gone when it becomes another.
    static = read_static_metadata(file.path, format=measurement.format.name)
    if mode:
        optimized = request.receive()
        if optimize(file.path, measurement, optimized, mode=mode):
            stored = _measure(optimized, part.name)
            return _Upload(part.name, file, optimized, stored, static, fields)
    return _Upload(part.name, file, None, measurement, static, fields)


def _refuse_private(_url: str) -> bool:
    """Allow no address that a caller reaches by this machine only."""
    return False


def _measure(file: IncomingFile, name: str) -> Measurement:
    file.flush()
    try:
        return measure(file.path)
    except UnreadableFile as error:
        raise BadRequest(f"{name[:200]!r} cannot be stored. {error}") from error


def _store(services: Services, upload: _Upload, *, organization: str) -> StoredImage:
    stored, fields = upload.optimized or upload.file, upload.fields
    # What becomes of the file that is kept does not change who the image is.
    binary_hash = upload.file.binary_hash
    image = services.source_images.add(
        StoredImage(
            organization=organization,
            hash=image_hash(
                binary_hash,
                dynamic_metadata=fields.dynamic_metadata,
                is_protected=fields.is_protected,
            ),
            binary_hash=binary_hash,
            created=services.now(),
            name=upload.name,
            size=stored.size,
            **upload.measurement.as_columns(),
            protected=fields.is_protected,
            locked=fields.is_locked,
            user_metadata=fields.user_metadata,
            dynamic_metadata=fields.dynamic_metadata,
            static_metadata=upload.static_metadata,
            optimized_hash=upload.optimized.binary_hash if upload.optimized else None,
        )
    )
    if not fields.languages:
        return image
    described = services.source_images.change_user_metadata(
        organization,
        image.hash,
        lambda image: describe_image(image, fields.languages, force=fields.force),
    )
    return described or image
