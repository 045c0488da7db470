"""Uploads of the admin that hold no transaction open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import TO_FIELD_VAR, csrf_protect_m
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.forms.formsets import all_valid
from django.http import HttpRequest, HttpResponse

__all__ = ["RokkaAdminMixin"]

if TYPE_CHECKING:

    class _Base(ModelAdmin[Any]):
        # Django's own, which the stubs leave out.
        def _create_formsets(
            self, request: HttpRequest, obj: Any, *, change: bool
        ) -> tuple[list[Any], list[Any]]: ...

else:
    _Base = object


class RokkaAdminMixin(_Base):
    """Upload before Django's admin opens the transaction in which it saves.

    Every ``ModelAdmin`` uploads while its forms are cleaned, which Django does within that
    transaction. With this mixin they are cleaned once before, and again from what came of it. A
    page that is shown again after an error is good for the user only to whom it was shown::

        class BrandAdmin(RokkaAdminMixin, admin.ModelAdmin): ...
    """

    @csrf_protect_m  # type: ignore[untyped-decorator]  # of Django's, without stubs
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Upload what was sent, then go on as every ``ModelAdmin``."""
        if request.method == "POST" and _may_upload(request):
            self._upload(request, None if "_saveasnew" in request.POST else object_id)
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return answer

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,  # noqa: FBT001, FBT002  # Django's
        **kwargs: Any,
    ) -> Any:
        """Return the form of this request, whose uploads are the user's."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        return _make_owned(form, request)

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Iterator[Any]:
        """Yield the formsets of this request, whose uploads are the user's."""
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            form = _make_owned(formset.form, request)
            yield type(formset)(formset.__name__, (formset,), {"form": form}), inline

    def _upload(self, request: HttpRequest, object_id: str | None) -> None:
        """Clean the forms as the admin will; who may not save is left to it."""
        to_field = request.POST.get(TO_FIELD_VAR, request.GET.get(TO_FIELD_VAR))
        if to_field and not self.to_field_allowed(request, to_field):
            return
        is_change, obj = object_id is not None, None
        if object_id is not None:
            obj = self.get_object(request, unquote(object_id), to_field)
            is_allowed = obj is not None and self.has_change_permission(request, obj)
        else:
            is_allowed = self.has_add_permission(request)
        if not is_allowed:
            return
        fields = flatten_fieldsets(self.get_fieldsets(request, obj))
        form_class = self.get_form(request, obj, change=is_change, fields=fields)
        form = form_class(request.POST, request.FILES, instance=obj)
        form.is_valid()
        formsets, _ = self._create_formsets(request, form.instance, change=is_change)
        all_valid(formsets)


def _may_upload(request: HttpRequest) -> bool:
    return bool(request.FILES) or any(name.endswith("-chosen") for name in request.POST)


def _make_owned(form: Any, request: HttpRequest) -> Any:
    """Return a form class of this request alone: a fixed one serves many users at once."""
    names = {
        "upload_owner": f"user:{request.user.pk}",
        "__module__": form.__module__,
        "__qualname__": form.__qualname__,
    }
    owned = type(form)(form.__name__, (form,), names)
    owned.base_fields = form.base_fields  # which somebody's get_form() may have changed
    return owned
