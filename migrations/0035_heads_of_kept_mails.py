"""Sender and subject of a kept mail in a column of their own, so that a list decrypts no whole mails. Only an addition."""

from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column('kept_mail', 'encrypted_head', TextField(null=True)))
