"""A database with rows in it is brought to the newest shape, and no row is lost on the way."""

import ast
import sys

import pyotp
import pytest
from playhouse.migrations import Runner

from models import Totp, db, now
from paths import MIGRATIONS
from support.first_shape import ROWS, fill
from support.sending import close
from web.state import state

RENAMED = {"message": "notification"}
LIBRARIES = {"peewee", "playhouse", "cryptography", "flask"}


@pytest.fixture
def first_shape(empty):
    """A database as the first migration leaves it, with a row in each table that matters."""
    fill(empty)
    return empty


def test_rows_of_the_first_shape_are_all_there_in_the_newest(first_shape):
    result = first_shape.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 0, result.output
    with db.connection_context():
        tables = [RENAMED.get(table, table) for table in ROWS]
        counts = {table: db.execute_sql(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0] for table in tables}  # noqa: S608
        assert counts == dict.fromkeys(tables, 1)
        assert db.execute_sql("SELECT edition, round, number FROM dossier").fetchone() == (
            "2026-01",
            0,
            "K7Q2MX4P9TRWY",
        )


def test_an_authenticator_app_of_before_opens_its_account_after(first_shape, tmp_path):
    secret = pyotp.random_base32()
    with first_shape.app_context(), db.connection_context():
        migrations = Runner(state(first_shape).database, str(MIGRATIONS))
        migrations.up("0014_counting")
        db.execute_sql(f"INSERT INTO totp (staff_id, secret, last_step) VALUES (1, '{secret}', 0)")  # noqa: S608
        migrations.up()
        assert Totp.get().secret == secret
        assert Totp.get().consume(pyotp.TOTP(secret).at(now()))
    close()
    assert not [path for path in tmp_path.glob("empty.db*") if secret.encode() in path.read_bytes()], (
        "nor as a leftover"
    )


def test_an_address_of_before_has_the_hash_that_it_had_when_hashes_came(first_shape):
    first_shape.config["SECRET_KEY"] = "a secret of at least thirty-two characters"  # as when the hash below was made
    with first_shape.app_context(), db.connection_context():
        Runner(state(first_shape).database, str(MIGRATIONS)).up("0005_contacts")
        hashed = db.execute_sql("SELECT address_hash FROM contact").fetchone()
    assert hashed == ("814ca1ba67b5c822a543e596e579c7519d4b588c5fb12491e96a5c065ee5d2dc",)


def test_no_migration_has_a_way_back():
    """A restore or a further migration is one; the code goes back by itself, because migrations expand."""
    assert [path.stem for path in MIGRATIONS.glob("*.py") if "def down(" in path.read_text(encoding="utf-8")] == []


def imported(path) -> set[str]:
    """The names of the modules that a file imports."""
    found = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    nodes = [node for node in found if isinstance(node, ast.Import | ast.ImportFrom)]
    return {
        name
        for node in nodes
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }


@pytest.mark.parametrize("path", sorted(MIGRATIONS.glob("*.py")), ids=lambda path: path.stem)
def test_migrations_import_nothing_of_the_product(path):
    """What the product calls something else tomorrow, an old database still goes through today's migrations."""
    allowed = LIBRARIES | {"migrations"} | sys.stdlib_module_names
    assert [name for name in imported(path) if name.partition(".")[0] not in allowed] == []
