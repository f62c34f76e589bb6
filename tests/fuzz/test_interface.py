"""The interface against its own description: thousands of requests made from it, right and wrong, each answer checked."""

import re
import subprocess
from pathlib import Path

import pytest

from blueprints.api import v1
from models import Dossier, System
from support.living import BIN, served

pytestmark = pytest.mark.slow
SEED, EXAMPLES = "20261130", "150"  # for each operation and phase


def test_every_answer_is_one_that_the_description_allows(app, form, monkeypatch, tmp_path):
    monkeypatch.setattr(v1, "MAX_REQUESTS_PER_MINUTE", 10**9)
    number = Dossier.announce(form, "en", "key-of-the-dossier").number
    token = System.add(form.procedure.authority, "registry")[1].token
    with served(app) as url:
        app.config["SITE_URL"] = url
        done = subprocess.run(
            [BIN / "schemathesis", *configured(tmp_path, number), "run", f"{url}/api/v1/openapi.json"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"ETRACKING_TEST_TOKEN": token, "NO_COLOR": "1", "COLUMNS": "200"},
        )
    (made,) = re.findall(r"(\d+) generated", done.stdout)
    assert int(made) > 400 and done.returncode == 0, done.stdout[-15_000:] + done.stderr


def configured(folder: Path, number: str) -> list[str]:
    """The options of schemathesis that choose its configuration. A rule over several fields is no part of a schema: 422."""
    path = folder / "schemathesis.toml"
    path.write_text(f"""\
seed = {SEED}
headers = {{ Authorization = "Bearer ${{ETRACKING_TEST_TOKEN}}" }}
parameters = {{ "path.number" = "{number}" }}
continue-on-failure = true
generation = {{ max-examples = {EXAMPLES} }}
checks = {{ positive_data_acceptance.expected-statuses = ["2xx", 404, 409, 422] }}
""")
    return ["--config-file", str(path)]
