"""No query of the desk reads a whole table that grows, or sorts all rows of a status, on either database."""

import re

import pytest
from peewee import fn
from playhouse.test_utils import count_queries

from bench import lives
from models import Authority, Dossier, Scope, Staff, WorkList, db
from support.site import account, signed_in

DOSSIERS = 800
GROWING = {"dossier", "event", "contact", "notification", "audit", "delivery", "read", "note"}
LISTS = (
    *("", "?page=2", "?sort=changed", "?status=all", "?status=all&sort=changed", "?due=overdue", "?due=7"),
    *("?status=announced", "?status=received", "?status=closed", "?status=examination&sort=changed"),
    *("?assignee=nobody", "?procedure=rent-subsidy", "?procedure=rent-subsidy&status=closed"),
    *("?number=K7", "?number=A&status=all", "?due=7&assignee=nobody&status=all"),
)
PAGES = (*(f"/desk{query}" for query in LISTS), "/desk/numbers?weeks=52", "/desk/helpdesk", "/desk/post-bag")
SORTED: tuple[dict[str, str], ...] = (
    *({}, {"sort": "changed"}, {"status": "all"}, {"status": "closed"}, {"status": "examination"}, {"due": "7"}),
)
# SQLite calls it a scan, though it ends after so many rows: no condition, the order in which the rows are stored.
LAST_ROWS = re.compile(r'FROM "\w+" AS "(\w+)" ORDER BY "\1"\."id" DESC LIMIT \?$')
BY_INDEX = re.compile(r"dossier_(work|\w*status_changed_at)")


@pytest.fixture
def grown(either):
    """A database with some thousand rows, and the statistics that go with them."""
    lives.fill(DOSSIERS)
    return either


@pytest.fixture(params=["clerk", "admin"])
def reader(grown, request) -> Staff:
    """One of an authority with many dossiers, or one who sees all."""
    largest = Authority.select().join(Dossier).group_by(Authority.id).order_by(fn.COUNT(Dossier.id).desc()).first()
    return account("reader@example.lu", request.param, largest if request.param == "clerk" else None)


def plans(ask) -> list[tuple[str, str]]:
    """Each query of `ask`, and how the database goes about it."""
    with count_queries() as asked:
        ask()
    found = [record.msg for record in asked.get_queries() if record.msg[0].startswith("SELECT")]
    explain = "EXPLAIN " if db.for_update else "EXPLAIN QUERY PLAN "
    if db.for_update:  # a table of so few rows is read through, unless that is forbidden
        db.execute_sql("SET enable_seqscan = off")
    return [
        (query, "\n".join(row[-1] for row in db.execute_sql(explain + query, values).fetchall()))
        for query, values in found
    ]


def read_through(query: str, plan: str) -> set[str]:
    """The growing tables of which the plan reads every row, or every entry of an index."""
    if LAST_ROWS.search(query) and "TEMP B-TREE" not in plan:
        return set()
    names = {alias: table for table, alias in re.findall(r'"(\w+)" AS "(\w+)"', query)}
    whole = re.findall(r"Seq Scan on (\w+)|SCAN (\w+)(?! USING INDEX notification_given_up)\b", plan)
    return {names.get(table or alias, table or alias) for table, alias in whole} & GROWING


def test_no_page_of_the_desk_reads_through_a_table_that_grows(grown, reader):
    browser = signed_in(grown, reader)
    for page in PAGES:
        found = plans(lambda page=page: browser.get(page))
        assert found
        for query, plan in found:
            assert not read_through(query, plan), (page, query, plan)


def test_lists_are_sorted_by_their_indexes(reader):
    for asked in SORTED:
        [(query, plan), *_rows] = plans(lambda asked=asked: WorkList.of(asked).page(Scope(reader), 26))
        assert BY_INDEX.search(plan), (asked, plan)
        sorts = re.search(r"TEMP B-TREE|->  Sort ", plan)
        assert not sorts or "UNION ALL" in query, (asked, plan)  # a merge of several, each limited, sorts a few rows


def test_beginning_of_a_number_is_found_by_the_index_of_numbers(reader):
    scope = Scope(reader)
    found = plans(lambda: list(scope.expected("K7Q2", "rent-subsidy")))
    for wanted in (WorkList(number="K7Q2"), WorkList(number="K7", status="all")):
        found += plans(lambda wanted=wanted: wanted.page(scope, 26))[:1]
        found += plans(lambda wanted=wanted: (wanted.by_status(scope), wanted.at_hand(scope)))
    for _query, plan in found:
        assert "dossier_number" in plan, plan
