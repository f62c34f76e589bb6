"""What a message said is kept with it."""

from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column('message', 'written', JSONField(null=True)))
