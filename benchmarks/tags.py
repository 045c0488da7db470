"""Measure what URLs and tags cost, against f-strings and against the tags of others.

See the README beside this file.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

import django
from django import template
from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

COUNT = 200
WIDTHS = (320, 640, 960, 1280, 1600)
SIZES = ((1600, 900), (4000, 3000), (1920, 1080), (2400, 3600), (6000, 4000))
BASE, KEY = "https://demo.rokka.io", "signing-key-of-the-benchmark"
PEERS = {
    "cloudinary": "pycloudinary",
    "easy_thumbnails": "easy-thumbnails",
    "imgix": "imgix",
    "sorl": "sorl-thumbnail",
}
APPS = {
    "cloudinary": "cloudinary",
    "easy_thumbnails": "easy_thumbnails",
    "sorl": "sorl.thumbnail",
}
# Two of them have the same name for theirs.
LIBRARIES = {
    "cloudinary": "cloudinary.templatetags.cloudinary",
    "easy_thumbnails": "easy_thumbnails.templatetags.thumbnail",
    "sorl": "sorl.thumbnail.templatetags.thumbnail",
}

register = template.Library()


@dataclass(frozen=True, kw_only=True)
class Case:
    """Something to do in each round.

    Its ratio to ``base`` may be ``most`` at most, or must be ``least`` at least.
    """

    label: str
    run: Callable[[Any], object]
    prepare: Callable[[], object] = list
    repeat: int = 1
    base: Case | None = None
    most: float | None = None
    least: float | None = None
    samples: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        base = self.base or self
        return median(a / b for a, b in zip(self.samples, base.samples, strict=True))

    @property
    def is_met(self) -> bool:
        """Whether a case reaches its target."""
        is_low = self.most is None or self.ratio <= self.most
        return is_low and (self.least is None or self.ratio >= self.least)

    @property
    def target(self) -> str:
        """The target in words, empty without one."""
        if self.most is not None:
            return f"≤ {self.most:g}"
        return "" if self.least is None else f"≥ {self.least:g}"

    def sample(self) -> None:
        """Add the least of three times for one image, those of the processor."""
        self.samples.append(min(self._take() for _ in range(3)))

    def _take(self) -> float:
        seconds = 0.0
        for _ in range(self.repeat):
            prepared = self.prepare()
            gc.collect(0)
            start = time.process_time()
            self.run(prepared)
            seconds += time.process_time() - start
        return seconds / self.repeat / COUNT


@register.simple_tag
def smallest(row: Any) -> SafeString:
    """Write what ``rokka_img`` writes, with as little as that takes."""
    name = f"{row.hash}/{row.slug}.jpg"
    candidates = ", ".join(
        [f"{BASE}/dynamic/resize-width-{width}/{name} {width}w" for width in WIDTHS]
    )
    return mark_safe(  # noqa: S308, the title is escaped
        f'<img src="{BASE}/dynamic/noop/{name}" srcset="{candidates}" sizes="50vw" width="1600"'
        f' height="900" alt="{escape(row.title)}" loading="lazy" decoding="async" class="wide">'
    )


def find_peers() -> list[str]:
    """Return the peers that are installed, and say which are not."""
    for module, name in PEERS.items():
        if find_spec(module) is None:
            sys.stdout.write(f"{name} is not installed, and not measured.\n")
    return [module for module in PEERS if find_spec(module)]


def set_up(folder: Path, peers: list[str]) -> None:
    """Make a project with a database in memory, and files in a folder."""
    apps = {name: APPS[name] for name in peers if name in APPS}
    options = {"organization": "demo", "api_key": "of-nobody", "signing_key": KEY}
    settings.configure(
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                "OPTIONS": {"MAX_ENTRIES": 100_000},
            }
        },
        CLOUDINARY={"cloud_name": "demo", "api_key": "-", "api_secret": KEY},
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django_rokka", *apps.values()],
        MEDIA_ROOT=folder,
        MEDIA_URL="/media/",
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "rokka": {"BACKEND": "django_rokka.storage.RokkaStorage", "OPTIONS": options},
        },
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "libraries": {
                        "smallest": __name__,
                        **{f"of_{name}": LIBRARIES[name] for name in apps},
                    }
                },
            }
        ],
        USE_TZ=True,
    )
    django.setup()


def make_model() -> Any:
    """Make a model with the same image for each of those that are compared, and its rows."""
    from django.core.management import call_command
    from django.db import connection, models

    from django_rokka.fields import RokkaImage

    call_command("migrate", verbosity=0)
    members: dict[str, Any] = {
        "__module__": __name__,
        "Meta": type("Meta", (), {"app_label": "benchmarks"}),
        "title": models.CharField(max_length=100),
        "hash": models.CharField(max_length=40),
        "slug": models.CharField(max_length=60),
        "image": RokkaImage(),
        "file": models.ImageField(),
    }
    model: Any = type("Photo", (models.Model,), members)
    with connection.schema_editor() as editor:
        editor.create_model(model)
    model.objects.bulk_create(make_row(model, number) for number in range(COUNT))
    return model


def make_row(model: Any, number: int) -> Any:
    """Make a row with an image and a file; there are several sizes, as on a page of a site."""
    from django.core.files.storage import default_storage
    from PIL import Image

    image, slug = sha256(str(number).encode()).hexdigest()[:40], f"lake-{number}"
    width, height = SIZES[number % len(SIZES)]
    picture = BytesIO()
    Image.new("RGB", (100, 56), (number, 90, 120)).save(picture, "JPEG")
    picture.seek(0)
    return model(
        title=f"The lake & the hills, {number}",
        hash=image,
        slug=slug,
        image=f"{image}/{width}x{height}/{slug}.jpg",
        file=default_storage.save(f"{slug}.jpg", picture),
    )


def load(model: Any) -> Callable[[], list[Any]]:
    """Return what loads all rows afresh."""
    return lambda: list(model.objects.order_by("pk"))


def touch(model: Any) -> Callable[[], list[Any]]:
    """Return what loads all rows and reads something of each image."""

    def run() -> list[Any]:
        rows = list(model.objects.order_by("pk"))
        for row in rows:
            row.image.width  # noqa: B018, as a page would have done before
        return rows

    return run


def make_urls(model: Any, peers: list[str]) -> Iterator[Case]:
    """Yield what writes one transformed URL for each image."""
    from django_rokka.markup import image_url
    from django_rokka.render import ImageReference

    references = [ImageReference.parse(str(row.image)) for row in model.objects.order_by("pk")]
    pairs = [(reference.hash, reference.slug) for reference in references]
    wish: dict[str, Any] = {"operations": "resize-width-800", "format": "webp"}
    stack, width, kind = "dynamic", 800, "webp"

    def write(_: Any) -> list[str]:
        return [f"{BASE}/{stack}/resize-width-{width}/{h}/{name}.{kind}" for h, name in pairs]

    limit = Case(label="limit: f-string", run=write, repeat=20)
    ours = Case(
        label="image_url() of a reference",
        run=lambda _: [image_url(reference, **wish) for reference in references],
        repeat=20,
        base=limit,
        most=8,
    )

    def write_rows(rows: Any) -> list[str]:
        return [image_url(row.image, **wish) for row in rows]

    yield from (limit, ours)
    for label, prepare, most in (("fresh", load(model), 20), ("touched", touch(model), 12)):
        yield Case(
            label=f"image_url() of a model's value, {label}",
            run=write_rows,
            prepare=prepare,
            repeat=5,
            base=limit,
            most=most,
        )
    if "cloudinary" in peers:
        from cloudinary.utils import cloudinary_url

        yield Case(
            label="cloudinary_url(), times as long as ours",
            run=lambda _: [
                cloudinary_url(h, width=800, crop="scale", format="webp", secure=True)
                for h, _ in pairs
            ],
            base=ours,
            least=15,
        )
    if "imgix" in peers:
        from imgix import UrlBuilder

        builder = UrlBuilder("demo.imgix.net", include_library_param=False)
        yield Case(
            label="imgix, times as long as ours",
            run=lambda _: [builder.create_url(h, {"w": 800, "fm": "webp"}) for h, _ in pairs],
            repeat=5,
            base=ours,
            least=1,
        )
    yield from make_signed_urls(references)


def make_signed_urls(references: list[Any]) -> Iterator[Case]:
    """Yield what writes one signed URL for each image."""
    from django_rokka.markup import image_url

    hashes = [reference.hash for reference in references]
    stack, width, kind = "dynamic", 800, "webp"

    def write(_: Any) -> list[str]:
        urls = []
        for h in hashes:
            path = f"/{stack}/resize-width-{width}/{h}.{kind}"
            signature = sha256(f"{path}:{KEY}".encode()).hexdigest()[:16]
            urls.append(f"{BASE}{path}?sig={signature}")
        return urls

    limit = Case(label="limit: f-string and hashlib.sha256", run=write, repeat=20)
    wish: dict[str, Any] = {"operations": "resize-width-800", "format": "webp", "signed": True}
    yield limit
    yield Case(
        label="image_url() of a reference, signed",
        run=lambda _: [image_url(reference, **wish) for reference in references],
        repeat=20,
        base=limit,
        most=2.5,
    )


def make_page(line: str, *, libraries: str = "") -> Callable[[Any], str]:
    """Return what renders a page of rows, one after the other."""
    from django.template import engines

    load_line = f"{{% load {libraries} %}}" if libraries else ""
    page = engines["django"].from_string(f"{load_line}{{% for o in rows %}}{line}\n{{% endfor %}}")
    options = {"format": "jpg", "secure": True, "srcset": {"breakpoints": list(WIDTHS)}}
    return lambda rows: str(page.render({"rows": rows, "of_cloudinary": options}))


def make_pages(model: Any, peers: list[str]) -> Iterator[Case]:
    """Yield pages of all rows, with five candidates for each but for Django's own."""
    prepare = load(model)
    widths = " ".join(map(str, WIDTHS))
    arguments = f'widths="{widths}" sizes="50vw" alt=o.title class="wide"'
    limit = Case(
        label="limit: smallest simple_tag",
        run=make_page("{% smallest o %}", libraries="smallest"),
        prepare=prepare,
    )
    ours = Case(
        label="{% rokka_img %}",
        run=make_page(f"{{% rokka_img o.image {arguments} %}}", libraries="rokka"),
        prepare=prepare,
        base=limit,
        most=3,
    )
    yield from (limit, ours)
    yield Case(
        label="{% rokka_picture %}, AVIF and WebP, times as long as the <img>",
        run=make_page(
            f'{{% rokka_picture o.image formats="avif webp" {arguments} %}}', libraries="rokka"
        ),
        prepare=prepare,
        base=ours,
        most=1.8,
    )
    yield Case(
        label="{% rokka_img %}, signed",
        run=make_page(f"{{% rokka_img o.image signed=True {arguments} %}}", libraries="rokka"),
        prepare=prepare,
        base=limit,
    )
    yield Case(
        label="Django's {{ o.file.url }} without srcset, times as long as ours",
        run=make_page('<img src="{{ o.file.url }}" alt="{{ o.title }}">'),
        prepare=prepare,
        base=ours,
        least=1,
    )
    for module, line in make_lines_of_peers().items():
        if module in peers:
            yield Case(
                label=f"{PEERS[module]}, times as long as ours",
                run=make_page(line, libraries=f"of_{module}"),
                prepare=prepare,
                base=ours,
                least=25,
            )


