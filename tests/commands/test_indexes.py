"""What those ask who see everything is answered by an index, on both databases, however many rows there are."""

import pytest
from playhouse.test_utils import count_queries

from models import Scope, db
from models.desk.statistics import Statistics
from models.desk.work_list import WorkList
from support.site import account


def plans(ask) -> list[str]:
    """How the database goes about each query of `ask`."""
    with count_queries() as asked:
        ask()
    with db.atomic():
        if db.for_update:  # PostgreSQL: a table with hardly a row in it is read through, unless that is forbidden
            db.execute_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN " if db.for_update else "EXPLAIN QUERY PLAN "
        found = [db.execute_sql(explain + record.msg[0], record.msg[1]).fetchall() for record in asked.get_queries()]
    return ["\n".join(row[-1] for row in rows) for rows in found]


@pytest.fixture
def everything(either) -> Scope:
    return Scope(account("admin@example.lu", "admin"))


def reads_a_whole_table(plan: str) -> bool:
    return "SCAN" in plan or "Seq Scan" in plan


def test_figures_of_all_authorities_read_no_whole_table(everything):
    statistics = Statistics(everything, 12)
    for count in (statistics.by_week, statistics.by_age, statistics.by_deadline, statistics.by_state):
        found = plans(count)
        assert found and not any(map(reads_a_whole_table, found)), (count, found)


def test_beginning_of_a_number_is_found_by_the_index_of_numbers(everything):
    found = plans(lambda: list(everything.expected("K7Q2", "rent-subsidy")))
    for wanted in (WorkList(number="K7Q2"), WorkList(number="K", status="all")):
        found += plans(lambda wanted=wanted: list(wanted.rows(everything).limit(26)))
        found += plans(lambda wanted=wanted: wanted.by_status(everything))
        found += plans(lambda wanted=wanted: wanted.at_hand(everything))
    assert len(found) == 7
    for plan in found:
        assert "dossier_number" in plan and not reads_a_whole_table(plan), plan
