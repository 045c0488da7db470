"""The unmodified npm package ``rokka`` and what is rendered: stacks, URLs, signatures."""

from __future__ import annotations

import re
import string
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.emulator.clients.story import DONE, PICTURES, Story, names, tell_budget
from tests.emulator.pictures import is_close

NONE = (404,)
REFUSED = (403,)
HALVES = (200, "image/png", (40, 20), "red", "blue")
HIDDEN = (200, "image/png", (10, 10), "green", "green")
DIGITS_OF_BLURHASH = (
    string.digits + string.ascii_uppercase + string.ascii_lowercase + "#$%*+,-.:;=?@[]^_{|}~"
)
BUDGETS = {
    "sourceimages.invalidateCache": 5,
    "sourceimages.alias.invalidateCache": 10,
    "stacks.invalidateCache": 5,
}


@pytest.mark.parametrize("method", BUDGETS)
def test_budgets__are_told_in_headers(story: Story, method: str) -> None:
    budget = BUDGETS[method]
    limit, remaining, retry_after = (
        [story.header(f"{method} {call}", f"x-ratelimit-{name}") for call in range(1, budget + 2)]
        for name in ("limit", "remaining", "retry-after")
    )
    assert limit == [str(budget)] * (budget + 1)
    assert remaining == [*map(str, reversed(range(budget))), "0"]
    then = datetime.fromisoformat(story.began) + timedelta(hours=1)
    assert retry_after == [*[None] * budget, str(int(then.timestamp()))]


def test_aliases__lead_to_an_image(story: Story) -> None:
    def tell(status: int, picture: str) -> tuple[int, dict[str, str]]:
        facts = {"organization": "acme", "alias": "logo_1", "created": story.began}
        return (status, {**facts, "hash": story.image(picture)["hash"]})

    assert story.chapter("aliases") == {
        "sourceimages.alias.create": tell(201, "halves.png"),
        "sourceimages.alias.create without overwrite": (409,),
        "sourceimages.alias.get": tell(200, "halves.png"),
        "look through an alias": HALVES,
        "sourceimages.alias.create with overwrite": tell(200, "far.png"),
        "look through a moved alias": (200, "image/png", (50, 30), "blue", "blue"),
        "sourceimages.alias.create of a bad name": NONE,
        "sourceimages.alias.create of an unknown image": NONE,
        **tell_budget(story, "sourceimages.alias.invalidateCache", 10),
        "sourceimages.alias.delete": DONE,
        "sourceimages.alias.get deleted": NONE,
    }


OPERATIONS: dict[str, dict[str, Any]] = {
    "resize": {"mode": "fill", "width": 20, "height": 20},
    "crop": {"anchor": "left_top", "width": 10, "height": 20},
    "rotate": {"background_color": "00FF00", "angle": 90},
    "composition": {
        "secondary_color": "00FF00",
        "width": 30,
        "height": 30,
        "mode": "foreground",
    },
    "blur": {"sigma": 2},
    "autorotate": {},
    "dropshadow": {"horizontal": 5},
    "trim": {"fuzzy": 10},
}
"""Options by the operation that the client has made."""


def test_stacks__are_kept_as_they_were_sent(story: Story) -> None:
    sent = {name: {"name": name, "options": options} for name, options in OPERATIONS.items()}
    sharp = {"expression": "options.dpr >= 2", "overrides": {"options": {"jpg.quality": 60}}}
    crop = {**sent["crop"], "expressions": {"width": "$w"}}

    def tell(name: str, *operations: Any, **more: Any) -> dict[str, Any]:
        return {
            "name": name,
            "organization": "acme",
            "created": story.began,
            "stack_operations": list(operations),
            "stack_options": {},
            "stack_expressions": [],
            "stack_variables": {},
            **more,
        }

    first = tell(
        "corner",
        *(sent["resize"], sent["crop"]),
        stack_options={"jpg.quality": 90},
        stack_expressions=[sharp],
        stack_variables={"w": 20},
        description="the Bär's corner",
    )
    corner = tell("corner", *(sent["resize"], crop, sent["rotate"]), stack_variables={"w": 10})
    noop = {"name": "noop", "options": {}}
    whole = tell("all", *sent.values(), noop, stack_options={"png.compression_level": 9})
    members = tell("members", stack_options={"protected": True})
    chapter = story.chapter("stacks")
    page = chapter.pop("stacks.list with limit and offset")
    assert chapter == {
        **{f"operations.{name}": operation for name, operation in sent.items()},
        "operations.noop": {"name": "noop"},
        "expressions.default": sharp,
        "stacks.create": (201, first),
        "stacks.create without overwrite": (409,),
        "stacks.create with overwrite": (200, corner),
        "stacks.create in the old form": (201, whole),
        "stacks.create of what nobody knows": (400,),
        "stacks.create of a bad name": (400,),
        "stacks.create protected afterwards": (400,),
        "stacks.create protected": (201, members),
        "stacks.get": (200, {**corner, "link": "/stacks/acme/corner"}),
        "stacks.list": (200, {"items": [whole, corner, members]}),
        **tell_budget(story, "stacks.invalidateCache", 5),
        "stacks.create to be deleted": (201, tell("gone")),
        "stacks.delete": DONE,
        "stacks.delete again": NONE,
        "stacks.get deleted": NONE,
    }
    assert (page[0], page[1]["items"]) == (200, [corner])


