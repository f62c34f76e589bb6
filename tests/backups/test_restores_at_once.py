"""Two restores at once on one PostgreSQL server."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from backups import postgresql_place
from models import db
from support.backups import settings
from support.commands import run
from support.sending import close
from support.site import running


@pytest.fixture
def site(postgresql_url, folder, tools):
    app = running(postgresql_url, **settings(folder))
    db.connect(reuse_if_open=True)
    yield app
    close()


@pytest.mark.parametrize(
    ("suffix", "said"), [("", "another restore or drill of {} is running"), ("_else", "can be restored")]
)
def test_one_restore_of_a_database_at_a_time_and_others_are_not_in_the_way(site, key, suffix, said):
    assert run(site, "backup", "create").exit_code == 0
    url = site.config["DATABASE_URL"]
    name = conninfo_to_dict(url)["dbname"]
    with postgresql_place.Place(postgresql_place.named(url, name + suffix), ""):
        drill = run(site, "backup", "verify", "--identity", key)
    assert said.format(name) in drill.stdout + drill.stderr
