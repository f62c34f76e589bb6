"""The words of a notification: templates/notifications/<kind of event>/, in the language of the contact."""

import base64
import datetime as dt
import hashlib
import hmac
import re
import unicodedata
from dataclasses import replace
from typing import Any

from flask import current_app, render_template
from flask_babel import force_locale, format_date

from models import Authority, Contact, Dossier, Event, Notification, Subscription
from models.base import LUXEMBOURG
from models.catalogue.procedure import LOCALES
from models.dossiers.number import grouped
from senders import bounces
from senders.base import Letter

SEGMENT = 160
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# One character outside GSM-7 (ë, ê, ç, ’ ...) would cut the segment from 160 characters to 70: twice the price.
PLAIN = str.maketrans(
    {"œ": "oe", "Œ": "OE", "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'}
    | {"–": "-", "—": "-", "…": "...", "\u00a0": " ", "\u202f": " ", "€": "EUR"}
)
MAC_BYTES = 11


def write(notification: Notification) -> Letter:
    """`notification` written out, with what is attached. Raises ValueError for an SMS that does not fit one segment."""
    contact, event = notification.contact, notification.event
    news = notification.news() if notification.kind == "digest" else []
    if len(news) > 1:  # a single one is told as ever, only later
        present = event.dossier.history.present
        event = event if present.kind == "announced" else present  # before arrival the newest says most
    letter = compose(notification, event, news if len(news) > 1 else [])
    if notification.channel != "email":
        return letter
    with force_locale(LOCALES[contact.language]):
        return replace(letter, attachments=_attachments(event, contact))


def compose(notification: Notification, event: Event, news: list[Event]) -> Letter:
    """The words of `notification`, which tells of `event`; as a digest if there are `news`. Raises what write() raises."""
    with force_locale(LOCALES[notification.contact.language]):
        words = _words(notification.contact, event, news)
        return WRITERS[notification.channel](notification, words)


def kept(letter: Letter, contact: Contact) -> dict[str, str]:
    """What was written, to be kept with the notification: without the link that is the contact's alone, and no address."""
    said = letter.text.replace(contact_token(contact), "***")
    return {"subject": letter.subject, "text": said} if letter.subject else {"text": said}


def sms_segment(text: str) -> str:
    """`text` in the alphabet of one SMS segment: ë is e, ç is c, ’ is '. Raises ValueError if it does not fit."""
    plain = "".join(_plain(character) for character in text.translate(PLAIN))
    strange = set(plain) - GSM_7
    if strange or len(plain) > SEGMENT:
        raise ValueError(f"{len(plain)} characters, not in the alphabet of SMS: {sorted(strange)}")
    return plain


def contact_token(contact: Contact) -> str:
    """What only the contact is sent, for /c/<token>: 24 small letters and digits, short enough for an SMS."""
    raw = contact.id.to_bytes(4, "big") + _mac(contact)
    return base64.b32encode(raw).decode().lower()


def contact_id(token: str) -> int | None:
    """The id of the contact that `token` was made for, or None: not made by us, or the contact is no more."""
    try:
        raw = base64.b32decode(token[:64].upper())
    except ValueError:
        return None
    contact = Contact.get_or_none((Contact.id == int.from_bytes(raw[:4], "big")) & Contact.replaced_at.is_null())
    return contact.id if contact and hmac.compare_digest(raw[4:], _mac(contact)) else None


def _mac(contact: Contact) -> bytes:
    # The instant keeps an old link from opening the contact of somebody else: SQLite gives the id of an erased
    # row to the next one.
    signed = f"contact {contact.id} {contact.created_at.timestamp()}".encode()
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.digest(key, signed, hashlib.sha256)[:MAC_BYTES]


def _plain(character: str) -> str:
    """`character`, without its accents where GSM-7 does not have it with them."""
    if character in GSM_7:
        return character
    return "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))


def _words(contact: Contact, event: Event, news: list[Event]) -> dict[str, Any]:
    """What the templates know: nothing about the person but the link that only they are sent."""
    dossier, site, language = event.dossier, current_app.config["SITE_URL"], contact.language
    words = {
        "kind": "digest" if news else event.kind,
        "event": event,
        "dossier": dossier,
        "language": language,
        "number": grouped(dossier.number),
        "procedure": dossier.form.procedure.title[language],
        "form": dossier.form.title[language],
        "enclosures": [enclosure[language] for enclosure in dossier.form.enclosures],
        "authority": dossier.authority,
        "authority_name": dossier.history.authority_at(event, dossier.authority).name[language],
        "limit": _limit(dossier),
        "missing": event.missing(language),
        "confirmed": contact.confirmed_at is not None,
        "status_url": f"{site}/t/{dossier.number}",
        "contact_url": f"{site}/c/{contact_token(contact)}",
        # One link for both, at the end of every SMS: a segment has no room for two.
        "info_or_stop": f"Info/STOP: {site}/c/{contact_token(contact)}",
        "opened_by": _opened_by(event, language),
    }
    words |= _dates(event) | _details(event)
    return words | {"happened": [_happened(one, words) for one in news]}


def _limit(dossier: Dossier) -> str:
    """The last day for the authority's answer, as a rule, if its clock runs."""
    reading = dossier.reading
    return format_date(reading.limit, "long") if reading and reading.limit and not reading.ended else ""


def _happened(event: Event, words: dict[str, Any]) -> str:
    """One line of a digest: the day, the subject that the notification of `event` would have had, and what only it told."""
    subject = _title(words | {"kind": event.kind, "event": event})
    went_back = ", ".join(filter(None, map(event.details.get, ("what", "registered"))))
    note = event.note if event != words["event"] else ""  # that one stands below, whole
    told = ": ".join(filter(None, (subject, went_back, " ".join(note.split()))))
    return f"{_dates(event)['day']} – {told}"


def _dates(event: Event) -> dict[str, str]:
    """Days on the calendar of Luxembourg, in full and short."""
    day = event.at.astimezone(LUXEMBOURG).date()
    return {
        "date": format_date(day, "long"),
        "day": format_date(day, "medium"),
        "arrived": format_date(event.arrived_on or day, "long"),
        "arrived_day": format_date(event.arrived_on or day, "medium"),
        "postmark": format_date(event.postmark_on, "long") if event.postmark_on else "",
        "until": format_date(event.until, "long") if event.until else "",
        "until_day": format_date(event.until, "medium") if event.until else "",
    }


def _details(event: Event) -> dict[str, str]:
    """What belongs to one kind of event only: what went back, since when paper is on its way, the day put right."""
    days = {"on": event.details.get("on"), "earlier": event.details.get("from") if event.kind == "corrected" else None}
    words = {name: event.details.get(name) or "" for name in ("what", "registered")}
    for name, day in days.items():
        words[name] = format_date(dt.date.fromisoformat(day), "long") if day else ""
        words[f"{name}_day"] = format_date(dt.date.fromisoformat(day), "medium") if day else ""
    return words


def _opened_by(event: Event, language: str) -> str:
    """The name of the authority that an envelope came to by mistake."""
    slug = event.details.get("from") if event.kind in ("forwarded", "unarrived") else None
    first = Authority.get_or_none(Authority.slug == slug) if slug else None
    return first.name[language] if first else ""


def _subject(words: dict[str, Any]) -> str:
    return _one_line(_render("subject.txt", words))


def _title(words: dict[str, Any]) -> str:
    """The subject without the number, where that stands beside it anyway or is nobody else's business."""
    return _subject(words).removesuffix(f" ({words['number']})")


def _one_line(text: str) -> str:
    """`text` with single spaces; those that must not break, before a French colon, stay what they are."""
    return " ".join(re.split(r"[ \t\n]+", text.strip()))


def _render(name: str, words: dict[str, Any]) -> str:
    return render_template(f"notifications/{words['kind']}/{name}", **words).strip()


def _paragraphs(words: dict[str, Any]) -> list[str]:
    return [_one_line(part) for part in _render("body.txt", words).split("\n\n") if part.strip()]


def _sms(notification: Notification, words: dict[str, Any]) -> Letter:
    text = sms_segment(_render("sms.txt", words))
    return Letter(reference=notification.reference, to=notification.contact.address, text=text)


def _mail(notification: Notification, words: dict[str, Any]) -> Letter:
    """Text and HTML are two layouts of the same sentences: the subject, and the body in paragraphs."""
    words["subject"], words["title"] = _subject(words), _title(words)
    words["paragraphs"] = _paragraphs(words)
    return Letter(
        reference=f"{notification.id}.{notification.event_id}.{notification.created_at:%Y%m%d%H%M%S}",  # ids come back with a backup
        to=notification.contact.address,
        text=render_template("notifications/_mail.txt", **words).strip() + "\n",
        html=render_template("notifications/_mail.html", **words),
        subject=words["subject"],
        return_path=bounces.return_path(notification),
        contact_url=words["contact_url"],
    )


def _attachments(event: Event, contact: Contact) -> tuple[tuple[str, bytes], ...]:
    """The sheet goes with the number, and the follow-up sheet with what is missing, for those who print their mail."""
    sheet = current_app.extensions["sheet_pdf"](event, contact.language)
    return (sheet,) if sheet else ()


def _push(notification: Notification, words: dict[str, Any]) -> Letter:
    """What a phone shows, locked or not: the subject and the first sentences of the mail, and no number."""
    return Letter(
        reference=notification.reference,
        to=_device(notification.contact),
        subject=_title(words),
        text=_paragraphs(words)[0],
        language=words["language"],
        page=f"/t/{words['dossier'].number}",
    )


def _device(contact: Contact) -> str:
    """What the browser of its device gave out; empty if it is gone."""
    subscription = Subscription.get_or_none(Subscription.contact == contact)
    return subscription.info if subscription else ""


WRITERS = {"email": _mail, "sms": _sms, "push": _push}
