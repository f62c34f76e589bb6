"""What figures over all authorities are counted by: arrivals by their day, messages of a period by state and channel."""


def up(migrator, db):
    migrator.migrate(
        migrator.add_index('dossier', ('arrived_on',), False),
        migrator.drop_index('message', 'message_created_at'),
        migrator.add_index('message', ('created_at', 'state', 'channel'), False),
    )
