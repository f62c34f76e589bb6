"""Logging of web, worker and commands: one line for each event, as JSON or as text, on standard error."""

import datetime as dt
import logging
import logging.config
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from flask import Flask
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from web import environment, log_safety, request_id

FORMATS = ("json", "text")
KNOWN = {*RESERVED_ATTRS, "message", "asctime", "trace"}


class JSONLines(JsonFormatter):
    """One JSON object a line: time (UTC, ISO 8601), level, logger, event, the request's id, fields of the event."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Fill `log_data`; nothing of a library's line is taken that may hold a value."""
        log_data |= _fields(record) | _extra(record) | _failure(record)


class TextLines(logging.Formatter):
    """The same for people: time, level, logger, event, then what failed and where."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and one more for each frame of a stack."""
        fields, failure = _fields(record), _failure(record)
        said = [fields["event"], *([failure["error"]] if "error" in failure else [])]
        line = f"{fields['time']} {record.levelname} {record.name}: {': '.join(said)}"
        line += f" [{fields['request_id']}]" if "request_id" in fields else ""
        return "\n    ".join([line, *failure.get("trace", ())])


def configure(form: str) -> dict[str, Any]:
    """The configuration of Python's logging (dictConfig) in format `form`; also for gunicorn (`logconfig_dict`)."""
    formatter = {"()": f"{__name__}.{'JSONLines' if form == 'json' else 'TextLines'}"}
    handler = {
        "class": "logging.StreamHandler",
        "stream": "ext://sys.stderr",
        "formatter": "lines",
        "filters": ["wanted"],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": formatter},
        "filters": {"wanted": {"()": f"{__name__}.Wanted"}},
        "handlers": {"lines": handler},
        "root": {"level": "INFO", "handlers": ["lines"]},
        "loggers": {
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},  # it holds whole URLs
        },
    }


class Wanted(logging.Filter):
    """Let through what log_safety.wanted() says."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True if the line is to be written."""
        return log_safety.wanted(record)


def format_of(settings: Mapping[str, Any]) -> str:
    """The format that LOG_FORMAT names; if it is empty, JSON for a site with https, text for development."""
    secure = str(settings.get("SITE_URL", "")).startswith("https:")
    return str(settings.get("LOG_FORMAT", "")) or ("json" if secure else "text")


def for_gunicorn() -> dict[str, Any]:
    """The configuration for gunicorn's `logconfig_dict`, from the settings as the environment has them.

    gunicorn logs before the application is there: also that it cannot be started, and why.
    """
    return configure(format_of(environment.read().texts))


def init_app(app: Flask) -> None:
    """Configure the logging of this process, unless it is done already (gunicorn, tests)."""
    form = format_of(app.config)
    if not logging.getLogger().handlers:
        logging.config.dictConfig(configure(form))
        if form == "json":
            sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, stack: TracebackType | None) -> None:
    """Log what ends a command: Python would print the error with its text, which may quote a row."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, stack)
    else:
        logging.getLogger("etracking").critical("uncaught error", exc_info=(kind, error, stack))


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    at = dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    fields = {"time": at, "level": record.levelname, "logger": record.name, "event": log_safety.text(record)}
    return fields | ({"request_id": said} if (said := request_id.current()) else {})


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    """The fields that a line of ours was given by `extra`."""
    return {key: value for key, value in vars(record).items() if key not in KNOWN} if log_safety.is_ours(record) else {}


def _failure(record: logging.LogRecord) -> dict[str, Any]:
    """What failed and where: of the exception of a library's line, or as a line of ours says it by itself."""
    if error := record.exc_info[1] if record.exc_info else None:
        return {"error": log_safety.describe(error), "trace": log_safety.frames(error)}
    return {"trace": record.trace} if log_safety.is_ours(record) and hasattr(record, "trace") else {}
