"""The tables of the SQLite file, and their indexes."""

from __future__ import annotations

__all__ = ["IMAGE_COLUMNS", "TABLES", "VALUE_COLUMNS"]

IMAGE_COLUMNS = """
    organization TEXT NOT NULL,
    hash TEXT NOT NULL,
    short_hash TEXT NOT NULL,
    binary_hash TEXT NOT NULL,
    created TEXT NOT NULL,
    name TEXT NOT NULL,
    mimetype TEXT NOT NULL,
    format TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    opaque INTEGER NOT NULL,
    animated INTEGER NOT NULL,
    protected INTEGER NOT NULL,
    locked INTEGER NOT NULL,
    user_metadata TEXT NOT NULL,
    dynamic_metadata TEXT NOT NULL,
    deleted TEXT,
    optimized_hash TEXT,
    static_metadata TEXT NOT NULL DEFAULT '{}'
"""

# A field is the number of a search_field: short keys are what makes looking up fast.
VALUE_COLUMNS = """
    field INTEGER NOT NULL,
    value NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (field, value, sequence)
"""

_SEARCHED = (
    *("hash", "short_hash", "binary_hash", "name", "mimetype"),
    *("format", "size", "width", "height"),
)
_INDEXES = "".join(
    f"CREATE INDEX IF NOT EXISTS source_image_by_{column}"
    f" ON source_image (organization, deleted, {column}, sequence);\n"
    for column in _SEARCHED
)

_COUNT = (
    "INSERT INTO image_count VALUES ({row}.organization, {row}.deleted IS NOT NULL, {step})"
    " ON CONFLICT DO UPDATE SET number = number + {step};"
)
_COUNT_ONE_MORE = _COUNT.format(row="NEW", step=1)
_COUNT_ONE_LESS = _COUNT.format(row="OLD", step=-1)

TABLES = f"""
CREATE TABLE IF NOT EXISTS organization (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    created TEXT NOT NULL,
    signing_key TEXT NOT NULL,
    options TEXT NOT NULL,
    is_paying INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS organization_profile (
    name TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    billing_email TEXT NOT NULL,
    master_organization TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS user (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS api_key (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    comment TEXT,
    created TEXT NOT NULL,
    accessed TEXT,
    restrictions TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS second_factor (
    user_id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    confirmed TEXT,
    last_step INTEGER,
    failures TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS membership (
    organization TEXT NOT NULL,
    user_id TEXT NOT NULL,
    roles TEXT NOT NULL,
    comment TEXT,
    created TEXT NOT NULL,
    last_access TEXT,
    PRIMARY KEY (organization, user_id)
);
CREATE TABLE IF NOT EXISTS secret (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS source_image (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
{IMAGE_COLUMNS},
    UNIQUE (organization, hash)
);
CREATE INDEX IF NOT EXISTS source_image_created
    ON source_image (organization, deleted, created, sequence);
CREATE INDEX IF NOT EXISTS source_image_binary ON source_image (organization, binary_hash);
{_INDEXES}
CREATE TABLE IF NOT EXISTS image_count (
    organization TEXT NOT NULL,
    is_deleted INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (organization, is_deleted)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS count_new_image AFTER INSERT ON source_image BEGIN
    {_COUNT_ONE_MORE}
END;
CREATE TRIGGER IF NOT EXISTS count_moved_image AFTER UPDATE OF deleted ON source_image BEGIN
    {_COUNT_ONE_LESS}
    {_COUNT_ONE_MORE}
END;
CREATE TABLE IF NOT EXISTS search_field (
    number INTEGER PRIMARY KEY,
    organization TEXT NOT NULL,
    is_deleted INTEGER NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (organization, is_deleted, name)
);
CREATE TABLE IF NOT EXISTS field_value (
{VALUE_COLUMNS}
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS field_value_image ON field_value (field, sequence, value);
CREATE TABLE IF NOT EXISTS alias (
    organization TEXT NOT NULL,
    alias TEXT NOT NULL,
    hash TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (organization, alias)
);
CREATE TABLE IF NOT EXISTS stack (
    organization TEXT NOT NULL,
    name TEXT NOT NULL,
    created TEXT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (organization, name)
);
CREATE TABLE IF NOT EXISTS invalidation (
    organization TEXT NOT NULL,
    kind TEXT NOT NULL,
    at REAL NOT NULL
);
"""
