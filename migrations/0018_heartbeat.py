"""That a worker lives is a row that it writes anew every half minute."""

from peewee import *


def up(migrator, db):

    class Heartbeat(Model):
        name = CharField(primary_key=True, max_length=60)
        at = DateTimeField()
        class Meta:
            database = db
            table_name = 'heartbeat'

    db.create_tables([Heartbeat])
