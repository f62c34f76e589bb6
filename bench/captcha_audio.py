"""python -m bench.captcha_audio [count]: how many audio codes three programs read, that know all our recordings.

Table: the hash of each recording. Samples: the recording that correlates best with a word, once stretched to one
length. Sound: the recording whose loudness in five bands runs most like that of the word (dynamic time warping), which
is what the simplest recognisers of words do. Each is tried on recordings joined as they are (how it was once), and on
the takes that the site makes now. A trained network reads more than any of these, whatever the recordings.
"""

import hashlib
import io
import re
import sys
import wave
from collections.abc import Callable
from functools import cache

from PIL import Image

from models.catalogue.procedure import LANGUAGES
from models.security import keys, voices
from models.security.captcha import ALPHABET, digits
from models.security.voices import RATE, SILENCE, VARIANTS
from paths import VOICES

Guess = Callable[[bytes, str], str]  # (the samples of a word, its language) -> a digit, or nothing
WINDOW = RATE // 100
LENGTH, FRAMES = 1200, 24


def main(count: int = 100) -> None:
    keys.initialize("a secret of at least thirty-two characters")
    attackers: dict[str, Guess] = {"table": by_table, "samples": by_samples, "sound": by_sound}
    for name, guess in attackers.items():
        for how, make in (("joined", joined), ("takes", takes)):
            read = sum(solves(guess, make, number) for number in range(count))
            print(f"{name:8} {how:7} {100 * read / count:5.1f} % of {count} codes read")


def solves(guess: Guess, make: Callable[[str, str, str, str], bytes], number: int) -> bool:
    """True if the program reads all six digits of the code of this number."""
    code, language, variant = str(number), LANGUAGES[number % len(LANGUAGES)], VARIANTS[number // 4 % len(VARIANTS)]
    shown = digits(code)
    sound = samples(make(shown, language, variant, code))
    return "".join(guess(word, language) for word in words(sound)) == shown


def joined(shown: str, language: str, variant: str, _code: str = "") -> bytes:
    """The recordings as they are, with a pause of fixed length around each."""
    pause = bytes([SILENCE]) * int(RATE * 0.8)
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 1, RATE, 0, "NONE", ""))
        file.writeframes(pause + pause.join(recordings(language)[digit, variant] for digit in shown) + pause)
    return out.getvalue()


def takes(shown: str, language: str, variant: str, code: str = "") -> bytes:
    """What the site sends."""
    return voices.spoken(shown, language, variant, code)


# Programs


def by_table(word: bytes, language: str) -> str:
    """The digit whose recording has the same bytes."""
    return table(language).get(hashlib.sha256(word.strip(bytes([SILENCE]))).hexdigest(), "")


def by_samples(word: bytes, language: str) -> str:
    """The digit whose recording, stretched to the same length and shifted a little, correlates best."""
    scores: dict[tuple[str, str], float] = {}
    for name, both in stretched_recordings(language).items():
        pairs = [
            (heard[shift : shift + LENGTH - 60], known[30:-30])
            for heard in edges(word)
            for known in both
            for shift in range(0, 61, 3)
        ]
        scores[name] = max(correlation(*pair) for pair in pairs)
    return max(scores, key=lambda name: scores[name])[0]


def by_sound(word: bytes, language: str) -> str:
    """The digit whose recording sounds most alike over time."""
    heard = sound_of(b"".join(loud_parts(word)) or word)
    costs = {name: distance(heard, known) for name, known in sounds(language).items()}
    return min(costs, key=lambda name: costs[name])[0]


# What they know


@cache
def recordings(language: str) -> dict[tuple[str, str], bytes]:
    return {
        (digit, variant): samples((VOICES / language / f"{digit}-{variant}.wav").read_bytes())
        for digit in ALPHABET
        for variant in VARIANTS
    }


@cache
def spoken_parts(language: str) -> dict[tuple[str, str], bytes]:
    return {name: b"".join(loud_parts(known)) for name, known in recordings(language).items()}


