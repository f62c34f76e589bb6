"""Counts of the desk that are kept, so that a page costs the same however many dossiers there are.

Triggers of the database write the rows, in the transaction of whatever changes a dossier or a notification (migration
0020): the counts are exact, also while two releases run side by side.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from peewee import CharField, Expression, IntegerField, ModelSelect, fn

from models.base import Base, db

GROUPS_AT_ONCE = 500  # merged in one transaction
# Groups of more than one row, or whose sum is nothing. One statement reads and deletes them: a row that another
# transaction writes meanwhile stays.
MERGE = """DELETE FROM tally WHERE (subject, authority, form, status, value) IN (
    SELECT subject, authority, form, status, value FROM tally GROUP BY subject, authority, form, status, value
    HAVING COUNT(*) > 1 OR SUM(cases) = 0 LIMIT {limit})
    RETURNING subject, authority, form, status, value, cases"""


class Tally(Base):
    """How many cases more or fewer there are since the row before: the count is the sum of `cases`.

    Subjects, each by authority: "status", "assignee" (the id is `value`) and "due" (the day) of dossiers by form and
    status; "arrived" (the day) by status; "decided" (the day); and for each channel its notifications by state and day
    (UTC).
    """

    subject = CharField(max_length=8)
    authority = IntegerField()
    form = IntegerField()  # 0 where it is not counted by form
    status = CharField(max_length=12)
    value = CharField(max_length=10)
    cases = IntegerField()

    class Meta:
        indexes = ((("subject", "authority", "form", "status", "value", "cases"), False),)

    @classmethod
    def counts(cls, query: "ModelSelect[Tally]", key: CharField) -> dict[str, int]:
        """{value of `key`: cases} of `query`."""
        pairs: Any = query.select(key, fn.SUM(cls.cases)).group_by(key).tuples()
        return {value: int(cases) for value, cases in pairs if cases}

    @classmethod
    def counts_by_subject(cls, query: "ModelSelect[Tally]", key: CharField) -> dict[str, dict[str, int]]:
        """{subject: {value of `key`: cases}} of `query`; a subject without a case is there, too."""
        found: defaultdict[str, dict[str, int]] = defaultdict(dict)
        rows: Any = query.select(cls.subject, key, fn.SUM(cls.cases)).group_by(cls.subject, key).tuples()
        for subject, value, cases in rows:
            if cases:
                found[subject][value] = int(cases)
        return found

    @classmethod
    def between(cls, first: dt.date, last: dt.date) -> Expression:
        """True if the value is a day from `first` to `last`, both included."""
        return cls.value.between(first.isoformat(), last.isoformat())

    @classmethod
    def merge(cls) -> None:
        """Make one row of all that count the same. The counts stay what they are."""
        while cls._merge_some():
            pass

    @classmethod
    def _merge_some(cls) -> bool:
        with db.atomic():
            found: Iterable[Any] = db.execute_sql(MERGE.format(limit=GROUPS_AT_ONCE)).fetchall()
            sums: dict[tuple[Any, ...], int] = {}
            for *group, cases in found:
                sums[tuple(group)] = sums.get(tuple(group), 0) + cases
            fields = [cls.subject, cls.authority, cls.form, cls.status, cls.value, cls.cases]
            rows = [(*group, cases) for group, cases in sums.items() if cases]
            if rows:
                cls.insert_many(rows, fields).execute()
        return bool(sums)
