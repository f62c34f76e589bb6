"""make bench: look-ups and registrations per second, as ratios against a floor measured in the same run.

Figures for time depend on the machine and its load; the ratios much less so. Needs wrk (Debian's package).
"""

import os
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from app import create_app
from models import Dossier, Form, Message, db

from .serving import prepare, serve, settings

DOSSIERS, ROUNDS, SECONDS = 10_000, 3, 4


def main() -> None:
    if not shutil.which("wrk"):
        sys.exit("bench: wrk is missing (apt-get install wrk)")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(settings(folder))
        form = prepare()
        look_ups(fill(form), folder)
        registrations(form)


def fill(form: Form) -> list[str]:
    """So many dossiers, in one transaction: how they came in is not what is measured here."""
    with db.atomic():
        return [Dossier.announce(form, "de", secrets.token_hex(12)).number for _ in range(DOSSIERS)]


def look_ups(numbers: list[str], folder: str) -> None:
    """The status page of one number, of many numbers, and unchanged; each against a constant page of the same size."""
    page = urllib.request.Request
    with serve() as site, serve_floor(folder, numbers[0]) as floor:
        tag = urllib.request.urlopen(page(f"{site}/t/{numbers[0]}")).headers["ETag"]
        cases = {
            "floor: constant page": (f"{floor}/", {}, None),
            "/t/<number>, one dossier": (f"{site}/t/{numbers[0]}", {}, None),
            "/t/<number>, 200 dossiers": (site, {}, numbers[:200]),
            f"/t/<number>, {len(numbers):,} dossiers": (site, {}, numbers),
            "/t/<number>, one dossier, brotli": (f"{site}/t/{numbers[0]}", {"Accept-Encoding": "br"}, None),
            "304, unchanged": (f"{site}/t/{numbers[0]}", {"If-None-Match": tag}, None),
        }
        measured = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, (url, headers, many) in cases.items():
                measured[name].append(load(url, folder, headers, many))
    floor_rate = statistics.median(measured["floor: constant page"])
    for name, rates in measured.items():
        rate = statistics.median(rates)
        print(f"{name:34} {rate:8.0f}/s   ratio {rate / floor_rate:.2f}")


def serve_floor(folder: str, number: str) -> serve:
    """A bare Flask app whose page has as many bytes as a status page."""
    client = create_app().test_client()
    size = len(client.get(f"/t/{number}").data)
    os.environ["FLOOR_SIZE"] = str(size)
    print(f"a status page has {size:,} bytes")
    return serve("bench.floor:app")


def load(url: str, folder: str, headers: dict[str, str], numbers: list[str] | None) -> float:
    """Requests per second of wrk with 16 connections; every answer must be the expected one."""
    script = Path(folder) / "wrk.lua"
    lines = [f"wrk.headers['{name}'] = '{value}'" for name, value in headers.items()]
    if numbers:
        lines.append("local numbers = {" + ",".join(f"'{number}'" for number in numbers) + "}")
        lines.append("request = function() return wrk.format('GET', '/t/' .. numbers[math.random(#numbers)]) end")
    script.write_text("\n".join(lines))
    command = ["wrk", "-t1", "-c16", f"-d{SECONDS}s", "-s", script, url]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in output, output
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def registrations(form: Form) -> None:
    """Dossier, event, two contacts and two messages, each committed to disk before the next."""
    count = 1000
    start, before = time.perf_counter(), Message.select().count()
    for index in range(count):
        contacts = [("email", f"a{index}@example.com"), ("sms", f"+352621{index:06}")]
        Dossier.announce(form, "de", secrets.token_hex(12), contacts)
    seconds = time.perf_counter() - start
    assert Message.select().count() == before + 2 * count
    print(f"{'registrations, durable, one process':34} {count / seconds:8.0f}/s")


if __name__ == "__main__":
    main()
