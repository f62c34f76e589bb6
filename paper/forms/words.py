"""Find the words of a page that keep room around them: somebody signs or stamps there, or the office writes."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import pikepdf
import pypdfium2 as pdfium
from pypdfium2 import raw

from paper.forms.page import Rectangle, Seen

# Folded words (no accents, no capitals) beside which somebody signs or stamps, if their line is a label.
LABELS = (
    r"signatures?|signe[rz]?|signed|sign here|initials|stamp|seal"
    r"|cachets?|tampon|visa(?= ?(?:du |de |des |et |:|\r|\n|$))|sceau|paraphe|timbre"
    r"|unterschrift(?:en)?|unterzeichnete[rn]?|unterzeichner(?:in)?|\w*stempel|siegel|\w*vermerke?"
    r"|ennerschreft(?:en)?|assinaturas?|carimbo|rubrica|firma|firme|timbro|bollo|sello|handtekening(?:en)?|paraaf"
    r"|podpis|pieczec|razitko|underskrift|namnteckning|stampel|allekirjoitus|alairas|semnatura|stampila|potpis|imza"
)
# Phrases that keep a part of the page for the office, wherever they stand.
RESERVED = (
    r"reservee?s? (?:a|au|aux) |cadre reserve|partie reservee|ne (?:rien|pas) (?:ecrire|inscrire|remplir)"
    r"|a remplir par l.(?:administration|office|autorite)"
    r"|nur (?:von|vom|fur|durch) \w+ .{0,30}(?:auszufullen|bestimmt|zwecke)|(?:von der|vom) \w+ auszufullen"
    r"|fur amtliche|amtlich(?:e|er)? (?:vermerk|zweck|gebrauch)|nicht (?:beschriften|ausfullen)|bitte frei ?lassen"
    r"|(?:for )?(?:official|office|agency|government|internal|bank|staff|\w+) use only|do not write"
    r"|clerk stamps|stamps? (?:the )?date here|date stamp"
    r"|leave (?:this \w+ )?blank|reserveiert fir|net (?:ausfellen|beschreiwen)"
    r"|reservado (?:a|ao|para)|uso exclusivo|uso oficial|nao (?:escrever|preencher)|no escrib(?:a|ir)"
    r"|(?:spazio )?riservato|non (?:scrivere|compilare)|niet (?:invullen|beschrijven)|in te vullen door|bestemd voor"
    r"|wypelnia|forbeholdt|reserverad"
)
MAX_LABEL = 90  # characters: a longer line is running text, which speaks of a signature and leaves no room for one
_PLAIN = str.maketrans({"\t": " ", "\u00a0": " ", "’": "'"})
_LABEL = re.compile(rf"\b(?:{LABELS})\b")
_RESERVED = re.compile(rf"\b(?:{RESERVED})")


class Clear(NamedTuple):
    """Millimetres that are kept clear around such words."""

    left: float
    right: float
    above: float
    below: float

    def around(self, box: Rectangle) -> Rectangle:
        """The area to keep clear."""
        return box[0] - self.left, box[1] - self.below, box[2] + self.right, box[3] + self.above


LABEL = Clear(3, 60, above=9, below=25)  # a label often stands under the line on which somebody signs
BOX = Clear(15, 60, above=0, below=55)  # at the top of a box for stamps, at its left or in the middle


def reserved(document: pdfium.PdfDocument, index: int, view: Seen) -> list[Rectangle]:
    """The areas beside, under and above words such as signature, Stempel or réservé à l'administration."""
    page = document[index]
    text = page.get_textpage()
    try:
        letters = _folded(text)
        folded = "".join(letter for letter, _ in letters)
        labels = [match for match in _LABEL.finditer(folded) if _is_label(folded, match)]
        found = [(match, LABEL) for match in labels] + [(match, BOX) for match in _RESERVED.finditer(folded)]
        boxes = [(_box(text, [letters[i][1] for i in range(*match.span())], view), clear) for match, clear in found]
    finally:
        text.close()
        page.close()
    return [clear.around(box) for box, clear in boxes if box]


def _folded(text: pdfium.PdfTextPage) -> list[tuple[str, int]]:
    """The letters of a page without accents and capitals, each with the index of the character it stands for."""
    codes = (raw.FPDFText_GetUnicode(text, index) for index in range(text.count_chars()))
    return [(letter, index) for index, code in enumerate(codes) for letter in _letters(code)]


@lru_cache(maxsize=1024)
def _letters(code: int) -> str:
    """What a character becomes: mostly one letter, of a ligature several, of an accent alone none."""
    character = chr(code) if code < 0x110000 else " "
    letters = unicodedata.normalize("NFKD", character.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(_PLAIN)


def _is_label(text: str, match: re.Match[str]) -> bool:
    start, end = text.rfind("\n", 0, match.start()) + 1, text.find("\n", match.end())
    return (end if end >= 0 else len(text)) - start <= MAX_LABEL


def _box(text: pdfium.PdfTextPage, characters: list[int], view: Seen) -> Rectangle | None:
    """The box around some characters on the page as seen; None if they are nowhere on it."""
    boxes = [box for box in (text.get_charbox(index) for index in characters) if box[2] > box[0] and box[3] > box[1]]
    if not boxes:
        return None
    left, bottom, right, top = zip(*boxes, strict=True)
    around = pikepdf.Rectangle(min(left), min(bottom), max(right), max(top))
    box = view.to_page.inverse().transform(around)
    return box.llx, box.lly, box.urx, box.ury
