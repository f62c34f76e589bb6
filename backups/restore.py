"""Put a copy into the place of the database, which is kept aside; what was erased since the copy is erased again."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peewee import PeeweeException
from playhouse.migrations import Runner

from backups import archive, checks, journal, manifest, postgresql_place, sqlite_place
from backups.checks import close, using
from backups.errors import BackupError
from backups.manifest import Manifest
from models import MODELS, Audit, Erasure, Heartbeat, StaffSession, erase_again, make_database, retention
from models.erasure import Entry
from paths import MIGRATIONS


@dataclass(frozen=True)
class Source:
    """Which copy is opened, with which keys; `any_secret`: it was sealed with a key that is not in the ring."""

    path: Path
    identities: Sequence[Any]
    any_secret: bool = False

    def read(self, place: Any) -> Manifest:
        """Unpack the copy into `place`. Raises BackupError unless it is what its manifest describes."""
        with place.filling() as take:
            text, sha256 = archive.read(self.path, self.identities, _of_engine(place.magic, take))
        return manifest.read(text, sha256, self.any_secret)


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    facts: Manifest
    migrations: list[str]
    erased: int  # rows that had been erased since the copy
    due: int  # rows that have become due by their age
    aside: str  # where the replaced database is; empty if there was none
    seconds: float


def place_for(url: str, server: str = "") -> Any:
    """Where a copy is unpacked beside the database at `url`; `server`: where databases may be made, if not there."""
    if url.startswith("sqlite:"):
        return sqlite_place.Place(Path(url.removeprefix("sqlite:///")))
    return postgresql_place.Place(url, server)


def restore(source: Source, url: str, server: str, journals: Sequence[Path], settings: retention.Settings) -> Restored:
    """Put the copy into the place of the database at `url`, without what these journals say was erased since.

    What has become due by the periods of `settings` is erased, too.

    Raises BackupError, OSError and what the database raises: then the database is as it was.
    """
    started = time.monotonic()
    with place_for(url, server) as place:
        place.refuse_if_used()
        erased = [entry for path in journals for entry in journal.read(path)] + _known_to(url)
        facts = source.read(place)
        database = place.database()
        with using(database), database.connection_context():
            checks.check(database, facts, source.any_secret)
            done = Runner(database, str(MIGRATIONS)).up()
            count = erase_again(erased, MODELS)
            due = sum(rows for _rule, rows in retention.erase_steps(settings))
            StaffSession.delete().execute()
            Heartbeat.delete().execute()  # of workers that were alive then
            Audit.record(None, "restored", copy=facts.made_at, erased=count, due=due)
            place.clean(database, count + due)
        aside = place.swap()
    return Restored(facts, done, count, due, aside, time.monotonic() - started)


def verify(source: Source, url: str, server: str, folder: Path) -> Manifest:
    """The drill: unpack the copy into a scratch place, check it, and throw it away. Raises as restore() does."""
    place: Any = sqlite_place.Nameless(folder) if url.startswith("sqlite:") else postgresql_place.Scratch(url, server)
    with place:
        facts = source.read(place)
        checks.check(place.database(), facts, source.any_secret)
    return facts


def _known_to(url: str) -> list[Entry]:
    """The erasures that the database to be replaced knows of, if it can still be read.

    Raises BackupError if a worker lives: between two looks at the outbox it is not connected.
    """
    if url.startswith("sqlite:") and not Path(url.removeprefix("sqlite:///")).exists():
        return []
    database = make_database(url)
    try:
        with using(database), database.connection_context():
            checks.refuse_workers()
            return [Entry(each.table, each.row, each.made_at) for each in Erasure.select()]
    except PeeweeException:
        return []
    finally:
        close(database)


def _of_engine(magic: bytes, take: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """`take`, but for a copy of the other kind of database."""
    fresh = True

    def checked(part: bytes) -> None:
        nonlocal fresh
        if fresh and not part.startswith(magic):
            raise BackupError("ETRACKING_DATABASE_URL names another kind of database than that of the copy")
        fresh = False
        take(part)

    return checked
