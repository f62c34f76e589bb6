"""What is done once a day about the audit log. Only an addition."""

from peewee import *


def up(migrator, db):

    class AuditWatch(Model):
        name = CharField(max_length=8, primary_key=True)
        since = DateTimeField()
        tried_at = DateTimeField(null=True)
        done_at = DateTimeField(null=True)
        bad = IntegerField(null=True)
        class Meta:
            database = db
            table_name = 'audit_watch'

    db.create_tables([AuditWatch])
