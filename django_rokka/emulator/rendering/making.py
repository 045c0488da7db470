"""From an order to a plan, and from a plan to a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from django_rokka.emulator.rendering.orders.order import Order
from django_rokka.emulator.rendering.pictures.pipeline import render
from django_rokka.emulator.rendering.plans.attachments import Attachments, file_of, refuse_names
from django_rokka.emulator.rendering.plans.plan import RenderPlan, Step, make_plan
from django_rokka.emulator.schemas import check_options
from django_rokka.emulator.services import Services
from django_rokka.render import Operation

__all__ = ["carry_out", "plan_order"]


def plan_order(services: Services, order: Order, *, accept: str) -> RenderPlan:
    """Plan what was asked for; answer 400 or 501 to what cannot be rendered."""
    attach: Callable[[tuple[Operation, ...]], tuple[Step, ...]] = refuse_names
    if order.origin is not None:
        dpr = check_options(order.options).get("dpr", 1)
        names = Attachments(services=services, origin=order.origin, image=order.image, dpr=dpr)
        attach = partial(names.attach, base_count=order.base_count)
    return make_plan(
        order.image,
        operations=order.operations,
        options=order.options,
        format=order.format,
        accept=accept,
        attach=attach,
    )


def carry_out(services: Services, plan: RenderPlan, *, source: Path, target: Path) -> str:
    """Render when it is this plan's turn; return the format that was written."""
    with services.rendering_slots.take(seconds=services.settings.render_seconds):
        return render(
            plan,
            source=source,
            target=target,
            sources=partial(file_of, services),
            seconds=services.settings.render_seconds,
        )
