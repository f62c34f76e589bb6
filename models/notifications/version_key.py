"""The version key of a status page: one cheap query tells whether a cached page is still valid."""

from typing import NamedTuple

from models.base import UTCDateTimeField, db, now
from models.catalogue.procedure import Authority, Form
from models.dossiers.dossier import Dossier


class CatalogueCache(dict[tuple[int, int], tuple[Form, Authority]]):
    """Cached rows of the catalogue by their ids: (form, authority)."""


class VersionKey(NamedTuple):
    """Equal keys of one number mean the same page, unless it is `held` or a contact was `missed`."""

    id: int
    version: int
    revision: str  # of the form: changes with every text about form, procedure and authorities
    missed: bool  # a notification to a contact was given up: that does not change the version
    held: bool  # something can still be undone, perhaps: the page says until when


def look_up(number: str) -> VersionKey | None:
    """The version key of the dossier with this number, or None if there is none.

    Written out in SQL: building this query takes five times as long as answering it, and every look-up asks it.
    """
    row = db.execute_sql(
        f"SELECT d.id, d.version, f.revision, EXISTS (SELECT 1 FROM contact c WHERE c.dossier_id = d.id "  # noqa: S608
        f"AND c.failed_at IS NOT NULL), EXISTS (SELECT 1 FROM event e WHERE e.dossier_id = d.id "
        f"AND e.held_until > {db.param}) "
        f"FROM dossier d JOIN form f ON f.id = d.form_id WHERE d.number = {db.param}",
        (UTCDateTimeField().db_value(now()), number),
    ).fetchone()
    return VersionKey(row[0], row[1], row[2], bool(row[3]), bool(row[4])) if row else None


def load(key: VersionKey, cache: CatalogueCache) -> Dossier:
    """The dossier of `key` with form, procedure and authority, which are taken from `cache` if they are there.

    A cached form is used only while its revision is that of the key, so it is never out of date.
    """
    dossier = Dossier.raw(f"SELECT * FROM dossier WHERE id = {db.param}", key.id).execute()[0]  # noqa: S608
    kept = cache.get((dossier.form_id, dossier.authority_id))
    if kept and kept[0].revision == key.revision:
        dossier.form, dossier.authority = kept
        return dossier
    dossier = Dossier.loaded().where(Dossier.id == key.id).get()
    cache[dossier.form_id, dossier.authority_id] = dossier.form, dossier.authority
    return dossier
