"""Find the files of the catalogue by their names, and name those that belong to nothing: nobody would read them."""

import re
from collections.abc import Iterator
from pathlib import Path

from models.catalogue.fault import did_you_mean
from models.catalogue.procedure import LANGUAGES
from models.catalogue.schemas import SLUG

# What systems leave behind, and notes for editors: passed over without a word. So is every hidden file.
PASSED_OVER = re.compile(r"\..*|~\$.*|thumbs\.db|desktop\.ini|__macosx|readme(\.md|\.txt)?", re.IGNORECASE)
NOT_A_FILE = "not a file; remove it, and put the PDF itself here"
_BACKUP = re.compile(r".*(~|\.bak|\.old|\.orig|\.tmp)|#.*#", re.IGNORECASE)

Stray = tuple[Path, str]  # a file or folder, and what is wrong with it
PDFs = dict[str, dict[str, Path]]  # form -> language -> the administration's own PDF; "" is for all languages


def entries(folder: Path) -> list[Path]:
    """What stands in a folder, but for what is passed over."""
    return [path for path in sorted(folder.iterdir()) if not PASSED_OVER.fullmatch(path.name)]


def is_slug(name: str) -> bool:
    """True if `name` may be the address of something."""
    return bool(re.fullmatch(SLUG, name)) and len(name) <= 60


def wrong_link(path: Path, root: Path) -> str:
    """What is wrong with a link in the catalogue; an empty text if it is none, or a good one."""
    if not path.is_symlink():
        return ""
    try:
        inside = path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return "a link that leads nowhere; put the file itself here"
    return "" if inside else "a link that leads out of the catalogue; put the file itself here"


def belongs_to_nothing(path: Path, known: list[str], otherwise: str) -> str:
    """What to do with a file that nobody reads; `known` are the names that would be read."""
    if _BACKUP.fullmatch(path.name):
        return "a back-up copy, which nobody reads; delete it"
    if path.suffix.casefold() in (".yml", ".yaml") and (name := f"{path.stem}.yaml") in known:
        return f"nobody reads this name; rename it to {name}"
    return f"nobody reads this; {did_you_mean(path.name, known) or otherwise}"


def no_slug(name: str) -> str:
    """Why a name cannot be an address."""
    return (
        "a name may have only the small letters a to z, digits and single hyphens, 60 at most; "
        f"rename it, or delete it if it is a copy{_copied(name)}"
    )


def _copied(name: str) -> str:
    plain = re.split(r"[ (_]", name)[0]
    return f" of {plain}" if plain != name and is_slug(plain) else ""


class ProcedureFolder:
    """The files of one procedure, each given to the form it belongs to."""

    def __init__(self, folder: Path, forms: list[str] | None) -> None:
        """`forms` is None if they cannot be told: then YAML and PDF files may belong to any."""
        self._sure, forms = forms is not None, forms or []
        self.pdfs: PDFs = {form: {} for form in forms}
        self.strays: list[Stray] = []
        self._forms = forms
        # Names are compared without case: some scanners write .PDF.
        self._names = {f"{form}{tail}.pdf": (form, code) for form in forms for code, tail in _TAILS.items()}
        self._folder = folder
        self._yaml = ["procedure.yaml", "texts.yaml", *(f"{form}.yaml" for form in forms)]
        for path in entries(folder):
            self._sort(path)
        self.strays += self._never_read()

    def _sort(self, path: Path) -> None:
        form, code = self._names.get(path.name.casefold(), ("", ""))
        if form and not path.is_file() and not path.is_symlink():
            self.strays.append((path, NOT_A_FILE))
        elif form and code in self.pdfs[form]:
            other = self.pdfs[form][code].name
            self.strays.append((path, f"the same file as {other}, but for capital letters; delete one of them"))
        elif form:
            self.pdfs[form][code] = path
        elif path.name not in self._yaml and (self._sure or path.suffix not in (".yaml", ".pdf")):
            self.strays.append((path, self._reason(path)))

    def _reason(self, path: Path) -> str:
        known = [name for name in (*self._yaml, *self._names) if not (self._folder / name).exists()]
        if path.is_dir():
            return "nobody reads a folder in here; move its files up, or delete it"
        form, dot, code = path.stem.partition(".")
        if dot and path.suffix.casefold() == ".pdf" and form in self._forms:
            base = re.split(r"[-_ (.]", code.casefold())[0]
            meant = f"did you mean {form}.{base}.pdf?" if base in LANGUAGES else "rename it, or delete it"
            return f"no such language: {code} (there are {', '.join(LANGUAGES)}); {meant}"
        return belongs_to_nothing(
            path,
            known,
            f"the forms of this procedure are {', '.join(self._forms)}: name it like one of them, or delete it",
        )

    def _never_read(self) -> Iterator[Stray]:
        for form, files in self.pdfs.items():
            if "" in files and len(files) > len(LANGUAGES):
                yield files[""], f"nobody reads this: {form} has a PDF in every language; delete one or the other"


_TAILS = {"": "", **{code: f".{code}" for code in LANGUAGES}}
