"""Indexes of what is in flight, given up or kept for a while only, instead of indexes of all that ever was."""

DROPPED = (  # table, columns
    ('notification', ('created_at', 'state', 'channel')),  # counted by tally
    ('notification', ('event_id',)),  # begins notification_event_id_contact_id
    ('notification', ('state', 'run_at')),
    ('notification', ('channel', 'run_at')),
    ('contact', ('dossier_id',)),  # begins contact_dossier_id_channel_address
    ('event', ('by_id',)),  # accounts are never deleted: nobody asks
    ('event', ('batch_id',)),
    ('dossier', ('issued_by_id',)),
    ('dossier', ('decided_on',)),  # what is read is most of a year, once a day
)
ADDED = {
    'notification_due': 'notification (channel, run_at) WHERE run_at IS NOT NULL',
    'notification_in_flight': 'notification (state, run_at) WHERE run_at IS NOT NULL',
    'notification_given_up': "notification (created_at) WHERE (state || '') IN ('failed', 'unknown')",
    'notification_with_text': 'notification (tried_at) WHERE written IS NOT NULL',
    'contact_failed': 'contact (failed_at) WHERE failed_at IS NOT NULL',
    'event_of_batch': 'event (batch_id) WHERE batch_id IS NOT NULL',
}


def up(migrator, db):
    migrator.migrate(*(migrator.drop_index(table, '_'.join((table, *columns))) for table, columns in DROPPED))
    for name, what in ADDED.items():
        db.execute_sql(f'CREATE INDEX {name} ON {what}')
