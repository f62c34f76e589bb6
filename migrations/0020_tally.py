"""Counts of the desk, kept by the database itself in the transaction of whatever changes them; and the indexes of lists.

A row of `tally` says how many cases more or fewer there are. The count is the sum: nobody waits for a row that another
transaction has changed. Triggers write the rows, so that every release of the product keeps them right.
"""

from peewee import *

COLUMNS = 'subject, authority, form, status, value, cases'
# What is counted of a dossier: subject, form, status, value. A dossier without the value is not counted.
SUBJECTS = (
    ('status', '{0}.form_id', '{0}.status', None),
    ('assignee', '{0}.form_id', '{0}.status', 'assignee_id'),
    ('due', '{0}.form_id', '{0}.status', 'due_on'),
    ('arrived', '0', '{0}.status', 'arrived_on'),
    ('decided', '0', "''", 'decided_on'),
)
WATCHED = ('authority_id', 'form_id', 'status', 'assignee_id', 'due_on', 'arrived_on', 'decided_on')
OPEN = "(status || '') IN ('received', 'incomplete', 'examination')"
LISTED = "COALESCE(due_on, '9999-12-31')"
DROPPED = (  # table, columns, why it is not needed
    ('dossier', ('authority_id', 'due_on')),  # dossier_work_of_authority
    ('dossier', ('authority_id', 'arrived_on')),  # tally
    ('dossier', ('arrived_on',)),  # tally
    ('dossier', ('changed_at',)),  # dossier_status_changed_at
    ('dossier', ('form_id',)),  # begins the next one
    ('dossier', ('assignee_id',)),
    ('dossier', ('assignee_id', 'status')),
)
ADDED = (
    ('dossier', ('form_id', 'status', 'changed_at')),
    ('dossier', ('assignee_id', 'status', 'changed_at')),
    ('dossier', ('status', 'changed_at')),
)


def up(migrator, db):

    class Tally(Model):
        subject = CharField(max_length=8)
        authority = IntegerField()
        form = IntegerField()
        status = CharField(max_length=12)
        value = CharField(max_length=10)
        cases = IntegerField()
        class Meta:
            database = db
            table_name = 'tally'
            indexes = ((('subject', 'authority', 'form', 'status', 'value', 'cases'), False),)
    db.create_tables([Tally])
    for name, event, table, when, body in triggers(db):
        create(db, name, event, table, when, body)
    count(db)
    migrator.migrate(
        *(migrator.drop_index(table, '_'.join((table, *columns))) for table, columns in DROPPED),
        *(migrator.add_index(table, columns, False) for table, columns in ADDED),
    )
    for name, first in (('dossier_work_of_authority', 'authority_id, '), ('dossier_work', '')):
        db.execute_sql(f'CREATE INDEX {name} ON dossier ({first}({LISTED}), changed_at DESC, id DESC, status, form_id, '
                       f'assignee_id) WHERE {OPEN}')


def count(db):
    """Count all rows that there are."""
    db.execute_sql('DELETE FROM tally')
    for subject, form, status, value in SUBJECTS:
        db.execute_sql(f"""INSERT INTO tally ({COLUMNS})
            SELECT '{subject}', authority_id, {form.format('dossier')}, {status.format('dossier')},
                {text(db, 'dossier', value)}, COUNT(*)
            FROM dossier WHERE {given('dossier', value)} GROUP BY 1, 2, 3, 4, 5""")  # noqa: S608
    db.execute_sql(f"""INSERT INTO tally ({COLUMNS})
        SELECT notification.channel, dossier.authority_id, 0, notification.state, {day(db, 'notification')}, COUNT(*)
        FROM notification JOIN event ON event.id = notification.event_id JOIN dossier ON dossier.id = event.dossier_id
        GROUP BY 1, 2, 3, 4, 5""")  # noqa: S608


