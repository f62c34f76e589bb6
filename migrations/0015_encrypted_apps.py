"""What the authenticator apps of the staff share with us is encrypted."""

from peewee import *
from migrations import frozen


def up(migrator, db):
    migrator.migrate(migrator.alter_column_type('totp', 'secret', CharField(max_length=200)))
    Totp = model(db)
    for app in list(Totp.select()):
        app.secret = frozen.encrypt(f'totp {app.staff_id}', app.secret)
        app.save()


def down(migrator, db):
    Totp = model(db)
    for app in list(Totp.select()):
        app.secret = frozen.decrypt(f'totp {app.staff_id}', app.secret)
        if app.secret:
            app.save()
        else:  # encrypted under another SECRET_KEY: it opens nothing
            app.delete_instance()
    migrator.migrate(migrator.alter_column_type('totp', 'secret', CharField(max_length=32)))


def model(db):
    class Totp(Model):
        staff_id = IntegerField()
        secret = CharField(max_length=200)
        class Meta:
            database = db
            table_name = 'totp'
    return Totp
