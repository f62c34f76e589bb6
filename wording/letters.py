"""What a notification says (templates/notifications/<kind>/) in the language of its contact. Makes no query."""

import datetime as dt
import re
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale, format_date

from models import Event, Notification
from models.base import local_day
from models.catalogue.procedure import LOCALES
from models.dossiers.number import grouped
from models.notifications.content import Content
from models.notifications.letter import Letter
from wording import sms_alphabet

Words = dict[str, Any]


def write(content: Content) -> Letter:
    """The letter of a notification. Raises ValueError for an SMS that does not fit one segment."""
    with force_locale(LOCALES[content.contact.language]):
        return WRITERS[content.notification.channel](content, _words(content))


def _words(content: Content) -> Words:
    """What the templates know: nothing about the person but the link that only they are sent."""
    dossier, event, language = content.dossier, content.event, content.contact.language
    site = current_app.config["SITE_URL"]
    contact_url = f"{site}/c/{content.contact.token}"
    words = {
        "kind": content.kind,
        "event": event,
        "language": language,
        "number": grouped(dossier.number),
        "procedure": dossier.form.procedure.title[language],
        "form": dossier.form.title[language],
        "enclosures": [enclosure[language] for enclosure in dossier.form.enclosures],
        "authority": dossier.authority,
        "authority_name": content.authority.name[language],
        "deadline": _deadline(content),
        "missing": event.missing(language),
        "confirmed": content.contact.confirmed_at is not None,
        "status_url": f"{site}/t/{dossier.number}",
        "contact_url": contact_url,
        # One link for both, at the end of every SMS: a segment has no room for two.
        "info_or_stop": f"Info/STOP: {contact_url}",
        "opened_by": content.opened_by.name[language] if content.opened_by else "",
    }
    words |= _dates(event) | _details(event) | _arrival(content.arrival)
    return words | {"happened": [_happened(each, words) for each in content.news]}


def _deadline(content: Content) -> str:
    """The last day for the authority's answer, as a rule, if its clock runs."""
    reading = content.history.reading(content.dossier.form.rules)
    return format_date(reading.deadline, "long") if reading and reading.deadline and not reading.ended else ""


def _happened(event: Event, words: Words) -> str:
    """One line of a digest: the day, the subject of the event's own mail, and what only that mail told."""
    subject = _title(words | {"kind": event.kind, "event": event})
    sent_back = ", ".join(filter(None, map(event.details.get, ("what", "registered"))))
    note = event.note if event != words["event"] else ""  # that one stands below, whole
    told = ": ".join(filter(None, (subject, sent_back, " ".join(note.split()))))
    return f"{_dates(event)['day']} – {told}"


def _dates(event: Event) -> dict[str, str]:
    """Days on the calendar of Luxembourg, in full and short."""
    day = local_day(event.at)
    return {
        "date": format_date(day, "long"),
        "day": format_date(day, "medium"),
        "arrived": format_date(event.arrived_on or day, "long"),
        "arrived_day": format_date(event.arrived_on or day, "medium"),
        "postmark": format_date(event.postmark_on, "long") if event.postmark_on else "",
        "until": format_date(event.until, "long") if event.until else "",
        "until_day": format_date(event.until, "medium") if event.until else "",
    }


def _arrival(arrival: Event | None) -> dict[str, str]:
    """Of a request for documents: the kind and the day of the arrival that it tells of too."""
    if arrival is None:
        return {"came": ""}
    dates = _dates(arrival)
    return {"came": arrival.kind, "came_on": dates["arrived"], "came_day": dates["arrived_day"]}


def _details(event: Event) -> dict[str, str]:
    """What belongs to one kind of event only: what was sent back, the day of posting, the day that was corrected."""
    days = {"on": event.details.get("on"), "earlier": event.details.get("from") if event.kind == "corrected" else None}
    words = {name: event.details.get(name) or "" for name in ("what", "registered")}
    for name, day in days.items():
        words[name] = format_date(dt.date.fromisoformat(day), "long") if day else ""
        words[f"{name}_day"] = format_date(dt.date.fromisoformat(day), "medium") if day else ""
    return words


def _subject(words: Words) -> str:
    return _one_line(_render("subject.txt", words))


def _title(words: Words) -> str:
    """The subject without the number: for where the number stands beside it, or others can read it."""
    return _subject(words).removesuffix(f" ({words['number']})")


def _one_line(text: str) -> str:
    """`text` with single spaces; non-breaking ones, before a French colon, are kept."""
    return " ".join(re.split(r"[ \t\n]+", text.strip()))


def _render(name: str, words: Words) -> str:
    return render_template(f"notifications/{words['kind']}/{name}", **words).strip()


def _paragraphs(words: Words) -> list[str]:
    return [_one_line(part) for part in _render("body.txt", words).split("\n\n") if part.strip()]


def _sms(content: Content, words: Words) -> Letter:
    text = sms_alphabet.segment(_render("sms.txt", words))
    return Letter(reference=content.notification.reference, to=content.contact.address, text=text)


def _mail(content: Content, words: Words) -> Letter:
    """Text and HTML are two layouts of the same sentences: the subject, and the body in paragraphs."""
    words |= {"subject": _subject(words), "title": _title(words), "paragraphs": _paragraphs(words)}
    return Letter(
        reference=_mail_reference(content.notification),
        to=content.contact.address,
        text=render_template("notifications/_mail.txt", **words).strip() + "\n",
        html=render_template("notifications/_mail.html", **words),
        subject=words["subject"],
        contact_url=words["contact_url"],
    )


def _mail_reference(notification: Notification) -> str:
    """The same at every attempt. With its creation time: a database restored from a backup gives the same ids again."""
    return f"{notification.id}.{notification.event_id}.{notification.created_at:%Y%m%d%H%M%S}"


def _push(content: Content, words: Words) -> Letter:
    """What a phone shows, locked or not: the subject and the first sentences of the mail, and no number."""
    return Letter(
        reference=content.notification.reference,
        to=content.device,
        subject=_title(words),
        text=_paragraphs(words)[0],
        language=words["language"],
        page=f"/t/{content.dossier.number}",
    )


WRITERS = {"email": _mail, "sms": _sms, "push": _push}
