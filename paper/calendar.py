"""A date of a dossier for the calendar of a phone or a desk."""

import datetime as dt
from typing import NamedTuple

from icalendar import Alarm, Calendar, Event

# When to be reminded: on the day itself at nine, or three days before it, while the post is still quick enough.
REMINDERS = {"limit": dt.timedelta(hours=9), "yours": dt.timedelta(days=-3, hours=9)}


class Entry(NamedTuple):
    """What stands in the calendar. Nothing in it says whose dossier it is."""

    number: str
    kind: str  # of REMINDERS
    date: dt.date
    title: str
    text: str
    url: str  # of the dossier's page
    version: int  # of the dossier: a calendar takes a later file for news of the same entry
    changed_at: dt.datetime
    language: str


def ics(entry: Entry) -> bytes:
    """An iCalendar file (RFC 5545) with one entry of a whole day and a reminder."""
    calendar = Calendar()
    calendar.add("prodid", f"-//eTracking//{entry.language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(entry))
    return calendar.to_ical()


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", f"{entry.number}-{entry.kind}@etracking")
    event.add("sequence", entry.version)
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", entry.date)  # a date without an end is that one day (RFC 5545, 3.6.1)
    event.add("summary", entry.title, parameters={"language": entry.language})
    event.add("description", entry.text, parameters={"language": entry.language})
    event.add("url", entry.url)
    event.add("transp", "TRANSPARENT")  # a day to remember, not a day that is taken
    event.add_component(_reminder(entry))
    return event


def _reminder(entry: Entry) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", REMINDERS[entry.kind])
    alarm.add("description", entry.title)
    return alarm
