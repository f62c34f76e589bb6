"""Every kind of event, in one entry each. Whatever the code asks about a kind is derived from its entry.

To add a kind or a status: add its entry here, its words in wording/kinds.py and, if it is told, its texts in
templates/notifications/<kind>/. tests/dossiers/test_kinds.py names whatever is still missing.
"""

from dataclasses import dataclass
from typing import Literal

Clock = Literal["arrival", "request", "complete", "transfer", "end", "correction"]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What an event of this kind means. The defaults are those of an event that changes nothing but is told.

    `fields_needed` and `fields_taken` are about what is done as a move only: MoveForm of the desk and Move of the
    interface have one form for all of them. An act with a form of its own (a correction, originals) names none.
    """

    name: str
    enters: str = ""  # the status that the dossier has after it, if it changes the status
    moves_to: tuple[str, ...] = ()  # of a status: the statuses that may follow it
    with_authority: bool = False  # of a status: an authority works on it, or could hand it over
    takes_papers: bool = False  # of a status: more paper changes nothing, and is recorded as "further"
    scan_outcome: str = "supplied"  # of a status that waits for paper: what the post-bag calls its arrival
    fields_needed: tuple[str, ...] = ()  # of a move: the fields that must be given with it
    fields_taken: tuple[str, ...] = ()  # of a move: the fields that may be given with it
    undoable: bool = False  # staff may take it back while nobody has been told; a citizen's own acts stand
    told: bool = True  # the citizen is told of it
    says_status: bool = False  # its text says where the dossier stands, so a later one replaces it
    proves_paper: bool = False  # an envelope with the number came: whoever registered meant it
    envelope: bool = False  # an envelope was opened at the right authority: the arrival receipt lists it
    clock: Clock | None = None  # what it does to the legal clock
    by_staff: bool = True  # staff does it at the desk: the audit has a word for it
    with_note: bool = False  # staff may write the citizen a note with it: text blocks may go with it
    in_bulk: bool = False  # of a status: many dossiers may be moved to it at once
    ends: bool = False  # of a status: the dossier is over, and from now on its time to be erased runs
    rare: bool = False  # the page of the desk offers it below the usual next steps
    on_its_way: bool | None = None  # True: an envelope is under way since; False: it no longer is
    aside: Literal["meanwhile", "always"] | None = None  # the status page tells of it until the next status, or always
    asks: bool = False  # the first notification to an address: asks whether it is wanted
    about_contact: bool = False  # concerns an address, not the dossier: the public history leaves it out


_KINDS = (
    # Statuses. An envelope that arrives after all revives a lapsed dossier: paper wins over a timer.
    Kind(
        name="announced",
        enters="announced",
        moves_to=("received", "lapsed", "withdrawn"),
        says_status=True,
        asks=True,
        scan_outcome="arrived",
    ),
    Kind(
        name="received",
        enters="received",
        moves_to=("examination", "incomplete", "withdrawn"),
        with_authority=True,
        takes_papers=True,
        undoable=True,
        says_status=True,
        proves_paper=True,
        envelope=True,
        clock="arrival",
        with_note=True,
        fields_needed=("arrived_on",),
        fields_taken=("postmark_on",),
    ),
    Kind(
        name="incomplete",
        enters="incomplete",
        moves_to=("received", "examination", "lapsed", "withdrawn"),
        with_authority=True,
        undoable=True,
        says_status=True,
        clock="request",
        with_note=True,
        fields_needed=("missing", "until"),
    ),
    Kind(
        name="examination",
        enters="examination",
        moves_to=("decided", "incomplete", "withdrawn"),
        with_authority=True,
        takes_papers=True,
        undoable=True,
        says_status=True,
        clock="complete",
        with_note=True,
        in_bulk=True,
    ),
    Kind(
        name="decided",
        enters="decided",
        moves_to=("closed",),
        takes_papers=True,
        undoable=True,
        says_status=True,
        clock="end",
        with_note=True,
        in_bulk=True,
    ),
    Kind(
        name="closed",
        enters="closed",
        ends=True,
        takes_papers=True,
        undoable=True,
        says_status=True,
        clock="end",
        with_note=True,
        in_bulk=True,
    ),
    Kind(
        name="lapsed",
        enters="lapsed",
        ends=True,
        moves_to=("received",),
        undoable=True,
        says_status=True,
        clock="end",
        with_note=True,
        in_bulk=True,
        rare=True,
        scan_outcome="revived",
    ),
    Kind(
        name="withdrawn",
        enters="withdrawn",
        ends=True,
        takes_papers=True,
        undoable=True,
        says_status=True,
        clock="end",
        with_note=True,
        rare=True,
    ),
    # The dossier's other events.
    Kind(  # the citizen says so
        name="posted",
        told=False,
        by_staff=False,
        on_its_way=True,
    ),
    Kind(  # nobody said that it was posted
        name="reminder",
        says_status=True,
        by_staff=False,
    ),
    Kind(  # posted, but not scanned in time
        name="unarrived",
        says_status=True,
        by_staff=False,
        on_its_way=False,
    ),
    Kind(  # the missing documents came: what "received" is called for a dossier that had arrived before
        name="supplied",
        enters="received",
        undoable=True,
        says_status=True,
        envelope=True,
        clock="arrival",
    ),
    Kind(  # more paper came, though none was asked for
        name="further",
        undoable=True,
        envelope=True,
        with_note=True,
        rare=True,
        aside="meanwhile",
    ),
    Kind(  # it came to another authority, which sends it on
        name="forwarded",
        undoable=True,
        proves_paper=True,
        on_its_way=True,
    ),
    Kind(  # its envelope came without this form
        name="absent",
        undoable=True,
        proves_paper=True,
        on_its_way=False,
    ),
    Kind(  # another authority has the dossier now
        name="transferred",
        clock="transfer",
        with_note=True,
        fields_needed=("authority",),
        rare=True,
        aside="meanwhile",
    ),
    Kind(  # the first envelope came on another day
        name="corrected",
        clock="correction",
        with_note=True,
        rare=True,
        aside="meanwhile",
    ),
    Kind(  # originals went back to the citizen
        name="returned",
        with_note=True,
        rare=True,
        aside="always",
    ),
    Kind(  # details["event"] never happened
        name="undone",
        told=False,
    ),
    # Of a contact.
    Kind(  # another address was given
        name="added",
        by_staff=False,
        asks=True,
        about_contact=True,
    ),
    Kind(  # another address may take the place of this one
        name="changed",
        by_staff=False,
        about_contact=True,
    ),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _KINDS}


def _names(*, statuses_only: bool = False, **wanted: bool) -> tuple[str, ...]:
    """The kinds whose entry has all the `wanted` values, in the order of the entries."""
    return tuple(
        kind.name
        for kind in _KINDS
        if (kind.enters == kind.name or not statuses_only)
        and all(getattr(kind, name) is value for name, value in wanted.items())
    )


STATUSES = _names(statuses_only=True)
MOVES: dict[str, tuple[str, ...]] = {status: KINDS[status].moves_to for status in STATUSES}  # the only moves there are
ENTERING = tuple(kind.name for kind in _KINDS if kind.enters)
WITH_AUTHORITY = _names(with_authority=True)
AWAITING_PAPER = tuple(status for status in STATUSES if "received" in MOVES[status])
ARRIVALS = {status: KINDS[status].scan_outcome for status in AWAITING_PAPER}  # what the post-bag says of an arrival
AWAITING_AUTHORITY = tuple(status for status in WITH_AUTHORITY if KINDS[status].clock != "request")
ENDS = _names(ends=True)
FINAL = tuple(status for status in STATUSES if not MOVES[status])
TARGETS = tuple(status for status in STATUSES if any(status in moves for moves in MOVES.values()))
TAKING_PAPERS = _names(takes_papers=True)
UNDOABLE = _names(undoable=True)
TOLD = _names(told=True, about_contact=False)
SAYS_STATUS = _names(says_status=True)
PROVING_PAPER = _names(proves_paper=True)
ENVELOPES = _names(envelope=True)
BY_STAFF = _names(by_staff=True)
WITH_NOTE = _names(with_note=True)
IN_BULK = _names(in_bulk=True)
RARE = _names(rare=True)
ASIDE = tuple(kind.name for kind in _KINDS if kind.aside)
SENT = _names(on_its_way=True)
ABOUT_ENVELOPE = tuple(kind.name for kind in _KINDS if kind.on_its_way is not None)
ASKING = _names(asks=True)
ABOUT_CONTACT = _names(about_contact=True)
APART = (*ASKING, *(name for name in ABOUT_CONTACT if name not in ASKING))  # to one contact: no later news replace it


def path_to(status: str) -> tuple[str, ...]:
    """The fewest moves that bring a new dossier to `status`, for samples."""
    paths: list[tuple[str, ...]] = [()]
    for path in paths:  # it grows while it is read: breadth first
        reached = path[-1] if path else "announced"
        if reached == status:
            return path
        paths += [(*path, to) for to in MOVES[reached] if to not in path]
    raise ValueError(f"no moves lead to {status!r}")
