"""What the latest changes of all dossiers, and the messages of a period, are found by."""


def up(migrator, db):
    migrator.migrate(
        migrator.add_index('dossier', ('changed_at',), False),
        migrator.add_index('message', ('created_at',), False),
    )
