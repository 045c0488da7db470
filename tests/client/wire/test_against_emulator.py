"""What each method of the official JavaScript client does with images, its counterpart does too.

Every test has an organization of its own, and is entered for the methods that it proves.
"""

from __future__ import annotations

import functools
import zipfile
from datetime import timedelta
from hashlib import sha1
from io import BytesIO
from typing import Any

import pytest

from django_rokka.client import FacetValue, SourceImage
from django_rokka.exceptions import AliasExists, NotFound, PermissionDenied, PreconditionFailed

from tests.client.scripted_server import Reply, ScriptedServer
from tests.client.wire.world import AREA, EXERCISED, METHODS, Rokka, draw, exercises

UNKNOWN = "0" * 40
TAKEN = "2019-05-06T07:08:09Z"

SEARCHES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["view.svg", "plan-b.svg", "plan-a.svg"]),
    ({"search": {"name": "plan-a.svg"}}, ["plan-a.svg"]),
    ({"search": {"name": "plan*"}}, ["plan-b.svg", "plan-a.svg"]),
    ({"search": {"width": 40}}, ["plan-b.svg", "plan-a.svg"]),
    ({"search": {"width": 40, "height": 60}}, ["plan-b.svg"]),
    ({"search": {"operator": "or", "width": 80, "height": 30}}, ["view.svg", "plan-a.svg"]),
    ({"search": {"height": "[30,60}"}}, ["plan-a.svg"]),
    ({"search": {"height": "{30,60]"}}, ["view.svg", "plan-b.svg"]),
    ({"search": {"width": "{40,}"}}, ["view.svg"]),
    ({"search": {"user:int:id": 2}}, ["plan-b.svg"]),
    ({"search": {"user:int:id": "[1,}"}}, ["plan-b.svg", "plan-a.svg"]),
    ({"search": {"user:str:title": "The plan"}}, ["plan-a.svg"]),
    ({"search": {"user:double:weight": 0.5}}, ["view.svg"]),
    ({"search": {"user:array:labels": "sea"}}, ["plan-b.svg"]),
    ({"search": {"user:date:taken": f"['{TAKEN}',}}"}}, ["plan-b.svg"]),
    ({"search": {"user:date:taken": f"{{'{TAKEN}',}}"}}, []),
    ({"search": {"dynamic:str:version:text": "two"}}, ["view.svg"]),
    ({"search": {"static:int:video:duration": "[1,}"}}, []),
    ({"sort": "created asc"}, ["plan-a.svg", "plan-b.svg", "view.svg"]),
    ({"sort": ["height desc", "name asc"]}, ["plan-b.svg", "view.svg", "plan-a.svg"]),
    ({"sort": ["user:int:id"], "search": {"name": "plan*"}}, ["plan-a.svg", "plan-b.svg"]),
    ({"limit": 1, "offset": 1}, ["plan-b.svg"]),
    ({"limit": 0}, []),
    ({"deleted": True}, []),
]
"""Options of a list, and the names it has then."""


@pytest.fixture
def gallery(rokka: Rokka) -> dict[str, SourceImage]:
    """Three images, an hour between each."""
    uploads: dict[str, dict[str, Any]] = {
        "plan-a.svg": {
            "content": draw(40, 30),
            "user_metadata": {"int:id": 1, "title": "The plan", "array:labels": ["tree"]},
        },
        "plan-b.svg": {
            "content": draw(40, 60),
            "user_metadata": {"int:id": 2, "array:labels": ["tree", "sea"], "date:taken": TAKEN},
        },
        "view.svg": {
            "content": draw(80, 60),
            "user_metadata": {"double:weight": 0.5},
            "dynamic_metadata": {"version": {"text": "two"}},
        },
    }
    images = {}
    for name, parts in uploads.items():
        images[name] = rokka.upload(name=name, **parts)
        rokka.clock.ahead += timedelta(hours=1)
    return images


def test_exercised__are_all_methods_of_source_images() -> None:
    methods = {name for name in METHODS if name.startswith("sourceimages.")}

    assert sorted(methods - EXERCISED.keys()) == []


@exercises("sourceimages.list")
def test_list__finds_exactly_what_is_searched_for(
    rokka: Rokka, gallery: dict[str, SourceImage]
) -> None:
    found = [rokka.names(options) for options, _ in SEARCHES]

    assert found == [names for _, names in SEARCHES]


def test_list__finds_by_the_time_of_the_upload(
    rokka: Rokka, gallery: dict[str, SourceImage]
) -> None:
    created = f"{gallery['plan-b.svg'].created:%Y-%m-%dT%H:%M:%SZ}"

    assert rokka.names({"search": {"created": f"['{created}',}}"}}) == ["view.svg", "plan-b.svg"]
    assert rokka.names({"search": {"created": f"{{,'{created}'}}"}}) == ["plan-a.svg"]