@cache
def table(language: str) -> dict[str, str]:
    edges = bytes([SILENCE])
    return {hashlib.sha256(known.strip(edges)).hexdigest(): name[0] for name, known in recordings(language).items()}


@cache
def stretched_recordings(language: str) -> dict[tuple[str, str], list[list[float]]]:
    return {name: edges(known) for name, known in recordings(language).items()}


@cache
def sounds(language: str) -> dict[tuple[str, str], list[list[float]]]:
    return {name: sound_of(known) for name, known in spoken_parts(language).items()}


# Signals


def samples(sound: bytes) -> bytes:
    with wave.open(io.BytesIO(sound)) as file:
        return file.readframes(file.getnframes())


def words(sound: bytes) -> list[bytes]:
    """The words of a recording: what stands between silences, or where there is a hiss, what is loud."""
    parts = [part for part in re.split(b"\x80{%d,}" % (RATE // 3), sound) if part]
    return parts if len(parts) > 1 else loud_parts(sound)


def loud_parts(sound: bytes, quiet: int = 8, gap: int = 18) -> list[bytes]:
    """The parts that are louder than `quiet`; breaks shorter than `gap` windows are inside a word."""
    starts = range(0, len(sound) - WINDOW, WINDOW)
    heights = [max(sound[at : at + WINDOW]) - min(sound[at : at + WINDOW]) for at in starts]
    found: list[list[int]] = []
    for at in (at for at, height in enumerate(heights) if height > 2 * quiet):
        if found and at - found[-1][1] <= gap:
            found[-1][1] = at
        else:
            found.append([at, at])
    return [sound[start * WINDOW : (end + 1) * WINDOW] for start, end in found if end - start > 6]


def resized(sound: bytes, length: int) -> bytes:
    row = Image.frombytes("L", (len(sound), 1), sound)
    return row.resize((length, 1), Image.Resampling.BICUBIC).tobytes()


def stretched(word: bytes) -> list[float]:
    return centred(resized(word, LENGTH))


def edges(word: bytes) -> list[list[float]]:
    """The word without the silence around it, and its loud parts alone."""
    exact, loud = word.strip(bytes([SILENCE])), b"".join(loud_parts(word)) or word
    return [stretched(exact), stretched(loud)]


def centred(sound: bytes) -> list[float]:
    mean = sum(sound) / len(sound)
    return [step - mean for step in sound]


def correlation(one: list[float], other: list[float]) -> float:
    size = (sum(a * a for a in one) * sum(b * b for b in other)) ** 0.5
    return sum(a * b for a, b in zip(one, other, strict=True)) / size if size else 0.0


def sound_of(word: bytes) -> list[list[float]]:
    """For each of FRAMES parts of the word, the loudness of five bands, an octave each, against the word's own."""
    bands, row = [], word
    for _ in range(5):
        lower = resized(row, len(row) // 2)
        back = resized(lower, len(row))
        bands.append(energies([a - b for a, b in zip(row, back, strict=True)]))
        row = lower
    loudest = max(max(band) for band in bands)
    return [[band[frame] / loudest for band in bands] for frame in range(FRAMES)]


def energies(signal: list[int]) -> list[float]:
    step = len(signal) / FRAMES
    parts = [signal[int(at * step) : int((at + 1) * step)] for at in range(FRAMES)]
    return [(sum(a * a for a in part) / max(len(part), 1)) ** 0.25 for part in parts]


def distance(one: list[list[float]], other: list[list[float]]) -> float:
    """The cost of the cheapest alignment of two words (dynamic time warping)."""
    before = [0.0] + [float("inf")] * FRAMES
    for frame in one:
        present = [float("inf")]
        for at, known in enumerate(other):
            cost = sum((a - b) ** 2 for a, b in zip(frame, known, strict=True))
            present.append(cost + min(before[at], before[at + 1], present[at]))
        before = present
    return before[-1]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
