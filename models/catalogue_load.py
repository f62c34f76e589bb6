"""From the catalogue's files into the database, in one transaction, and only what changed."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from .base import Base, db
from .catalogue import LANGUAGES, Authority, Form, FormFile, Procedure, Topic, fold
from .catalogue_files import BadCatalogue, Catalogue, FormEntry, ProcedureFile, SpecimenFile, read

# Draws a specimen (form, language, authority, edition) -> PDF; accepts a PDF -> (data, places). Both are of paper/,
# which models do not know.
Draw = Callable[[SpecimenFile, str, str, str], bytes]
Accept = Callable[[bytes], tuple[bytes, list[list[float]]]]


def load(folder: Path, draw: Draw, accept: Accept) -> dict[str, int]:
    """Bring the database in line with the files; returns how many procedures, forms and new PDFs there are.

    Raises BadCatalogue before anything is written if a file is wrong or a PDF cannot be stamped. What is no longer
    in the files is retired, never deleted: dossiers go on pointing to it.
    """
    catalogue = read(folder)
    files = _form_files(folder, catalogue, draw, accept, _known())
    with db.atomic():
        topics = {
            slug: _put(Topic, {"slug": slug}, title=title, position=position)
            for position, (slug, title) in enumerate(catalogue.topics.items())
        }
        authorities = {
            slug: _put(Authority, {"slug": slug}, **entry.model_dump()) for slug, entry in catalogue.authorities.items()
        }
        kept = []
        for position, (slug, entry) in enumerate(catalogue.procedures.items()):
            procedure = _put_procedure(slug, entry, position, topics, authorities)
            kept.append(procedure.id)
            _put_forms(procedure, entry, files)
        Procedure.update(retired=True).where(Procedure.id.not_in(kept)).execute()
    return {"procedures": len(kept), "forms": Form.select().where(~Form.retired).count(), "new PDFs": len(files)}


def check(folder: Path, draw: Draw, accept: Accept) -> Catalogue:
    """Read every file and try every PDF, without a database. Raises BadCatalogue."""
    catalogue = read(folder)
    _form_files(folder, catalogue, draw, accept, known={})
    return catalogue


def _put(model: type[Base], key: dict[str, Any], **values: Any) -> Any:
    """Insert or update the row with this key."""
    row, created = model.get_or_create(**key, defaults=values)
    if not created and any(getattr(row, name) != value for name, value in values.items()):
        model.update(**values).where(model.id == row.id).execute()
        row = model.get_by_id(row.id)
    return row


def _put_procedure(
    slug: str, entry: ProcedureFile, position: int, topics: dict[str, Topic], authorities: dict[str, Authority]
) -> Procedure:
    content = entry.model_dump()
    values = {name: content[name] for name in ("audiences", "event", "title", "summary", "tracking_note", "sections",
                                               "sources")}  # fmt: skip
    return _put(
        Procedure,
        {"slug": slug},
        **values,
        topic=topics[entry.topic],
        authority=authorities[entry.authority],
        search={language: _words(entry, topics[entry.topic], language) for language in LANGUAGES},
        tracked=any(form.tracked for form in entry.forms),
        position=position,
        revision=_revision(entry, authorities[entry.authority].name),
        retired=False,
    )


def _words(entry: ProcedureFile, topic: Topic, language: str) -> str:
    texts = [entry.title, entry.summary, entry.keywords, topic.title, *(form.title for form in entry.forms)]
    return fold(" ".join(text[language] for text in texts if text))


def _put_forms(procedure: Procedure, entry: ProcedureFile, files: dict[str, list[dict[str, Any]]]) -> None:
    kept = []
    for position, form in enumerate(entry.forms):
        row = _put(
            Form,
            {"procedure": procedure, "slug": form.slug},
            title=form.title,
            edition=form.edition,
            tracked=form.tracked,
            enclosures=form.enclosures,
            period=form.period.model_dump() if form.period else None,
            position=position,
            revision=_revision(entry, procedure.authority.address),
            retired=False,
        )
        kept.append(row.id)
        for file in files.get(f"{procedure.slug}/{form.slug}", []):
            _put(FormFile, {"form": row, "language": file["language"]}, **file)
    Form.update(retired=True).where((Form.procedure == procedure) & Form.id.not_in(kept)).execute()


def _revision(*parts: Any) -> str:
    """Changes whenever a page that shows these parts would look different."""
    plain = [part.model_dump() if isinstance(part, BaseModel) else part for part in parts]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


Known = dict[tuple[str, str, str], str]  # (procedure, form, language) -> fingerprint


def _known() -> Known:
    files = FormFile.select(FormFile.fingerprint, FormFile.language, FormFile.form, Form, Procedure)
    return {
        (file.form.procedure.slug, file.form.slug, file.language): file.fingerprint
        for file in files.join(Form).join(Procedure)
    }


def _form_files(
    folder: Path, catalogue: Catalogue, draw: Draw, accept: Accept, known: Known
) -> dict[str, list[dict[str, Any]]]:
    """The PDFs that are new or changed, checked and with room found for the stamp. Writes nothing."""
    found: dict[str, list[dict[str, Any]]] = {}
    problems: list[str] = []
    for slug, entry in catalogue.procedures.items():
        authority = catalogue.authorities[entry.authority].name
        for form in entry.forms:
            name = f"{slug}/{form.slug}"
            for language, source, make in _sources(folder / slug, form, catalogue.specimens.get(name), authority, draw):
                if known.get((slug, form.slug, language)) == source:
                    continue
                try:
                    data, places = accept(make())
                except Exception as error:  # whatever a foreign PDF does to a PDF library, it is the file's fault
                    problems.append(f"{folder.name}/{name}.{language}: {error}")
                    continue
                found.setdefault(name, []).append(
                    {"language": language, "data": data, "places": places, "fingerprint": source,
                     "specimen": not _dropped(folder / slug, form.slug, language)}
                )  # fmt: skip
    if problems:
        raise BadCatalogue(problems)
    return found


def _sources(
    folder: Path, form: FormEntry, specimen: SpecimenFile | None, authority: dict[str, str], draw: Draw
) -> list[tuple[str, str, Callable[[], bytes]]]:
    """For each language there is: what the PDF is made from (as a fingerprint), and how to make it."""
    sources: list[tuple[str, str, Callable[[], bytes]]] = []
    for language in LANGUAGES:
        if dropped := _dropped(folder, form.slug, language):
            sources.append((language, hashlib.sha256(dropped.read_bytes()).hexdigest(), dropped.read_bytes))
        elif specimen:
            name = authority[language]
            fingerprint = _revision(specimen, form, name, _drawing())

            def make(language: str = language, name: str = name) -> bytes:
                return draw(specimen, language, name, form.edition)

            sources.append((language, fingerprint, make))
    return sources


def _dropped(folder: Path, form: str, language: str) -> Path | None:
    """The administration's own PDF: `form.fr.pdf` for one language, `form.pdf` for all."""
    return next((path for name in (f"{form}.{language}.pdf", f"{form}.pdf") if (path := folder / name).exists()), None)


def _drawing() -> str:
    """Changes with the drawing code, so that specimens are drawn anew when it does."""
    paper = Path(__file__).parent.parent / "paper"
    sources = sorted([*paper.glob("specimen*"), *paper.glob("form*.py")])
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources if path.is_file())).hexdigest()