def triggers(db):
    """[(name, event, table, condition, statements)]."""
    old, new = dossier(db, 'OLD', -1), dossier(db, 'NEW', 1)
    moved = notifications(db, 'OLD.authority_id', -1, 'OLD') + notifications(db, 'NEW.authority_id', 1, 'NEW')
    return (
        ('tally_new', 'AFTER INSERT', 'dossier', 'true', new),
        ('tally_changed', 'AFTER UPDATE', 'dossier', changed(db, *WATCHED), dossier(db, 'OLD', -1, 'NEW')
            + dossier(db, 'NEW', 1, 'OLD')),
        ('tally_handed_over', 'AFTER UPDATE', 'dossier', changed(db, 'authority_id'), moved),
        ('tally_erased', 'BEFORE DELETE', 'dossier', 'true', old + notifications(db, 'OLD.authority_id', -1, 'OLD')),
        ('tally_told', 'AFTER INSERT', 'notification', 'true', notification(db, 'NEW', 1)),
        ('tally_sent', 'AFTER UPDATE', 'notification', changed(db, 'state'), notification(db, 'OLD', -1)
            + notification(db, 'NEW', 1)),
        ('tally_forgotten', 'AFTER DELETE', 'notification', 'true', notification(db, 'OLD', -1)),
    )


def create(db, name, event, table, when, body):
    if not isinstance(db, PostgresqlDatabase):
        db.execute_sql(f"CREATE TRIGGER {name} {event} ON {table} WHEN {when} BEGIN {body} END")
        return
    result = 'OLD' if event == 'BEFORE DELETE' else 'NULL'
    db.execute_sql(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                   f"$$ BEGIN {body} RETURN {result}; END $$")
    db.execute_sql(f"CREATE TRIGGER {name} {event} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {name}()")


def dossier(db, row, cases, other=''):
    """Count `row`; with `other`, only where the two differ in what is counted."""
    return ''.join(
        f"""INSERT INTO tally ({COLUMNS}) SELECT '{subject}', {row}.authority_id, {form.format(row)},
            {status.format(row)}, {text(db, row, value)}, {cases} WHERE {given(row, value)}"""
        + (f" AND ({changed(db, *counted(form, status, value))})" if other else '') + '; '
        for subject, form, status, value in SUBJECTS
    )


def counted(form, status, value):
    names = ('authority_id', 'form_id' if 'form' in form else '', 'status' if 'status' in status else '', value)
    return [name for name in names if name]


def notification(db, row, cases):
    return f"""INSERT INTO tally ({COLUMNS}) SELECT {row}.channel, dossier.authority_id, 0, {row}.state, {day(db, row)},
        {cases} FROM event JOIN dossier ON dossier.id = event.dossier_id WHERE event.id = {row}.event_id; """  # noqa: S608


def notifications(db, authority, cases, row):
    """Count all notifications of the dossier `row`."""
    return f"""INSERT INTO tally ({COLUMNS}) SELECT notification.channel, {authority}, 0, notification.state,
        {day(db, 'notification')}, {cases} FROM event JOIN notification ON notification.event_id = event.id
        WHERE event.dossier_id = {row}.id; """  # noqa: S608


def changed(db, *columns):
    differ = 'IS DISTINCT FROM' if isinstance(db, PostgresqlDatabase) else 'IS NOT'
    return ' OR '.join(f'OLD.{name} {differ} NEW.{name}' for name in columns)


def given(row, value):
    return f'{row}.{value} IS NOT NULL' if value else 'true'


def text(db, row, value):
    if value is None:
        return "''"
    if isinstance(db, PostgresqlDatabase) and value.endswith('_on'):
        return f"to_char({row}.{value}, 'YYYY-MM-DD')"
    return f'CAST({row}.{value} AS TEXT)'


def day(db, row):
    """The day on which a notification was made (UTC)."""
    if isinstance(db, PostgresqlDatabase):
        return f"to_char({row}.created_at, 'YYYY-MM-DD')"
    return f'substr({row}.created_at, 1, 10)'
