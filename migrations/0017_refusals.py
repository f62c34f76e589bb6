"""What alarms need of a channel: failures in a row, the last success, and recipients that were refused in a row.

Only additions, each with a default in the database: the release before this one goes on writing these tables.
"""

from peewee import *

COUNTS = (('channel', 'failures'), ('notification', 'refusals'))
OTHERS = (
    ('channel', 'failing_since', DateTimeField(null=True)),
    ('channel', 'last_success_at', DateTimeField(null=True)),
    ('channel', 'cause', CharField(max_length=10, null=True)),
    ('channel', 'refused', JSONField(null=True)),
    ('counter', 'counted_at', DateTimeField(null=True)),
)


def up(migrator, db):
    for table, column in COUNTS:  # by hand: add_column() would copy the whole table on SQLite
        db.execute_sql(f'ALTER TABLE {table} ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0')
    migrator.migrate(*(migrator.add_column(*addition) for addition in OTHERS))
