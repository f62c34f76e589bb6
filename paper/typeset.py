"""Typst for a web server: one compiler per thread, our own fonts only, no data left from the previous call."""

import functools
import json
import os
import threading
from collections.abc import Mapping
from typing import Any, Literal, cast

import typst

from paths import FONTS, PAPER

FAMILIES = {"Noto Sans", "Noto Sans Symbols 2"}

_thread = threading.local()
_used_by: set[int] = set()  # ids of the processes that have used Typst: its threads do not survive a fork


class FontsMissingError(RuntimeError):
    """The fonts of the printed sheet are not installed."""


def typeset(
    template: str, data: Mapping[str, Any], standard: Literal["ua-1"] | None = None, tags: bool = True
) -> bytes:
    """Compile a template of this folder with the data and return the PDF; equal data give equal bytes.

    The template reads the data with `json(bytes(sys.inputs.data))`: plain strings, never markup.
    Raises FontsMissingError without fonts, typst.TypstError if the standard cannot be met (a missing glyph), and
    RuntimeError in a process forked from one that has used Typst, where Typst would wait for ever.
    """
    # Always pass sys_inputs: without it, Typst silently reuses those of the previous call, so another person's data.
    pdf = compiler(template).compile(
        sys_inputs=inputs(data), format="pdf", pdf_standards=[standard] if standard else [], pdf_tags=tags
    )
    return cast(bytes, pdf)


def inputs(data: Mapping[str, Any]) -> dict[str, str]:
    """Encode the data as one JSON string, because Typst inputs can only be strings."""
    return {"data": json.dumps(data, ensure_ascii=False)}


def compiler(template: str) -> typst.Compiler:
    """Return this thread's compiler for a template. Threads cannot share one: Typst raises 'Already borrowed'."""
    _refuse_after_fork()
    compilers: dict[str, typst.Compiler] = _thread.__dict__.setdefault("compilers", {})
    if template not in compilers:
        compilers[template] = typst.Compiler(
            str(PAPER / template), root=str(PAPER), font_paths=_fonts(), ignore_system_fonts=True
        )
    return compilers[template]


@functools.cache
def _fonts() -> typst.Fonts:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    missing = " and ".join(sorted(FAMILIES - set(fonts.families())))
    if missing:
        raise FontsMissingError(f"{missing} not found in paper/{FONTS.name}: run `make install`.")
    return fonts


def _refuse_after_fork() -> None:
    _used_by.add(os.getpid())
    if len(_used_by) > 1:
        raise RuntimeError("Typst was used before this process was forked; typeset only after the fork.")
