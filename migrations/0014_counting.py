"""What figures over all authorities are counted by: arrivals by their day, messages of a period by state and channel."""


def up(migrator, db):
    migrator.migrate(
        migrator.add_index('dossier', ('arrived_on',), False),
        migrator.drop_index('message', 'message_created_at'),
        migrator.add_index('message', ('created_at', 'state', 'channel'), False),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_index('message', 'message_created_at_state_channel'),
        migrator.add_index('message', ('created_at',), False),
        migrator.drop_index('dossier', 'dossier_arrived_on'),
    )
