"""Use an emulator with the official Python client, and print what that gives.

    python rokka_codegen.py API_HOST API_KEY PICTURES

The client is the only thing that is imported besides the standard library. Printed is JSON: what
each call gives, and how it is refused.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import rokka_client_codegen as rokka  # type: ignore[import-not-found]
from rokka_client_codegen.rest import ApiException  # type: ignore[import-not-found]

API_HOST, API_KEY, PICTURES = sys.argv[1:]
ORGANIZATION = "demo"

configuration = rokka.Configuration()
configuration.host = API_HOST
configuration.api_key["api-key"] = API_KEY
client = rokka.ApiClient(configuration)
images = rokka.SourceimagesApi(client)
stacks = rokka.StacksApi(client)
accounts = rokka.AdminApi(client)
told: dict[str, Any] = {}


def tell(name: str, method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Make a call, and keep its status with what it gives."""
    try:
        given = method(*arguments, **options)
    except ApiException as refusal:
        told[name] = [refusal.status, json.loads(refusal.body)]
        return None
    told[name] = [client.last_response.status, client.sanitize_for_serialization(given)]
    return given


def use_images() -> None:
    upload, area = images.create_source_image, {"x": 1, "y": 2, "width": 3, "height": 4}
    tell("empty list", images.list_source_images, ORGANIZATION)
    halves = tell("upload", upload, ORGANIZATION, filedata=f"{PICTURES}/halves.png").items[0]
    tell(
        "upload with metadata",
        upload,
        ORGANIZATION,
        filedata=f"{PICTURES}/drawing.svg",
        meta_user=json.dumps({"title": "Bär", "int:number": 42}),
        meta_dynamic=json.dumps({"subject_area": area}),
    )
    tell(
        "upload optimized",
        upload,
        ORGANIZATION,
        filedata=f"{PICTURES}/scan.tiff",
        optimize_source=True,
    )
    one = (ORGANIZATION, halves.hash)
    tell("get", images.get_source_image, *one)
    tell("get unknown", images.get_source_image, ORGANIZATION, "0" * 40)
    tell("list", images.list_source_images, ORGANIZATION, sort="name asc")
    page = tell("page", images.list_source_images, ORGANIZATION, limit=1, sort="name asc")
    tell(
        "next page",
        images.list_source_images,
        ORGANIZATION,
        limit=1,
        sort="name asc",
        offset=page.cursor,
    )
    tell(
        "by binary hash", images.list_source_images_by_binary_hash, ORGANIZATION, halves.binary_hash
    )
    # Without this option the client decodes the bytes, and cannot write the text to its file.
    raw = images.download_source_image(*one, _preload_content=False)
    told["download"] = [raw.status, raw.data.hex()]
    use_metadata(one, area)
    tell("copy", images.copy_source_image, "archive", *one)
    tell(
        "copy many",
        images.copy_multiple_source_images,
        "archive",
        [halves.hash, "0" * 40],
        ORGANIZATION,
    )
    tell("delete", images.delete_source_image, *one)
    tell("get deleted", images.get_source_image, *one)
    tell("list of deleted", images.list_source_images, ORGANIZATION, deleted=True)
    tell("restore", images.restore_source_image, *one)
    tell("list at the end", images.list_source_images, ORGANIZATION, sort="name asc")


def use_metadata(one: tuple[str, str], area: dict[str, int]) -> None:
    tell("put metadata", images.create_source_image_meta_user, {"a": "b", "int:c": 1}, *one)
    tell("patch metadata", images.patch_source_image_meta_user, {"int:c": 2}, *one)
    tell("put a field", images.create_source_image_meta_user_wth_name, "x", *one, "d")
    tell("get metadata", images.get_source_image_meta_user, *one)
    tell("get a field", images.get_source_image_meta_user_with_name, *one, "d")
    tell("delete a field", images.delete_source_image_meta_user_with_name, *one, "d")
    tell("delete metadata", images.delete_source_image_meta_user, *one)
    tell("get no metadata", images.get_source_image_meta_user, *one)
    put = images.create_source_image_meta_dynamic_with_name
    focused = tell("put an area", put, area, *one, "subject_area")
    remove = images.delete_source_image_meta_dynamic_with_name
    tell(
        "delete an area", remove, ORGANIZATION, focused.hash, "subject_area", delete_previous="true"
    )


def use_stacks() -> None:
    definition = {"operations": [{"name": "resize", "options": {"width": 10}}]}
    tell("put a stack", stacks.create_stack, definition, ORGANIZATION, "small")
    tell("put a stack again", stacks.create_stack, definition, ORGANIZATION, "small")
    tell("get a stack", stacks.get_stack, ORGANIZATION, "small")
    tell("list stacks", stacks.list_stacks, ORGANIZATION)
    tell("delete a stack", stacks.delete_stack, ORGANIZATION, "small")
    told["operations"] = {
        name: schema.get("required", [])
        for name, schema in client.sanitize_for_serialization(stacks.list_operations()).items()
    }
    told["options"] = sorted(stacks.list_stack_options().properties)


tell(
    "create an organization",
    accounts.create_organization,
    "archive",
    {"billing_email": "a@example.org"},
)
tell("get an organization", accounts.get_organization, ORGANIZATION)
tell("list members", accounts.list_membership, ORGANIZATION)
use_images()
use_stacks()
json.dump(told, sys.stdout)
