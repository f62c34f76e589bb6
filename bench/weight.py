"""make bench: what a visit costs on the wire, headers and bodies, against the budgets. Status 1 if one is overrun.

No browser: everything that a page names is fetched as a browser would, compressed, and kept as the answers allow.
"""

import email
import gzip
import os
import re
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import brotli

from bench.serving import prepare, serve, settings
from models import Dossier, Form
from web import static_files as statics

COLD, REQUESTS, FLIGHT = 30_000, 8, 14_600  # FLIGHT: what TCP sends before the first answer
SCRIPTS = 20_300  # of it 260 for headers: those of a page on every file, and the number of a request
AGAIN = 2_000  # the second view of a page; not of one with a number or a token on it: kept nowhere, it comes again
UNPACK: dict[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
# By a tick of the CAPTCHA, on the pages of a camera, where staff sign in, and where push is set up.
ON_DEMAND = (
    "/static/vendor/",
    *(f"/static/{name}" for name in ("camera", "reader", "closeups", "scan", "post-bag", "passkey", "push")),
)
LINKS = ("stylesheet", "icon", "manifest", "modulepreload")
NAMED = {  # what else a file makes the browser fetch
    "text/css": r"""url\(["']?([^"')]+)|@import\s*["']([^"']+)""",
    "text/javascript": r"""\b(?:import|from)\s*["'](\.{0,2}/[^"']+)""",
}


@dataclass(frozen=True)
class Answer:
    """What came over the wire for one address."""

    status: int
    headers: email.message.Message
    body: bytes
    wire: int

    @property
    def kind(self) -> str:
        return self.headers.get_content_type()

    @property
    def text(self) -> str:
        return UNPACK[self.headers.get("Content-Encoding", "")](self.body).decode()


def fetch(url: str, **headers: str) -> Answer:
    """GET, on a connection of its own: every byte until it is closed."""
    at = urlsplit(url)
    asked = {"Host": at.netloc, "Accept-Encoding": "gzip, br", "Accept-Language": "de", "Connection": "close"}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in (asked | headers).items()]
    target = f"{at.path}?{at.query}".rstrip("?")
    with socket.create_connection((at.hostname, at.port), timeout=30) as connection:
        connection.sendall("\r\n".join([f"GET {target} HTTP/1.1", *lines, "", ""]).encode())
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    status, _, fields = head.partition(b"\r\n")
    return Answer(int(status.split()[1]), email.message_from_bytes(fields), body, len(received))


class Browser:
    """Keeps what it may, asks again for what it must, and has one cookie jar."""

    def __init__(self, site: str) -> None:
        self.site, self.kept, self.cookies = site, {}, {}

    def visit(self, path: str) -> dict[str, Answer]:
        """Every answer that a view of the page needed from the network, by its address."""
        seen: dict[str, Answer | None] = {}
        waiting = [urljoin(self.site, path)]
        while waiting:
            url = waiting.pop(0)
            if url not in seen:
                seen[url], content = self._load(url)
                waiting += references(url, content)
        return {url: answer for url, answer in seen.items() if answer}

    def _load(self, url: str) -> tuple[Answer | None, Answer]:
        """What came from the network, and what is shown."""
        kept = self.kept.get(url)
        if kept and "max-age" in kept.headers["Cache-Control"]:  # the second view comes within the minute
            return None, kept
        asked = {"Cookie": "; ".join(self.cookies.values())} if self.cookies else {}
        answer = fetch(url, **asked, **({"If_None_Match": kept.headers["ETag"]} if kept else {}))
        for cookie in answer.headers.get_all("Set-Cookie", []):
            self.cookies[cookie.partition("=")[0]] = cookie.partition(";")[0]
        if answer.status == 304:
            return answer, kept
        if answer.status != 200:
            raise ValueError(f"{url}: {answer.status}")
        if "no-store" not in answer.headers["Cache-Control"]:
            self.kept[url] = answer
        return answer, answer


