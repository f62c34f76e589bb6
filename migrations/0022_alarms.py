"""Alarms that ring, shared by all workers. Only an addition."""

from peewee import *


def up(migrator, db):

    class Alarm(Model):
        name = CharField(max_length=30)
        machine = CharField(max_length=60)
        text = TextField()
        since = DateTimeField()
        rung_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'alarm'
            primary_key = CompositeKey('name', 'machine')

    db.create_tables([Alarm])
