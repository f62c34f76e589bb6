"""Small PDFs that keep a reader busy for ever or use up its memory, and a reader that dies; for test_acceptance.py."""

import os
import signal
import zlib
from multiprocessing.connection import Connection
from typing import Any, NoReturn

import pikepdf
from pikepdf import Array, Dictionary, Name

from paper import typeset
from paper.forms import child, stamp
from paper.forms.examination import AcceptedForm
from support.paper_forms import changed, plain


def endless() -> bytes:
    """Fields within fields, thirty levels deep, each naming the next one twice: a billion to walk through."""

    def grow(pdf: pikepdf.Pdf) -> None:
        below = pdf.make_indirect(Dictionary(Kids=Array()))
        for _ in range(30):
            below = pdf.make_indirect(Dictionary(Kids=Array([below, below])))
        pdf.Root.AcroForm.Fields.append(below)

    return changed(grow)


def swelling() -> bytes:
    """A page whose drawing is packed twice: 2 kB for 128 MB."""

    def pack(pdf: pikepdf.Pdf) -> None:
        once = zlib.compressobj()
        packed = b"".join(once.compress(b"  \n\n" * 2**18) for _ in range(128)) + once.flush()
        stream = pdf.make_stream(b"")
        stream.write(zlib.compress(packed), filter=Array([Name.FlateDecode, Name.FlateDecode]))
        pdf.pages[0].obj.Contents = stream

    return changed(pack, plain(1), compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.none)


def dying(connection: Connection, _memory: int) -> None:
    """Serve like `paper.forms.child.serve`, and be killed by the first form."""
    connection.send_bytes(b"ready")
    connection.recv_bytes()
    connection.recv_bytes()
    os.kill(os.getpid(), signal.SIGSEGV)


def without_fonts(*arguments: Any) -> None:
    """Serve like `paper.forms.child.serve` on a server whose fonts were not installed."""

    def missing(*_arguments: Any, **_options: Any) -> NoReturn:
        raise typeset.FontsMissingError("run `make install`")

    stamp.typeset = missing
    child.serve(*arguments)


def slow(*arguments: Any) -> None:
    """Serve like `paper.forms.child.serve`, but examine for ever."""

    def turn(_data: bytes) -> NoReturn:
        while True:
            pass

    child.examine = turn
    child.serve(*arguments)


def asleep(connection: Connection, _memory: int) -> NoReturn:
    """Be ready, and then never do anything again."""
    connection.send_bytes(b"ready")
    while True:
        signal.pause()


def kept_waiting(*arguments: Any) -> None:
    """Serve like `paper.forms.child.serve` where others have the processor for half a second with every form."""

    def wait(data: bytes) -> AcceptedForm:
        signal.sigtimedwait([], 0.5)
        return AcceptedForm(data, [None], 1)

    child.examine = wait
    child.serve(*arguments)


def stillborn(*_arguments: Any) -> None:
    """End before anything is served."""
