"""A claim takes one row, whatever the database plans."""

import pytest

from models import Delivery, Dossier, Notification, System, db
from models.notifications import outbox
from models.staff.notice import Notice
from paths import ROOT

CLAIMS = {
    Notification: lambda: outbox.claim("a worker", "email"),
    Notice: Notice.claim,
    Delivery: Delivery.claim,
}


@pytest.fixture
def due(either, form, clerk) -> None:
    """Three rows of each kind."""
    System.add(form.procedure.authority, "Specialist application", "https://example.org/hook")
    for index in range(3):
        Dossier.announce(form, "en", f"key-{index}", [("email", f"somebody{index}@example.org")])
        Notice.queue(clerk, "password", None)


def plan_badly() -> None:
    """As PostgreSQL does on a table whose size it does not know: what is joined is asked for each row anew."""
    for better in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
        db.execute_sql(f"SET LOCAL enable_{better} = off")


@pytest.mark.parametrize("model", CLAIMS)
def test_each_claim_takes_one_row(due, model):
    for count in range(1, 4):
        with db.atomic():
            if db.for_update:
                plan_badly()
            claimed = CLAIMS[model]()
        assert claimed and model.select().where(model.attempts > 0).count() == count


def test_nobody_else_claims_rows():
    """Each other way would have to know what `is_first_free` says of IN."""
    places = [path for path in (ROOT / "models").rglob("*.py") if "skip_locked" in path.read_text()]
    assert places == [ROOT / "models" / "base.py"]
