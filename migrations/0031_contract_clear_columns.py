"""The columns in clear go, after what the release before has written there meanwhile was encrypted, too.

All of it is one transaction. What stood in these columns is then gone from the file: SQLite overwrites what is deleted
(secure_delete), but not the copy of a row that it has moved to another page: so both databases write the tables anew.
"""

from migrations import frozen_ring

atomic = False  # VACUUM allows no transaction around it; killed before it, it is done again


def up(migrator, db):
    held = any(db.execute_sql(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone() for table in frozen_ring.TABLES)  # noqa: S608
    if 'address' in {column.name for column in db.get_columns('contact')}:
        with db.atomic():
            drop(db)
    if held:
        clean(db)


def drop(db):
    tables = frozen_ring.TABLES
    if db.for_update:
        db.execute_sql(f'LOCK TABLE {", ".join(tables)} IN ACCESS EXCLUSIVE MODE')
    for table in tables:
        for _last in frozen_ring.pieces(db, table, again=True):
            pass
    db.execute_sql('DROP INDEX contact_dossier_id_channel_address')
    db.execute_sql('DROP INDEX notification_with_text')
    for table, (_told_by, columns) in tables.items():
        for column in columns:
            db.execute_sql(f'ALTER TABLE "{table}" DROP COLUMN {column}')
    db.execute_sql('CREATE UNIQUE INDEX contact_dossier_id_channel_address_hash'
                   ' ON contact (dossier_id, channel, address_hash)')
    db.execute_sql('CREATE INDEX notification_with_text ON notification (tried_at) WHERE encrypted_written IS NOT NULL')


def clean(db):
    if db.for_update:
        for table in frozen_ring.TABLES:
            db.execute_sql(f'VACUUM FULL "{table}"')
        db.execute_sql('VACUUM FULL pg_statistic')  # samples of the columns, for the planner of queries
    else:
        db.execute_sql('VACUUM')
        db.execute_sql('PRAGMA wal_checkpoint(TRUNCATE)').fetchall()
