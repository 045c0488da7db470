"""Operations for the migrations of a project."""

from __future__ import annotations

from typing import Any, cast

from django.core.files.storage import storages
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AlterField, RenameField
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from django_rokka import transfer
from django_rokka.exceptions import RokkaError, UploadFailed
from django_rokka.fields import RokkaImage
from django_rokka.transfer import MoveReport

__all__ = ["ConvertToRokkaImage"]


class ConvertToRokkaImage(AlterField):
    """Make a ``RokkaImage`` of another column of files, and upload the files where asked to.

    It alters the column as ``AlterField`` does. With ``upload`` it then moves the files of all
    rows from the storage that ``source`` names an alias of; reversed, it moves them back there
    before it alters the column. Rows whose file cannot be moved stay as they are, and are an
    error (``UploadFailed``, reversed a ``RokkaError``) once all others are moved, unless
    ``strict`` is off. Give the migration ``atomic = False``, so that no transaction waits for
    uploads, and a second ``migrate`` goes on where the first one ended::

        ConvertToRokkaImage("article", "hero", RokkaImage(blank=True), upload=True)
    """

    def __init__(
        self,
        model_name: str,
        name: str,
        field: RokkaImage,
        preserve_default: bool = True,  # noqa: FBT001, FBT002  # Django's
        *,
        source: str = "default",
        upload: bool = False,
        strict: bool = True,
    ) -> None:
        super().__init__(model_name, name, field, preserve_default)
        self.source = source
        self.upload = upload
        self.strict = strict

    def deconstruct(self) -> Any:
        """Return what rebuilds the operation in a migration."""
        name, args, kwargs = super().deconstruct()
        options = {"source": "default", "upload": False, "strict": True}
        changed = {key: getattr(self, key) for key in options if getattr(self, key) != options[key]}
        return name, args, {**kwargs, **changed}

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Alter the column, then upload."""
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        field = self._find_field(app_label, schema_editor, to_state)
        if field is not None:
            using = schema_editor.connection.alias
            report = transfer.move_in(field, using=using, source=storages[self.source])
            self._judge(report, error=UploadFailed)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Download, then alter the column back."""
        field = self._find_field(app_label, schema_editor, from_state)
        if field is not None:
            before = to_state.apps.get_model(app_label, self.model_name)._meta.get_field(self.name)
            report = transfer.move_out(
                field,
                using=schema_editor.connection.alias,
                target=storages[self.source],
                upload_to=getattr(before, "upload_to", ""),
                max_length=getattr(before, "max_length", None),
            )
            self._judge(report, error=RokkaError)
        # Not the parent's backwards, which goes forwards by a method that uploads here.
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """Say what it does, for ``migrate --plan`` and ``sqlmigrate``."""
        uploads = " and upload its files to rokka" if self.upload else ""
        return f"{super().describe()}{uploads}"

    def reduce(self, operation: Operation, app_label: str) -> Any:
        """Let no later change of the field take the place of an upload."""
        if (
            self.upload
            and isinstance(operation, (AlterField, RenameField))
            and self.is_same_field_operation(operation)
        ):
            return False
        return super().reduce(operation, app_label)

    def _find_field(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, state: ProjectState
    ) -> RokkaImage | None:
        """Return the field whose files are to be moved; ``None`` where none are."""
        model = state.apps.get_model(app_label, self.model_name)
        is_allowed = self.allow_migrate_model(schema_editor.connection.alias, model)
        if not (self.upload and is_allowed):
            return None
        if schema_editor.collect_sql:
            schema_editor.collected_sql.append("-- MOVING FILES CANNOT BE WRITTEN AS SQL")
            return None
        return cast(RokkaImage, model._meta.get_field(self.name))

    def _judge(self, report: MoveReport, *, error: type[RokkaError]) -> None:
        """Raise an error when rows were left behind, unless that was agreed to."""
        if not (self.strict and report.failed):
            return
        listed = "; ".join(
            f"row {failure.pk} ({failure.name!r}): {failure.reason}"
            for failure in report.failures[:5]
        )
        raise error(
            f"{report.failed} files of {self.model_name}.{self.name} were not moved, {report.moved}"
            f" were. {listed}. Mend that and migrate again, or let those rows stay as they are by"
            " strict=False."
        )
