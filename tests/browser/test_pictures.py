"""What a browser makes of our HTML: which pictures it asks for, when, and what moves."""

from __future__ import annotations

import time

import pytest
import requests

from django_rokka.render import ImageReference

from tests.browser.site import Site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.browser.urls")]

RESPONSIVE = (
    '{% rokka_img image "content" widths="400 800 1600 2400"'
    ' sizes="(min-width: 1000px) 50vw, 100vw" alt="A lake" %}'
)
CHOSEN = {
    (400, 1): 400,
    (400, 2): 800,
    (800, 1): 800,
    (800, 2): 1600,
    (1400, 1): 800,  # the half of the page
    (1400, 2): 1600,
}
"""The candidate that fits, by the width of the window and the density of the screen."""
SHIFTING = "<img src=\"{% rokka_url image 'content' %}\" alt=''>"
"""A picture whose size nobody tells: it shows that shifts are seen."""
FAR = '<div style="height: 9000px"></div>'
"""More than the distance from which browsers begin to load what is lazy."""


def get_name(site: Site, extension: str = "jpg") -> str:
    """Return the last parts of a URL of the image."""
    return f"{ImageReference.parse(site.image).hash}/lake.{extension}"


@pytest.mark.parametrize(("width", "density"), [*CHOSEN])
def test_widths__browser_asks_for_the_fitting_one_alone(
    site: Site, width: int, density: int
) -> None:
    site.open(RESPONSIVE, width=width, density=density)
    site.wait_for_pictures()
    expected = f"/content/v-w-{CHOSEN[width, density]}/{get_name(site)}"
    assert (site.current, site.asked) == (expected, [expected])


def test_widths__largest_is_the_original(site: Site) -> None:
    site.open(RESPONSIVE.replace("50vw", "100vw"), width=1400, density=2)
    site.wait_for_pictures()
    assert site.asked == [f"/content/v-w-2000/{get_name(site)}"]


@pytest.mark.parametrize(("density", "options"), [(1, ""), (2, "o-dpr-2/")])
def test_densities__browser_asks_for_its_own(site: Site, density: int, options: str) -> None:
    site.open('{% rokka_img image "thumb" densities="1 2" alt="" %}', density=density)
    site.wait_for_pictures()
    assert site.asked == [f"/thumb/{options}{get_name(site)}"]
    size = site.run("return [document.images[0].width, document.images[0].height]")
    assert size == [200, 113]


@pytest.mark.parametrize(("density", "options"), [(1, ""), (2, "o-dpr-2/")])
def test_background__browser_asks_for_its_own(site: Site, density: int, options: str) -> None:
    body = """<div style="height: 9em; {% rokka_background image 'thumb' %}"></div>"""
    site.open(body, density=density)
    site.wait(lambda: bool(site.asked))
    assert site.asked == [f"/thumb/{options}{get_name(site)}"]


@pytest.mark.parametrize(("width", "density"), [*CHOSEN])
def test_layout__does_not_shift(site: Site, width: int, density: int) -> None:
    site.server.emulator.faults.add(method="GET", path="/render/", delay=0.3, times=None)
    art = '{% rokka_picture image "wide" art="(max-width: 600px) square" alt="" %}'
    site.open(RESPONSIVE + art, width=width, density=density)
    site.wait_for_pictures()
    assert site.shift == 0


def test_layout__shifts_where_no_size_is_told(site: Site) -> None:
    site.server.emulator.faults.add(method="GET", path="/render/", delay=0.3, times=None)
    site.open(SHIFTING)
    site.wait_for_pictures()
    assert site.shift > 0.02


def test_lazy_picture__is_asked_for_on_scrolling(site: Site) -> None:
    near = '{% rokka_img image "thumb" alt="" %}'
    site.open(near + FAR + RESPONSIVE)
    site.wait(lambda: bool(site.asked))
    time.sleep(0.5)
    first = f"/thumb/{get_name(site)}"
    assert site.asked == [first]
    site.run("document.images[1].scrollIntoView()")
    site.wait_for_pictures()
    assert site.asked == [first, f"/content/v-w-800/{get_name(site)}"]


def test_eager_picture__is_asked_for_at_once(site: Site) -> None:
    site.open(FAR + '{% rokka_img image "thumb" fetchpriority="high" alt="" %}')
    site.wait_for_pictures()
    assert site.asked == [f"/thumb/{get_name(site)}"]


@pytest.mark.parametrize("density", [1, 2])
def test_preload__is_the_picture_that_is_shown(site: Site, density: int) -> None:
    shared = 'image "content" widths="400 800 1600 2000" sizes="50vw" fetchpriority="high"'
    head = f"{{% rokka_preload {shared} %}}"
    site.open(f'{{% rokka_img {shared} alt="" %}}', head=head, width=1400, density=density)
    site.wait_for_pictures()
    expected = f"/content/v-w-{800 * density}/{get_name(site)}"
    assert (site.current, site.asked) == (expected, [expected])
    [initiator] = site.run(
        "return performance.getEntriesByType('resource').map(entry => entry.initiatorType)"
    )
    assert initiator == "link"
    # Browsers complain some three seconds after a page is there.
    time.sleep(4 if density == 1 else 0)
    assert site.complaints == []


def test_art_direction__switches_with_the_window(site: Site) -> None:
    site.open('{% rokka_picture image "wide" art="(max-width: 600px) square" alt="" %}', width=1400)
    site.wait_for_pictures()
    assert site.asked == [f"/wide/{get_name(site)}"]
    site.resize(400)
    site.wait(lambda: site.current == f"/square/{get_name(site)}")
    site.wait_for_pictures()
    size = site.run("return [document.images[0].width, document.images[0].height]")
    assert (site.asked, size) == (
        [f"/wide/{get_name(site)}", f"/square/{get_name(site)}"],
        [160, 160],
    )


@pytest.mark.parametrize(
    ("unknown", "extension"), [((), "avif"), (("avif",), "webp"), (("avif", "webp"), "jpg")]
)
def test_picture__is_sent_in_the_best_format_that_the_browser_knows(
    site: Site, unknown: tuple[str, ...], extension: str
) -> None:
    site.chrome.execute_cdp_cmd("Emulation.setDisabledImageTypes", {"imageTypes": [*unknown]})
    try:
        site.open('{% rokka_picture image "content" widths="400 800" alt="" %}')
        site.wait_for_pictures()
    finally:
        site.chrome.execute_cdp_cmd("Emulation.setDisabledImageTypes", {"imageTypes": []})
    assert site.asked == [f"/content/v-w-800/{get_name(site, extension)}"]
    answer = requests.get(site.run("return document.images[0].currentSrc"), timeout=10)
    kinds = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
    assert answer.headers["Content-Type"] == kinds[extension]
