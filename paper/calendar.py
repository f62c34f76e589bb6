"""Calendar entry (.ics) for a date of a dossier."""

import datetime as dt
from typing import NamedTuple

from icalendar import Alarm, Calendar, Event

# When the calendar reminds: at nine on the day before, or three days before the citizen's own date, in time for the
# post. Always before the day begins: Outlook drops the others.
REMINDERS = {"limit": dt.timedelta(days=-1, hours=9), "yours": dt.timedelta(days=-3, hours=9)}


class Entry(NamedTuple):
    """One calendar entry. It names no person."""

    number: str
    kind: str  # a key of REMINDERS
    date: dt.date
    title: str
    text: str
    url: str  # of the dossier's page
    version: int  # of the dossier: with a higher one, a calendar replaces the entry it has
    changed_at: dt.datetime
    language: str


def ics(entry: Entry) -> bytes:
    """An iCalendar file (RFC 5545) with one all-day entry and a reminder."""
    calendar = Calendar()
    calendar.add("prodid", f"-//eTracking//{entry.language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(entry))
    return calendar.to_ical()


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", f"{entry.number}-{entry.kind}@etracking")
    event.add("sequence", entry.version)
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("dtstart", entry.date)
    if entry.date < dt.date.max:  # the standard can do without (RFC 5545, 3.6.1); Android and iCloud cannot
        event.add("dtend", entry.date + dt.timedelta(days=1))
    event.add("summary", entry.title, parameters={"language": entry.language})
    event.add("description", entry.text, parameters={"language": entry.language})
    event.add("url", entry.url)
    event.add("transp", "TRANSPARENT")  # the day stays free for appointments
    event.add("x-microsoft-cdo-alldayevent", "TRUE")  # old Outlook and Exchange do not see it by the dates
    event.add("x-microsoft-cdo-busystatus", "FREE")  # nor this by TRANSP
    event.add_component(_reminder(entry))
    return event


def _reminder(entry: Entry) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", REMINDERS[entry.kind])
    alarm.add("description", entry.title)
    return alarm
