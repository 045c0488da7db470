from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Alias",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("organization", models.CharField(max_length=100, verbose_name="organization")),
                ("name", models.CharField(max_length=255, verbose_name="name")),
                ("model", models.CharField(max_length=255, verbose_name="model")),
                ("object_pk", models.CharField(max_length=255, verbose_name="primary key")),
                ("field", models.CharField(max_length=100, verbose_name="field")),
                ("target_hash", models.CharField(max_length=40, verbose_name="target hash")),
                (
                    "asked_hash",
                    models.CharField(blank=True, max_length=40, verbose_name="asked hash"),
                ),
                (
                    "confirmed_hash",
                    models.CharField(blank=True, max_length=40, verbose_name="confirmed hash"),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("last_error", models.TextField(blank=True, verbose_name="last error")),
                ("changed", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "alias",
                "verbose_name_plural": "aliases",
                "ordering": ("organization", "name"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "name"), name="django_rokka_alias_organization_name"
                    ),
                    models.UniqueConstraint(
                        fields=("organization", "model", "object_pk", "field"),
                        name="django_rokka_alias_owner",
                    ),
                ],
            },
        ),
    ]
