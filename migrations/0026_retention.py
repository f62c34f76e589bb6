"""Erasing by itself: counts that outlive what was counted, cuts of the audit log, when it was last done, two indexes.

Only additions. The counts of arrivals, decisions and notifications that are over stay when their rows are erased; those
that lists show go with the rows, as before. A row of the audit log may be deleted once a cut covers it.
"""

from peewee import *

COLUMNS = 'subject, authority, form, status, value, cases'
REFUSE = 'the audit log is only ever added to'
LISTED = ('assignee_id', 'due_on')


def up(migrator, db):

    class AuditCut(Model):
        last_id = IntegerField(primary_key=True)
        seal = CharField(max_length=64)
        at = DateTimeField()
        file = CharField(max_length=60)
        class Meta:
            database = db
            table_name = 'audit_cut'

    class Sweep(Model):
        name = CharField(max_length=8, primary_key=True)
        at = DateTimeField()
        class Meta:
            database = db
            table_name = 'sweep'

    db.create_tables([AuditCut, Sweep])
    db.execute_sql("CREATE INDEX event_ending ON event (at) WHERE kind IN ('closed', 'lapsed', 'withdrawn')")
    migrator.migrate(migrator.add_index('erasure', ('row',), False))
    keep_counts(db)
    let_cut_rows_go(db)


def keep_counts(db):
    waiting = 'OLD.run_at IS NOT NULL'
    forgotten = f"""INSERT INTO tally ({COLUMNS}) SELECT OLD.channel, dossier.authority_id, 0, OLD.state,
        {day(db, 'OLD')}, -1 FROM event JOIN dossier ON dossier.id = event.dossier_id WHERE event.id = OLD.event_id; """  # noqa: S608
    replace(db, 'tally_erased', 'BEFORE DELETE', 'dossier', 'true', erased(db), 'OLD')
    replace(db, 'tally_forgotten', 'AFTER DELETE', 'notification', waiting, forgotten, 'NULL')


def erased(db):
    """What no longer counts with a dossier that goes: its status, assignee and due day, and what waits to be sent."""
    values = [("'status'", "''", 'true')]
    values += [(f"'{name.split('_')[0]}'", text(db, name), f'OLD.{name} IS NOT NULL') for name in LISTED]
    rows = ''.join(
        f'INSERT INTO tally ({COLUMNS}) SELECT {subject}, OLD.authority_id, OLD.form_id, OLD.status, {value}, -1 '
        f'WHERE {given}; '
        for subject, value, given in values
    )
    return rows + f"""INSERT INTO tally ({COLUMNS}) SELECT notification.channel, OLD.authority_id, 0,
        notification.state, {day(db, 'notification')}, -1
        FROM event JOIN notification ON notification.event_id = event.id
        WHERE event.dossier_id = OLD.id AND notification.run_at IS NOT NULL; """  # noqa: S608


def replace(db, name, event, table, when, body, result):
    if not isinstance(db, PostgresqlDatabase):
        db.execute_sql(f'DROP TRIGGER {name}')
        db.execute_sql(f'CREATE TRIGGER {name} {event} ON {table} WHEN {when} BEGIN {body} END')
        return
    db.execute_sql(f'DROP TRIGGER {name} ON {table}')
    db.execute_sql(f'CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS '
                   f'$$ BEGIN {body} RETURN {result}; END $$')
    db.execute_sql(f'CREATE TRIGGER {name} {event} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {name}()')


def let_cut_rows_go(db):
    covered = 'SELECT 1 FROM audit_cut WHERE last_id >= OLD.id'
    if not isinstance(db, PostgresqlDatabase):
        db.execute_sql('DROP TRIGGER audit_no_delete')
        db.execute_sql(f'CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN NOT EXISTS ({covered}) '
                       f"BEGIN SELECT RAISE(ABORT, '{REFUSE}'); END")
        return
    db.execute_sql('DROP TRIGGER audit_append_only ON audit')
    db.execute_sql('CREATE TRIGGER audit_append_only BEFORE UPDATE OR TRUNCATE ON audit '
                   'FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()')
    db.execute_sql(f'CREATE FUNCTION audit_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS '
                   f"$$ BEGIN IF NOT EXISTS ({covered}) THEN RAISE EXCEPTION '{REFUSE}'; END IF; RETURN OLD; END $$")
    db.execute_sql('CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit '
                   'FOR EACH ROW EXECUTE FUNCTION audit_refuse_delete()')


def text(db, name):
    if isinstance(db, PostgresqlDatabase) and name.endswith('_on'):
        return f"to_char(OLD.{name}, 'YYYY-MM-DD')"
    return f'CAST(OLD.{name} AS TEXT)'


def day(db, row):
    """The day on which a notification was made (UTC)."""
    if isinstance(db, PostgresqlDatabase):
        return f"to_char({row}.created_at, 'YYYY-MM-DD')"
    return f'substr({row}.created_at, 1, 10)'
