"""People and programs that ask for SMS, one after the other."""

import datetime as dt
import itertools

from models import Contact, Dossier, now
from models.notifications import consent, sms_limits
from models.notifications.allowance import Asker, LimitError
from models.notifications.sms_limits import Tariff
from models.security.throttle import Networks

MONDAY = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
TARIFF = Tariff(price=8, budget=500)
PERMITS = map(str, itertools.count())


def mobile(index: int, block: int | None = None) -> str:
    """One of many mobile numbers of Luxembourg: each in a block of its own, or all in one."""
    first = index % 10_000 if block is None else block
    return f"+352621{first % 1000:03}{index // 1000 % 10}{index % 100:02}"


def asked(number: str, network: str = "", tariff: Tariff = TARIFF) -> str:
    """Which limit refuses an SMS to `number`, or nothing."""
    try:
        sms_limits.count_request(number, asker(network or f"network {next(PERMITS)}"), tariff)
    except LimitError as refused:
        return str(refused)
    return ""


def asker(network: str, provider: str = "") -> Asker:
    """A visitor of a network of this name, in a wider one of its own or of the name `provider`."""
    return Asker(Networks(f"visitor {network}", f"network {network}", provider or f"provider {network}"), network)


def left(dossier: Dossier, number: str, confirmed: bool = False, tariff: Tariff = TARIFF) -> str:
    """Which limit holds back the SMS to a new contact, or nothing."""
    contact = Contact.create(dossier=dossier, channel="sms", address=number, language="en", created_at=now())
    if confirmed:
        consent.confirm(contact)
    try:
        sms_limits.count_sending(Contact.get_by_id(contact.id), next(PERMITS), tariff)
    except LimitError as refused:
        contact.erase()
        return str(refused)
    return ""


def attack(dossier: Dossier, clock, hours: int) -> int:
    """A fraudster with any number of networks and numbers tries twice a minute; how many SMS leave."""
    sent = 0
    for index in range(hours * 120):
        clock.shift(30)
        number = f"+3526{(21, 61, 91)[index % 3]}{index * 7919 % 1_000_000:06}"
        sent += not asked(number) and not left(dossier, number)
    return sent
