"""Which language a form's PDF is in for whom; unknown until the next `catalogue load`. Only an addition."""

from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column('form', 'languages', JSONField(null=True)))
