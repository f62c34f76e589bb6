"""Columns for what is encrypted at rest, beside those in clear; and what is kept of keys. Only an addition."""

from peewee import *
from migrations import frozen_ring


def up(migrator, db):
    for table, (_told_by, columns) in frozen_ring.TABLES.items():
        for column in (*columns, *(('link',) if table == 'contact' else ())):
            db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN encrypted_{column} TEXT')

    for table in ('contact', 'event', 'note'):
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN row_key VARCHAR(11)')

    class KeptKey(Model):
        key_id = CharField(max_length=8, primary_key=True)
        encrypted_value = TextField(null=True)
        kept_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'kept_key'

    db.create_tables([KeptKey])
