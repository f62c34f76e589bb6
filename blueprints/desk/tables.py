"""The statistics of an office as tables, for charts, pages and CSV."""

from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from models import Dossier
from models.desk.statistics import Statistics
from models.dossiers.number import grouped
from models.notifications.channel import CHANNELS
from web.languages import in_language
from wording import notifications as notification_words
from wording.kinds import label

TONES = {"overdue": "bad", "today": "bad", "3 days": "wait", "failed": "bad", "unknown": "bad"}


DOSSIER_COLUMNS = (
    "number",
    "procedure",
    "form",
    "authority",
    "status",
    "arrived",
    "target",
    "limit",
    "decided",
    "days",
    "requests",
    "changed",
)


class Table(NamedTuple):
    """One table: `name` is its name in the URL, the first cell of a row is the row's heading."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    tones: tuple[str, ...] = ()  # the colour of each row's bar, drawn from its last cell; empty: no chart


def tables(statistics: Statistics) -> list[Table]:
    """All tables, the most urgent first."""
    return [
        _deadlines(statistics),
        _weeks(statistics),
        _stages(statistics),
        _ages(statistics),
        _notifications(statistics),
        _waits(statistics),
    ]


def dossier(row: Dossier) -> tuple[Any, ...]:
    """A row of the work list as CSV cells, in the order of DOSSIER_COLUMNS."""
    form, procedure = row.form, row.form.procedure
    return (
        grouped(row.number),
        in_language(procedure.title),
        in_language(form.title),
        in_language(row.authority.name),
        label(row.status),
        row.arrived_on,
        row.target_on,
        row.due_on,
        row.decided_on,
        row.handled_days,
        row.round,
        row.changed_at.isoformat(timespec="seconds"),
    )


def _bars(name: str, title: str, columns: tuple[str, ...], rows: dict[Any, tuple[Any, ...]]) -> Table:
    return Table(name, title, columns, list(rows.values()), tuple(TONES.get(key, "plain") for key in rows))


def _deadlines(statistics: Statistics) -> Table:
    said = {
        "overdue": _("Overdue"),
        "today": _("Due today"),
        "3 days": _("Due in 1 to 3 days"),
        "7 days": _("Due in 4 to 7 days"),
        "14 days": _("Due in 8 to 14 days"),
        "later": _("Due later"),
        "none": _("No date at present"),
    }
    rows = {name: (said[name], cases) for name, cases in statistics.by_deadline().items()}
    return _bars("deadlines", _("Deadlines of open dossiers"), (_("Legal limit"), _("Dossiers")), rows)


def _weeks(statistics: Statistics) -> Table:
    columns = (_("Week from Monday"), _("Arrived"), _("Decided"))
    return Table("weeks", _("Arrived and decided, by week"), columns, statistics.by_week())


def _stages(statistics: Statistics) -> Table:
    rows = {status: (label(status), cases) for status, cases in statistics.by_status().items()}
    return _bars("stages", _("Where all dossiers stand"), (_("Status"), _("Dossiers")), rows)


def _ages(statistics: Statistics) -> Table:
    ages = statistics.by_age()
    most = max(age for age in ages if age)
    rows = {
        age: (ngettext("At most %(num)d day", "At most %(num)d days", age) if age else _older(most), cases)
        for age, cases in ages.items()
    }
    return _bars("ages", _("Age of open dossiers"), (_("Since arrival"), _("Dossiers")), rows)


def _older(most: int) -> str:
    return ngettext("More than %(num)d day", "More than %(num)d days", most)


def _notifications(statistics: Statistics) -> Table:
    counts = statistics.by_state()
    rows = {
        state: (said, *(counts[state].get(channel, 0) for channel in CHANNELS), sum(counts[state].values()))
        for state, said in notification_words.states().items()
        if state in counts
    }
    columns = (_("State"), _("E-mail"), _("SMS"), _("App"), _("Together"))
    return _bars("messages", _("What became of the messages"), columns, rows)


def _waits(statistics: Statistics) -> Table:
    columns = (_("Procedure"), _("Decided in twelve months"), _("Half within days"), _("Nine of ten within days"))
    rows = [(in_language(time.procedure.title), time.cases, time.half, time.most) for time in statistics.waits()]
    return Table("waiting", _("How long it took"), columns, rows)
