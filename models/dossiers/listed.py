"""The order of the work list, and the indexes that have dossiers in it."""

from peewee import SQL, Expression, fn

from models.dossiers.dossier import Dossier
from models.dossiers.kinds import WITH_AUTHORITY

# As the indexes say it, letter by letter: with values bound later, no planner can tell that an index fits. Nothing is
# appended to the status so that none takes an index of the status instead and sorts all that is in it.
STATUS = Expression(Dossier.status, "||", SQL("''"))
OPEN = Expression(STATUS, "IN", SQL("({})".format(", ".join(f"'{status}'" for status in WITH_AUTHORITY))))
LISTED = fn.COALESCE(Dossier.due_on, SQL("'9999-12-31'"))  # what has no date comes last
EVER = LISTED.between(SQL("'0001-01-01'"), SQL("'9999-12-31'"))  # always true: SQLite takes the index of a range
NEWEST = (Dossier.changed_at.desc(), Dossier.id.desc())
COVERED = (LISTED, *NEWEST, Dossier.status, Dossier.form, Dossier.assignee)

Dossier.add_index(Dossier.index(Dossier.authority, *COVERED, name="dossier_work_of_authority", where=OPEN))
Dossier.add_index(Dossier.index(*COVERED, name="dossier_work", where=OPEN))
