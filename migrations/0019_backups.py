"""What a restore has to know: which rows were erased since the copy; and when the last copy was made and tried."""

from peewee import *


def up(migrator, db):

    class Erasure(Model):
        table = CharField(max_length=30)
        row = BigIntegerField()
        made_at = DateTimeField()
        at = DateTimeField(index=True)
        journaled = BooleanField(default=False, index=True)
        class Meta:
            database = db
            table_name = 'erasure'

    class Backup(Model):
        act = CharField(primary_key=True, max_length=8)
        at = DateTimeField()
        size = BigIntegerField()
        seconds = FloatField()
        class Meta:
            database = db
            table_name = 'backup'

    db.create_tables([Erasure, Backup])
