"""python -m bench.registration [count]: what a registration costs, whole, from the procedure to the number.

Seven requests, as a phone makes them: procedure, CAPTCHA, a challenge, its answer, contact, its answer, and the page
of the new number. Processor time of this process, the reading of the answers included.
"""

import base64
import json
import os
import re
import statistics
import sys
import tempfile
import time
from typing import Any

import altcha
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from bench.serving import prepare, settings
from models import Contact, db

STEPS = ("procedure", "CAPTCHA", "a challenge", "its answer", "contact", "its answer", "the new number")


def main(count: int = 200) -> None:
    with tempfile.TemporaryDirectory() as folder:
        quiet = {"ETRACKING_ACCESS_LOG": "false"}
        os.environ.update(settings(folder) | quiet)
        form = prepare()
        slug, start = form.procedure.slug, f"/track/{form.procedure.slug}/{form.slug}"
        app = create_app()
        app.config["CAPTCHA_LEVELS"] = [[2500, 1]] * 4  # making one costs as much, solving it next to nothing
        costs = [register(app, index, slug, start) for index in range(count)]
        assert Contact.select().count() == count
        db.close()
    for name, step in zip(STEPS, zip(*costs, strict=True), strict=True):
        print(f"{name:34} {statistics.median(step):6.1f} ms of processor")
    print(f"{'registration, all seven requests':34} {statistics.median(map(sum, costs)):6.1f} ms of processor")


def register(app: Flask, index: int, slug: str, start: str) -> list[float]:
    """Register one dossier in a browser and a network of its own; the milliseconds of processor of each request."""
    client, costs, network = app.test_client(), [], {"REMOTE_ADDR": f"10.{index // 250}.{index % 250}.1"}

    def ask(path: str, **data: str) -> TestResponse:
        before = time.process_time()
        response = client.open(path, method="POST" if data else "GET", data=data, environ_base=network)
        costs.append(1000 * (time.process_time() - before))
        assert response.status_code in (200, 303), f"{path}: {response.status}"
        return response

    ask(f"/procedures/{slug}")
    page = ask(start).text
    challenge = ask(f"/captcha/challenge?scope={start.removeprefix('/track/')}", none="").get_json()
    passed = ask(start, csrf_token=field(page, "csrf_token"), captcha_proof=solved(challenge))
    page = ask(passed.location).text
    answer = {"csrf_token": field(page, "csrf_token"), "key": field(page, "key"), "by_email": "y"}
    answer["email"] = f"a{index}@example.com"
    ask(ask(passed.location, **answer).location)
    return costs


def solved(challenge: dict[str, Any]) -> str:
    """What the browser of the visitor sends. Its work is its own, so it gets little of it (CAPTCHA_LEVELS)."""
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    return base64.b64encode(json.dumps({"challenge": challenge, "solution": solution.to_dict()}).encode()).decode()


def field(page: str, name: str) -> str:
    """The value of the hidden field with this name; empty if there is none."""
    (value,) = re.findall(rf'<input[^>]* name="{name}"[^>]* value="([^"]+)"', page)[:1] or [""]
    return value


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