def make_lines_of_peers() -> dict[str, str]:
    """Return the line of a template for each peer, with five candidates.

    Files are small, so that making them takes no time: tags do the same for any size.
    """
    end = 'sizes="50vw" alt="{{ o.title }}" loading="lazy" decoding="async" class="wide">'
    small = [width // 20 for width in WIDTHS]
    sorl = "{{% thumbnail o.file '{0}' as t %}}{{{{ t.url }}}}{{% endthumbnail %}}"
    easy = "{{% thumbnail o.file {0}x0 %}}"
    lines = {
        module: f'<img src="{tag.format(56)}" srcset="{candidates}" {end}'
        for module, tag in (("easy_thumbnails", easy), ("sorl", sorl))
        for candidates in [", ".join(f"{tag.format(width)} {width}w" for width in small)]
    }
    arguments = 'alt=o.title sizes="50vw" loading="lazy" decoding="async" class="wide"'
    return {"cloudinary": f"{{% cloudinary o.hash of_cloudinary {arguments} %}}", **lines}


def count_work(case: Case) -> str:
    """Say what a page asks of the database and of rokka."""
    from django.core.files.storage import storages
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    rows = case.prepare()
    with CaptureQueriesContext(connection) as queries:
        case.run(rows)
    has_called = "client" in vars(storages["rokka"])
    return f"{len(queries)} queries, {'some' if has_called else 'no'} calls"


def write_table(cases: list[Case], *, has_targets: bool) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    yield "| of one image | median | ratio | target | ok? |\n| --- | ---: | ---: | ---: | --- |\n"
    for case in cases:
        target = case.target if has_targets else ""
        verdict = ("yes" if case.is_met else "NO") if target else ""
        microseconds = median(case.samples) * 1_000_000
        time_of_one = f"{microseconds:.2f} µs"
        yield f"| {case.label} | {time_of_one} | {case.ratio:.2f} | {target} | {verdict} |\n"
    yield "\n"


def main() -> int:
    """Measure, print and say whether all targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="samples of each case (default: 7)")
    parser.add_argument("--small", action="store_true", help="one quick round without targets")
    options = parser.parse_args()
    peers = find_peers()
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder), peers)
        model = make_model()
        urls, pages = list(make_urls(model, peers)), list(make_pages(model, peers))
        cases = [*urls, *pages]
        for case in cases:
            case.run(case.prepare())  # warms up
        for _ in range(1 if options.small else options.rounds):
            for case in random.sample(cases, len(cases)):
                case.sample()
        work = {count_work(case) for case in pages if "rokka_" in case.label}
    for table in (urls, pages):
        sys.stdout.writelines(write_table(table, has_targets=not options.small))
    sys.stdout.write(f"Our pages: {', '.join(sorted(work))}.\n")
    is_idle = work == {"0 queries, no calls"}
    is_met = options.small or all(case.is_met for case in cases)
    return 0 if is_idle and is_met else 1


if __name__ == "__main__":
    sys.exit(main())
