"""What the work list needs: text blocks of the catalogue, and the plans of bulk moves."""

from peewee import *


def up(migrator, db):

    class Procedure(Model):
        class Meta:
            database = db
            table_name = 'procedure'

    class Batch(Model):
        class Meta:
            database = db
            table_name = 'batch'

    class TextBlock(Model):
        procedure = ForeignKeyField(Procedure, null=True)
        slug = CharField(max_length=60)
        moves = JSONField()
        title = JSONField()
        text = JSONField()
        position = IntegerField()
        class Meta:
            database = db
            table_name = 'text_block'
            indexes = ((('procedure', 'slug'), True),)
    db.create_tables([TextBlock])

    class Bulk(Model):
        batch = ForeignKeyField(Batch, unique=True, on_delete='CASCADE')
        to = CharField(max_length=12)
        seen = JSONField()
        block = ForeignKeyField(TextBlock, null=True, on_delete='SET NULL')
        note = TextField(default='')
        done_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'bulk'
    db.create_tables([Bulk])
