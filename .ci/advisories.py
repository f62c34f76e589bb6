"""Ask for known vulnerabilities in what is pinned: 1 if there is one, else 0. Says what could not be asked.

Exceptions stand in .ci/advisories.toml, each with its reason and the day on which it ends.
"""

import datetime as dt
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

SECONDS = 30  # for each of the two databases
PYTHON = "--require-hashes --disable-pip --progress-spinner off --format json"
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-node.txt")
NPM = ["npm", "audit", "--json", "--omit=dev", "--package-lock-only", "--fetch-retries=0", "--fetch-timeout=10000"]


def python() -> dict[str, Any]:
    """What pip-audit answers about the lock files; {} if its database does not answer."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip_audit", *PYTHON.split(), "--output", str(report)]
        for lock in LOCKS:
            command += ["--requirement", lock]
        return answer(command, report)


def npm() -> dict[str, Any]:
    """What npm answers about the packages that are shipped to browsers; {} if its database does not answer."""
    return answer(NPM) if shutil.which("npm") else {}


def answer(command: list[str], report: Path | None = None) -> dict[str, Any]:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        return json.loads(report.read_text() if report else done.stdout)
    except (subprocess.TimeoutExpired, OSError, ValueError):
        return {}


def read_python(found: dict[str, Any]) -> tuple[dict[str, str], str]:
    """Vulnerabilities {id: package}, and a sentence about how many packages were asked about: not those skipped."""
    packages = found.get("dependencies", [])
    known = [package for package in packages if "skip_reason" not in package]
    holes = {hole["id"]: f"{one['name']} {one['version']}" for one in known for hole in one["vulns"]}
    return holes, asked("Python", len(known), len(packages))


def read_npm(found: dict[str, Any]) -> tuple[dict[str, str], str]:
    """The same of npm's answer; without "vulnerabilities" it is the story of a failure."""
    holes = {
        cause["url"].rpartition("/")[2]: f"{name} {one['range']}"
        for name, one in found.get("vulnerabilities", {}).items()
        for cause in one["via"]
        if isinstance(cause, dict)  # else the name of another package, which has its own entry
    }
    count = found.get("metadata", {}).get("dependencies", {}).get("prod", 0) if "vulnerabilities" in found else 0
    return holes, asked("npm", count, count)


def asked(kind: str, known: int, all_: int) -> str:
    if known == 0:
        return f"advisories, {kind}: NOT CHECKED, the database does not answer"
    rest = f", {all_ - known} packages are unknown to the database" if known < all_ else ""
    return f"advisories, {kind}: {known} packages checked{rest}"


def excused(text: str, today: dt.date) -> set[str]:
    """The ids that advisories.toml leaves out today. Each entry needs `id`, `reason` and `until`."""
    entries = tomllib.loads(text).get("ignore", [])
    return {entry["id"] for entry in entries if entry["reason"].strip() and entry["until"] >= today}


def main() -> int:
    ignored = excused(Path(".ci/advisories.toml").read_text(), dt.datetime.now(dt.UTC).date())
    bad = {}
    for holes, sentence in (read_python(python()), read_npm(npm())):
        print(sentence)
        bad |= {hole: package for hole, package in holes.items() if hole not in ignored}
    for hole, package in sorted(bad.items()):
        print(f"vulnerable: {package}: {hole}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
