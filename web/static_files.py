"""Build static files (minified, compressed, named by content hash) and serve them with WhiteNoise.

`python -m web.static_files` (part of `make install`) writes a minified copy of each file of static/ into BUILT, with
the hash of its content in its name, and its brotli and gzip versions beside it. Changed content means another name, so
browsers may cache a copy for ever and nothing stale is served. Flask serves a file that was not built, unchanged.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any, cast

import rcssmin
import rjsmin
from flask import Flask, current_app, url_for
from werkzeug.sansio.utils import host_is_trusted
from whitenoise import WhiteNoise, compress

from paths import BUILT_STATIC, STATIC
from web import compression, security_headers
from web.state import state

SOURCES, BUILT = STATIC, BUILT_STATIC
HASHED_NAME = r"\.[0-9a-f]{12}\.\w+$"
MINIFIERS: dict[str, Callable[[str], str]] = {".css": rcssmin.cssmin, ".js": rjsmin.jsmin}
StartResponse = Callable[[str, list[tuple[str, str]]], object]
PLAIN_MAX_AGE = 60  # seconds; for URLs without a hash


class Server(WhiteNoise):
    """WhiteNoise that adds our security headers to every answer, also to a 304 or an error."""

    FOREVER = 31536000  # WhiteNoise's max-age of files with a hash: a year, the longest that is usual

    def __init__(self, application: Any, root: Path, config: Mapping[str, Any]) -> None:
        self.extra = list(security_headers.of_static_files(config).items())
        self.hosts = config["TRUSTED_HOSTS"]  # with https
        super().__init__(
            application,
            root,
            "static/",
            max_age=PLAIN_MAX_AGE,
            allow_all_origins=False,
            immutable_file_test=HASHED_NAME,
        )

    def serve(self, static_file: Any, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if self.hosts and not self._is_ours(environ):
            return cast(Iterable[bytes], self.application(environ, start_response))  # which redirects or refuses it

        def start(status: str, own: list[tuple[str, str]]) -> object:
            return start_response(status, own + self.extra)

        # WhiteNoise ignores "br;q=0", so it only gets to see the encoding we chose.
        encoding = compression.best_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        return super().serve(static_file, environ | {"HTTP_ACCEPT_ENCODING": encoding or ""}, start)

    def _is_ours(self, environ: dict[str, Any]) -> bool:
        """True if this came by https under the name of the site."""
        return environ["wsgi.url_scheme"] == "https" and host_is_trusted(environ.get("HTTP_HOST"), self.hosts)


def init_app(app: Flask) -> None:
    """Serve the built files under hashed and plain names; give templates `static_url()`.

    With `flask --debug`, Flask serves the sources instead, so that changes show at once.
    """
    app.jinja_env.globals["static_url"] = static_url
    if app.debug:
        return
    BUILT.mkdir(parents=True, exist_ok=True)
    server = Server(app.wsgi_app, BUILT, app.config)
    app.wsgi_app = server  # type: ignore[method-assign]
    for name, copy in copies().items():
        if (BUILT / copy).is_file():
            state(app).static_urls[name] = f"/static/{copy}"
            server.add_file_to_dictionary(f"/static/{name}", str(BUILT / copy))


def static_url(name: str) -> str:
    """The URL of a static file with its hash, which browsers may cache for ever.

    A file that was not built has only its plain URL, which browsers cache for a minute.
    """
    if current_app.debug:  # the time of the change in the URL, so that no service worker answers with an older copy
        return url_for("static", filename=name, v=(SOURCES / name).stat().st_mtime_ns)
    return state().static_urls.get(name) or url_for("static", filename=name)


def copies() -> dict[str, str]:
    """{name of a static file: name of its copy, with the hash}."""
    names = (path.relative_to(SOURCES) for path in SOURCES.rglob("*") if path.is_file())
    return {name.as_posix(): _hashed_name(name) for name in names}


def _hashed_name(name: PurePath) -> str:
    fingerprint = hashlib.sha256((SOURCES / name).read_bytes()).hexdigest()[:12]
    return name.with_name(f"{name.stem}.{fingerprint}{name.suffix}").as_posix()


def build() -> None:
    """Make the missing copies. Keep those of earlier releases: open pages still ask for them."""
    BUILT.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILT.parent) as made:
        for name, copy in copies().items():
            if not (BUILT / copy).exists():
                _place(SOURCES / name, Path(made, copy), copy_minified)
        compress.main(["--quiet", made])
        # x.js.gz, x.js.br, then x.js: a build that was interrupted makes x.js again, with its compressed versions
        for path in sorted(Path(made).rglob("*.*"), reverse=True):
            _place(path, BUILT / path.relative_to(made), os.replace)


def copy_minified(source: Path, target: Path) -> None:
    """Copy a file; minify it if it is one of our own scripts or styles."""
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
