"""A database with the whole catalogue in it."""

from app import create_app
from support.sending import close
from support.site import SETTINGS


def stock(url: str) -> None:
    """Bring the database at `url` to its newest shape and load the catalogue, by the commands that do it for real."""
    runner = create_app(SETTINGS | {"DATABASE_URL": url}).test_cli_runner()
    for command in (["db", "upgrade"], ["catalogue", "load"]):
        result = runner.invoke(args=command)
        assert result.exit_code == 0, result.output
    close()
