"""Awkward PDF forms for the tests, made here: no authority's file is needed."""

import io
from collections.abc import Callable

import pikepdf
import typst
from pikepdf import Array, Dictionary, Encryption, Name, Pdf, Permissions, String
from PIL import Image, ImageChops, ImageDraw

from paper.forms.stamp import Place
from paper.typeset import FONTS

A4 = (595.276, 841.89)
FIELDS_PER_PAGE = 12


def plain(pages: int = 2, size: tuple[float, float] = A4, rotate: int = 0) -> bytes:
    """A form with text and fields, white at the top right as seen."""
    with Pdf.new() as pdf:
        font = pdf.make_indirect(
            Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding)
        )
        pdf.Root.AcroForm = Dictionary(
            Fields=Array(), DA=String("/Helv 9 Tf 0 g"), DR=Dictionary(Font=Dictionary(Helv=font))
        )
        for number in range(pages):
            _add_page(pdf, font, number, size)
            pdf.pages[-1].obj.Rotate = rotate
        return _saved(pdf)


def _add_page(pdf: Pdf, font: pikepdf.Object, number: int, size: tuple[float, float]) -> None:
    page = pdf.add_blank_page(page_size=size)
    page.obj.Resources = Dictionary(Font=Dictionary(F1=font))
    lines = [
        f"BT /F1 10 Tf 60 {size[1] - 150 - 24 * i:.1f} Td (Question {number + 1}.{i + 1}) Tj ET" for i in range(20)
    ]
    page.obj.Contents = pdf.make_stream("\n".join(lines).encode())
    page.obj.Annots = Array()
    for i in range(FIELDS_PER_PAGE):
        field = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T=String(f"p{number}f{i}"),
            F=4,
            P=page.obj,
            Rect=Array([180, size[1] - 154 - 24 * i, 400, size[1] - 138 - 24 * i]),
        )
        page.obj.Annots.append(pdf.make_indirect(field))
        pdf.Root.AcroForm.Fields.append(page.obj.Annots[-1])


def changed(change: Callable[[Pdf], None], data: bytes | None = None, **save: object) -> bytes:
    with pikepdf.open(io.BytesIO(data or plain())) as pdf:
        change(pdf)
        return _saved(pdf, **save)


def _saved(pdf: Pdf, **save: object) -> bytes:
    out = io.BytesIO()
    pdf.save(out, **save)
    return out.getvalue()


def content(code: bytes, prepend: bool = False) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        for page in pdf.pages:
            page.contents_add(code, prepend=prepend)

    return change


def inherited(pdf: Pdf) -> None:
    """Size, turn and resources stand on the page tree's root only."""
    root = pdf.Root.Pages
    root.MediaBox, root.Rotate, root.Resources = Array([0, 0, *A4]), 90, pdf.pages[0].obj.Resources
    for page in pdf.pages:
        del page.obj.MediaBox, page.obj.Rotate, page.obj.Resources


def offset(pdf: Pdf) -> None:
    """The page's lower left corner is not the origin, and its corners are named the other way round."""
    for page in pdf.pages:
        page.obj.MediaBox = Array([A4[0] - 100, A4[1] - 50, -100, -50])
        page.contents_add(b"q 1 0 0 1 -100 -50 cm\n", prepend=True)
        page.contents_add(b"\nQ")
        for field in page.obj.Annots:
            field.Rect = Array([float(v) - shift for v, shift in zip(field.Rect, (100, 50) * 2, strict=True)])


def cropped(pdf: Pdf) -> None:
    for page in pdf.pages:
        page.obj.MediaBox, page.obj.CropBox = Array([-50, -50, 700, 950]), Array([0, 0, *A4])


def user_unit(pdf: Pdf) -> None:
    """Half the numbers, each worth two points: still A4."""
    for page in pdf.pages:
        page.obj.UserUnit, page.obj.MediaBox = 2, Array([0, 0, A4[0] / 2, A4[1] / 2])
        page.contents_add(b"q 0.5 0 0 0.5 0 0 cm\n", prepend=True)
        page.contents_add(b"\nQ")
        for field in page.obj.Annots:
            field.Rect = Array([float(value) / 2 for value in field.Rect])