def test_list__counts_facets(rokka: Rokka, gallery: dict[str, SourceImage]) -> None:
    page = rokka("sourceimages.list", rokka.name, {"facets": "user:array:labels", "limit": 0})

    labels = (FacetValue(value="tree", count=2), FacetValue(value="sea", count=1))
    assert (page.items, page.total, page.facets) == ((), 3, {"user:array:labels": labels})


def test_list__leads_on_by_its_cursor(rokka: Rokka, gallery: dict[str, SourceImage]) -> None:
    first = rokka("sourceimages.list", rokka.name, {"limit": 2})
    last = rokka("sourceimages.list", rokka.name, {"limit": 2, "offset": first.cursor})

    names = [[image.name for image in page] for page in (first, last)]
    assert names == [["view.svg", "plan-b.svg"], ["plan-a.svg"]]


@pytest.mark.parametrize("page_size", [1, 2, 3, 4])
def test_iter__yields_every_image_once(
    rokka: Rokka, gallery: dict[str, SourceImage], page_size: int
) -> None:
    images = rokka.client.source_images.iter(sort="name", page_size=page_size)

    assert [image.name for image in images] == sorted(gallery)


@exercises("sourceimages.downloadList")
def test_download_list__is_an_archive_of_the_files(
    rokka: Rokka, gallery: dict[str, SourceImage]
) -> None:
    file = BytesIO()
    with rokka("sourceimages.downloadList", rokka.name, {"search": {"name": "plan*"}}) as download:
        download.write_to(file)

    with zipfile.ZipFile(file) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert contents == {"plan-a.svg": draw(40, 30), "plan-b.svg": draw(40, 60)}


@exercises("sourceimages.create", "sourceimages.get")
def test_create__stores_what_is_told(rokka: Rokka) -> None:
    made = rokka(
        "sourceimages.create",
        rokka.name,
        "picture.svg",
        draw(40, 30),
        {
            "meta_user": {"int:id": 42, "title": "Bär"},
            "meta_dynamic": {"subject_area": AREA},
            "options": {"protected": True},
        },
    )
    read = rokka("sourceimages.get", rokka.name, made.hash)

    assert read == made
    assert (read.name, read.width, read.height) == ("picture.svg", 40, 30)
    assert read.user_metadata == {"int:id": 42, "title": "Bär"}
    assert read.dynamic_metadata == {"subject_area": AREA}
    assert (read.is_protected, read.organization) == (True, rokka.name)
    assert rokka("sourceimages.get", rokka.name, made.short_hash) == read


@exercises("sourceimages.createByUrl")
def test_create_by_url__stores_the_file_behind_it(rokka: Rokka) -> None:
    with ScriptedServer().serving() as far:
        far.reply(Reply(body=draw(70, 50), headers={"Content-Type": "image/svg+xml"}))
        url = f"{far.url}/folder/far.svg?x=1&y=ü"
        image = rokka("sourceimages.createByUrl", rokka.name, url, {"meta_user": {"int:id": 42}})

    assert far.received[0].target == "/folder/far.svg?x=1&y=%C3%BC"
    assert (image.name, image.width, image.height) == ("far.svg", 70, 50)
    assert image.user_metadata == {"int:id": 42}
    assert image.binary_hash == sha1(draw(70, 50), usedforsecurity=False).hexdigest()


@exercises("sourceimages.getWithBinaryHash", "sourceimages.deleteWithBinaryHash")
def test_binary_hash__has_all_images_of_a_file(rokka: Rokka) -> None:
    plain, protected = rokka.upload(), rokka.upload(is_protected=True)
    other = rokka.upload(draw(1, 1))

    found = rokka("sourceimages.getWithBinaryHash", rokka.name, plain.binary_hash)
    assert {image.hash for image in found} == {plain.hash, protected.hash}

    assert rokka("sourceimages.deleteWithBinaryHash", rokka.name, plain.binary_hash) is True
    assert rokka("sourceimages.getWithBinaryHash", rokka.name, plain.binary_hash) == ()
    assert rokka("sourceimages.deleteWithBinaryHash", rokka.name, plain.binary_hash) is False
    assert [image.hash for image in rokka.client.source_images.list()] == [other.hash]


@exercises("sourceimages.download", "sourceimages.downloadAsBuffer")
def test_download__has_the_bytes_that_were_uploaded(rokka: Rokka) -> None:
    image = rokka.upload()

    with rokka("sourceimages.download", rokka.name, image.hash) as download:
        assert (download.size, b"".join(download)) == (image.size, draw(40, 30))
    assert rokka("sourceimages.downloadAsBuffer", rokka.name, image.hash) == draw(40, 30)


