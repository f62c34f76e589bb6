"""Counts of security events. Only an addition."""

from peewee import *


def up(migrator, db):

    class SecurityCount(Model):
        kind = CharField(max_length=30)
        detail = CharField(max_length=30)
        since = DateTimeField(index=True)
        count = BigIntegerField()
        class Meta:
            database = db
            table_name = 'security_count'
            primary_key = CompositeKey('kind', 'detail', 'since')

    db.create_tables([SecurityCount])
