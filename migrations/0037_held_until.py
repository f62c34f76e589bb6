"""Until when nobody is told of an event, so that staff can undo it; unknown of older ones. Only an addition."""

from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column('event', 'held_until', DateTimeField(null=True)))
