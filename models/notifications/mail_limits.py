"""Rate limits for the first mail to an address: against mail bombs and harassment.

They fail closed, as those of SMS. A domain has a limit of its own, so that nobody bombs an organisation with mails to a
thousand of its addresses; it grows with the people of that domain who confirmed, so that a domain that many use is not
throttled.
"""

from models.base import db
from models.notifications import allowance, conversion
from models.notifications.allowance import DAY, HOUR, Asker, Limit
from models.notifications.contact import hashed
from models.security.throttle import Counter

# Few to one address, which may be a victim's; more from one visitor, who may help many people.
PER_ADDRESS, PER_ADDRESS_AND_NETWORK = ((3, DAY),), ((2, DAY),)
PER_VISITOR, PER_NETWORK = ((50, DAY),), ((100, HOUR), (300, DAY))
PER_ACCOUNT = ((50, DAY),)  # for staff, instead of networks
PER_DOMAIN = ((30, HOUR), (60, DAY))
CONFIRMED_FACTOR = 5  # so many more for each address of the domain that was confirmed in the last day
# Domains where everybody may have a mailbox: no organisation is hit by many mails to them.
PROVIDER_FACTOR = 10
NAMES_OF_PROVIDERS = (
    "gmail.com googlemail.com outlook.com hotmail.com hotmail.fr hotmail.de live.com live.fr msn.com icloud.com me.com"
    " mac.com yahoo.com yahoo.fr yahoo.de gmx.de gmx.net gmx.fr web.de t-online.de freenet.de mail.de posteo.de"
    " orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr bbox.fr skynet.be telenet.be proximus.be voo.be"
    " pt.lu internet.lu tango.lu vo.lu luxtelecom.lu eltrona.lu proton.me protonmail.com tutanota.com"
)
PROVIDERS = frozenset(NAMES_OF_PROVIDERS.split())
HOURLY_SHARE = 0.2  # of the limit of the day


def count_request(address: str, asker: Asker, least: int, proven: bool = False) -> None:
    """Count a request for a first mail to `address`, or raise LimitError and count nothing.

    `least` is what everybody may have in a day, at least. `proven`: this browser has had this address confirmed, so
    it is the asker's own. The caller's transaction is that of the registration.
    """
    with allowance.fail_closed("mails"):
        allowance.refuse_stopped("email", address)
        probe = conversion.limits(conversion.MAIL)
        with db.atomic():
            day = allowance.usual("mail day ", least)
            everybody = {HOUR: int(day * HOURLY_SHARE), DAY: day}
            limits = [
                *([] if proven else _address_limits(address, asker)),
                *_asker_limits(asker),
                *asker.provider_limits(everybody),
                *_domain_limits(_domain(address)),
                *(Limit("everybody", "", maximum, window, shared=True) for window, maximum in everybody.items()),
            ]
            allowance.count("mail", [*limits, *probe])
            allowance.keep_day("mail day ")


def note_confirmed(address: str) -> None:
    """Count an address that was confirmed by its link: its domain may have more first mails."""
    Counter.hit_rolling(_confirmed(_domain(address)), DAY)


def _address_limits(address: str, asker: Asker) -> list[Limit]:
    name = hashed("email", address)
    limits = [Limit("address", name, *limit) for limit in PER_ADDRESS]
    if asker.networks:
        whose = f"{name} {asker.networks.network}"
        limits += [Limit("address", whose, *limit) for limit in PER_ADDRESS_AND_NETWORK]
    return limits


def _asker_limits(asker: Asker) -> list[Limit]:
    if asker.networks is None:
        return [Limit("account", str(asker.account), *limit) for limit in PER_ACCOUNT]
    return [
        *(Limit("visitor", asker.networks.visitor, *limit) for limit in PER_VISITOR),
        *(Limit("network", asker.networks.network, *limit) for limit in PER_NETWORK),
    ]


def _domain_limits(domain: str) -> list[Limit]:
    more = CONFIRMED_FACTOR * Counter.rolling_all([(_confirmed(domain), DAY)])[0]
    factor = PROVIDER_FACTOR if domain in PROVIDERS else 1
    return [Limit("domain", domain, most * factor + more, window, shared=True) for most, window in PER_DOMAIN]


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _confirmed(domain: str) -> str:
    return f"mail confirmed {domain}"
