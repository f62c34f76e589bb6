"""What opens an account of the staff: passkeys, authenticator apps, recovery codes, invitations; and slower guessing.

Sessions from before do not say how they were opened: they end, and everybody signs in once more.
"""

from peewee import *


def up(migrator, db):

    class Staff(Model):
        class Meta:
            database = db
            table_name = 'staff'

    migrator.migrate(migrator.drop_table('staff_session'))

    class StaffSession(Model):
        token_hash = CharField(primary_key=True, max_length=64)
        staff = ForeignKeyField(Staff, on_delete='CASCADE')
        created_at = DateTimeField()
        seen_at = DateTimeField()
        proved_at = DateTimeField()
        factor = CharField(max_length=8)
        browser = CharField(max_length=60)
        class Meta:
            database = db
            table_name = 'staff_session'

    class KnownBrowser(Model):
        token_hash = CharField(max_length=64)
        staff = ForeignKeyField(Staff, on_delete='CASCADE')
        seen_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'known_browser'
            indexes = ((('token_hash', 'staff'), True),)

    class Passkey(Model):
        staff = ForeignKeyField(Staff, on_delete='CASCADE')
        credential_id = CharField(unique=True, max_length=1366)
        public_key = BlobField()
        sign_count = BigIntegerField()
        name = CharField(max_length=60)
        created_at = DateTimeField()
        used_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'passkey'

    class Totp(Model):
        staff = ForeignKeyField(Staff, on_delete='CASCADE', unique=True)
        secret = CharField(max_length=32)
        last_step = BigIntegerField()
        class Meta:
            database = db
            table_name = 'totp'

    class RecoveryCode(Model):
        staff = ForeignKeyField(Staff, on_delete='CASCADE')
        code_hash = CharField(unique=True, max_length=64)
        class Meta:
            database = db
            table_name = 'recovery_code'

    class Invitation(Model):
        token_hash = CharField(primary_key=True, max_length=64)
        staff = ForeignKeyField(Staff, on_delete='CASCADE', unique=True)
        expires_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'invitation'

    class Tries(Model):
        key = CharField(primary_key=True, max_length=64)
        count = IntegerField()
        blocked_until = DateTimeField()
        expires_at = DateTimeField(index=True)
        class Meta:
            database = db
            table_name = 'tries'

    db.create_tables([StaffSession, KnownBrowser, Passkey, Totp, RecoveryCode, Invitation, Tries])
