"""Waiting times: how long the dossiers decided in the last year took."""

import datetime as dt
from collections import Counter
from itertools import accumulate
from typing import Any, NamedTuple

from peewee import DateField, ForeignKeyField, IntegerField, fn

from models.base import Base, db, today
from models.catalogue.procedure import Form, Procedure
from models.dossiers.dossier import Dossier
from models.security.throttle import Used

LOOK_BACK = dt.timedelta(days=365)
MIN_CASES = 20  # fewer cases say little about the next one, and may say much about the last


class Spread(NamedTuple):
    """Half of the `cases` were decided within `half` days, nine of ten within `most`."""

    cases: int
    half: int
    most: int


class WaitingTime(Base):
    """The spread of one procedure, computed once a day so that a page reads it with one cheap query."""

    procedure = ForeignKeyField(Procedure, primary_key=True, on_delete="CASCADE")
    cases = IntegerField()
    half = IntegerField()
    most = IntegerField()
    counted_on = DateField()

    @classmethod
    def of(cls, procedure: Procedure) -> "WaitingTime | None":
        """The spread of `procedure`; None with fewer than MIN_CASES."""
        rows = cls.raw(f"SELECT * FROM waiting_time WHERE procedure_id = {db.param}", procedure.id)  # noqa: S608
        return next(iter(rows), None)  # raw SQL: building the query takes longer than running it

    @classmethod
    def refresh(cls) -> None:
        """Recompute all, once a day over all processes."""
        if Used.consume_once(f"waiting times {today()}", dt.timedelta(days=2)):
            cls.count()

    @classmethod
    def count(cls) -> None:
        """Replace all rows by the spreads of the last twelve months."""
        since = today() - LOOK_BACK
        with db.atomic():
            cls.delete().execute()
            for procedure, spread in spreads(since).items():
                cls.create(procedure=procedure, counted_on=today(), **spread._asdict())


def spreads(since: dt.date) -> dict[int, Spread]:
    """{procedure id: spread} of the dossiers decided after `since`, without procedures of fewer than MIN_CASES."""
    days: dict[int, Counter[int]] = {}
    counted: Any = (
        Dossier.select(Form.procedure, Dossier.handled_days, fn.COUNT(Dossier.id))
        .join(Form)
        .where((Dossier.decided_on > since) & Dossier.handled_days.is_null(False))
        .group_by(Form.procedure, Dossier.handled_days)
    )
    for procedure, length, cases in counted.tuples():
        days.setdefault(procedure, Counter())[length] = cases
    return {procedure: spread(found) for procedure, found in days.items() if found.total() >= MIN_CASES}


def spread(days: Counter[int]) -> Spread:
    """The lengths within which at least half, and at least nine of ten, of all cases ended."""
    cases, lengths = days.total(), sorted(days)
    reached = list(accumulate(days[length] for length in lengths))

    def within(tenths: int) -> int:
        return next(length for length, done in zip(lengths, reached, strict=True) if done * 10 >= cases * tenths)

    return Spread(cases, within(5), within(9))
