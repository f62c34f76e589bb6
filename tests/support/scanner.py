"""Hand scanners as a browser sees them: keys at some speed, with some suffix, on a computer with some keyboard.

Time stands still in the page while they type (`stopped`), whatever the speed of the machine.
"""

import datetime as dt
from typing import NamedTuple

PAUSE = 2000  # milliseconds after each code, until somebody holds the next one before the scanner
SIGNS = {":": "Semicolon", "/": "Slash", ".": "Period", "-": "Minus", "+": "Equal"}
# What some keyboards make of the keys of an American one, as far as our addresses need it.
GERMAN = str.maketrans("YZyz:/-+", "ZYzyÖ-ß´")
FRENCH_LOCKED = str.maketrans(
    "AQZWM:/.1234567890aqzwm", "qawz,m§:&é\"'(-è_çàqawz,"
)  # Caps Lock as a shift lock: letters small, digits as signs
PASTE = """text => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text", text);
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}));
}"""


class Scanner(NamedTuple):
    """How one scanner hands a code over: the keys of `prefix` and `suffix` around it, `gap` milliseconds between keys."""

    name: str
    gap: int = 0
    suffix: tuple[str, ...] = ("Enter",)
    keyboard: dict[int, str] | None = None
    whole: str = ""  # "input": the text at once, as input methods do; "paste": by the clipboard
    prefix: tuple[str, ...] = ()

    def scan(self, page, text: str) -> None:
        """Hand `text` over to whatever has the focus in `page`."""
        for key in self.prefix:
            page.keyboard.press(key)
            page.clock.run_for(self.gap)
        if self.whole == "paste":
            page.evaluate(PASTE, text)
        elif self.whole:
            page.keyboard.insert_text(text)
        elif self.keyboard is not None:
            self._press(page, text)
        else:
            for sign in text:
                page.keyboard.type(sign)
                if self.gap:
                    page.clock.run_for(self.gap)
        for key in self.suffix:
            page.keyboard.press(key)
        page.clock.run_for(PAUSE)

    def _press(self, page, text: str) -> None:
        devtools = page.context.new_cdp_session(page)
        for sign in text:
            key = sign.translate(self.keyboard)
            code = SIGNS.get(sign) or ("Digit" if sign.isdigit() else "Key") + sign
            modifiers = 8 if sign in ":+" or sign.isalpha() else 0
            pressed = {"key": key, "code": code, "modifiers": modifiers}
            devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": key, **pressed})
            devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **pressed})
        devtools.detach()


def stopped(page) -> None:
    """Let time stand still in `page`, where `page.clock` is installed: from now on it goes on when a test says so."""
    page.clock.pause_at(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1))


SCANNERS = [
    Scanner("at once, Enter"),
    Scanner("Tab", suffix=("Tab",)),
    Scanner("CR and LF", gap=10, suffix=("Control+m", "Control+j")),
    Scanner("Tab and Enter", suffix=("Tab", "Enter")),
    Scanner("nothing", suffix=()),
    Scanner("slow, nothing", gap=80, suffix=()),
    Scanner("input method, nothing", whole="input", suffix=()),
    Scanner("clipboard, nothing", whole="paste", suffix=()),
    Scanner("German keyboard, Tab", keyboard=GERMAN, suffix=("Tab",)),
    Scanner("French keyboard with shift lock, nothing", keyboard=FRENCH_LOCKED, suffix=()),
]
