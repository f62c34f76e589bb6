"""The first shape of the database."""

from peewee import *

def up(migrator, db):

    class Authority(Model):
        slug = CharField(unique=True, max_length=60)
        name = JSONField()
        address = JSONField()
        window = CharField(max_length=5)
        phone = CharField(max_length=40, default='')
        email = CharField(max_length=120, default='')
        website = CharField(max_length=200, default='')
        hours = JSONField(null=True)
        class Meta:
            database = db
            table_name = 'authority'
    db.create_tables([Authority])

    class Topic(Model):
        slug = CharField(unique=True, max_length=60)
        title = JSONField()
        position = IntegerField()
        class Meta:
            database = db
            table_name = 'topic'
    db.create_tables([Topic])

    class Procedure(Model):
        slug = CharField(unique=True, max_length=60)
        topic = ForeignKeyField(Topic)
        authority = ForeignKeyField(Authority)
        audiences = JSONField()
        life_event = CharField(max_length=60, default='')
        title = JSONField()
        summary = JSONField()
        tracking_note = JSONField(null=True)
        sections = JSONField()
        sources = JSONField()
        search = JSONField()
        tracked = BooleanField()
        position = IntegerField()
        revision = CharField(max_length=16)
        retired = BooleanField(default=False)
        class Meta:
            database = db
            table_name = 'procedure'
    db.create_tables([Procedure])

    class Form(Model):
        procedure = ForeignKeyField(Procedure)
        slug = CharField(max_length=60)
        title = JSONField()
        edition = CharField(max_length=20)
        tracked = BooleanField()
        period = JSONField(null=True)
        enclosures = JSONField()
        position = IntegerField()
        revision = CharField(max_length=16)
        retired = BooleanField(default=False)
        class Meta:
            database = db
            table_name = 'form'
            indexes = ((('procedure', 'slug'), True),)
    db.create_tables([Form])

    class FormFile(Model):
        form = ForeignKeyField(Form)
        language = CharField(max_length=2)
        data = BlobField()
        places = JSONField()
        specimen = BooleanField()
        fingerprint = CharField(max_length=64)
        note = TextField(default='')
        class Meta:
            database = db
            table_name = 'form_file'
            indexes = ((('form', 'language'), True),)
    db.create_tables([FormFile])

    class Staff(Model):
        email = CharField(unique=True, max_length=254)
        role = CharField(max_length=8)
        authority = ForeignKeyField(Authority, null=True)
        password_hash = CharField(max_length=160)
        created_at = DateTimeField()
        disabled_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'staff'
    db.create_tables([Staff])

    class StaffSession(Model):
        token_hash = CharField(primary_key=True, max_length=64)
        staff = ForeignKeyField(Staff, on_delete='CASCADE')
        created_at = DateTimeField()
        seen_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'staff_session'
    db.create_tables([StaffSession])

    class Dossier(Model):
        number = CharField(unique=True, max_length=13)
        form = ForeignKeyField(Form)
        authority = ForeignKeyField(Authority)
        status = CharField(max_length=12, default='announced')
        version = IntegerField(default=1)
        language = CharField(max_length=2)
        key = CharField(unique=True, max_length=40)
        created_at = DateTimeField()
        changed_at = DateTimeField()
        arrived_on = DateField(null=True)
        class Meta:
            database = db
            table_name = 'dossier'
            indexes = ((('authority', 'status', 'changed_at'), False),)
    db.create_tables([Dossier])

    class Event(Model):
        dossier = ForeignKeyField(Dossier, on_delete='CASCADE')
        kind = CharField(max_length=12)
        from_status = CharField(max_length=12, default='')
        to_status = CharField(max_length=12)
        at = DateTimeField()
        by = ForeignKeyField(Staff, null=True)
        note = TextField(default='')
        arrived_on = DateField(null=True)
        postmark_on = DateField(null=True)
        details = JSONField(default=dict)
        class Meta:
            database = db
            table_name = 'event'
    db.create_tables([Event])

    class Contact(Model):
        channel = CharField(max_length=5)
        address = CharField(max_length=254)
        language = CharField(max_length=2)
        created_at = DateTimeField()
        confirmed_at = DateTimeField(null=True)
        stopped_at = DateTimeField(null=True)
        dossier = ForeignKeyField(Dossier, on_delete='CASCADE')
        class Meta:
            database = db
            table_name = 'contact'
            indexes = ((('dossier', 'channel', 'address'), True),)
    db.create_tables([Contact])

    class Message(Model):
        contact = ForeignKeyField(Contact, on_delete='CASCADE')
        channel = CharField(max_length=5)
        state = CharField(max_length=10, default='queued')
        created_at = DateTimeField()
        run_at = DateTimeField()
        attempts = IntegerField(default=0)
        unknowns = IntegerField(default=0)
        claimed_by = CharField(max_length=60, default='')
        sent_at = DateTimeField(null=True)
        provider_id = CharField(max_length=80, default='')
        error = TextField(default='')
        event = ForeignKeyField(Event, on_delete='CASCADE')
        class Meta:
            database = db
            table_name = 'message'
            indexes = ((('event', 'contact'), True), (('state', 'run_at'), False))
    db.create_tables([Message])

    class Counter(Model):
        key = CharField(primary_key=True, max_length=64)
        count = IntegerField()
        expires_at = DateTimeField(index=True)
        class Meta:
            database = db
            table_name = 'counter'
    db.create_tables([Counter])

    class Used(Model):
        key = CharField(primary_key=True, max_length=64)
        expires_at = DateTimeField(index=True)
        class Meta:
            database = db
            table_name = 'used'

    db.create_tables([Used])