@exercises("sourceimages.autolabel")
def test_autolabel__writes_labels(rokka: Rokka) -> None:
    image = rokka.upload(user_metadata={"title": "mine"})

    labelled = rokka("sourceimages.autolabel", rokka.name, image.hash)

    assert labelled.user_metadata["title"] == "mine"
    assert "svg" in labelled.user_metadata["array:labels"]
    assert rokka.client.source_images.get(image.hash) == labelled


@exercises("sourceimages.autodescription")
def test_autodescription__writes_one_for_each_language(rokka: Rokka) -> None:
    own = {"text:auto_description_de": "von Hand"}
    image = rokka.upload(user_metadata=own)
    describe = functools.partial(rokka, "sourceimages.autodescription", rokka.name, image.hash)

    described = describe(["de", "en"]).user_metadata
    forced = describe(["de"], True).user_metadata

    assert set(described) == {"text:auto_description_de", "text:auto_description_en"}
    assert described["text:auto_description_de"] == "von Hand"
    assert forced["text:auto_description_de"] != "von Hand"


@exercises("sourceimages.delete", "sourceimages.restore")
def test_delete__can_be_taken_back(rokka: Rokka) -> None:
    kept, image = rokka.upload(draw(1, 1)), rokka.upload(user_metadata={"title": "mine"})

    rokka("sourceimages.delete", rokka.name, image.hash)
    with pytest.raises(NotFound):
        rokka("sourceimages.get", rokka.name, image.hash)
    deleted = rokka("sourceimages.get", rokka.name, image.hash, {"deleted": True})
    lists = [
        [item.hash for item in rokka("sourceimages.list", rokka.name, {"deleted": is_deleted})]
        for is_deleted in (False, True)
    ]
    restored = rokka("sourceimages.restore", rokka.name, image.hash)

    assert (deleted.is_deleted, lists) == (True, [[kept.hash], [image.hash]])
    assert (restored.hash, restored.user_metadata) == (image.hash, {"title": "mine"})
    assert rokka("sourceimages.get", rokka.name, image.hash) == image


@exercises("sourceimages.copy")
def test_copy__is_in_the_other_organization(rokka: Rokka) -> None:
    other, image = rokka.add_organization(), rokka.upload(user_metadata={"title": "mine"})

    assert rokka("sourceimages.copy", rokka.name, image.hash, other) is True
    assert rokka("sourceimages.copy", rokka.name, image.hash, other) is False
    with pytest.raises(PreconditionFailed):
        rokka("sourceimages.copy", rokka.name, image.hash, other, False)

    copied = rokka("sourceimages.get", other, image.hash)
    assert (copied.organization, copied.user_metadata) == (other, {"title": "mine"})
    assert rokka("sourceimages.downloadAsBuffer", other, image.hash) == draw(40, 30)


@exercises("sourceimages.copyAll")
def test_copy_all__says_what_became_of_each(rokka: Rokka) -> None:
    other, old, new = rokka.add_organization(), rokka.upload(), rokka.upload(draw(1, 1))
    rokka.client.source_images.copy(old.hash, other)
    hashes = [old.hash, new.hash, UNKNOWN]

    copied = rokka("sourceimages.copyAll", rokka.name, hashes, other, False)

    assert (copied.created, copied.existing) == ((new.hash,), (old.hash,))
    assert copied.not_found == (UNKNOWN,)
    listed = rokka("sourceimages.list", other)
    assert {image.hash for image in listed} == {old.hash, new.hash}


@exercises("sourceimages.setProtected")
def test_set_protected__makes_another_image(rokka: Rokka) -> None:
    image = rokka.upload()

    protected = rokka("sourceimages.setProtected", rokka.name, image.hash, True)
    assert rokka("sourceimages.get", rokka.name, protected.hash).is_protected
    assert protected.hash != image.hash
    assert rokka.is_there(image)

    options = {"deletePrevious": True}
    plain = rokka("sourceimages.setProtected", rokka.name, protected.hash, False, options)
    assert (plain.hash, plain.is_protected) == (image.hash, False)
    assert not rokka.is_there(protected)


@exercises("sourceimages.setLocked")
def test_set_locked__keeps_an_image_from_being_deleted(rokka: Rokka) -> None:
    image = rokka.upload()

    assert rokka("sourceimages.setLocked", rokka.name, image.hash, True).is_locked
    with pytest.raises(PermissionDenied, match="is locked"):
        rokka.client.source_images.delete(image.hash)
    assert rokka("sourceimages.get", rokka.name, image.hash).is_locked

    assert not rokka("sourceimages.setLocked", rokka.name, image.hash, False).is_locked
    rokka.client.source_images.delete(image.hash)
    assert not rokka.is_there(image)


