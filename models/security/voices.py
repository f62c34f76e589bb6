"""The spoken digits: recordings that `flask captcha voices` makes with espeak-ng, joined anew for each code.

Clean speech on purpose: noise costs listeners and stops no program. A person's own recordings may take the place of the
synthetic ones: 8-bit mono WAV at RATE, voices/<language>/<digit>-<variant>.wav.
"""

import ctypes
import io
import wave
from array import array
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import IO, Any

from models.security.captcha import ALPHABET
from paths import VOICES

VARIANTS = ("m3", "f2")  # a man's and a woman's voice of espeak-ng
RATE = 11025  # half of what espeak-ng gives; at 8000 the "s" of "six" is lost
PAUSE = bytes([128]) * int(RATE * 0.8)  # silence, long enough to type a digit
Speak = Callable[[str, str], "array[int]"]
SYNCHRONOUS, UTF8, WORDS_A_MINUTE = 2, 1, 1  # constants of speak_lib.h


class NoVoicesError(Exception):
    """The recordings have not been made on this machine."""


def spoken(digits: str, language: str, variant: str) -> bytes:
    """A WAV of the digits, with a pause around each; raises NoVoicesError."""
    try:
        frames = [_recording(VOICES / language / f"{digit}-{variant}.wav") for digit in digits]
    except FileNotFoundError as error:
        raise NoVoicesError(str(error)) from error
    out = io.BytesIO()
    _write(out, PAUSE + PAUSE.join(frames) + PAUSE)
    return out.getvalue()


def record(languages: Iterable[str]) -> tuple[int, int]:
    """Record the digits in `languages` that are missing; how many were made, and how many there are in all.

    Raises RuntimeError if espeak-ng does not work here.
    """
    wanted = _wanted(languages)
    missing = [path for path in wanted if not path.exists()]
    if missing:
        speak = _speaker()
        for path in missing:
            _record(path, speak)
    return len(missing), len(wanted)


def _wanted(languages: Iterable[str]) -> list[Path]:
    return [
        VOICES / language / f"{digit}-{variant}.wav"
        for language in languages
        for variant in VARIANTS
        for digit in ALPHABET
    ]


def _record(path: Path, speak: Speak) -> None:
    digit, variant = path.stem.split("-")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as out:
        _write(out, _shrink(speak(digit, f"{path.parent.name}+{variant}")))
    part.rename(path)  # a file that is there is a whole one, even after a power cut


def _speaker() -> Speak:
    """A function (text, voice) -> 16-bit samples at twice RATE, out of the library that espeakng_loader brings."""
    import espeakng_loader  # only set-up needs it

    espeak = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = espeak.espeak_Initialize(SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate != 2 * RATE:
        raise RuntimeError(f"espeak-ng did not start as expected: {rate}")
    samples: array[int] = array("h")

    def collect(chunk: Any, count: int, _events: Any) -> int:
        if chunk:
            samples.frombytes(ctypes.string_at(chunk, 2 * count))
        return 0

    def speak(text: str, voice: str) -> "array[int]":
        del samples[:]
        if espeak.espeak_SetVoiceByName(voice.encode()):
            raise RuntimeError(f"espeak-ng has no voice {voice}")
        espeak.espeak_SetParameter(WORDS_A_MINUTE, 130, 0)  # a little slower than its 175
        espeak.espeak_Synth(text.encode(), len(text) + 1, 0, 1, 0, UTF8, None, None)
        return samples

    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(collect)
    espeak.espeak_SetSynthCallback(callback)
    # C holds only a pointer: without a reference here the callback would be freed.
    speak.keep = callback  # type: ignore[attr-defined]
    return speak


def _shrink(samples: "array[int]") -> bytes:
    """Half the rate, 8 bits, and the same loudness for every voice."""
    pairs = [(left + right) / 2 for left, right in zip(samples[::2], samples[1::2], strict=False)]
    gain = 115 / max(map(abs, pairs))
    return bytes(128 + round(pair * gain) for pair in pairs)


def _write(out: IO[bytes], frames: bytes) -> None:
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(frames)


@cache
def _recording(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        return file.readframes(file.getnframes())
