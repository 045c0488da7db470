"""The uploaded files of one request, each with its metadata and options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.files import IncomingFile
from django_rokka.emulator.incoming import IncomingRequest, base_name, read_json
from django_rokka.emulator.measuring import Measurement, UnreadableFile, measure
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredImage, image_hash

__all__ = ["store_uploads"]

_USER_FIELD = re.compile(
    r"(?:(?:str|text|int|double|date|latlon|array|array_text):)?[a-z0-9_]{1,54}"
)
_MAX_COORDINATE = 1_000_000_000
"""Pixels; beyond it computing with a subject area would leave the finite numbers."""
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_INDEXED = re.compile(r"(?P<kind>[a-z_]+)\[(?P<index>[0-9]{0,4})\](?:\[(?P<name>[a-z_]+)\])?")


class _Upload(NamedTuple):
    name: str
    file: IncomingFile
    user_metadata: dict[str, Any]
    dynamic_metadata: dict[str, Any]
    is_protected: bool


def store_uploads(
    services: Services, request: IncomingRequest, *, organization: str
) -> list[StoredImage]:
    """Store every file part, whatever its field is called; refuse all when one is unreadable."""
    uploads = list(_read_uploads(request))
    measured = [_measure(upload) for upload in uploads]
    return [
        _store(services, upload, measurement, organization=organization)
        for upload, measurement in zip(uploads, measured, strict=True)
    ]


def _read_uploads(request: IncomingRequest) -> Iterator[_Upload]:
    if any(name.startswith("url") for name in request.form):
        raise Missing("importing by URL")
    if request.form.get("optimize_source", "false").strip('"') not in {"", "false"}:
        raise Missing("optimize_source")
    if not request.files:
        raise BadRequest(
            "The request has no file. Send multipart/form-data with a file part that has a"
            " filename."
        )
    fields = _indexed_fields(request)
    for index, (_, part) in enumerate(request.files.items(multi=True)):
        own = fields.get(index, {})
        yield _Upload(
            name=base_name(part.filename),
            file=cast("IncomingFile", part.stream),
            user_metadata=_checked_user_metadata(own.get("meta_user", {})),
            dynamic_metadata=_checked_dynamic_metadata(own.get("meta_dynamic", {})),
            is_protected=_read_protected(own.get("options", {})),
        )


def _indexed_fields(request: IncomingRequest) -> dict[int, dict[str, dict[str, Any]]]:
    """Collect ``meta_user[0]``, ``meta_dynamic[0][name]``, ``options[]``... by file."""
    fields: dict[int, dict[str, dict[str, Any]]] = {}
    for key, text in request.form.items(multi=True):
        match = _INDEXED.fullmatch(key)
        if match is None:
            continue
        if match["kind"] == "meta_static":
            raise Missing("automatic descriptions")
        value = read_json(text)
        if match["name"]:
            value = {match["name"]: value}
        if not isinstance(value, dict):
            raise BadRequest(f"{key} is {text[:100]!r}, must be a JSON object.")
        own = fields.setdefault(int(match["index"] or 0), {})
        own[match["kind"]] = {**own.get(match["kind"], {}), **value}
    return fields


def _checked_user_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    for name in metadata:
        if not _USER_FIELD.fullmatch(name):
            raise BadRequest(
                f'Field name "{name}" is not valid. Use alphanumeric lowercase characters only,'
                " max length: 54 chars"
            )
    return {name.removeprefix("str:"): value for name, value in metadata.items()}


def _checked_dynamic_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    for name, value in metadata.items():
        if not isinstance(value, dict):
            raise BadRequest(f"The dynamic metadata {name!r} must be a JSON object.")
    area = metadata.get("subject_area", {})
    for name in ("x", "y", "width", "height"):
        number = area.get(name, 0)
        # A boolean is no number here, although Python thinks so.
        if type(number) not in {int, float} or not abs(number) <= _MAX_COORDINATE:
            raise BadRequest(
                f"{name} of subject_area is {str(number)[:100]!r}, must be a number from"
                f" -{_MAX_COORDINATE} to {_MAX_COORDINATE}."
            )
    return metadata


def _read_protected(options: Mapping[str, Any]) -> bool:
    value = options.get("protected", False)
    flag = _FLAGS.get(str(value).lower())
    if flag is None:
        raise BadRequest(
            f"The option protected is {str(value)[:100]!r}, must be true or false (or 1 or 0)."
        )
    return flag


def _measure(upload: _Upload) -> Measurement:
    upload.file.flush()
    try:
        return measure(upload.file.path)
    except UnreadableFile as error:
        raise BadRequest(f"{upload.name[:200]!r} cannot be stored. {error}") from error


def _store(
    services: Services, upload: _Upload, measurement: Measurement, *, organization: str
) -> StoredImage:
    """Put the file in its place first and write the row second."""
    binary_hash = upload.file.binary_hash
    services.files.keep(upload.file)
    return services.source_images.add(
        StoredImage(
            organization=organization,
            hash=image_hash(
                binary_hash,
                dynamic_metadata=upload.dynamic_metadata,
                is_protected=upload.is_protected,
            ),
            binary_hash=binary_hash,
            created=services.now(),
            name=upload.name,
            mimetype=measurement.format.mimetype,
            format=measurement.format.name,
            size=upload.file.size,
            width=measurement.width,
            height=measurement.height,
            opaque=measurement.opaque,
            animated=measurement.animated,
            protected=upload.is_protected,
            user_metadata=upload.user_metadata,
            dynamic_metadata=upload.dynamic_metadata,
        )
    )