@exercises("sourceimages.putName")
def test_put_name__keeps_the_hash(rokka: Rokka) -> None:
    image = rokka.upload()

    rokka("sourceimages.putName", rokka.name, image.hash, 'a "bär" 100%.svg')

    assert rokka("sourceimages.get", rokka.name, image.hash).name == 'a "bär" 100%.svg'


@exercises("sourceimages.setSubjectArea", "sourceimages.removeSubjectArea")
def test_subject_area__makes_another_image_and_leads_back(rokka: Rokka) -> None:
    image = rokka.upload()

    focused = rokka("sourceimages.setSubjectArea", rokka.name, image.hash, AREA)
    assert focused.hash != image.hash
    assert focused.dynamic_metadata == {"subject_area": AREA}
    assert rokka.is_there(image)

    options = {"deletePrevious": True}
    plain = rokka("sourceimages.removeSubjectArea", rokka.name, focused.hash, options)
    assert (plain.hash, plain.dynamic_metadata) == (image.hash, {})
    assert not rokka.is_there(focused)


@exercises("sourceimages.addDynamicMetaData", "sourceimages.deleteDynamicMetaData")
def test_dynamic_metadata__make_another_image_unless_it_keeps_its_hash(rokka: Rokka) -> None:
    image = rokka.upload()
    add = functools.partial(rokka, "sourceimages.addDynamicMetaData", rokka.name)

    cropped = add(image.hash, "crop_area", AREA, {"deletePrevious": True})
    assert not rokka.is_there(image)
    kept = add(cropped.hash, "version", {"text": "zwölf"}, {"keepHash": True})
    assert (kept.hash, kept.dynamic_metadata) == (
        cropped.hash,
        {"crop_area": AREA, "version": {"text": "zwölf"}},
    )

    options = {"deletePrevious": True}
    left = rokka("sourceimages.deleteDynamicMetaData", rokka.name, kept.hash, "crop_area", options)
    assert left.dynamic_metadata == {"version": {"text": "zwölf"}}
    assert [image.hash for image in rokka.client.source_images.list()] == [left.hash]


@exercises(
    "sourceimages.meta.get",
    "sourceimages.meta.set",
    "sourceimages.meta.add",
    "sourceimages.meta.replace",
    "sourceimages.meta.delete",
)
def test_user_metadata__are_written_and_read(rokka: Rokka) -> None:
    image = rokka.upload(user_metadata={"title": "first"})

    def change(act: str, *arguments: Any) -> dict[str, Any]:
        rokka(f"sourceimages.meta.{act}", rokka.name, image.hash, *arguments)
        return dict(rokka("sourceimages.meta.get", rokka.name, image.hash))

    assert change("set", "title", "42") == {"title": "42"}
    assert change("set", "int:id", 42) == {"title": "42", "int:id": 42}
    assert change("add", {"title": None, "array:labels": ["a", "bär"]}) == {
        "int:id": 42,
        "array:labels": ["a", "bär"],
    }
    assert change("replace", {"date:taken": TAKEN, "x": "y"}) == {"date:taken": TAKEN, "x": "y"}
    assert change("delete", "date:taken") == {"x": "y"}
    assert change("delete") == {}
    assert change("replace", {}) == {}


@exercises("sourceimages.alias.create", "sourceimages.alias.get", "sourceimages.alias.delete")
def test_alias__is_made_moved_and_deleted(rokka: Rokka) -> None:
    first, second = ({"hash": rokka.upload(draw(9, side)).hash} for side in (1, 2))

    made = rokka("sourceimages.alias.create", rokka.name, "logo_1", first)
    with pytest.raises(AliasExists):
        rokka("sourceimages.alias.create", rokka.name, "logo_1", second, {"overwrite": False})
    assert rokka("sourceimages.alias.get", rokka.name, "logo_1") == made
    rokka("sourceimages.alias.create", rokka.name, "logo_1", second, {"overwrite": True})
    moved = rokka("sourceimages.alias.get", rokka.name, "logo_1")
    rokka("sourceimages.alias.delete", rokka.name, "logo_1")

    assert (made.name, made.hash, moved.hash) == ("logo_1", first["hash"], second["hash"])
    with pytest.raises(NotFound):
        rokka("sourceimages.alias.get", rokka.name, "logo_1")


@exercises("sourceimages.invalidateCache")
def test_invalidate_cache__can_be_done_five_times_an_hour(rokka: Rokka) -> None:
    image = rokka.upload()

    assert rokka.spend("sourceimages.invalidateCache", rokka.name, image.hash) == 5


@exercises("sourceimages.alias.invalidateCache")
def test_alias__has_ten_invalidations_an_hour(rokka: Rokka) -> None:
    rokka.client.aliases.create("logo", rokka.upload().hash)

    assert rokka.spend("sourceimages.alias.invalidateCache", rokka.name, "logo") == 10
