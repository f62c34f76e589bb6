"""The legal clocks of all dossiers at once."""

from models.dossiers.dossier import Dossier
from models.dossiers.kinds import WITH_AUTHORITY


def keep_all() -> None:
    """Recompute the dates of all open dossiers, after a change of periods or holidays."""
    for dossier in Dossier.loaded().where(Dossier.status.in_(WITH_AUTHORITY)):
        dossier.keep_clock()