def signature(pdf: Pdf) -> pikepdf.Object:
    return pdf.make_indirect(
        Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), ByteRange=Array([0, 1, 2, 3]), Contents=String("0"))
    )


def signed(pdf: Pdf) -> None:
    field = Dictionary(FT=Name.Sig, T=String("signature"), V=signature(pdf))
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(field))


def certified(pdf: Pdf) -> None:
    pdf.Root.Perms = Dictionary(DocMDP=signature(pdf))


def usage_rights(pdf: Pdf) -> None:
    """What the authority's Acrobat permits to Adobe Reader: it looks like a signature and is nobody's."""
    pdf.Root.Perms = pdf.make_indirect(Dictionary(UR3=signature(pdf), UR=signature(pdf)))
    pdf.Root.ViewerPreferences = Dictionary(Rights=Dictionary(Document=Array([Name.FullSave])))


def xfa(dynamic: bool) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        render = b"required" if dynamic else b"forbidden"
        config = pdf.make_stream(b"<config><acrobat7><dynamicRender>%b</dynamicRender></acrobat7></config>" % render)
        pdf.Root.AcroForm.XFA = Array([String("config"), config])

    return change


NO_CHANGE = Permissions(extract=False, modify_other=False)


def locked(user: str, revision: int, change: bool = True) -> bytes:
    """An encrypted form that may not be copied from, and may not even be changed unless `change`."""
    lock = Encryption(
        owner="owner",
        user=user,
        R=revision,
        allow=Permissions(extract=False, modify_other=change),
        aes=revision > 3,
        metadata=revision > 3,
    )
    return changed(lambda pdf: None, encryption=lock)


def covered_by_a_field(pdf: Pdf) -> None:
    """An empty field without a border cannot be seen, and would hide a stamp all the same."""
    for page in pdf.pages:
        page.obj.Annots[0].Rect = Array([0, A4[1] - 120, A4[0], A4[1]])


def without_text(pdf: Pdf) -> None:
    for page in pdf.pages:
        del page.obj.Contents, page.obj.Annots


def inked_but_for(white: tuple[int, int, int, int]) -> Callable[[Pdf], None]:
    """Cover the page with grey, and leave one rectangle (x, y, width, height in points) white."""

    def change(pdf: Pdf) -> None:
        without_text(pdf)
        content(b"0.5 g -1 -1 600 850 re f 1 g %d %d %d %d re f" % white)(pdf)

    return change


def scripted(pdf: Pdf) -> None:
    pdf.Root.OpenAction = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=String("app.beep();")))


def tagged() -> bytes:
    """A form as a good editor writes it: PDF/UA-1, two pages."""
    text = """#set document(title: "Form", date: none)
    #set text(lang: "en", font: "Noto Sans")
    #set page(paper: "a4", margin: (top: 40mm, rest: 25mm))
    = First
    Question
    #pagebreak()
    = Second
    Question"""
    return bytes(
        typst.compile(text.encode(), font_paths=[str(FONTS)], ignore_system_fonts=True, pdf_standards=["ua-1"])
    )


