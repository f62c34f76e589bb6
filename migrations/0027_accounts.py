"""Mails about accounts, what waits for a second administrator, and how long a recovery code is. Only additions."""

from peewee import *


def up(migrator, db):
    # By hand: add_column() would copy the whole table on SQLite.
    db.execute_sql('ALTER TABLE recovery_code ADD COLUMN length SMALLINT NOT NULL DEFAULT 16')

    class Staff(Model):
        class Meta:
            database = db
            table_name = 'staff'

    class Notice(Model):
        staff = ForeignKeyField(Staff, on_delete='CASCADE')
        kind = CharField(max_length=20)
        browser = CharField(max_length=60, null=True)
        at = DateTimeField()
        run_at = DateTimeField(index=True)
        attempts = IntegerField()
        class Meta:
            database = db
            table_name = 'notice'

    class Approval(Model):
        kind = CharField(max_length=10)
        staff = ForeignKeyField(Staff, null=True, on_delete='CASCADE', backref='+')
        email = CharField(max_length=254)
        role = CharField(max_length=8)
        asked_by = ForeignKeyField(Staff, on_delete='CASCADE', backref='+')
        asked_at = DateTimeField(index=True)
        class Meta:
            database = db
            table_name = 'approval'

    db.create_tables([Notice, Approval])
