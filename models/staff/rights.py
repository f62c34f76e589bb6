"""The one table of rights: what each role may do. Whatever a row does not name is refused, and so is every other role.

Pages of the desk declare the right they need (`needs` in blueprints/accounts/guard.py). To add a role, add its row
here, its name in wording/staff.py, and in tests/desk/test_rights.py the role in the sets of roles (EVERYBODY, DECIDING,
ADMINS) whose pages it opens; without a row it opens no page.
"""

from typing import Literal, get_args

Right = Literal[
    "sign-in",  # come in and keep the own account
    "look",  # open dossiers, the work list, figures and exports
    "help",  # on the telephone: find by an address, read, correct, stop or erase it, send a notification again
    "issue",  # give out a number
    "receive",  # record what arrived: post-bag, paper without a code
    "move",  # decide on dossiers: move them, take it back, write notes, assign them
    "take",  # be the one that a dossier is assigned to
    "see-all",  # the dossiers of every authority; without it an account belongs to one authority
    "texts",  # preview the texts of all notifications
    "returned",  # read mails that came back and that no program could read
    "audit",  # read and export the audit log
    "accounts",  # keep the accounts of the staff
    "systems",  # keep the systems of the authorities and their tokens
    "api",  # use the interface for programs
]

_KNOWN = frozenset(get_args(Right))
_PHONE: frozenset[Right] = frozenset({"sign-in", "look", "help", "issue"})

RIGHTS: dict[str, frozenset[Right]] = {
    "clerk": _PHONE | {"receive", "move", "take"},
    "helpdesk": _PHONE | {"see-all"},
    "admin": _PHONE | {"receive", "move", "see-all", "texts", "returned", "audit", "accounts", "systems"},
    "system": frozenset({"api"}),  # the account of an authority's own system: nobody signs in to it
}


def may(role: str, right: Right) -> bool:
    """True if the table gives `right` to `role`. Raises ValueError for a right that does not exist."""
    if right not in _KNOWN:
        raise ValueError(f"there is no right {right!r}")
    return right in RIGHTS.get(role, ())


def roles_with(right: Right) -> tuple[str, ...]:
    """The roles that have `right`, in the order of the table."""
    return tuple(role for role in RIGHTS if may(role, right))


def has_authority(role: str) -> bool:
    """True if accounts of this role belong to one authority, False if to none. Raises KeyError for an unknown role."""
    return "see-all" not in RIGHTS[role]
