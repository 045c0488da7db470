"""One image: upload, read, download, rename, delete, restore."""

from __future__ import annotations

from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from django_rokka.emulator.access.credentials import require_role
from django_rokka.emulator.errors import json_response, shown
from django_rokka.emulator.files.uploads import store_uploads
from django_rokka.emulator.http.incoming import IncomingRequest, base_name
from django_rokka.emulator.http.sending import send_stored_file
from django_rokka.emulator.services import Services, no_source_image

__all__ = ["create", "delete", "delete_binary", "download", "read", "rename", "restore"]


def create(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Upload files, or import them by URL."""
    images = store_uploads(services, request, organization=organization)
    return json_response({"total": len(images), "items": [image.as_json() for image in images]})


def read(services: Services, request: IncomingRequest, /, organization: str, hash: str) -> Response:
    """Read one image."""
    image = services.source_image(organization, hash, with_deleted=request.flag("deleted"))
    return json_response(image.as_json())


def download(
    services: Services, request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Send the bytes that were uploaded, or what they were optimized to."""
    image = services.source_image(organization, hash)
    if image.protected:
        require_role(services, request.caller, organization, "sourceimages:download:protected")
    return send_stored_file(
        request,
        services.files.path(image.file_hash),
        mimetype=image.mimetype,
        name=image.name,
        etag=image.file_hash,
        is_attachment=True,
    )


def rename(
    services: Services, request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Give an image another name; the hash does not depend on it."""
    name = request.lenient_json()
    if not isinstance(name, str) or not name.strip():
        raise BadRequest(f"The name is {shown(name)}, must be a JSON string that is not empty.")
    if services.source_images.change(organization, hash, name=base_name(name)) is None:
        raise no_source_image(organization, hash)
    return Response(status=204)


def delete(
    services: Services, _request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Delete one image; its binary stays, so that it can be restored."""
    if not services.source_images.mark_deleted(organization, hash, date=services.now()):
        raise no_source_image(organization, hash)
    return Response(status=204)


def delete_binary(services: Services, request: IncomingRequest, /, organization: str) -> Response:
    """Delete all images of one binary; none when one of them is locked."""
    binary_hash = request.args.get("binaryHash") or request.args.get("binaryhash")
    if not binary_hash:
        raise BadRequest("The parameter binaryHash is missing: it says which images to delete.")
    is_deleted = services.source_images.mark_binary_deleted(
        organization, binary_hash, date=services.now()
    )
    if not is_deleted:
        raise NotFound(
            f"No source image found with the binary hash {binary_hash[:100]!r} in {organization!r}."
        )
    return Response(status=204)


def restore(
    services: Services, _request: IncomingRequest, /, organization: str, hash: str
) -> Response:
    """Bring a deleted image back; one that was not deleted stays as it is."""
    image = services.source_images.restore(
        organization, hash, deleted_since=services.restorable_since()
    )
    if image is None:
        raise no_source_image(organization, hash)
    return json_response({**image.as_json(with_link=False), "deleted": False})
