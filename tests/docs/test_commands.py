"""The commands that the documents tell people to type: each is tried, or is known and at least looked at.

A block of ```sh holds one command a line, or some with `&&`, `||` or `|` between them. A document's commands run in its order, on a database of its own.
"""

import importlib.util
import re
import shlex
import shutil
import subprocess
from itertools import dropwhile, groupby

import pytest

from models import Audit, Dossier, db
from paths import ROOT
from support import backups
from support.documents import DOCUMENTS, blocks
from support.sending import close, environment
from support.site import PASSWORD, running

WRITTEN_ELSEWHERE = (
    "pip",
    "npm",
    "git",
    "pre-commit",
    "python3",
    "mkdir",
    "tar",
    "ln",
    "curl",
    "systemctl",
    "journalctl",
    "sudoedit",
    "nano",
    "cp",
    "chmod",
    "sed",
    "openssl",
    "docker",
    "umask",
    "cd",
)  # tools of others: only their files are ours
RELEASE = re.compile(r"^/opt/etracking/(?:current|releases/[\d.]+)/?")  # where a release lies on a server
JOINTS = ("&&", "||", "|")
OURS = re.compile(r"[^/].*\.(?:txt|json)")
COMMAND = re.compile(r"^\s*(\.venv/bin/)?(flask|make|gunicorn|pytest|python3?|pip|npm|pybabel) ", re.MULTILINE)


def lines(text: str) -> list[list[str]]:
    """The commands of a document, in words."""
    scripts = [block.text.replace("\\\n", " ") for block in blocks(text) if block.language == "sh"]
    typed = [shlex.split(line, comments=True) for script in scripts for line in script.splitlines()]
    return [words for line in typed for words in parts(line) if words]


def parts(words: list[str]) -> list[list[str]]:
    """The commands of one line."""
    return [list(part) for joint, part in groupby(words, JOINTS.__contains__) if not joint]


@pytest.fixture
def site(stocked_sqlite, tmp_path):
    """The site of a newcomer: a database with the catalogue, and the development inbox."""
    shutil.copy(stocked_sqlite, tmp_path / "etracking.db")
    inbox = {"INBOX": True, "INBOX_DIR": str(tmp_path / "inbox")}
    yield running(f"sqlite:///{tmp_path}/etracking.db", **inbox, **backups.settings(tmp_path / "backups"))
    close()


class Trial:
    """Somebody who types what stands in a document."""

    def __init__(self, site, folder) -> None:
        self.site, self.folder = site, folder

    def type(self, program: str, *words: str) -> None:
        program = program.removeprefix(".venv/bin/")
        assert program in WRITTEN_ELSEWHERE or hasattr(self, program), f"nobody tries {program}: add it to this test"
        if program in WRITTEN_ELSEWHERE:
            self.look(*words)
        else:
            getattr(self, program)(*words)

    def look(self, *words: str) -> None:
        ours = [RELEASE.sub("", word) for word in words if RELEASE.match(word) or OURS.fullmatch(word)]
        assert [word for word in ours if not (ROOT / word).exists()] == []

    def sudo(self, program: str, *words: str) -> None:
        """On a server: the typed command is that of flask, what other programs are given of ours is there."""
        if RELEASE.sub("", program) in ("etracking", "deploy/bin/etracking"):
            self.flask("--app", "app", *words)
        else:
            self.look(*words)

    def flask(self, *words: str) -> None:
        assert words[:2] == ("--app", "app")
        arguments = [self.meant(word) for word in words[2:]]
        if arguments[:2] == ["notifications", "send"]:
            arguments.append("--once")
        if arguments[:2] == ["backup", "restore"]:
            arguments.append("--yes")
        typed = backups.key_file(self.folder).read_text() if "-" in arguments else f"{PASSWORD}\n"
        done = self.site.test_cli_runner().invoke(args=arguments, input=typed)
        assert done.exit_code == 0, (words, done.output)

    def meant(self, word: str) -> str:
        """What somebody types in the place of a word."""
        if word == "SEAL":
            with db.connection_context():
                return Audit.select().order_by(Audit.id.desc()).get().seal
        if word == "/run/etracking.key":
            return str(backups.key_file(self.folder))
        if word.startswith("/var/backups/etracking/etracking-"):
            return str(backups.copies(self.folder / "backups")[-1])
        assert "$" not in word and "<" not in word, f"nobody can type {word}"
        return word

    def env(self, *words: str) -> None:
        self.type(*dropwhile(lambda word: "=" in word, words))

    def make(self, *words: str) -> None:
        words = tuple(str(ROOT) if RELEASE.match(word) else word for word in words)
        done = subprocess.run(["make", "--dry-run", *words], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def gunicorn(self, *words: str) -> None:
        checked = [str(ROOT / ".venv/bin/gunicorn"), "--check-config", *words]
        done = subprocess.run(checked, cwd=ROOT, env=environment(self.site), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr

    def python(self, *words: str) -> None:
        assert words[0] == "-m" and importlib.util.find_spec(words[1])

    def pybabel(self, *words: str) -> None:
        assert words[0] in ("compile", "extract", "update") and (ROOT / words[-1]).is_dir()

    def pytest(self, *words: str) -> None:
        assert all((ROOT / word.partition("::")[0]).exists() for word in words if word.startswith("tests"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_command_of_a_document_works(document, site, tmp_path):
    trial = Trial(site, tmp_path)
    for words in lines(document.read_text(encoding="utf-8")):
        trial.type(*words)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_no_command_hides_in_another_block(document):
    others = [block for block in blocks(document.read_text(encoding="utf-8")) if block.language != "sh"]
    assert [block.text for block in others if COMMAND.search(block.text)] == []


def test_the_demo_of_the_readme_shows_dossiers(site, tmp_path):
    Trial(site, tmp_path).type(".venv/bin/flask", "--app", "app", "demo")
    with db.connection_context():
        assert Dossier.select().count() > 20


def test_a_command_nobody_knows_is_found(site, tmp_path):
    with pytest.raises(AssertionError, match="nobody tries"):
        Trial(site, tmp_path).type("rake", "db:migrate")
