"""Take each countermeasure of docs/threats.md away, in a copy, and see its test fail: `make mutants`, or `... N1 C2`."""

import os
import queue
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from paths import ROOT
from support.threats import Mutant, mutants, threats

LINKED = {".venv", "node_modules"}
LEFT_OUT = {".git", "instance", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}
SECONDS = 300
WORKERS = int(os.environ.get("WORKERS", os.cpu_count() or 1))


def copied(folder: Path) -> Path:
    """A copy of the whole tree, built files included, in which files may be changed."""

    def left_out(where: str, names: list[str]) -> set[str]:
        return {name for name in names if name == "__pycache__" or (Path(where) == ROOT and name in LEFT_OUT | LINKED)}

    shutil.copytree(ROOT, folder, ignore=left_out, symlinks=True)
    for name in LINKED:
        (folder / name).symlink_to((ROOT / name).resolve())
    return folder


def tried(tree: Path, test: str, database: Path) -> str:
    """Run a test in `tree`: "passed", "failed", or what else became of it. `database` is made by the first that is run."""
    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "support.stocked_once", "-m", ""]
    command = [ROOT / ".venv/bin/python", "-m", "pytest", *options, test]
    environment = os.environ | {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": ".:tests",
        "PYTEST_DEBUG_TEMPROOT": str(tree.parent),
        "STOCKED": str(database),
    }
    try:
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return "failed"  # such as a hook that is waited for without end
    if done.returncode == 0:
        return "passed"
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-300:]
    return "failed" if done.returncode == 1 and " failed" in last else f"broken: {last}"


def without(tree: Path, mutant: Mutant, test: str) -> str:
    """The verdict of `test` in `tree` without the countermeasure; the files are as before when it ends."""
    before = {edit.file: (tree / edit.file).read_text(encoding="utf-8") for edit in mutant.edits}
    try:
        for edit in mutant.edits:
            text = (tree / edit.file).read_text(encoding="utf-8")
            (tree / edit.file).write_text(text.replace(edit.old, edit.new, 1), encoding="utf-8")
        of_its_own = any(edit.file.startswith(("migrations/", "catalogue/")) for edit in mutant.edits)
        return tried(tree, test, tree.parent / (f"{mutant.row}.db" if of_its_own else "stocked.db"))
    finally:
        for name, text in before.items():
            (tree / name).write_text(text, encoding="utf-8")


def main(wanted: list[str]) -> int:
    rows = {row.id: row for row in threats()}
    chosen = [mutant for mutant in mutants() if not wanted or mutant.row in wanted]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        trees: queue.Queue[Path] = queue.Queue()
        for index in range(WORKERS):
            trees.put(copied(Path(folder) / f"tree-{index}" / "etracking"))

        def verdict(mutant: Mutant) -> str:
            tree = trees.get()
            try:
                return without(tree, mutant, rows[mutant.row].test)
            finally:
                trees.put(tree)

        verdicts = pool.map(verdict, chosen)
        bad = 0
        for mutant, became in zip(chosen, verdicts, strict=True):
            bad += became != "failed"
            print(
                f"{mutant.row:4} {'noticed' if became == 'failed' else 'NOT NOTICED: the test ' + became}", flush=True
            )
    print(f"{len(chosen) - bad} of {len(chosen)} countermeasures are missed by their test when they are gone")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
