"""What the latest changes of all dossiers, and the messages of a period, are found by."""


def up(migrator, db):
    migrator.migrate(
        migrator.add_index('dossier', ('changed_at',), False),
        migrator.add_index('message', ('created_at',), False),
    )


def down(migrator, db):
    migrator.migrate(
        migrator.drop_index('message', 'message_created_at'),
        migrator.drop_index('dossier', 'dossier_changed_at'),
    )
