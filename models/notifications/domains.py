"""Domains of e-mail addresses that look mistyped: somebody is asked about them once, and nothing is refused.

No DNS: gmial.com exists, and belongs to somebody. Big providers are compared by any one slip; of others only a slip
that no name of another firm is likely to be, such as two letters swapped or one doubled.
"""

# What people in and around Luxembourg use, the most used first: of two that are as near, the first is offered.
_WORLDWIDE = """
gmail.com hotmail.com outlook.com yahoo.com icloud.com hotmail.fr yahoo.fr outlook.fr hotmail.de outlook.de yahoo.de
hotmail.be outlook.be yahoo.be hotmail.it outlook.it yahoo.it hotmail.es outlook.es yahoo.es outlook.pt hotmail.nl
hotmail.co.uk yahoo.co.uk googlemail.com live.com live.fr live.de live.be live.nl live.it live.lu msn.com me.com
mac.com aol.com aol.de aol.fr protonmail.com proton.me pm.me tutanota.com tuta.io ymail.com rocketmail.com mail.com
email.com
"""
_NEARBY = """
pt.lu internet.lu education.lu vo.lu tango.lu cmdnet.lu post.lu etat.lu uni.lu school.lu gms.lu luxcaddy.lu gmx.de
gmx.net web.de t-online.de freenet.de arcor.de vodafone.de posteo.de mailbox.org online.de gmx.at gmx.ch gmx.com
gmx.lu gmx.fr orange.fr free.fr laposte.net wanadoo.fr sfr.fr bbox.fr neuf.fr numericable.fr aliceadsl.fr
club-internet.fr skynet.be proximus.be telenet.be scarlet.be voo.be pandora.be bluewin.ch sunrise.ch libero.it
alice.it tiscali.it virgilio.it sapo.pt netcabo.pt iol.pt telefonica.net ziggo.nl kpnmail.nl xs4all.nl planet.nl
home.nl chello.at aon.at wp.pl onet.pl o2.pl interia.pl
"""
# Real ones that are near to one of the above.
_REAL = """
mail.fr mail.de mail.lu mail.be mail.ch mail.pt mail.ru gmx.eu gmx.org gmx.info gmx.biz gmx.co.uk gmx.es email.de
email.lu email.it email.cz fmail.com hmail.com zmail.com bmail.com kmail.com jmail.com qmail.com xmail.com vmail.com
inmail.com googlemail.de hotmail.ch hotmail.ca hotmail.gr hotmail.se hotmail.no hotmail.dk outlook.at outlook.ie
outlook.dk outlook.com.br hotmail.com.br hotmail.com.tr yahoo.ca yahoo.ie yahoo.gr yahoo.pl yahoo.se yahoo.no yahoo.dk
yahoo.ro yahoo.in yahoo.com.br yahoo.co.in yahoo.at yahoo.ch ymail.fr live.at live.ie live.dk live.se live.no live.ca
live.cn live.co.uk live.com.pt live.pt live.es orange.lu orange.be orange.es orange.com orange.pl orange.ro orange.ch
orange.net free.lu laposte.fr laposte.lu sfr.net sfr.re post.de post.at post.ch poste.it post.com post.be tango.be
skynet.lu proton.lu protonmail.ch icloud.de mango.lu prange.fr telnet.be planet.be planet.lu planet.de home.pl home.de
home.be libero.pt alice.pt alice.fr alice.de tin.it inter.net web.lu webmail.de web.com web.at web.fr pt.com pro.lu
gov.lu grail.com email.fr
"""
PROVIDERS = [*_WORLDWIDE.split(), *_NEARBY.split()]
GIANTS = {"gmail", "hotmail", "outlook", "yahoo", "icloud", "googlemail", "protonmail"}
ONE_END = {"gmail", "icloud", "googlemail"}  # theirs is .com everywhere
KNOWN = {*PROVIDERS, *_REAL.split()}
# What becomes of the end of a domain under quick fingers.
ENDS = {
    "com": "con c0m cmo ocm comm coom cim cpm vom xom ckm clm cok coml come comn comme cop cm co om",
    "net": "ner nte ent nett nt met bet netz het ne et",
    "fr": "ft fe frr ffr fd rf f fer frf",
    "de": "dee dd ed d dw ds dr der",
    "lu": "luu llu lz ul l lj lue ku lui",
    "be": "bee bbe eb b",
}
COUNTRIES = {"cm", "co", "om", "ne", "et"}  # of these the only ones that exist: not believed of short names
MIN_NAME = 6  # letters of a name of which one may be wrong
MIN_LONG = 7  # the same for two letters


def meant(address: str) -> str:
    """The address that may have been meant, or an empty text if nothing speaks for a slip."""
    name, _, domain = address.rpartition("@")
    domain = domain.lower()
    if not name or domain in KNOWN:
        return ""
    slips = {provider: _slips(domain, provider) for provider in PROVIDERS}
    likely = [provider for provider, count in slips.items() if count]
    return f"{name}@{min(likely, key=slips.__getitem__)}" if likely else ""


def _slips(domain: str, provider: str) -> int:
    """How many slips lead from `provider` to `domain`; 0 if too many, or if it is rather a name of its own."""
    (name, _, end), (right, _, right_end) = domain.partition("."), provider.partition(".")
    if abs(len(name) - len(right)) > 2:
        return 0
    in_name = distance(name, right)
    in_end = 0 if end == right_end else 1 if _is_mistyped(end, right_end, right) else 2
    if in_end == 2 and not (right in ONE_END or (right in GIANTS and end == "lu" and right_end == "com")):
        return 0
    if in_name + in_end > 2 or (in_end and in_name > 1):
        return 0
    return in_name + in_end if in_name == 0 or _is_slip(name, right, in_name) else 0


def _is_mistyped(end: str, right: str, name: str) -> bool:
    return end in ENDS.get(right, "").split() and (end not in COUNTRIES or len(name) >= len("gmail"))


def _is_slip(name: str, right: str, letters: int) -> bool:
    """True if `name` is `right` with so many wrong letters, and hardly a name of its own."""
    if letters == 2:
        return right in GIANTS and len(right) >= MIN_LONG and name[0] == right[0]
    swapped = sorted(name) == sorted(right) and len(right) > 2
    return right in GIANTS or swapped or _is_doubled(name, right) or (len(right) >= MIN_NAME and name[0] == right[0])


def _is_doubled(name: str, right: str) -> bool:
    return any(right[:at] + right[at] + right[at:] == name for at in range(len(right)))


def distance(one: str, other: str) -> int:
    """How many letters are wrong, missing or too many; two neighbours swapped count once (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        earlier, before, row = before, row, [at]
        for place, its in enumerate(other, 1):
            costs = [before[place] + 1, row[place - 1] + 1, before[place - 1] + (letter != its)]
            if at > 1 and place > 1 and letter == other[place - 2] and one[at - 2] == its:
                costs.append(earlier[place - 2] + 1)
            row.append(min(costs))
    return row[-1]
