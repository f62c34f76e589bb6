"""make bench: look-ups and registrations per second, as ratios against a floor measured in the same round.

Rates depend on the machine and on what else it does, the ratios much less so, and processor time least. Every figure
is the median of several short rounds, with the lowest and the highest. Needs wrk (Debian's package) and Linux.
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
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from app import create_app
from bench.serving import prepare, serve, settings
from models import Dossier, Form, Notification, db

DOSSIERS, ROUNDS, SECONDS = 10_000, 5, 2
# A worker that is idle takes all the connections that are opened in one moment, and the other has nothing to do: with
# them the rate is half as high in every second run. So the visitors come one after the other.
VISITORS, APART = 16, 0.03
ASK_MANY = """
local numbers = {%s}
init = function(args) math.randomseed(tonumber(args[1])) end
request = function() return wrk.format('GET', '/t/' .. numbers[math.random(#numbers)] .. '%s') end
"""


class Case(NamedTuple):
    """What is asked for: `path`, or what stands at `path` below the page of one of `numbers` at random."""

    name: str
    server: serve
    path: str = ""
    headers: dict[str, str] = {}
    numbers: list[str] = []


class Round(NamedTuple):
    """One round of a case: requests per second, and what they cost."""

    rate: float
    milliseconds: float  # of processor time for each request
    share: float  # of the worker that had less to do: 0.5 if both had as much


def main() -> None:
    if not shutil.which("wrk"):
        sys.exit("bench: wrk is missing (apt-get install wrk)")
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} of {os.cpu_count()} processors")
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
    site, floor, path = serve(), constant(numbers[0]), f"/t/{numbers[0]}"
    with site as address, floor:
        tag = urllib.request.urlopen(address + path).headers["ETag"]
        cases = [
            Case("floor: constant page", floor),
            Case("/t/<number>, one dossier", site, path),
            Case("/t/<number>, 200 dossiers", site, numbers=numbers[:200]),
            Case(f"/t/<number>, {len(numbers):,} dossiers", site, numbers=numbers),
            Case("/t/<number>, one dossier, brotli", site, path, {"Accept-Encoding": "br"}),
            Case("304, unchanged", site, path, {"If-None-Match": tag}),
            Case("home", site, "/"),
            Case("catalogue", site, "/procedures"),
            Case("one procedure", site, "/procedures/rent-subsidy"),
            Case("search", site, "/procedures?q=rent"),
            Case("sheet.pdf, one dossier", site, f"{path}/sheet.pdf"),
            Case("form.pdf, one dossier", site, f"{path}/form.pdf"),
            Case("sheet.pdf, 200 dossiers", site, "/sheet.pdf", numbers=numbers[:200]),
            Case("form.pdf, 200 dossiers", site, "/form.pdf", numbers=numbers[:200]),
        ]
        rounds, held = [], [site.memory()]
        for _ in range(ROUNDS):
            rounds.append([load(case, folder) for case in cases])
            held.append(site.memory())
    report(cases, rounds)
    for when, (held_by, shared) in (("at the start", held[0]), ("after a round", held[1]), ("after all", held[-1])):
        print(f"memory of a worker {when}: {max(held_by)} MiB, {max(shared)} with what they share counted once")


def report(cases: list[Case], rounds: list[list[Round]]) -> None:
    """Print rates, ratios to the floor of the same round, and costs."""
    print(f"{'':34} {'requests/s':>24} {'ratio to the floor':>24} {'ms of processor':>24}  lesser worker")
    for case, measured in zip(cases, zip(*rounds, strict=True), strict=True):
        ratios = [one.rate / whole[0].rate for one, whole in zip(measured, rounds, strict=True)]
        rates, costs, shares = zip(*measured, strict=True)
        print(f"{case.name:34} {spread(rates, 0)} {spread(ratios, 2)} {spread(costs, 2)} {min(shares):8.0%} at least")


def constant(number: str) -> serve:
    """A bare Flask app whose page has as many bytes as a status page."""
    size = len(create_app().test_client().get(f"/t/{number}").data)
    os.environ["FLOOR_SIZE"] = str(size)
    print(f"a status page has {size:,} bytes")
    return serve("bench.floor:app")


def load(case: Case, folder: str) -> Round:
    """One round with VISITORS connections; every answer must be the expected one."""
    script = Path(folder) / "wrk.lua"
    lines = [f"wrk.headers['{name}'] = '{value}'" for name, value in case.headers.items()]
    quoted = ",".join(f"'{number}'" for number in case.numbers)
    many = ASK_MANY % (quoted, case.path) if quoted else ""
    script.write_text("\n".join([*lines, many]))
    before, start, visitors = case.server.spent(), time.perf_counter(), []
    for _ in range(VISITORS):
        command = ["wrk", "-t1", "-c1", f"-d{SECONDS}s", "-s", script, case.server.url + case.path, "--"]
        command += [str(secrets.randbelow(2**31))]  # the seed: each asks for others
        visitors.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        time.sleep(APART)
    count = sum(answered(visitor.communicate()[0]) for visitor in visitors)
    seconds, after = time.perf_counter() - start, case.server.spent()
    spent = [late - early for late, early in zip(after, before, strict=True)]
    return Round(count / seconds, 1000 * sum(spent) / count, min(spent) / sum(spent))


def answered(output: str) -> int:
    """How many requests a visitor had answered."""
    assert "Non-2xx" not in output, output
    return int(re.search(r"(\d+) requests in", output)[1])


def registrations(form: Form) -> None:
    """Dossier, event, two contacts and two messages, each committed to disk before the next."""
    count, rates, costs = 200, [], []
    before = Notification.select().count()
    for first in range(0, ROUNDS * count, count):
        start, spent = time.perf_counter(), time.process_time()
        for index in range(first, first + count):
            contacts = [("email", f"a{index}@example.com"), ("sms", f"+352621{index:06}")]
            Dossier.announce(form, "de", secrets.token_hex(12), contacts)
        rates.append(count / (time.perf_counter() - start))
        costs.append(1000 * (time.process_time() - spent) / count)
    assert Notification.select().count() == before + 2 * count * ROUNDS
    print(f"{'registrations, durable, one process':34} {spread(rates, 0)} {'':24} {spread(costs, 2)}")


def spread(values: Iterable[float], places: int) -> str:
    """The median, the lowest and the highest."""
    values = list(values)
    low, middle, high = (f"{value:,.{places}f}" for value in (min(values), statistics.median(values), max(values)))
    return f"{middle:>8} {f'({low} – {high})':>15}"


if __name__ == "__main__":
    main()
