"""When to look whether paper has arrived."""

from peewee import *


def up(migrator, db):
    migrator.migrate(
        migrator.add_column('dossier', 'look_on', DateField(null=True)),
        migrator.add_index('dossier', ('status', 'look_on'), False),
    )
    # What was announced before gets its reminder as if from today: an old number must not lapse unwarned.
    if isinstance(db, PostgresqlDatabase):
        db.execute_sql("UPDATE dossier SET look_on = current_date + 60 WHERE status = 'announced'")
    else:
        db.execute_sql("UPDATE dossier SET look_on = date('now', '+60 days') WHERE status = 'announced'")
