"""Static files by WhiteNoise: ready compressed, and kept for ever under a name that changes with their content.

`python -m web.static_files` (part of `make setup`) puts a copy of each file of static/, made small, into BUILT, with
the hash of its content in its name, and beside it what brotli and gzip make of it. A copy that is not of the present
content has another name, so nothing stale is ever served; a file that was not built is served by Flask, as it is.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any

import rcssmin
import rjsmin
from flask import Flask, current_app, url_for
from whitenoise import WhiteNoise, compress

from paths import BUILT_STATIC, STATIC
from web import compression
from web import security_headers as headers
from web.state import state

SOURCES, BUILT = STATIC, BUILT_STATIC
HASHED = r"\.[0-9a-f]{12}\.\w+$"
MINIFIERS: dict[str, Callable[[str], str]] = {".css": rcssmin.cssmin, ".js": rjsmin.jsmin}
StartResponse = Callable[[str, list[tuple[str, str]]], object]
PLAIN_MAX_AGE = 60  # seconds; for addresses without a hash


class Server(WhiteNoise):
    """WhiteNoise with our headers for files, also on a 304 or an error."""

    FOREVER = 31536000  # a year: the most that anybody asks for

    def __init__(self, application: Any, root: Path, extra: dict[str, str]) -> None:
        self.extra = list(extra.items())
        super().__init__(
            application, root, "static/", max_age=PLAIN_MAX_AGE, allow_all_origins=False, immutable_file_test=HASHED
        )

    def serve(self, static_file: Any, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, own: list[tuple[str, str]]) -> object:
            return start_response(status, own + self.extra)

        encoding = compression.best_encoding(
            environ.get("HTTP_ACCEPT_ENCODING", "")
        )  # WhiteNoise would overlook "br;q=0"
        return super().serve(static_file, environ | {"HTTP_ACCEPT_ENCODING": encoding or ""}, start)


def init_app(app: Flask) -> None:
    """Serve what was built, under hashed names and under plain ones; templates get `static_url()`.

    In debug Flask serves the sources, so that a change shows at once.
    """
    app.jinja_env.globals["static_url"] = static_url
    if app.debug:
        return
    BUILT.mkdir(parents=True, exist_ok=True)
    server = Server(app.wsgi_app, BUILT, headers.STATIC)
    app.wsgi_app = server  # type: ignore[method-assign]
    for name, copy in copies().items():
        if (BUILT / copy).is_file():
            state(app).static_urls[name] = f"/static/{copy}"
            server.add_file_to_dictionary(f"/static/{name}", str(BUILT / copy))


def static_url(name: str) -> str:
    """The address of a static file; it changes with its content, so it may be kept for ever.

    A file that is not built has only its plain address, which is kept for a minute.
    """
    if current_app.debug:  # the time of the change: the service worker of the page before does not know this address
        return url_for("static", filename=name, v=(SOURCES / name).stat().st_mtime_ns)
    return state().static_urls.get(name) or url_for("static", filename=name)


def copies() -> dict[str, str]:
    """The name of each static file, and that of its copy."""
    names = (path.relative_to(SOURCES) for path in SOURCES.rglob("*") if path.is_file())
    return {name.as_posix(): _hashed(name) for name in names}


def _hashed(name: PurePath) -> str:
    fingerprint = hashlib.sha256((SOURCES / name).read_bytes()).hexdigest()[:12]
    return name.with_name(f"{name.stem}.{fingerprint}{name.suffix}").as_posix()


def build() -> None:
    """Make the copies that are missing. Those of earlier releases stay: a page from before still asks for them."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILT.parent) as made:
        for name, copy in copies().items():
            if not (BUILT / copy).exists():
                _place(SOURCES / name, Path(made, copy), copy_minified)
        compress.main(["--quiet", made])
        for path in sorted(
            Path(made).rglob("*.*"), reverse=True
        ):  # x.js.gz, x.js.br, then x.js: what counts comes last
            _place(path, BUILT / path.relative_to(made), os.replace)


def copy_minified(source: Path, target: Path) -> None:
    """Copy a file; our own scripts and styles without comments and needless white space."""
    minify = MINIFIERS.get(source.suffix) if "vendor" not in source.parts else None
    if minify is None:
        shutil.copyfile(source, target)
    else:
        target.write_text(minify(source.read_text(encoding="utf-8")), encoding="utf-8")


def _place(source: Path, target: Path, place: Callable[[Path, Path], Any]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    place(source, target)


if __name__ == "__main__":
    build()
