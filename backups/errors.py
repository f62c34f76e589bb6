"""The one exception of this folder."""


class BackupError(Exception):
    """A copy could not be made, opened or restored; the text says why, for the operator."""
