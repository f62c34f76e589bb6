"""A message's whole way: what it tells, where it is held, when it was first tried; and the channels it leaves by."""

from peewee import *


def up(migrator, db):

    class Channel(Model):
        name = CharField(primary_key=True, max_length=5)
        why = TextField(default='')
        stopped_at = DateTimeField(null=True)
        probe_at = DateTimeField(null=True)
        errors = IntegerField(default=0)
        errors_from = DateTimeField(null=True)
        next_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'channel'
    db.create_tables([Channel])

    migrator.migrate(
        migrator.add_column('procedure', 'sms', JSONField(null=True)),
        migrator.add_column('contact', 'failed_at', DateTimeField(null=True)),
        migrator.add_column('message', 'kind', CharField(max_length=12, default='')),
        migrator.add_column('message', 'failures', IntegerField(default=0)),
        migrator.add_column('message', 'tried_at', DateTimeField(null=True)),
        migrator.drop_not_null('message', 'run_at'),
        migrator.add_index('message', ('channel', 'run_at'), False),
    )
    for statement in (
        'UPDATE message SET kind = (SELECT kind FROM event WHERE event.id = message.event_id)',
        'UPDATE message SET failures = attempts, tried_at = created_at WHERE attempts > 0',
        "UPDATE message SET state = 'deferred' WHERE state = 'queued' AND attempts > 0",
        "UPDATE message SET run_at = NULL WHERE state IN ('sent', 'failed', 'cancelled', 'unknown')",
    ):
        db.execute_sql(statement)
