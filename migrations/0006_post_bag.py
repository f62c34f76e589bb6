"""Post-bags: the day of arrival of a bag, and each code that was read from it."""

from peewee import *


def up(migrator, db):

    class Batch(Model):
        class Meta:
            database = db
            table_name = 'batch'

    class Dossier(Model):
        class Meta:
            database = db
            table_name = 'dossier'

    class Event(Model):
        class Meta:
            database = db
            table_name = 'event'

    class Read(Model):
        key = UUIDField(primary_key=True)
        scan = UUIDField(index=True)
        batch = ForeignKeyField(Batch, on_delete='CASCADE')
        dossier = ForeignKeyField(Dossier, null=True, on_delete='SET NULL')
        event = ForeignKeyField(Event, null=True, on_delete='SET NULL')
        outcome = CharField(max_length=10)
        round = IntegerField(default=0)
        text = CharField(max_length=8, default="")
        at = DateTimeField()
        class Meta:
            database = db
            table_name = 'read'
    db.create_tables([Read])

    migrator.migrate(migrator.add_column('batch', 'arrived_on', DateField(null=True)))