def scan(noise: float, fade: int, line: tuple[int, int, int, int]) -> bytes:
    """One page of grey paper as a scanner saw it: `fade` darker at its lower end, with a pale line (points)."""
    size = 827, 1169
    shade = Image.linear_gradient("L").resize(size).point([235 - value * fade // 255 for value in range(256)])
    left, bottom, right, top = (round(points / 72 * 100) for points in line)
    ImageDraw.Draw(shade).rectangle((left, size[1] - top, right, size[1] - bottom), fill=195)
    seen = io.BytesIO()
    ImageChops.add(shade, Image.effect_noise(size, noise), 1, -128).save(seen, "JPEG", quality=80)
    with Pdf.new() as pdf:
        page = pdf.add_blank_page(page_size=A4)
        picture = Dictionary(
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=size[0],
            Height=size[1],
            ColorSpace=Name.DeviceGray,
            BitsPerComponent=8,
            Filter=Name.DCTDecode,
        )
        page.obj.Resources = Dictionary(XObject=Dictionary(Scan=pdf.make_stream(seen.getvalue(), picture)))
        page.obj.Contents = pdf.make_stream(b"q %.2f 0 0 %.2f 0 0 cm /Scan Do Q" % A4)
        return _saved(pdf)


def overlaps(place: Place, points: tuple[float, float, float, float]) -> bool:
    left, bottom, right, top = (value / 72 * 25.4 for value in points)
    width, height = place.size
    return place.x < right and left < place.x + width and place.y < top and bottom < place.y + height


GOOD: dict[str, Callable[[], bytes]] = {
    "plain": plain,
    "turned by 90": lambda: plain(rotate=90),
    "turned by 180": lambda: plain(rotate=180),
    "turned by 270": lambda: plain(rotate=270),
    "turned by -90": lambda: plain(rotate=-90),
    "A5": lambda: plain(size=(419.5, 595.3)),
    "landscape": lambda: plain(size=(A4[1], A4[0])),
    "everything inherited": lambda: changed(inherited),
    "offset box": lambda: changed(offset),
    "cropped": lambda: changed(cropped),
    "user unit": lambda: changed(user_unit),
    "a q too many": lambda: changed(content(b"\nq 0.5 0 0 0.5 300 100 cm 1 0 0 rg")),
    "a Q too many": lambda: changed(content(b"\nQ Q\n0.3 0 0 -0.3 50 700 cm")),
    "matrix left changed": lambda: changed(content(b"0.5 0 0 0.5 0 0 cm\n", prepend=True)),
    "object streams": lambda: changed(
        lambda pdf: None, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True
    ),
    "owner password RC4": lambda: locked("", 3),
    "owner password AES-128": lambda: locked("", 4),
    "owner password AES-256": lambda: locked("", 6),
    "invisible field on top": lambda: changed(covered_by_a_field),
    "static XFA": lambda: changed(xfa(dynamic=False)),
    "no content": lambda: changed(lambda pdf: [page.obj.__delitem__("/Contents") for page in pdf.pages] and None),
    "wrong xref": lambda: plain().replace(b"startxref\n", b"startxref\n9"),
    "junk before": lambda: b"HTTP/1.1 200 OK\r\n\r\n" + plain(),
}

BAD: dict[str, tuple[Callable[[], bytes], str, int | None]] = {
    "user password": (lambda: locked("open", 6), "encrypted", None),
    "cut in half": (lambda: plain()[: len(plain()) // 2], "unreadable", None),
    "cut at the end": (lambda: plain()[: len(plain()) * 97 // 100], "unreadable", None),
    "a web page": (lambda: b"<!doctype html><h1>404</h1>", "unreadable", None),
    "nothing": (lambda: b"", "unreadable", None),
    "no pages": (lambda: changed(lambda pdf: pdf.pages.__delitem__(slice(None))), "unreadable", None),
}


BY_SHEET: dict[str, tuple[Callable[[], bytes], str]] = {
    "signed": (lambda: changed(signed), "signed"),
    "certified": (lambda: changed(certified), "certified"),
    "RC4": (lambda: locked("", 3, change=False), "locked"),
    "AES-128": (lambda: locked("", 4, change=False), "locked"),
    "AES-256": (lambda: locked("", 6, change=False), "locked"),
    "dynamic XFA": (lambda: changed(xfa(dynamic=True)), "xfa"),
    "full of ink": (lambda: changed(content(b"\n0 0 0 rg 0 0 600 850 re f")), "full"),
    "endless pages": (lambda: plain(size=(3500, 3500)), "full"),
    "tiny pages": (lambda: plain(size=(50, 50)), "full"),
}


def small_second_page(pdf: Pdf) -> None:
    pdf.pages[1].obj.MediaBox = Array([0, 0, 170, 60])
