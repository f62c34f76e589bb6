"""Forms that were sent after the session had ended, until their account signs in again. Only an addition."""

from peewee import *


def up(migrator, db):

    class Staff(Model):
        class Meta:
            database = db
            table_name = 'staff'

    class KeptForm(Model):
        id = CharField(max_length=32, primary_key=True)
        staff = ForeignKeyField(Staff, on_delete='CASCADE')
        browser = CharField(max_length=64, index=True)
        page = CharField(max_length=500)
        action = CharField(max_length=500)
        encrypted_fields = TextField(null=True)
        at = DateTimeField(index=True)
        class Meta:
            database = db
            table_name = 'kept_form'

    db.create_tables([KeptForm])
