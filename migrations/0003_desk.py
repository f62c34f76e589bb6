"""What the desk needs: audit, batches, internal notes; and a dossier's edition, assignee, rounds and dates."""

from peewee import *

REFUSE = "the audit log is only ever added to"


def up(migrator, db):

    class Staff(Model):
        class Meta:
            database = db
            table_name = 'staff'

    class Dossier(Model):
        class Meta:
            database = db
            table_name = 'dossier'

    class Audit(Model):
        id = IntegerField(primary_key=True)
        at = DateTimeField()
        staff = IntegerField(null=True)
        action = CharField(max_length=30)
        dossier = IntegerField(null=True)
        details = JSONField(default=dict)
        seal = CharField(max_length=64)
        class Meta:
            database = db
            table_name = 'audit'
            indexes = ((('dossier', 'id'), False), (('staff', 'id'), False))
    db.create_tables([Audit])
    append_only(db)

    class Batch(Model):
        staff = ForeignKeyField(Staff)
        kind = CharField(max_length=8)
        created_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'batch'
    db.create_tables([Batch])

    class Note(Model):
        by = ForeignKeyField(Staff)
        at = DateTimeField()
        text = TextField()
        dossier = ForeignKeyField(Dossier, on_delete='CASCADE')
        class Meta:
            database = db
            table_name = 'note'
    db.create_tables([Note])

    migrator.migrate(
        migrator.add_column('dossier', 'edition', CharField(max_length=20, default='')),
        migrator.add_column('dossier', 'issued_by_id', ForeignKeyField(Staff, field=Staff.id, null=True)),
        migrator.add_column('dossier', 'assignee_id', ForeignKeyField(Staff, field=Staff.id, null=True)),
        migrator.add_column('dossier', 'round', IntegerField(default=0)),
        migrator.add_column('dossier', 'target_on', DateField(null=True)),
        migrator.add_column('dossier', 'due_on', DateField(null=True)),
        migrator.add_column('dossier', 'decided_on', DateField(null=True)),
        migrator.add_column('dossier', 'handled_days', IntegerField(null=True)),
        migrator.add_index('dossier', ('authority_id', 'due_on'), False),
        migrator.add_index('dossier', ('assignee_id', 'status'), False),
        migrator.add_column('event', 'batch_id', ForeignKeyField(Batch, field=Batch.id, null=True)),
    )
    db.execute_sql('UPDATE dossier SET edition = (SELECT edition FROM form WHERE form.id = dossier.form_id)')


def append_only(db):
    """The database itself refuses to change or delete a row of the audit log."""
    if not isinstance(db, PostgresqlDatabase):
        for verb in ('UPDATE', 'DELETE'):
            db.execute_sql(f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                           f"BEGIN SELECT RAISE(ABORT, '{REFUSE}'); END")
        return
    db.execute_sql(f"CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
                   f"$$ BEGIN RAISE EXCEPTION '{REFUSE}'; END $$")
    db.execute_sql("CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
                   "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()")
