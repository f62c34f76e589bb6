"""The authorities' own systems: their tokens, what they were answered, what they are told."""

from peewee import *


def up(migrator, db):

    class Staff(Model):
        class Meta:
            database = db
            table_name = 'staff'

    class Event(Model):
        class Meta:
            database = db
            table_name = 'event'

    class System(Model):
        staff = ForeignKeyField(Staff, unique=True)
        name = CharField(max_length=60)
        token_hash = CharField(max_length=64, unique=True)
        test = BooleanField(default=False)
        hook_url = CharField(max_length=300, default='')
        hook_secret = CharField(max_length=64, default='')
        created_at = DateTimeField()
        used_at = DateTimeField(null=True)
        revoked_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'system'
    db.create_tables([System])

    class Reply(Model):
        system = ForeignKeyField(System, on_delete='CASCADE')
        key = CharField(max_length=100)
        request_hash = CharField(max_length=64)
        status = IntegerField(null=True)
        body = JSONField(null=True)
        at = DateTimeField(index=True)
        class Meta:
            database = db
            table_name = 'reply'
            indexes = ((('system', 'key'), True),)
    db.create_tables([Reply])

    class Delivery(Model):
        system = ForeignKeyField(System, on_delete='CASCADE')
        event = ForeignKeyField(Event, on_delete='CASCADE')
        state = CharField(max_length=10, default='queued')
        run_at = DateTimeField()
        attempts = IntegerField(default=0)
        error = CharField(max_length=200, default='')
        sent_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'delivery'
            indexes = ((('system', 'event'), True), (('state', 'run_at'), False))
    db.create_tables([Delivery])
