"""Which PDFs of a form are specimens."""

from collections.abc import Mapping
from typing import Any

from models.catalogue.procedure import LANGUAGES, Form, FormFile, Procedure


def specimens(procedure: str, form: str, rows: Mapping[str, Mapping[str, Any] | None]) -> dict[str, bool]:
    """For each language: True if what its readers get is a specimen.

    `rows` are the PDFs there will be: a new row for each language, None where that of the database stays. Who has none
    in the own language gets another, as by `Form.file`.
    """
    kinds = {language: bool(kind) for language, kind in column("specimen", procedure, form, rows).items()}
    return {
        language: next((kinds[code] for code in (language, *LANGUAGES) if code in kinds), False)
        for language in LANGUAGES
    }


def column(name: str, procedure: str, form: str, rows: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Any]:
    """For each language that has a PDF: what stands in one column of its row, new or as it was."""
    query: Any = FormFile.select(FormFile.language, getattr(FormFile, name)).join(Form).join(Procedure)
    there = dict(query.where((Procedure.slug == procedure) & (Form.slug == form)).tuples())
    known = {language: row[name] if row else there.get(language) for language, row in rows.items()}
    return {language: value for language, value in known.items() if value is not None}
