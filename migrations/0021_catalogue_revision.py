"""A revision of the catalogue: the database changes it with every row that a public page shows.

A table that is added to the catalogue later needs the triggers, too.
"""

from peewee import CharField, Model, PostgresqlDatabase

TABLES = ('authority', 'topic', 'procedure', 'form', 'form_file', 'text_block', 'waiting_time')
VERBS = ('INSERT', 'UPDATE', 'DELETE')
RENEW = 'UPDATE catalogue_revision SET revision = lower(hex(randomblob(16)))'


def up(migrator, db):

    class CatalogueRevision(Model):
        revision = CharField(max_length=32)
        class Meta:
            database = db
            table_name = 'catalogue_revision'
    db.create_tables([CatalogueRevision])
    db.execute_sql("INSERT INTO catalogue_revision (revision) VALUES ('first')")
    (on_postgresql if isinstance(db, PostgresqlDatabase) else on_sqlite)(db)


def on_postgresql(db):
    db.execute_sql("CREATE FUNCTION catalogue_revised() RETURNS trigger LANGUAGE plpgsql AS "
                   "$$ BEGIN UPDATE catalogue_revision SET revision = md5(random()::text || clock_timestamp()::text); "
                   "RETURN NULL; END $$")
    for table in TABLES:
        db.execute_sql(f"CREATE TRIGGER {table}_revised AFTER INSERT OR UPDATE OR DELETE ON {table} "
                       "FOR EACH STATEMENT EXECUTE FUNCTION catalogue_revised()")


def on_sqlite(db):
    for table in TABLES:
        for verb in VERBS:
            db.execute_sql(f"CREATE TRIGGER {table}_revised_{verb.lower()} AFTER {verb} ON {table} BEGIN {RENEW}; END")
