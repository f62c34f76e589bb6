"""Which forms are specimens, by language; unknown until the next `catalogue load`. Only an addition."""

from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column('form', 'specimens', JSONField(null=True)))
