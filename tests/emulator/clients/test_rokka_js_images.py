"""The unmodified npm package ``rokka`` and images: uploads, searches, changes, metadata."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZipFile

from tests.emulator.clients.story import DONE, PICTURES, Story, names, tell_budget

NONE = (404,)


def test_uploads__are_told_by_the_bytes(story: Story) -> None:
    drawing, hidden, scan = (
        story.body(f"sourceimages.create {special}")["items"][0]
        for special in ("with metadata", "protected", "optimized")
    )
    images = {
        "create of a buffer": story.image("halves.png"),
        "create of a stream": story.image("wide.jpg"),
        "create with metadata": story.image(
            "drawing.svg",
            hash=drawing["hash"],
            name='a "bär".svg',
            user_metadata={"title": "Bär", "int:number": 42, "array:albums": ["Im Frühling"]},
            dynamic_metadata={"version": {"text": "two"}},
        ),
        "create protected": story.image("hidden.png", hash=hidden["hash"], protected=True),
        "create again": story.image("halves.png"),
        "create optimized": story.image("scan.tiff", size=scan["size"]),
        "createByUrl": story.image(
            "far.png", name="a far.png", user_metadata={"double:weight": 0.5}
        ),
    }

    assert story.chapter("uploads") == {
        **{
            f"sourceimages.{call}": (200, {"total": 1, "items": [image]})
            for call, image in images.items()
        },
        "sourceimages.create with a bad field": (400,),
        "sourceimages.createByUrl out of reach": (400,),
    }
    plain = {story.image(name)["hash"] for name in PICTURES}
    assert plain.isdisjoint({drawing["hash"], hidden["hash"]})


SVG_NAME = 'a "bär".svg'
ALL = [SVG_NAME, "a far.png", "halves.png", "hidden.png", "scan.tiff", "wide.jpg"]
FOUND = {
    "": ALL,
    " sorted": [SVG_NAME, "scan.tiff", "halves.png", "hidden.png", "a far.png", "wide.jpg"],
    " first page": ALL[:2],
    " next page": ALL[2:4],
    " with limit and offset": ALL[1:3],
    " of nothing": [],
    " by a name": ["halves.png"],
    " by a prefix": ["halves.png"],
    " by an inclusive range": [SVG_NAME, "a far.png", "halves.png", "hidden.png", "wide.jpg"],
    " by an exclusive range": ["a far.png"],
    " by a mixed range": ["a far.png", "halves.png", "hidden.png"],
    " by an open range": [SVG_NAME],
    " by a date": ALL,
    " by a date before": [],
    " by a user field": [SVG_NAME],
    " by a typed field": [SVG_NAME],
    " by an array": [SVG_NAME],
    " by a double": ["a far.png"],
    " by dynamic metadata": [SVG_NAME],
    " by two conditions": ["halves.png", "hidden.png"],
    " by either condition": [SVG_NAME, "halves.png", "hidden.png"],
    " by a hash": ["wide.jpg"],
    " with facets": [],
}
"""Names that a list has, by what is special about it."""


def test_searches__find_what_they_ask_for(story: Story) -> None:
    chapter = story.chapter("searches")
    archive = chapter.pop("sourceimages.downloadList")
    lists = {call: chapter.pop(f"sourceimages.list{call}") for call in FOUND}

    assert {call: names(answer) for call, answer in lists.items() if call} == {
        call: found for call, found in FOUND.items() if call
    }
    assert sorted(names(lists[""])) == ALL  # all of the same second
    assert lists[" by a hash"][1]["items"] == [story.image("wide.jpg")]
    far = story.image("far.png", name="a far.png", user_metadata={"double:weight": 0.5})
    assert chapter == {
        "sourceimages.list with an unknown field": (400,),
        "sourceimages.list with a wrong limit": (400,),
        "sourceimages.getWithBinaryHash": (200, {"total": 1, "items": [far]}),
        "sourceimages.getWithBinaryHash unknown": (200, {"total": 0, "items": []}),
    }
    with ZipFile(BytesIO(archive[1])) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    assert files == {name: PICTURES[name] for name in ("halves.png", "hidden.png")}


def test_pages__lead_to_each_other(story: Story) -> None:
    first, second, last = (
        story.body(f"sourceimages.list {special}")
        for special in ("first page", "with limit and offset", "by a date before")
    )
    assert {page["total"] for page in (first, second)} == {len(ALL)}
    assert (bool(first["cursor"]), first["links"].keys()) == (True, {"next"})
    assert second.keys() == {"total", "items", "links"}
    assert second["links"].keys() == {"next", "prev"}
    assert (last["total"], last["links"]) == (0, {})
    assert story.body("sourceimages.list of nothing")["total"] == len(ALL)
    assert story.body("sourceimages.list with facets")["facets"] == {
        "user:array:albums": [{"value": "Im Frühling", "count": 1}]
    }


def test_reading__gives_images_and_their_bytes(story: Story) -> None:
    halves = (200, story.image("halves.png"))
    assert story.chapter("reading") == {
        "sourceimages.get": halves,
        "sourceimages.get by a short hash": halves,
        "sourceimages.get unknown": NONE,
        "sourceimages.download": (200, PICTURES["drawing.svg"].decode()),
        "sourceimages.downloadAsBuffer": (200, PICTURES["hidden.png"]),
        "request": halves,
        "request with a body": DONE,
        "request of one field": (200, "plainly"),
        "request nowhere": NONE,
    }
    message = story.body("sourceimages.get unknown")["error"]["message"]
    assert "No source image found" in message  # what some clients look for


def test_changes__are_made_and_refused(story: Story) -> None:
    secret = story.header("sourceimages.setProtected", "location")
    assert secret is not None
    name = 'wide "ö".jpg'
    # What is recognized is not known beforehand, nor are the names of the descriptions' fields.
    labels = story.body("sourceimages.autolabel")["user_metadata"]
    descriptions = story.body("sourceimages.autodescription")["user_metadata"]

    def tell(metadata: Any = descriptions, **more: Any) -> dict[str, Any]:
        return story.image("wide.jpg", name=name, user_metadata=metadata, **more)

    hidden = tell(hash=secret.rpartition("/")[2], protected=True)
    assert story.chapter("changes") == {
        "sourceimages.putName": DONE,
        "sourceimages.get renamed": (200, story.image("wide.jpg", name=name)),
        "sourceimages.autolabel": (200, tell(labels)),
        "sourceimages.autodescription": (200, tell()),
        "sourceimages.autodescription in Latin": (400,),
        "sourceimages.meta.get after labels": (200, descriptions),
        "sourceimages.setLocked": (200, tell(locked=True)),
        "sourceimages.delete locked": (403,),
        "sourceimages.meta.add locked": (403,),
        "sourceimages.setLocked off": (200, tell()),
        **tell_budget(story, "sourceimages.invalidateCache", 5),
        "sourceimages.setProtected": (201, hidden),
        "sourceimages.setProtected again": DONE,
        "sourceimages.setProtected off": (201, tell()),
        "sourceimages.get of the previous": NONE,
        "sourceimages.get of the deleted previous": (
            200,
            {**hidden, "deleted": True, "deleted_date": story.began},
        ),
    }
    assert hidden["hash"] != tell()["hash"]
    assert (labels.keys(), bool(labels["array:labels"])) == ({"array:labels"}, True)
    assert len(descriptions) == 3


def test_locations__name_the_image_that_is_left(story: Story) -> None:
    changes = [
        *("setProtected", "setProtected off", "setSubjectArea", "removeSubjectArea"),
        *("addDynamicMetaData", "addDynamicMetaData with deletePrevious"),
        *("addDynamicMetaData with keepHash", "deleteDynamicMetaData"),
    ]
    locations = {call: story.header(f"sourceimages.{call}", "location") for call in changes}

    assert locations == {
        call: f"/sourceimages/acme/{story.body(f'sourceimages.{call}')['hash']}" for call in changes
    }
    for change in ("setProtected", "setSubjectArea"):
        again = story.header(f"sourceimages.{change} again", "location")
        assert again == locations[change]


def test_user_metadata__are_what_was_set_last(story: Story) -> None:
    replaced = {"title": "Bär", "int:number": 42, "date:taken": "2020-01-01T00:00:00Z"}
    added = {**replaced, "latlon:place": "47.38,8.52", "array:labels": ["tree", "bär"]}
    del added["title"]
    put = {"title": 'a "bär"', "zip": "8000", "int:number": 0, "array:labels": ["sea"]}
    left = {**added, **put}
    del left["int:number"]
    done = ["replace", "add", "delete of a field", "delete"]
    done += [f"set to {what}" for what in ("text", "digits", "a number", "a list")]

    assert story.chapter("user metadata") == {
        **{f"sourceimages.meta.{call}": DONE for call in done},
        "sourceimages.meta.set to a wrong type": (400,),
        "sourceimages.meta.add of a bad name": (400,),
        "sourceimages.meta.get replaced": (200, replaced),
        "sourceimages.meta.get added": (200, added),
        "sourceimages.meta.get set": (200, {**added, **put}),
        "sourceimages.meta.get without a field": (200, left),
        "sourceimages.meta.get": (200, {}),
    }


def test_dynamic_metadata__make_other_images(story: Story) -> None:
    area = {"x": 30, "y": 0, "width": 20, "height": 40}
    faces = {"face_1": {"subject_area": {"x": 1, "y": 2, "width": 3, "height": 4}}}
    hashes = {
        call: story.body(f"sourceimages.{call}")["hash"]
        for call in (
            *("setSubjectArea", "addDynamicMetaData", "deleteDynamicMetaData"),
            "addDynamicMetaData with deletePrevious",
        )
    }
    original = story.body("sourceimages.create with metadata")["items"][0]

    def tell(hash: str, *, link: bool = False, text: str = "two", **more: Any) -> tuple[int, Any]:
        image = {
            **story.image("drawing.svg", hash=hash, link=link, name=SVG_NAME),
            "user_metadata": original["user_metadata"],
            "dynamic_metadata": {"version": {"text": text}, **more},
        }
        return (200 if link else 201, image)

    both = hashes["addDynamicMetaData with deletePrevious"]
    three: dict[str, Any] = {"text": "three", "crop_area": area}
    assert story.chapter("dynamic metadata") == {
        "sourceimages.setSubjectArea": tell(hashes["setSubjectArea"], subject_area=area),
        "sourceimages.setSubjectArea again": DONE,
        "sourceimages.removeSubjectArea": tell(original["hash"]),
        "sourceimages.get without its area": NONE,
        "sourceimages.addDynamicMetaData": tell(hashes["addDynamicMetaData"], crop_area=area),
        "sourceimages.addDynamicMetaData with deletePrevious": tell(
            both, crop_area=area, multi_areas=faces
        ),
        "sourceimages.addDynamicMetaData with keepHash": tell(both, multi_areas=faces, **three),
        "sourceimages.addDynamicMetaData with contradictions": (400,),
        "sourceimages.addDynamicMetaData of an unknown kind": (400,),
        "sourceimages.get with kept hash": tell(both, link=True, multi_areas=faces, **three),
        "sourceimages.deleteDynamicMetaData": tell(hashes["deleteDynamicMetaData"], **three),
        "sourceimages.get of what the client cannot delete": tell(
            both, link=True, multi_areas=faces, **three
        ),
        "sourceimages.deleteDynamicMetaData again": NONE,
    }
    assert len({original["hash"], *hashes.values()}) == 5
    warning = story.header("sourceimages.addDynamicMetaData with keepHash", "warning")
    assert (warning or "").startswith("299 ")
