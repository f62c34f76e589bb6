"""Forms that are certified as a signer does it: the certification names the bytes of its file."""

import io

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

from support import paper_forms


def truly_certified(rights: bool = False) -> bytes:
    """A form whose certification names its own bytes, as a signer writes it; with usage rights in it if asked for."""

    def change(pdf: Pdf) -> None:
        paper_forms.certified(pdf)
        pdf.Root.Perms.DocMDP.ByteRange = Array([0, 11111111, 22222222, 33333333])
        pdf.Root.Perms.DocMDP.Contents = String(b"\xff" * 50)  # written as <ff...>
        if rights:
            pdf.Root.Perms.UR3 = pdf.make_indirect(Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite")))

    data = paper_forms.changed(change, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    hole = data.index(b"<" + b"ff" * 50 + b">")
    after = hole + 102
    for placeholder, number in ((11111111, hole), (22222222, after), (33333333, len(data) - after)):
        data = data.replace(b"%d" % placeholder, b"%08d" % number)
    return data


def with_later_rights(data: bytes) -> bytes:
    """The form with usage rights in a revision of their own, appended as Acrobat does it."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        signature = pdf.Root.Perms.DocMDP.objgen[0]
        pdf.Root.Perms = Dictionary()
        root = pdf.Root.unparse(resolved=True).replace(
            b"/Perms << >>", b"/Perms << /DocMDP %d 0 R /UR3 << /Type /Sig >> >>" % signature
        )
        return with_revision(data, pdf.Root.objgen[0], root)


def with_later_text(data: bytes) -> bytes:
    """The form with other words on its first page, in a revision of their own: as many pages as before."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        page = pdf.pages[0].obj
        font = b"/F9 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
        content = b"BT /F9 40 Tf 60 400 Td (New fee: 50 EUR) Tj ET"
        number = int(pdf.trailer.Size)
        page.Contents, page.Resources = Dictionary(), Dictionary()
        changed = page.unparse(resolved=True).replace(b"/Contents << >>", b"/Contents %d 0 R" % number)
        changed = changed.replace(b"/Resources << >>", b"/Resources << /Font << %b >> >>" % font)
        data = with_revision(data, number, b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content))
        return with_revision(data, page.objgen[0], changed)


def with_revision(data: bytes, number: int, content: bytes) -> bytes:
    """The file with one object that is new or replaces another, appended with a table of its own."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        root, size = pdf.Root.objgen[0], max(int(pdf.trailer.Size), number + 1)
    start, previous = len(data), data.rindex(b"startxref")
    revision = b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer << /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        number,
        start,
        size,
        root,
        int(data[previous + 9 :].split()[0]),
        start + len(revision),
    )
    return data + revision + table