def test_renders__are_what_the_url_says(story: Story) -> None:
    halves, wide = (story.image(name) for name in ("halves.png", "wide.jpg"))
    full = halves["hash"]
    chapter = story.chapter("renders")
    urls = {
        call: chapter.pop(call) for call in [*chapter] if ".getUrl" in call or ".addStack" in call
    }
    album = chapter.pop("render.imagesByAlbum")

    assert {call: cut_host(url) for call, url in urls.items()} == {
        "render.getUrl": f"/corner/{full}.png",
        "render.getUrl with options": (
            f"/dynamic/resize-width-30/o-autoformat-true-dpr-2/{wide['short_hash']}/seo-name.jpg"
        ),
        "render.getUrl with operations": (f"/dynamic/resize-width-20--rotate-angle-90/{full}.png"),
        "render.getUrl with a background": (
            "/dynamic/composition-width-60-height-40-mode-background-secondary_color-008000"
            f"/{full}.png"
        ),
        "render.getUrl of a crop area": (
            "/dynamic/crop-width-20-height-40-mode-area"
            f"/{story.body('sourceimages.deleteDynamicMetaData')['hash']}.png"
        ),
        "render.getUrl of a blurhash": f"/dynamic/noop/{full}.blur",
        "render.getUrl without operations": f"/dynamic/noop/{full}.png",
        "render.getUrl with an unknown stack": f"/nowhere/{full}.png",
        "render.getUrl of an unknown image": f"/corner/{'0' * 40}.png",
        "render.getUrl with dpr": f"/dynamic/noop/o-dpr-2/{full}.png",
        "render.getUrl with variables": (
            f"/corner/v-w-4/{full}.png?v=%7B%22text%22%3A%22a+%26+b%22%7D"
        ),
        "render.addStackVariables": f"/corner/v-w-5/{full}.png",
        "render.addStackVariables in the query": (
            f'/corner/v-w-4/{full}.png?v={{"text":"a+%26+b"}}'
        ),
        "render.getUrlFromUrl": f"/dynamic/resize-width-10/{full}/small.gif",
        "render.getUrlComponents": {"stack": "corner/v-w-5", "hash": full, "format": "png"},
        "render.getUrlComponents of another page": False,
    }
    blurhash = chapter.pop("look at a blurhash")
    # The stack fills 20 x 20, cuts $w from the left, and turns that by 90 degrees.
    assert chapter == {
        "look at a stack": (200, "image/png", (20, 10), "red", "red"),
        "look in WebP": (200, "image/webp", (60, 20), "red", "blue"),
        "look in JPEG": (200, "image/jpeg", (60, 20), "red", "blue"),
        "look with operations": (200, "image/png", (10, 20), "red", "blue"),
        "look with a background": (200, "image/png", (60, 40), "green", "green"),
        "look at a crop area": (200, "image/png", (20, 40), "blue", "blue"),
        "look at the original size": HALVES,
        "look at an unknown stack": NONE,
        "look at an unknown image": NONE,
        "look without a resize": (400,),
        "look with all variables": (200, "image/png", (20, 4), "red", "red"),
        "look with a variable": (200, "image/png", (20, 5), "red", "red"),
        "look with variables in the query": (200, "image/png", (20, 4), "red", "red"),
        "look at another stack": (200, "image/gif", (10, 5), "red", "blue"),
        "render.imagesByAlbum with favorites": (501,),
    }
    assert blurhash[:2] == (200, "text/plain")
    mean = mean_of_blurhash(blurhash[2])
    assert is_close(mean, (188, 0, 188), 3), mean  # half of the light is red, half blue
    facts = ("name", "mimetype", "format")
    assert [tuple(item[fact] for fact in facts) for item in album[1]["items"]] == [
        ('a "bär".svg', "image/svg+xml", "svg")
    ] * 3


