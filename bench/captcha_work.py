"""python -m bench.captcha_work [rounds]: how long Chromium works on the hardest challenge of each level.

The hardest is the one with the highest counter; the usual one takes half as long. Says also what making one costs us.
"""

import os
import secrets
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from models.security import captcha, keys
from models.security.captcha_price import LEVELS
from paths import ROOT

WORK = """async challenge => {
  const counterStep = Math.min(4, navigator.hardwareConcurrency || 2), begin = performance.now(), workers = [];
  await new Promise((resolve, reject) => {
    for (let counterStart = 0; counterStart < counterStep; counterStart++) {
      const worker = workers[counterStart] = new Worker("/static/vendor/pbkdf2.js");
      worker.onmessage = ({data}) => data?.derivedKey ? resolve() : reject();
      worker.postMessage({type: "work", challenge, counterStart, counterStep});
    }
  });
  workers.forEach(worker => worker.terminate());
  return performance.now() - begin;
}"""


def main(rounds: int = 7) -> None:
    keys.initialize("a secret of at least thirty-two characters")
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} of {os.cpu_count()} processors")
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page()
        page.goto(address)
        for level, (cost, ceiling) in enumerate(LEVELS):
            begin = time.process_time()
            challenges = [hardest(cost, ceiling) for _ in range(rounds)]
            ours = 1000 * (time.process_time() - begin) / rounds
            took = [page.evaluate(WORK, challenge) / 1000 for challenge in challenges]
            spread = f"{statistics.median(took):.2f} s, {min(took):.2f} to {max(took):.2f}"
            print(f"level {level}: {cost} x {ceiling}: {spread}; {ours:.2f} ms of processor to make")
        browser.close()


def hardest(cost: int, ceiling: int) -> dict[str, Any]:
    """The challenge with the highest counter below `ceiling`."""
    drawn, secrets.randbelow = secrets.randbelow, lambda most: most - 1
    try:
        return captcha.new_challenge("bench/form", cost, ceiling)
    finally:
        secrets.randbelow = drawn


@contextmanager
def served() -> Iterator[str]:
    """An empty page and the worker, at an address that browsers trust like https."""
    app = Flask("work", root_path=str(ROOT))
    app.add_url_rule("/", view_func=lambda: "<!doctype html><title>Work</title>")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.shutdown()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
