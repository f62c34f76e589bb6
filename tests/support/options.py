"""Two options of pytest: `--fast`, of `make test-fast`, and `--clock`, the hour at which the tests believe they run."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine

from models.base import LUXEMBOURG

POSTGRESQL = {"postgresql", "postgresql_url", "postgresql_server"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fast", action="store_true", help="one case of each test; no browser, no PostgreSQL, nothing long"
    )
    parser.addoption("--clock", help="let the run begin at this moment in Luxembourg, such as 2026-03-29T03:00")


def pytest_configure(config: pytest.Config) -> None:
    """Only this process travels: browsers and the commands that tests start stay where they are."""
    if moment := config.getoption("clock"):
        travel = time_machine.travel(dt.datetime.fromisoformat(moment).replace(tzinfo=LUXEMBOURG))
        travel.start()
        config.add_cleanup(travel.stop)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("fast"):
        kept = list(quick(items))
        config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
        items[:] = kept


def quick(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """The first case of each test that needs neither a browser nor PostgreSQL nor long."""
    seen = set()
    for item in items:
        values = item.callspec.params.values() if hasattr(item, "callspec") else ()
        needs = {*getattr(item, "fixturenames", ()), *(value for value in values if isinstance(value, str))}
        name = item.nodeid.partition("[")[0]
        if name in seen or needs & POSTGRESQL or item.get_closest_marker("browser") or item.get_closest_marker("long"):
            continue
        seen.add(name)
        yield item
