"""What operations name besides their picture: second images, rendered by a stack, and fonts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.exceptions import BadRequest

from django_rokka.emulator.errors import Missing
from django_rokka.emulator.rendering.orders.images import find_image
from django_rokka.emulator.rendering.orders.names import expression_names
from django_rokka.emulator.rendering.orders.order import find_stack, is_preview
from django_rokka.emulator.rendering.orders.protection import Origin
from django_rokka.emulator.rendering.pictures.fonts import prepare_font
from django_rokka.emulator.rendering.plans.plan import RenderPlan, Step, make_plan
from django_rokka.emulator.schemas import check_options
from django_rokka.emulator.services import Services
from django_rokka.emulator.store import StoredImage
from django_rokka.exceptions import InvalidRenderURL
from django_rokka.render import Operation, RenderURL, StackDefinition

__all__ = ["Attachments", "file_of", "refuse_names"]

_FONTS = frozenset({"otf", "ttf"})
_MAX_DEPTH = 3
_MAX_LAYERS = 20
# Those of a secondary stack that its picture shows; others are about the file that is written.
_SHOWN_OPTIONS = ("transparency.color", "pdf.page", "pdf.dpi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachments:
    """Finds what the operations of one render name.

    A protected image in a composition needs a signature as much as it would by itself. ``trail``
    are the stacks around this one.
    """

    services: Services
    origin: Origin
    image: StoredImage
    dpr: float = 1
    trail: tuple[str, ...] = ()
    counter: Iterator[int] = field(default_factory=lambda: count(1))

    def attach(self, operations: Sequence[Operation], *, base_count: int = 0) -> tuple[Step, ...]:
        """Return the steps of operations, with the images and fonts that they name.

        The first ones are those of base stacks, which know nothing of the dpr.
        """
        below = replace(self, dpr=1)
        base = [below.step_of(item)._replace(is_base=True) for item in operations[:base_count]]
        return (*base, *map(self.step_of, operations[base_count:]))

    def step_of(self, operation: Operation) -> Step:
        """Return the step of an operation, with the image or font that it names."""
        if operation.name == "text":
            return Step(operation, font=self._find_font(str(operation.options["font"])))
        if operation.name == "composition" and _names_layer(operation):
            return Step(operation, secondary=self._plan_layer(operation.options))
        return Step(operation)

    def read_stack(self, name: str, variables: str) -> tuple[tuple[Operation, ...], dict[str, Any]]:
        """Return a stack's operations and options; the URL's variables hold for it, too."""
        definition = find_stack(self.services, self.origin.owner.name, name)
        _check_options(definition)
        self.origin.is_preview |= is_preview(name)
        url = RenderURL.parse(self.origin.target)
        given = dict(parse_qsl(variables, keep_blank_values=True))
        try:
            operations, options = definition.resolve(
                variables={**url.variables, **given},
                options={"dpr": self.dpr},
                **expression_names(self.image, self.origin.ask_save_data),
            )
        except InvalidRenderURL as error:
            raise BadRequest(str(error)) from error
        if any(check_options(known).get("protected") for known in (definition.options, options)):
            self.origin.require_signature(self.services)
        return operations, options

    def _find(self, hash: str) -> StoredImage:
        image = find_image(self.services, self.origin.owner, hash)
        if image.protected:
            self.origin.require_signature(self.services)
        return image

    def _find_font(self, hash: str) -> StoredImage:
        image = self._find(hash)
        if image.format not in _FONTS:
            raise BadRequest(
                f"The image {hash} is a {image.format}, must be a font. Upload a TTF or OTF."
            )
        return image

    def _plan_layer(self, options: Mapping[str, Any]) -> RenderPlan:
        """Plan the second picture of a composition: lossless, and of the density of the first."""
        self._check_bounds(options.get("secondary_stack", ""))
        second = options.get("secondary_image")
        image = self._find(second) if second else self.image
        name = options.get("secondary_stack")
        operations: tuple[Operation, ...] = ()
        shown: dict[str, Any] = {}
        inner = replace(self, image=image)
        if name:
            inner = replace(inner, trail=(*self.trail, name))
            variables = options.get("secondary_stack_variables", "")
            operations, found = inner.read_stack(name, variables)
            shown = {key: found[key] for key in _SHOWN_OPTIONS if key in found}
        plan = make_plan(
            image,
            operations=operations,
            options=shown,
            format="png",
            accept="",
            attach=inner.attach,
        )
        return replace(plan, dpr=self.dpr)

    def _check_bounds(self, stack: str) -> None:
        trail = " > ".join([*self.trail, stack])
        if stack and stack in self.trail:
            raise BadRequest(f"The secondary stacks {trail} form a circle. Take one of them out.")
        if len(self.trail) >= _MAX_DEPTH:
            raise BadRequest(
                f"The secondary stacks {trail} are in each other more than {_MAX_DEPTH} deep."
                " Take one of them out."
            )
        if next(self.counter) > _MAX_LAYERS:
            raise BadRequest(f"More than {_MAX_LAYERS} secondary images; use fewer of them.")


def refuse_names(operations: Sequence[Operation]) -> tuple[Step, ...]:
    """Return the steps of operations; 501 if one names an image or a font, for want of an owner."""
    for operation in operations:
        is_layer = operation.name == "composition" and _names_layer(operation)
        if operation.name == "text" or is_layer:
            raise Missing(
                "secondary images and fonts for files that are not stored",
                remedy="Upload the file, and render it by its hash.",
            )
    return tuple(map(Step, operations))


def file_of(services: Services, image: StoredImage) -> Path:
    """Return the file that rendering reads: of a font a copy with a name of its own."""
    path = services.files.path(image.file_hash)
    if image.format not in _FONTS:
        return path
    # What begins with a letter and has no digits alone is never taken for a size or style.
    return prepare_font(path, name=f"F{image.file_hash}", folder=services.root / "fonts")


def _names_layer(operation: Operation) -> bool:
    options = operation.options
    return bool(options.get("secondary_image") or options.get("secondary_stack"))


def _check_options(definition: StackDefinition) -> None:
    """Answer 501 for options of a secondary stack that would make it another picture."""
    given = [definition.options, *(condition.options for condition in definition.conditions)]
    for options in map(check_options, given):
        if options.get("basestack"):
            raise Missing("the stack option 'basestack' of a secondary stack")
        if options.get("dpr", 1) != 1:
            raise Missing("the stack option 'dpr' of a secondary stack")
