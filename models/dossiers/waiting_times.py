"""How long finished dossiers took: a look back over a year, never a promise."""

import datetime as dt
from collections import Counter
from itertools import accumulate
from typing import Any, NamedTuple

from peewee import DateField, ForeignKeyField, IntegerField, fn

from models.base import Base, db, today
from models.catalogue.procedure import Form, Procedure
from models.dossiers.dossier import Dossier
from models.security.throttle import Used

YEAR = dt.timedelta(days=365)
LEAST = 20  # fewer cases say little about the next one, and may say much about the last


class Spread(NamedTuple):
    """Half of the `cases` were decided within `half` days, nine of ten within `most`."""

    cases: int
    half: int
    most: int


class WaitingTime(Base):
    """The spread of one procedure, counted once a day so that every page can say it for one cheap read."""

    procedure = ForeignKeyField(Procedure, primary_key=True, on_delete="CASCADE")
    cases = IntegerField()
    half = IntegerField()
    most = IntegerField()
    counted_on = DateField()

    @classmethod
    def of(cls, procedure: Procedure) -> "WaitingTime | None":
        """What can be said of `procedure`: nothing, if there were too few cases."""
        rows = cls.raw(f"SELECT * FROM waiting_time WHERE procedure_id = {db.param}", procedure.id)  # noqa: S608
        return next(iter(rows), None)  # by hand, because building this query takes longer than answering it

    @classmethod
    def refresh(cls) -> None:
        """Count all anew, if nobody has done so today."""
        if Used.consume_once(f"waiting times {today()}", dt.timedelta(days=2)):
            cls.count()

    @classmethod
    def count(cls) -> None:
        """Replace every row by what the dossiers decided in the last twelve months say."""
        since = today() - YEAR
        with db.atomic():
            cls.delete().execute()
            for procedure, spread in spreads(since).items():
                cls.create(procedure=procedure, counted_on=today(), **spread._asdict())


def spreads(since: dt.date) -> dict[int, Spread]:
    """By the id of the procedure, what the dossiers decided after `since` say; not those with fewer than LEAST."""
    days: dict[int, Counter[int]] = {}
    counted: Any = (
        Dossier.select(Form.procedure, Dossier.handled_days, fn.COUNT(Dossier.id))
        .join(Form)
        .where((Dossier.decided_on > since) & Dossier.handled_days.is_null(False))
        .group_by(Form.procedure, Dossier.handled_days)
    )
    for procedure, length, cases in counted.tuples():
        days.setdefault(procedure, Counter())[length] = cases
    return {procedure: spread(found) for procedure, found in days.items() if found.total() >= LEAST}


def spread(days: Counter[int]) -> Spread:
    """The lengths within which at least half, and at least nine of ten, of all cases ended."""
    cases, lengths = days.total(), sorted(days)
    reached = list(accumulate(days[length] for length in lengths))

    def within(tenths: int) -> int:
        return next(length for length, done in zip(lengths, reached, strict=True) if done * 10 >= cases * tenths)

    return Spread(cases, within(5), within(9))
