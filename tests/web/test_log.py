"""The log: one line for each event, which can be found by what a visitor was told, and holds nothing of a visitor."""

import errno
import io
import json
import logging
import os
import sqlite3

import cysqlite
import psycopg
import pytest

from models import db
from senders.base import SendError
from support.site import running
from web import log_safety, logging_config
from web.settings import BadSettingError

NUMBER, ADDRESS = "K7Q2-MX4P-9TRWY", "somebody@example.org"
OUR_PROXY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def lines():
    """What a logger wrote, as JSON objects; the handler is the one that processes of ours have."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setFormatter(logging_config.JSONLines())
    handler.addFilter(logging_config.Wanted())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in said.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def failed(do) -> BaseException:
    with pytest.raises(Exception) as caught:
        do()
    return caught.value


def raise_(error: BaseException):
    raise error


def test_line_is_an_object_with_time_level_logger_event_and_fields(lines):
    logging.getLogger("etracking.notifications").warning("%s works again", "sms", extra={"channel": "sms"})
    (line,) = lines()
    assert line.pop("time").endswith("Z") and line == {
        "level": "WARNING",
        "logger": "etracking.notifications",
        "event": "sms works again",
        "channel": "sms",
    }


def test_line_of_a_library_keeps_its_words_and_figures_only(lines):
    log = logging.getLogger("some.library")
    log.warning("Retrying (%d left) after %s at %r", 3, ADDRESS, f"/t/{NUMBER}")
    log.warning("%(one)s and %(two)d", {"one": ADDRESS, "two": 2})
    log.error(f"no answer from {ADDRESS} for '/t/{NUMBER}' in time")
    log.error(ValueError(ADDRESS))
    log.info("told %s", ADDRESS, extra={"url": NUMBER})
    assert [line["event"] for line in lines()] == [
        "Retrying (3 left) after ... at '...'",
        "... and 2",
        "no answer from ... for ... in time",
        "ValueError",
    ]


def test_exception_of_a_library_is_logged_without_values(lines):
    try:
        int(ADDRESS)
    except ValueError:
        logging.getLogger("gunicorn.error").exception("Error handling request %s", f"/t/{NUMBER}")
    (line,) = lines()
    assert (line["event"], line["error"]) == ("Error handling request ...", "ValueError")
    assert [frame.partition(":")[0] for frame in line["trace"]] == ["tests/web/test_log.py"]


@pytest.mark.parametrize(
    "do, said",
    [
        (lambda: os.listdir(f"/{NUMBER}"), f"FileNotFoundError: [Errno 2] {os.strerror(errno.ENOENT)}"),
        (lambda: raise_(OSError(errno.ENOSPC, "full", NUMBER)), "OSError: [Errno 28] No space left on device"),
        (lambda: None.number, "AttributeError: 'NoneType' object has no attribute 'number'"),
        (lambda: 1 + "1", "TypeError: unsupported operand type(s) for +: 'int' and 'str'"),
        (lambda: raise_(TypeError(ADDRESS)), "TypeError"),
        (lambda: raise_(AttributeError(ADDRESS)), "AttributeError"),
        (lambda: {}[NUMBER], "KeyError"),
        (lambda: int(ADDRESS), "ValueError"),
        (lambda: ADDRESS.encode("utf-16").decode("ascii"), "UnicodeDecodeError"),
        (lambda: raise_(BadSettingError(["ETRACKING_X needs text"])), "BadSettingError: ETRACKING_X needs text"),
        (lambda: raise_(SendError("mail server not reached")), "SendError: mail server not reached"),
        (lambda: raise_(sqlite3.OperationalError("database is locked")), "OperationalError: database is locked"),
        (
            lambda: cysqlite.connect("/nowhere/at/all").execute("SELECT 1"),
            "OperationalError: unable to open database file",
        ),
        (lambda: db.execute_sql("SELECT 1 FROM nowhere"), "OperationalError: no such table: nowhere"),
        (lambda: raise_(sqlite3.IntegrityError(f"UNIQUE {ADDRESS}")), "IntegrityError"),
        (lambda: raise_(psycopg.errors.UniqueViolation(ADDRESS)), "UniqueViolation: SQLSTATE 23505"),
    ],
)
def test_text_of_an_exception_is_kept_where_it_cannot_hold_a_value(app, do, said):
    assert log_safety.describe(failed(do)).partition(", from")[0] == said


def test_causes_of_an_exception_are_named():
    def fail() -> None:
        try:
            {}[NUMBER]
        except KeyError as error:
            raise RuntimeError(NUMBER) from error

    assert log_safety.describe(failed(fail)) == "RuntimeError, from KeyError"


def test_text_for_people_tells_the_same():
    try:
        None.number  # noqa: B018
    except AttributeError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.makeLogRecord(
        {"name": "x", "msg": "failed", "levelno": 40, "levelname": "ERROR", "exc_info": info}
    )
    first, second = logging_config.TextLines().format(record).splitlines()
    assert first.endswith("Z ERROR x: failed: AttributeError: 'NoneType' object has no attribute 'number'")
    assert second.startswith("    tests/web/test_log.py:")


@pytest.mark.parametrize(
    "settings, form",
    [
        ({"SITE_URL": "https://x.lu"}, "json"),
        ({"SITE_URL": "http://x.lu"}, "text"),
        ({"SITE_URL": "http://x.lu", "LOG_FORMAT": "json"}, "json"),
        ({}, "text"),
    ],
)
def test_https_means_json_unless_the_setting_says_otherwise(settings, form, monkeypatch):
    assert logging_config.format_of(settings) == form
    for name, value in settings.items():
        monkeypatch.setenv(f"ETRACKING_{name}", value)
    assert logging_config.for_gunicorn() == logging_config.configure(form), "also before there is an application"


def request_id(client, **headers) -> str:
    return client.get("/healthz", headers=headers).headers["X-Request-ID"]


def test_id_of_a_request_is_made_here_unless_our_proxy_gives_one(sqlite_url):
    direct, behind = (running(sqlite_url, PROXY_HOPS=hops).test_client() for hops in (0, 1))
    assert request_id(behind, X_Request_ID=OUR_PROXY) == OUR_PROXY
    for client, given in (
        (direct, OUR_PROXY),
        (behind, NUMBER),
        (behind, "a" * 65),
        (behind, f"{OUR_PROXY} x"),
        (behind, ""),
    ):
        made = request_id(client, X_Request_ID=given)
        assert made != given and len(made) == 32 and made != request_id(client, X_Request_ID=given)
    db.close()


def test_fault_is_found_in_the_log_by_what_the_visitor_was_told(app, visitor, lines):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    db.execute_sql("ALTER TABLE procedure RENAME TO hidden")
    page = visitor.get("/procedures", status=500)
    whole, reference = page.response.headers["X-Request-ID"], page.soup.code.get_text()
    (line,) = [line for line in lines() if line["level"] == "ERROR"]
    assert whole.startswith(reference) and len(reference) == 8 and line["request_id"] == whole
    assert reference in line["event"] and line["endpoint"] == "procedures.index"
    assert any(frame.startswith("blueprints/public/procedures.py:") for frame in line["trace"])


def test_every_request_is_one_line_without_its_address(visitor, lines, caplog):
    caplog.set_level(logging.INFO, "etracking.access")
    page = visitor.get(f"/t/{NUMBER}?email={ADDRESS}", status=404)
    (line,) = lines()
    assert (line["logger"], line["event"], line["method"]) == ("etracking.access", "GET status.show 404", "GET")
    assert line["status"] == 404 and line["bytes"] == len(page.response.data) and line["milliseconds"] > 0
    assert line["request_id"] == page.response.headers["X-Request-ID"] and NUMBER not in json.dumps(line)


def test_requests_are_not_logged_where_the_setting_says_so(sqlite_url, lines, caplog):
    caplog.set_level(logging.INFO, "etracking.access")
    assert running(sqlite_url, ACCESS_LOG=False).test_client().get("/healthz").status_code == 200
    assert lines() == []
    db.close()
