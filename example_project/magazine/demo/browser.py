"""A small browser: it fetches pages, sees their pictures and links, and fills in forms."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

TIMEOUT = 60
ACCEPT_IMAGES = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"
"""What a browser of today says when it asks for a picture."""

_BACKGROUND = re.compile(r"url\((?!data:)([^)]+)\)")


@dataclass(frozen=True, kw_only=True)
class ImageTag:
    """An `<img>`, a `<source>` or a preload of one; addresses are absolute, sizes in pixels.

    Candidates are by their width in pixels, also where the page says a density.
    """

    source: str
    alt: str | None
    sizes: str
    width: int | None
    height: int | None
    candidates: tuple[tuple[int, str], ...]
    is_by_density: bool
    type: str


@dataclass(kw_only=True)
class Page:
    """A page that was fetched, and what it refers to."""

    address: str
    status: int
    text: str
    images: list[ImageTag] = field(default_factory=list)
    sources: list[ImageTag] = field(default_factory=list)
    preloads: list[ImageTag] = field(default_factory=list)
    backgrounds: list[str] = field(default_factory=list)
    code_by_kind: dict[str, str] = field(default_factory=lambda: defaultdict(str))
    links: list[str] = field(default_factory=list)
    stylesheets: list[str] = field(default_factory=list)
    link_by_id: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The address without its host."""
        return urlsplit(self.address).path


class Browser:
    """A session that keeps its cookies and stays clear of proxies for this machine."""

    def __init__(self, front_page: str) -> None:
        self.front_page = front_page
        self._here = requests.Session()
        self._here.trust_env = False
        self._elsewhere = requests.Session()

    def open(self, address: str) -> Page:
        """Fetch a page."""
        return _read(self._here.get(urljoin(self.front_page, address), timeout=TIMEOUT))

    def submit(self, page: Page, *, files: dict[str, Any] | None = None, **values: str) -> Page:
        """Fill in the form of a page and send it, with the fields that it came with."""
        data = {**page.fields, **values}
        headers = {"Referer": page.address}
        response = self._here.post(
            page.address, data=data, files=files, headers=headers, timeout=TIMEOUT
        )
        return _read(response)

    def fetch(self, address: str, *, accept: str = ACCEPT_IMAGES) -> requests.Response:
        """Fetch anything else, such as a picture."""
        is_here = urlsplit(address).netloc == urlsplit(self.front_page).netloc
        session = self._here if is_here else self._elsewhere
        return session.get(address, headers={"Accept": accept}, timeout=TIMEOUT)

    def close(self) -> None:
        """Close all connections."""
        self._here.close()
        self._elsewhere.close()


def read_page(address: str, text: str, *, status: int = requests.codes.ok) -> Page:
    """See what is in a page."""
    page = Page(address=address, status=status, text=text)
    reader = _Reader(page)
    reader.feed(text)
    reader.close()
    return page


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self._kind_of_code: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        style = attributes.get("style") or ""
        self.page.backgrounds += map(self._absolute, _BACKGROUND.findall(style))
        if tag == "img":
            self.page.images.append(self._read_image(attributes))
        elif tag == "source":
            self.page.sources.append(self._read_image(attributes))
        elif tag == "a" and attributes.get("href"):
            address = self._absolute(attributes["href"])
            self.page.links.append(address)
            self.page.link_by_id[attributes.get("id") or address] = address
        elif tag == "link":
            self._read_link(attributes)
        elif tag == "input" and attributes.get("type") not in ("file", "submit", "checkbox"):
            self.page.fields[attributes.get("name") or ""] = attributes.get("value") or ""
        elif tag == "code":
            self._kind_of_code = attributes.get("class") or ""

    def handle_data(self, data: str) -> None:
        if self._kind_of_code is not None:
            self.page.code_by_kind[self._kind_of_code] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            self._kind_of_code = None

    def _read_link(self, attributes: dict[str, str | None]) -> None:
        if attributes.get("rel") == "stylesheet":
            self.page.stylesheets.append(self._absolute(attributes["href"]))
        elif attributes.get("rel") == "preload" and attributes.get("as") == "image":
            names = {"src": "href", "srcset": "imagesrcset", "sizes": "imagesizes"}
            image = {name: attributes.get(given) for name, given in names.items()}
            self.page.preloads.append(self._read_image(image))

    def _read_image(self, attributes: dict[str, str | None]) -> ImageTag:
        width = _number(attributes.get("width"))
        candidates = []
        descriptor = ""
        for candidate in (attributes.get("srcset") or "").split(","):
            address, _space, descriptor = candidate.strip().partition(" ")
            if address:
                pixels = _read_descriptor(descriptor, width=width)
                candidates.append((pixels, self._absolute(address)))
        return ImageTag(
            source=self._absolute(attributes.get("src")),
            alt=attributes.get("alt"),
            sizes=attributes.get("sizes") or "",
            width=width,
            height=_number(attributes.get("height")),
            candidates=tuple(candidates),
            is_by_density=descriptor.endswith("x"),
            type=attributes.get("type") or "",
        )

    def _absolute(self, address: str | None) -> str:
        return urljoin(self.page.address, address or "")


def _read(response: requests.Response) -> Page:
    return read_page(response.url, response.text, status=response.status_code)


def _read_descriptor(text: str, *, width: int | None) -> int:
    """Return the pixels of a candidate: its `w`, or its `x` of what the page shows it in."""
    if text.endswith("w"):
        return _number(text.removesuffix("w")) or 0
    return round(float(text.removesuffix("x") or 1) * (width or 0))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None
