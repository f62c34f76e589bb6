"""The revision of the catalogue: one cheap query tells whether a page made from it is still valid."""

from peewee import CharField

from models.base import Base, db


class CatalogueRevision(Base):
    """One row, which triggers of the database change with every row that a public page shows (migration 0021)."""

    revision = CharField(max_length=32)


def current() -> str:
    """The present revision."""
    row = db.execute_sql("SELECT revision FROM catalogue_revision").fetchone()
    return str(row[0]) if row else ""
