"""Several tokens for a system, with names, an end and the last use. Those that are there go on without an end."""

from peewee import *


def up(migrator, db):

    class System(Model):
        class Meta:
            database = db
            table_name = 'system'

    class ApiToken(Model):
        system = ForeignKeyField(System, on_delete='CASCADE')
        name = CharField(max_length=60)
        token_hash = CharField(max_length=64, unique=True)
        created_at = DateTimeField()
        expires_at = DateTimeField(null=True)
        used_at = DateTimeField(null=True)
        revoked_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'api_token'

    db.create_tables([ApiToken])
    db.execute_sql("""INSERT INTO api_token (system_id, name, token_hash, created_at, used_at)
        SELECT id, 'first', token_hash, created_at, used_at FROM system""")
