"""Nothing that is printed lies on something else or outside the page, with the longest texts of each language."""

from pathlib import Path

import pytest
import yaml

from models import Authority, Dossier, Form, Procedure, today
from models.catalogue.procedure import LANGUAGES
from models.dossiers.moves import Move
from paths import CATALOGUE
from support.paper_reading import overprinted
from support.visitor import Visitor

TYPED = "Donaudampfschifffahrtsgesellschaftskapitänspatent und " * 4  # what staff may ask for


def written(pattern: str) -> list[dict]:
    return [yaml.safe_load(path.read_text("utf-8")) for path in sorted(Path(CATALOGUE).glob(pattern))]


def longest(texts: list[dict]) -> dict[str, str]:
    """The longest of these texts in each language."""
    return {language: max((text[language] for text in texts), key=len) for language in LANGUAGES}


@pytest.fixture
def lengthened(app, dossier) -> Dossier:
    """A dossier whose procedure, form, enclosures and authority have the longest texts of the catalogue."""
    procedures, authorities = written("*/procedure.yaml"), written("authorities/*.yaml")
    forms = [form for procedure in procedures for form in procedure["forms"]]
    enclosures = [paper for form in forms for paper in form.get("enclosures", [])]
    Procedure.update(title=longest([each["title"] for each in procedures])).execute()
    Form.update(title=longest([each["title"] for each in forms]), enclosures=[longest(enclosures)] * 6).execute()
    lines = max((each["address"] for each in authorities), key=len)
    Authority.update(name=longest([each["name"] for each in authorities]), address=lines).execute()
    return Dossier.get_by_id(dossier.id)


def test_nothing_is_printed_over_something_else(app, lengthened, clerk, form):
    number = lengthened.number
    others = [Dossier.announce(form, "en", f"other {count}").number for count in range(5)]
    steps = {"received": {"arrived_on": today(), "postmark_on": today()}, "incomplete": {"missing": [TYPED] * 6}}
    for to, details in steps.items():
        lengthened.move(Move(to, by=clerk, version=Dossier.get_by_id(lengthened.id).version, **details))
    paths = [f"/t/{number}/{name}.pdf" for name in ("sheet", "sheet/1", "form", "receipt")]
    paths.append(f"/e/{'+'.join([number, *others])}/sheet.pdf")
    for place, language in enumerate(LANGUAGES):
        Authority.update(window=("left", "right")[place % 2]).execute()
        for path in paths:
            assert overprinted(Visitor(app, language).open(path).data) == [], (language, path)
