"""What contacts need: a keyed hash to be found by, and what became of them."""

from peewee import *
from migrations import frozen


def up(migrator, db):

    class Contact(Model):
        channel = CharField(max_length=5)
        address = CharField(max_length=254)
        address_hash = CharField(max_length=64, default='')
        class Meta:
            database = db
            table_name = 'contact'

    migrator.migrate(
        migrator.add_column('contact', 'address_hash', CharField(max_length=64, default='')),
        migrator.add_column('contact', 'by_link', BooleanField(default=False)),
        migrator.add_column(
            'contact', 'replaces_id', ForeignKeyField(Contact, field=Contact.id, null=True, on_delete='SET NULL')),
        migrator.add_column('contact', 'asked_at', DateTimeField(null=True)),
        migrator.add_column('contact', 'replaced_at', DateTimeField(null=True)),
        migrator.add_index('contact', ('address_hash',), False),
        migrator.add_index('contact', ('channel', 'asked_at'), False),
    )
    for contact in list(Contact.select()):
        text = f'{contact.channel} {spelled(contact.channel, contact.address)}'
        Contact.update(address_hash=frozen.digest('address', text)).where(Contact.id == contact.id).execute()


def spelled(channel, address):
    """Spellings that reach the same person are one, as they were when this was written."""
    if channel != 'email':
        return address
    name, _, domain = address.lower().rpartition('@')
    name = name.split('+')[0]
    if domain in ('gmail.com', 'googlemail.com'):
        return f"{name.replace('.', '')}@gmail.com"
    return f'{name}@{domain}'
