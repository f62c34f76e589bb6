"""Draw specimen forms (fillable, tagged, marked as specimens), to try the service before the real forms are there."""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from paper.typeset import typeset
from paths import PAPER

TEXT_STYLE = "/Helv 10 Tf 0 g"  # Helvetica is one of the 14 standard fonts that every PDF viewer has
MULTILINE, NO_SCROLL = 1 << 12, 1 << 23  # field flags; no scrolling, as text out of sight is lost on paper
TEXT_INSET = (3.0, 0.8)  # points between a frame and its text
PRINT_FLAG = 4  # annotation flag
CROSS_DRAWING = b"q 1.2 w 1 J 0 g %.2f %.2f m %.2f %.2f l %.2f %.2f m %.2f %.2f l S Q"

WORDS = {
    "de": {
        "notice": "Dieses Blatt ist ein Muster zum Ausprobieren und nicht das amtliche Formular.",
        "edition": "Ausgabe",
        "date": "TT.MM.JJJJ",
        "place": "Ort und Datum",
        "signature": "Unterschrift",
    },
    "fr": {
        "notice": "Cette feuille est un spécimen pour faire des essais ; ce n’est pas le formulaire officiel.",
        "edition": "Édition",
        "date": "JJ.MM.AAAA",
        "place": "Lieu et date",
        "signature": "Signature",
    },
    "en": {
        "notice": "This sheet is a specimen to try things out with. It is not the official form.",
        "edition": "Edition",
        "date": "DD.MM.YYYY",
        "place": "Place and date",
        "signature": "Signature",
    },
    "lb": {
        "notice": "Dëst Blat ass e Muster fir auszeprobéieren an net den offizielle Formulaire.",
        "edition": "Ausgab",
        "date": "DD.MM.JJJJ",
        "place": "Plaz an Datum",
        "signature": "Ënnerschrëft",
    },
}


def fingerprint() -> str:
    """Hash of the code, templates and fonts that draw and check forms; when it changes, specimens are drawn anew."""
    sources = sorted(path for kind in ("*.py", "*.typ", "*.ttf") for path in PAPER.rglob(kind))
    digest = hashlib.sha256()
    for path in sources:
        digest.update(f"{path.relative_to(PAPER)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def draw(spec: Mapping[str, Any], language: str, authority: str, edition: str) -> bytes:
    """Draw a specimen of the catalogue in one language, as a tagged A4 PDF with real fields.

    `spec` has title, intro, groups of fields, declaration (every text a mapping by language) and signature (a boolean).
    A screen reader speaks a field as "group: label"; the Tab key follows the reading order.
    Raises KeyError for a missing text or language, and typst.TypstError for a character without a glyph.
    """
    data = _in_language(spec, language) | {"authority": authority, "edition": edition}
    out = io.BytesIO()
    with _shortest(data) as pdf:
        _add_fields(pdf)
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue()


def _shortest(data: Mapping[str, Any]) -> pikepdf.Pdf:
    """The form set loosely, or tightly if that saves a page."""
    loose = _typeset(data, tight=False)
    tight = _typeset(data, tight=True) if len(loose.pages) > 1 else loose
    return tight if len(tight.pages) < len(loose.pages) else loose


def _typeset(data: Mapping[str, Any], tight: bool) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(typeset("specimen.typ", {**data, "tight": tight}, standard="ua-1")))


