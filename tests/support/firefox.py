"""Firefox, driven by Marionette: the protocol that is built into it, and that geckodriver speaks to it."""

import json
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from support.living import PATIENCE
from support.waiting import eventually

FIREFOX = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
MARKS = [pytest.mark.browser, pytest.mark.skipif(not FIREFOX, reason="no Firefox on this machine")]
ENTER = "\ue007"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of an element, in the standard of WebDriver
PREFERENCES = {
    "intl.accept_languages": "en",
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "services.settings.server": "data:,",  # asks nobody outside
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
LABELLED = (
    "//*[@id=//label[contains(normalize-space(.), '{0}')]/@for]|//label[contains(normalize-space(.), '{0}')]//input"
)
LINK = "//a[contains(normalize-space(.), '{0}')]"
BUTTON = "//button[normalize-space(.)='{0}']"


class FirefoxError(Exception):
    """Firefox could not do what it was told."""


class StaleError(FirefoxError):
    """The element that was just found has been replaced meanwhile."""


class Firefox:
    """One window of a Firefox with a fresh profile in `folder`. Whatever it looks for, it waits for."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        preferences = PREFERENCES | {"marionette.port": self.port}
        lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in preferences.items()]
        (folder / "user.js").write_text("\n".join(lines))
        self.command = [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(folder)]
        self.asked = 0

    def __enter__(self) -> "Firefox":
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = self._connect()
        self.stream = self.socket.makefile("rb")
        self._receive()  # its greeting
        self.tell("NewSession")
        return self

    def __exit__(self, *_error: object) -> None:
        self.stream.close()
        self.socket.close()
        self.process.terminate()
        self.process.wait()

    def _connect(self) -> socket.socket:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), PATIENCE * 2)
            except OSError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.1)

    def _receive(self) -> list:
        """One message: its length, a colon, and so many bytes of JSON."""
        length = b""
        while (sign := self.stream.read(1)).isdigit():
            length += sign
        return json.loads(self.stream.read(int(length)))

    def tell(self, command: str, **parameters: object):
        """Have it do one command of WebDriver; its answer."""
        self.asked += 1
        order = json.dumps([0, self.asked, f"WebDriver:{command}", parameters]).encode()
        self.socket.sendall(str(len(order)).encode() + b":" + order)
        _kind, _number, error, result = self._receive()
        if error:
            kind = StaleError if error["error"] == "stale element reference" else FirefoxError
            raise kind(f"{command}: {error['error']}: {error['message']}")
        return result.get("value", result) if isinstance(result, dict) else result

    def go(self, url: str) -> None:
        self.tell("Navigate", url=url)

    def back(self) -> None:
        self.tell("Back")

    @property
    def url(self) -> str:
        return self.tell("GetCurrentURL")

    def run(self, script: str, *arguments: object):
        """What a script returns."""
        return self.tell("ExecuteScript", script=script, args=arguments)

    @property
    def title(self) -> str:
        return self.text("h1")

    def text(self, selector: str = "main") -> str:
        """What can be read there, white space folded."""
        return " ".join(self.tell("GetElementText", id=self.find(selector, "css selector")).split())

    def find(self, path: str, using: str = "xpath") -> str:
        """The element that is there and can be seen; waits for it."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with suppress(StaleError):
                for element in self.tell("FindElements", using=using, value=path):
                    if self.tell("IsElementDisplayed", id=element[ELEMENT]):
                        return element[ELEMENT]
            time.sleep(0.05)
        raise FirefoxError(f"{path} is not at {self.url}: {self.run('return document.body.innerText')}")

    def read(self, selector: str, words: str) -> None:
        """Wait until these words stand there, and no others."""
        until = time.monotonic() + PATIENCE
        said = ""
        while said != words:
            assert time.monotonic() < until, f"{said} and not {words}"
            with suppress(StaleError):
                said = self.text(selector)

    def arrive(self, end: str) -> None:
        """Wait until the address ends with `end`."""
        assert eventually(lambda: self.url.endswith(end)), f"{self.url} and not {end}"

    def click(self, path: str) -> None:
        """Click in the middle of it; where only its rounded edge is in view, WebDriver would miss it."""
        element = self.find(path)
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", {ELEMENT: element})
        self.tell("ElementClick", id=element)

    def follow(self, words: str) -> None:
        self.click(LINK.format(words))

    def press(self, words: str) -> None:
        self.click(BUTTON.format(words))

    def tick(self, label: str) -> None:
        self.click(LABELLED.format(label))

    def fill(self, label: str, text: str) -> None:
        self.tell("ElementSendKeys", id=self.find(LABELLED.format(label)), text=text)

    def type(self, text: str) -> None:
        """Press keys wherever the focus is, as a hand scanner does."""
        keys = [{"type": kind, "value": sign} for sign in text for kind in ("keyDown", "keyUp")]
        self.tell("PerformActions", actions=[{"type": "key", "id": "keys", "actions": keys}])
