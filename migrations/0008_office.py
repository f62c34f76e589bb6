"""What the head of office asks: how long finished dossiers took, and what happened in a period."""

from peewee import *


def up(migrator, db):

    class Procedure(Model):
        class Meta:
            database = db
            table_name = 'procedure'

    class WaitingTime(Model):
        procedure = ForeignKeyField(Procedure, primary_key=True, on_delete='CASCADE')
        cases = IntegerField()
        half = IntegerField()
        most = IntegerField()
        counted_on = DateField()
        class Meta:
            database = db
            table_name = 'waiting_time'
    db.create_tables([WaitingTime])

    migrator.migrate(
        migrator.add_index('dossier', ('decided_on',), False),
        migrator.add_index('dossier', ('authority_id', 'arrived_on'), False),
        migrator.add_index('audit', ('at',), False),
    )
    if not isinstance(db, PostgresqlDatabase):  # REPLACE deletes a row without a word to the trigger on DELETE
        db.execute_sql("CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit "
                       "WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) "
                       "BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END")