class Tags(HTMLParser):
    """Collects what the tags of a page name, for a browser with JavaScript."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.named: list[str] = []
        self.feed(re.sub(r"(?s)<noscript>.*?</noscript>", "", text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "img") and given.get("src"):
            self.named.append(given["src"])
        if tag == "link" and given.get("rel") in LINKS:
            self.named.append(given["href"])


def references(url: str, answer: Answer) -> Iterator[str]:
    """The addresses that a browser goes on to fetch."""
    if answer.kind == "text/html":
        named = Tags(answer.text).named
    elif pattern := NAMED.get(answer.kind):
        named = [match[match.lastindex] for match in re.finditer(pattern, answer.text)]
    else:
        named = []
    return (urljoin(url, name) for name in named if not name.startswith("data:"))


def pages(dossier: Dossier) -> list[str]:
    """The pages of a citizen's way."""
    form = dossier.form
    slug = form.procedure.slug
    return ["/", "/procedures", f"/procedures/{slug}", f"/track/{slug}/{form.slug}", "/t", f"/t/{dossier.number}"]


def measure(site: str, path: str) -> tuple[dict[str, tuple[int, int]], dict[str, Answer]]:
    """The figures of one page with their budgets, and the answers of its first view."""
    browser = Browser(site)
    first, again = browser.visit(path), browser.visit(path)
    flight = {url: answer for url, answer in first.items() if answer.kind in ("text/html", "text/css")}
    figures = {
        "cold": (wire(first), COLD),
        "requests": (len(first), REQUESTS),
        "HTML + CSS": (wire(flight), FLIGHT),
        "second view": (wire(again), AGAIN if urljoin(site, path) in browser.kept else FLIGHT),
    }
    return figures, first


def wire(answers: dict[str, Answer]) -> int:
    return sum(answer.wire for answer in answers.values())


def scripts(site: str, seen: dict[str, Answer]) -> tuple[dict[str, int], dict[str, int]]:
    """Bytes of each script: those that pages load, and all of our own; and apart, what only the camera's page loads."""
    loaded = {plain(url): answer.wire for url, answer in seen.items() if answer.kind == "text/javascript"}
    names = ["/sw.js", *(f"/static/{name}" for name in sorted(statics.copies()) if name.endswith(".js"))]
    rest = {name: fetch(site + name).wire for name in names if name not in loaded}
    others = {name: size for name, size in rest.items() if name.startswith(ON_DEMAND)}
    return loaded | {name: size for name, size in rest.items() if name not in others}, others


def plain(url: str) -> str:
    """The address of a static file without the hash."""
    return re.sub(r"\.[0-9a-f]{12}(\.\w+)$", r"\1", urlsplit(url).path)


def report(site: str, dossier: Dossier) -> int:
    """Print the table; how many figures are over their budget."""
    seen, overrun = {}, 0
    for path in pages(dossier):
        figures, first = measure(site, path)
        seen |= first
        overrun += line(path, figures)
    mine, others = scripts(site, seen)
    overrun += line("every script that a visit loads", {"JavaScript": (sum(mine.values()), SCRIPTS)})
    for name, size in (mine | others).items():
        print(f"  {name:40} {size:7,}{'  on demand, not counted' if name in others else ''}")
    return overrun


def line(what: str, figures: dict[str, tuple[int, int]]) -> int:
    """Print one row; how many of its figures are over their budget."""
    over = {name: size - most for name, (size, most) in figures.items() if size > most}
    cells = [f"{name} {size:6,} of {most:6,}" for name, (size, most) in figures.items()]
    print(f"{what:42}", "   ".join(cells), *(f"  {name} OVER by {by:,}" for name, by in over.items()))
    return len(over)


def weigh(form: Form) -> int:
    """Start the site on the database of `form` and print its table; how many figures are over their budget."""
    statics.build()
    dossier = Dossier.announce(form, "de", "key-of-the-dossier")
    with serve() as site:
        return report(site, dossier)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(settings(folder))
        return weigh(prepare())


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
