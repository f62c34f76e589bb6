"""Where the news go that an installed app shows."""

from peewee import *


def up(migrator, db):

    class Contact(Model):
        class Meta:
            database = db
            table_name = 'contact'

    class Subscription(Model):
        contact = ForeignKeyField(Contact, unique=True, on_delete='CASCADE')
        endpoint = CharField(max_length=800)
        p256dh = CharField(max_length=100)
        auth = CharField(max_length=32)
        class Meta:
            database = db
            table_name = 'subscription'
    db.create_tables([Subscription])
