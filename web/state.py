"""The state of the application in this process, beside its settings: one typed object in app.extensions."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from flask import Flask, Response, current_app
from peewee import Database, DatabaseProxy
from werkzeug.exceptions import HTTPException

Key = TypeVar("Key")
Value = TypeVar("Value")
Cached = TypeVar("Cached")

NAME = "etracking"
ErrorAnswer = Callable[[HTTPException], Response]
HelpPage = Callable[[str, str], Response]
ErrorText = Callable[[HTTPException], dict[str, str]]
ErrorNote = Callable[[HTTPException], None]


@dataclass
class State:
    """The state of one application; each field is set by the module named beside it."""

    proxy: DatabaseProxy = field(init=False)  # database
    make_database: Callable[[str], Database] = field(init=False)  # database
    database: Database = field(init=False)  # database
    is_away: Callable[[BaseException], bool] = field(init=False)  # database
    schema_pending: bool = False  # schema: it could not be read at start, so requests look again
    schema_asked_at: float = 0.0
    schema_problem: str = ""
    static_urls: dict[str, str] = field(default_factory=dict)  # static_files: name -> URL with a hash
    locales: Mapping[str, str] = field(default_factory=dict)  # languages: code -> locale
    kept_filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # languages: blueprint -> parameters
    error_text: ErrorText = field(init=False)  # errors
    note_error: ErrorNote = field(init=False)  # errors
    error_answers: dict[str, ErrorAnswer] = field(default_factory=dict)  # errors: start of the path -> answer
    help_pages: dict[str, HelpPage] = field(default_factory=dict)  # errors: first part of the path -> page
    revision: Callable[[], Hashable] = field(init=False)  # page_cache
    today: Callable[[], Hashable] = field(init=False)  # page_cache
    _caches: dict[type, object] = field(default_factory=dict)

    def cache(self, kind: type[Cached], make: Callable[[], Cached] | None = None) -> Cached:
        """The one cache of type `kind` in this process; the first call makes it."""
        if kind not in self._caches:
            self._caches[kind] = (make or kind)()
        return cast(Cached, self._caches[kind])

    def replace(self, cache: object) -> None:
        """Put `cache` in the place of the one of its type."""
        self._caches[type(cache)] = cache

    def forget(self) -> None:
        """Drop all caches, because the database they were filled from is no longer used."""
        self._caches.clear()


class LRUCache(Generic[Key, Value]):
    """Least-recently-used cache with at most `size` values, or values of `size` altogether if they have a weight."""

    def __init__(self, size: int = 2048, weight: Callable[[Value], int] = lambda _value: 1) -> None:
        self._size, self._weight, self._total = size, weight, 0
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = threading.Lock()  # to change it: the total must be right

    def get(self, key: Key) -> Value | None:
        """The value under `key`, or None."""
        try:
            self._values.move_to_end(key)
            return self._values[key]
        except KeyError:  # not there, or evicted by another thread
            return None

    def put(self, key: Key, value: Value) -> None:
        """Store `value`; evict the least recently used ones if there is too much."""
        with self._lock:
            if key in self._values:
                self._total -= self._weight(self._values.pop(key))
            self._values[key] = value
            self._total += self._weight(value)
            while self._total > self._size:
                self._total -= self._weight(self._values.popitem(last=False)[1])


def init_app(app: Flask) -> None:
    """Give `app` its state. Must run before every other init_app()."""
    app.extensions[NAME] = State()


def state(app: Flask | None = None) -> State:
    """The state of `app`, or of the current application."""
    return cast(State, (app or current_app).extensions[NAME])
