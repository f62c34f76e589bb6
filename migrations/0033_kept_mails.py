"""Mails that came back and that a person has to read; and why a mail did not arrive, if the address is right."""

from peewee import *


def up(migrator, db):

    class Notification(Model):
        class Meta:
            database = db
            table_name = 'notification'

    class KeptMail(Model):
        digest = CharField(max_length=64, unique=True)
        notification = ForeignKeyField(Notification, null=True, on_delete='CASCADE')
        encrypted_mail = TextField(null=True)
        at = DateTimeField(index=True)
        seen_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'kept_mail'

    db.create_tables([KeptMail])
    db.execute_sql('ALTER TABLE contact ADD COLUMN refused VARCHAR(6)')
