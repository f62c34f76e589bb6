"""python -m bench.growth [dossiers] [postgresql]: what the pages of the desk cost as the service grows.

Each page is asked for on a database of ten thousand dossiers and on one of a million, in the same run: the ratio says
whether a page grows with the service. Processor time of the web process and, with PostgreSQL, of its server; the first
views are not counted.
"""

import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from werkzeug.test import Client

from app import create_app
from bench import lives
from bench.outbox import database
from bench.serving import prepare, settings
from blueprints.accounts.signed_in import enter
from models import Authority, Staff, db, now
from models.staff.proof import Proof

FEW, MANY, ROUNDS = 10_000, 1_000_000, 15
PAGES = {
    "work list": "/desk",
    "its page 20": "/desk?page=20",
    "the latest change first": "/desk?sort=changed",
    "all": "/desk?status=all",
    "closed": "/desk?status=closed",
    "examination": "/desk?status=examination",
    "overdue": "/desk?due=overdue",
    "due in 7 days": "/desk?due=7",
    "assigned to nobody": "/desk?assignee=nobody",
    "one procedure": "/desk?procedure={procedure}",
    "a number's beginning": "/desk?number=A7C",
    "figures of a quarter": "/desk/numbers",
    "figures of a year": "/desk/numbers?weeks=52",
    "helpdesk": "/desk/helpdesk",
    "audit log": "/desk/audit",
}
READERS = ("clerk of the largest authority", "clerk of the smallest", "administrator")


def main(many: int, kind: str | None) -> None:
    few = measured(FEW, kind)
    grown = measured(many, kind)
    print(f"{kind or 'sqlite'}: milliseconds of processor a page at {FEW:,} and {many:,} dossiers, and how it grew")
    for reader in READERS:
        print(f"  {reader}")
        for name in PAGES:
            if (reader, name) in few:
                before, after = few[reader, name], grown[reader, name]
                over = "  OVER" if after / before > 2 or after > 50 else ""
                print(f"    {name:26} {before:8.1f} {after:8.1f} {after / before:8.2f}{over}")


def measured(count: int, kind: str | None) -> dict[tuple[str, str], float]:
    """{(reader, page): milliseconds} on a database of `count` dossiers."""
    with tempfile.TemporaryDirectory() as folder, database(kind) as extra:
        os.environ.update(settings(folder) | extra | {"ETRACKING_STAFF_SECOND_FACTOR": "false"})
        form, app, start = prepare(), create_app(), time.perf_counter()
        logging.getLogger("etracking").setLevel(logging.WARNING)  # each request is a line otherwise
        staff = accounts()
        lives.fill(count, clerks=[staff[0].id])
        print(f"{count:,} dossiers written in {time.perf_counter() - start:.0f} s", flush=True)
        paths = {name: path.format(procedure=form.procedure.slug) for name, path in PAGES.items()}
        found = {
            (reader, name): cost
            for reader, account in zip(READERS, staff, strict=True)
            for name, cost in costs(app, account, paths).items()
        }
        db.close()
    return found


def accounts() -> list[Staff]:
    """One account for each of READERS. Authorities with many dossiers come first: see Lives."""
    shares = {authority.id: 0.0 for authority in Authority.select()}
    for place, form in enumerate(lives.tracked(), 1):
        shares[form.procedure.authority_id] += 1 / place**1.5
    largest, smallest = max(shares, key=shares.__getitem__), min(filter(shares.get, shares), key=shares.__getitem__)
    return [
        Staff.create(
            email=f"{role}{authority}@example.lu", role=role, authority=authority, password_hash="", created_at=now()
        )
        for role, authority in (("clerk", largest), ("clerk", smallest), ("admin", None))
    ]


def costs(app: Flask, account: Staff, paths: dict[str, str]) -> dict[str, float]:
    """{page: milliseconds of processor} for the pages that this account may see."""
    browser = Client(app)
    with app.test_request_context():
        answer = enter(Proof(account, "password"))
    for cookie in answer.headers.getlist("Set-Cookie"):
        browser.set_cookie(*cookie.partition(";")[0].split("=", 1))
    found = {}
    for name, path in paths.items():
        if browser.get(path).status_code == 200:
            browser.get(path)
            found[name] = cost(lambda path=path: browser.get(path))
    return found


def cost(ask: Callable[[], object]) -> float:
    """The median of ROUNDS, in milliseconds of processor."""
    spent = []
    for _ in range(ROUNDS):
        before = clock()
        ask()
        spent.append(1000 * (clock() - before))
    return statistics.median(spent)


def clock() -> float:
    """Seconds of processor that this process has taken, and the PostgreSQL server behind it."""
    return time.process_time() + sum(on_processor(process) for process in server())


def server() -> list[int]:
    """The processes of PostgreSQL, if that is the database."""
    if not db.for_update:
        return []
    [folder] = db.execute_sql("SHOW data_directory").fetchone()
    main = Path(folder, "postmaster.pid").read_text().split()[0]
    return [int(process) for process in Path(f"/proc/{main}/task/{main}/children").read_text().split()]


def on_processor(process: int) -> float:
    """Seconds that another process has had a processor (Linux, schedstat)."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else MANY, "postgresql" if "postgresql" in sys.argv else None)
