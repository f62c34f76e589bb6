"""The spoken digits: recordings that `flask captcha voices` makes with espeak-ng, changed and joined for each code.

No two takes of a digit are alike: speed and pitch, their course within the word, tone, loudness, the pauses and a faint
hiss differ, so no table of hashes reads a code, and a comparison of samples few. A program that compares how words
sound still does (bench/captcha_audio.py has the rates): heavier noise would cost listeners more than programs. The same
code always gives the same bytes, as Safari fetches a recording in parts.

A person's own recordings may take the place of the synthetic ones: 8-bit mono WAV at RATE,
voices/<language>/<digit>-<variant>.wav. Nobody whose language it is has approved the Luxembourgish ones yet.
"""

import ctypes
import hashlib
import io
import wave
from array import array
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import IO, Any

from PIL import Image, ImageChops

from models.security import keys
from models.security.captcha import ALPHABET
from paths import VOICES

VARIANTS = ("m3", "f2")  # a man's and a woman's voice of espeak-ng
RATE = 11025  # half of what espeak-ng gives; at 8000 the "s" of "six" is lost
# What differs from take to take. A listener hears another speaker each time, and no other word.
PAUSES = (0.6, 1.1)  # seconds around each digit: long enough to type one
SPEEDS, WARPS = (0.87, 1.15), (0.94, 1.06)  # of a word, which changes its pitch too, and of each of its PARTS
PARTS = 4
TONES = (0.0, 0.35)  # share of an echo 0.1 to 0.4 ms later, which dulls or sharpens
LOUDNESS = (0.65, 0.95)
HISS = 7  # of 256 steps, from top to bottom: 30 dB below the voice
SILENCE = 128
Speak = Callable[[str, str], "array[int]"]
SYNCHRONOUS, UTF8, WORDS_A_MINUTE = 2, 1, 1  # constants of speak_lib.h


class NoVoicesError(Exception):
    """The recordings have not been made on this machine."""


class _Draws:
    """Random numbers that only the server's key can foretell: the same for the same `name`."""

    def __init__(self, name: str) -> None:
        self._source = hashlib.shake_256(bytes.fromhex(keys.digest("captcha voice", name)))
        self._drawn = iter(self._source.digest(4096))

    def between(self, least: float, most: float) -> float:
        """A number of this range."""
        return least + (most - least) * (next(self._drawn) * 256 + next(self._drawn)) / 65535

    def noise(self, length: int) -> bytes:
        """So many steps from 0 to HISS."""
        return self._source.digest(4096 + length)[4096:].translate(bytes(step & HISS for step in range(256)))


def spoken(digits: str, language: str, variant: str, code: str = "") -> bytes:
    """A WAV of the digits, with a pause around each: the take of `code`. Raises NoVoicesError."""
    draws = _Draws(f"{language} {variant} {code} {digits}")
    try:
        words = [_recording(VOICES / language / f"{digit}-{variant}.wav") for digit in digits]
    except FileNotFoundError as error:
        raise NoVoicesError(str(error)) from error
    frames = b"".join(_pause(draws) + _take(word, draws) for word in words) + _pause(draws)
    out = io.BytesIO()
    _write(out, _add(frames, draws.noise(len(frames))))
    return out.getvalue()


def _pause(draws: _Draws) -> bytes:
    return bytes([SILENCE - HISS // 2]) * int(RATE * draws.between(*PAUSES))


def _take(word: bytes, draws: _Draws) -> bytes:
    """The word a little faster or slower as a whole and in each of its parts, and with another tone and loudness.

    Samples are a picture of one row to Pillow, which stretches and blends them in C: 1 ms for a whole recording.
    """
    speed = draws.between(*SPEEDS)
    cuts = [0, *(int(len(word) * (part + draws.between(-0.3, 0.3)) / PARTS) for part in range(1, PARTS)), len(word)]
    parts = [word[start:end] for start, end in zip(cuts, cuts[1:], strict=False)]
    stretched = b"".join(_stretch(part, speed * draws.between(*WARPS)) for part in parts)
    image = Image.frombytes("L", (len(stretched), 1), stretched)
    echo = ImageChops.offset(image, 1 + int(draws.between(0, 3.99)), 0)
    gain = draws.between(*LOUDNESS)
    loudness = bytes(SILENCE - HISS // 2 + round((step - SILENCE) * gain) for step in range(256))
    return Image.blend(image, echo, draws.between(*TONES)).tobytes().translate(loudness)


def _stretch(samples: bytes, factor: float) -> bytes:
    image = Image.frombytes("L", (len(samples), 1), samples)
    return image.resize((round(len(samples) * factor), 1), Image.Resampling.BICUBIC).tobytes()


def _add(samples: bytes, noise: bytes) -> bytes:
    """The sum of each sample and its noise: one addition of long numbers, as LOUDNESS leaves room for every sum."""
    return (int.from_bytes(samples) + int.from_bytes(noise)).to_bytes(len(samples))


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