def _in_language(spec: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The texts of `spec` in one language, with defaults filled in."""

    def words(key: str) -> str:
        return str(spec[key][language]) if key in spec else ""

    groups = []
    for group in spec["groups"]:
        title = group["title"][language]
        fields = [_field(field, field["label"][language], title) for field in group["fields"]]
        groups.append({"title": title, "fields": fields})
    texts = {key: words(key) for key in ("title", "intro", "declaration")}
    signature = bool(spec.get("signature", False))
    return texts | {"language": language, "words": WORDS[language], "groups": groups, "signature": signature}


def _field(field: Mapping[str, Any], label: str, group: str) -> dict[str, str]:
    width = field.get("width", "full")
    return {"name": field["name"], "kind": field["kind"], "width": width, "label": label, "spoken": f"{group}: {label}"}


def _add_fields(pdf: pikepdf.Pdf) -> None:
    """Replace each figure that describes a field by a real field, at the figure's place and in its reading order."""
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
    tree = pdf.Root.StructTreeRoot
    fields, first = Array(), int(tree.ParentTreeNextKey)
    for key, figure in enumerate(list(_figures(tree)), first):
        widget = pdf.make_indirect(_widget(pdf, figure, key))
        _tag(figure, widget)
        fields.append(widget)
        tree.ParentTree.Nums.extend(Array([key, figure]))
    tree.ParentTreeNextKey = first + len(fields)
    resources = Dictionary(Font=Dictionary(Helv=pdf.make_indirect(font)))
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=fields, DA=String(TEXT_STYLE), DR=resources))


def _figures(element: pikepdf.Object) -> Iterator[pikepdf.Dictionary]:
    """The figures that describe fields, in reading order."""
    if not isinstance(element, pikepdf.Dictionary):
        return
    if element.get("/S") == "/Figure" and str(element.get("/Alt", "")).startswith("{"):
        yield element
        return
    kids = element.get("/K", Array())
    for kid in list(kids) if isinstance(kids, Array) else [kids]:
        yield from _figures(kid)


def _widget(pdf: pikepdf.Pdf, figure: pikepdf.Dictionary, key: int) -> pikepdf.Dictionary:
    """Make the field of a figure, at the frame that was drawn for it."""
    field = json.loads(str(figure.Alt))
    page = pdf.pages[field["page"] - 1].obj
    x0, y0, x1, y1 = next([float(value) for value in item.BBox] for item in figure.A if "/BBox" in item)
    dx, dy = (0.0, 0.0) if field["kind"] == "check" else TEXT_INSET
    size = x1 - x0 - 2 * dx, y1 - y0 - 2 * dy
    widget = _check(pdf, size) if field["kind"] == "check" else _text(pdf, size, field["kind"])
    widget.T, widget.TU = String(field["name"]), String(field["label"])
    widget.Rect = Array([x0 + dx, y0 + dy, x1 - dx, y1 - dy])
    widget.Type, widget.Subtype = Name.Annot, Name.Widget
    widget.F, widget.P, widget.StructParent = PRINT_FLAG, page, key
    return widget


def _text(pdf: pikepdf.Pdf, size: tuple[float, float], kind: str) -> pikepdf.Dictionary:
    flags = NO_SCROLL | (MULTILINE if kind == "multiline" else 0)
    appearance = _appearance(pdf, size, b"/Tx BMC EMC")
    text = Dictionary(FT=Name.Tx, DA=String(TEXT_STYLE), Ff=flags, AP=Dictionary(N=appearance))
    if kind == "date":
        text.MaxLen = 10
    return text


def _check(pdf: pikepdf.Pdf, size: tuple[float, float]) -> pikepdf.Dictionary:
    """A checkbox that brings its own cross: a viewer would draw one in a font that may be missing."""
    low, right, top = size[0] * 0.22, size[0] * 0.78, size[1] * 0.78
    cross = _appearance(pdf, size, CROSS_DRAWING % (low, low, right, top, low, top, right, low))
    states = Dictionary(Yes=cross, Off=_appearance(pdf, size, b""))
    return Dictionary(FT=Name.Btn, V=Name.Off, AS=Name.Off, AP=Dictionary(N=states))


def _appearance(pdf: pikepdf.Pdf, size: tuple[float, float], code: bytes) -> pikepdf.Object:
    return pdf.make_stream(
        code, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, *size]), Resources=Dictionary()
    )


def _tag(figure: pikepdf.Dictionary, widget: pikepdf.Object) -> None:
    """Turn the figure's structure element into that of the field; PDF/UA-1, 7.18.4 wants only the widget in it."""
    figure.S, figure.Pg = Name.Form, widget.P
    figure.K = Array([Dictionary(Type=Name.OBJR, Obj=widget, Pg=widget.P)])
    del figure.Alt, figure.A
    annotations = widget.P.get("/Annots", Array())
    annotations.append(widget)
    widget.P.Annots = annotations