def mean_of_blurhash(text: str) -> tuple[int, ...]:
    """Read the mean colour, after a look at the length; see https://github.com/woltapp/blurhash."""
    digits = [DIGITS_OF_BLURHASH.index(digit) for digit in text]
    assert len(text) == 4 + 2 * (digits[0] % 9 + 1) * (digits[0] // 9 + 1)
    mean = 0
    for digit in digits[2:6]:
        mean = mean * 83 + digit
    return tuple(mean.to_bytes(3, "big"))


def cut_host(url: Any) -> Any:
    return re.sub(r"^http://acme\.localhost(:[0-9]+)?", "", url) if isinstance(url, str) else url


def test_renders__are_kept_for_a_year(story: Story) -> None:
    headers = {
        call: [story.header(f"look {call}", name) for name in ("cache-control", "vary")]
        for call in ("at a stack", "in WebP")
    }
    forever = "public, max-age=31536000, immutable"
    assert headers == {"at a stack": [forever, None], "in WebP": [forever, "Accept"]}


def test_signatures__open_what_is_protected(story: Story) -> None:
    chapter = story.chapter("signatures")
    signed = {call: chapter.pop(call) for call in [*chapter] if call.startswith("render.sign")}
    stack = chapter.pop("utils.signUrl")

    assert chapter == {
        "look at the hidden": REFUSED,
        "look at the signed": HIDDEN,
        "look at the signed by another name": HIDDEN,
        "look at the tampered": REFUSED,
        "look with a wrong signature": REFUSED,
        "look in time": HIDDEN,
        "look too late": REFUSED,
        "look with more time than signed": REFUSED,
        "look with options of its own": HIDDEN,
        "look signed with variables": HIDDEN,
        "look at a protected stack": REFUSED,
        "look signed by the server": HALVES,
        "utils.signUrl rounded": stack,
        "utils.signUrl of nothing": (400,),
    }
    signature = re.compile(r"http://acme\.localhost:[0-9]+/[^?]*\.png\?(.*&)?sig=[0-9a-f]{16}")
    assert [url for url in signed.values() if not signature.fullmatch(url)] == []
    assert (stack[0], bool(signature.fullmatch(stack[1]["signed_url"]))) == (200, True)


def test_copies_and_deletions__are_undone_and_refused(story: Story) -> None:
    halves, wide = (story.image(name) for name in ("halves.png", "wide.jpg"))
    asked = {"user_metadata": {"asked": "plainly"}}
    deleted = {**halves, **asked, "deleted": True, "deleted_date": story.began}
    copied = {"created": [wide["hash"]], "existing": [halves["hash"]], "notfound": ["0" * 40]}
    chapter = story.chapter("copies and deletions")
    found = chapter.pop("sourceimages.list of deleted")

    assert chapter == {
        "sourceimages.copy": (201, {}),
        "sourceimages.copy with overwrite": DONE,
        "sourceimages.copy without overwrite": (412, {}),
        "sourceimages.copy to nobody": (400,),
        "sourceimages.copyAll": (200, copied),
        "sourceimages.get of a copy": (
            200,
            {**story.image("halves.png", organization="acme-archive"), **asked},
        ),
        "sourceimages.delete": DONE,
        "sourceimages.delete again": NONE,
        "sourceimages.get deleted": NONE,
        "sourceimages.get with deleted": (200, deleted),
        "look at the deleted": NONE,
        "sourceimages.restore": (
            200,
            {**story.image("halves.png", link=False), **asked, "deleted": False},
        ),
        "sourceimages.restore unknown": NONE,
        "look at the restored": (200, "image/png", (7, 4), "red", "blue"),
        "sourceimages.deleteWithBinaryHash": DONE,
        "sourceimages.deleteWithBinaryHash again": NONE,
        "sourceimages.get deleted by its binary hash": NONE,
    }
    assert (found[0], found[1]["items"]) == (200, [deleted])


def test_statistics__count_what_is_there(story: Story) -> None:
    chapter = story.chapter("statistics")
    left = chapter.pop("sourceimages.list at the end")
    today, few = (chapter.pop(f"stats.get{special}")[1] for special in ("", " with a period"))

    assert chapter == {"billing.get": (501,)}
    assert {kind: len(days) for kind, days in today.items()} == {
        "space_in_bytes": 30,
        "number_of_files": 30,
        "bytes_downloaded": 30,
        "bytes_downloaded_external": 30,
    }
    midnight = f"{story.began[:10]}T00:00:00+00:00"
    size = sum(image["size"] for image in left[1]["items"])
    assert today["space_in_bytes"][0] == {"timestamp": midnight, "value": size, "unit": "Bytes"}
    count = {"timestamp": midnight, "value": len(names(left)), "unit": None}
    assert today["number_of_files"][0] == count
    days = [f"2020-01-0{day}T00:00:00+00:00" for day in (2, 1)]
    assert few["number_of_files"] == [{"timestamp": day, "value": 0, "unit": None} for day in days]
    assert size > len(PICTURES["wide.jpg"])
