"""What was a message is a notification: messages will be what citizens and authorities write to each other."""

INDEXES = (
    (('event_id', 'contact_id'), True),
    (('event_id',), False),
    (('contact_id',), False),
    (('state', 'run_at'), False),
    (('channel', 'run_at'), False),
    (('created_at', 'state', 'channel'), False),
)


def up(migrator, db):
    rename(migrator, 'message', 'notification')


def rename(migrator, before, after):
    migrator.migrate(
        *(migrator.drop_index(before, '_'.join((before, *columns))) for columns, _unique in INDEXES),
        migrator.rename_table(before, after),
        *(migrator.add_index(after, columns, unique) for columns, unique in INDEXES),
    )
