"""The result of a successful authentication: which account, and by which factor."""

from typing import Literal, NamedTuple

from models.staff.staff import Staff

Factor = Literal["password", "passkey", "totp", "recovery"]


class Proof(NamedTuple):
    """The holder of `staff` has just authenticated with `factor`."""

    staff: Staff
    factor: Factor
