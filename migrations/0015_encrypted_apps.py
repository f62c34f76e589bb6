"""What the authenticator apps of the staff share with us is encrypted."""

from peewee import *
from migrations import frozen


def up(migrator, db):
    migrator.migrate(migrator.alter_column_type('totp', 'secret', CharField(max_length=200)))
    Totp = model(db)
    for app in list(Totp.select()):
        app.secret = frozen.encrypt(f'totp {app.staff_id}', app.secret)
        app.save()


def model(db):
    class Totp(Model):
        staff_id = IntegerField()
        secret = CharField(max_length=200)
        class Meta:
            database = db
            table_name = 'totp'
    return Totp
