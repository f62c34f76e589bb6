"""A mail server of a few lines, without TLS, whose every word and silence a test can say: for odd dialogues."""

import socket
import threading
import time
from collections import Counter
from contextlib import suppress

YES = {"DATA": "354 go on", "": "220 hello", ".": "250 2.0.0 kept", "QUIT": "221 bye"}


class PlainMailServer:
    """Keeps what it was handed in `mails`, and counts `connections` and commands (`heard`).

    `answers` maps (number of the connection, command) to what is said once instead of yes; the command is "" for the
    greeting and "." for the end of a mail. "close" closes the connection, "silence" says nothing. `say_and_close` says
    something unasked, as servers do that have waited too long.
    """

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.connections, self.heard = 0, Counter[str]()
        self.answers: dict[tuple[int, str], str] = {}
        self.scan_seconds = 0.0  # between the end of a mail and the answer
        self.sockets: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def settings(self) -> dict[str, object]:
        """The app's settings to send through this server."""
        return {
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": self.listener.getsockname()[1],
            "MAIL_USE_TLS": False,
        }

    def close(self) -> None:
        self.listener.close()
        for each in self.sockets:
            each.close()

    def say_and_close(self, words: str = "") -> None:
        """Say `words`, if any, to whoever is connected, and hang up."""
        for each in self.sockets:
            with suppress(OSError):
                each.sendall(words.encode())
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _address = self.listener.accept()
                self.sockets.append(line)
                self.connections += 1
                threading.Thread(target=self._serve, args=(line, self.connections), daemon=True).start()

    def _serve(self, line: socket.socket, number: int) -> None:
        with suppress(OSError), line.makefile("rb") as lines:
            self._answer(line, number, "")
            for said in lines:
                command = said.split()[0].decode().upper() if said.split() else "?"
                self.heard[command] += 1
                self._answer(line, number, command)
                if command == "DATA" and (number, "DATA refused") not in self.answers:
                    self.mails.append(b"".join(iter(lines.readline, b".\r\n")))
                    time.sleep(self.scan_seconds)
                    self._answer(line, number, ".")

    def _answer(self, line: socket.socket, number: int, command: str) -> None:
        answer = self.answers.pop((number, command), YES.get(command, "250 2.0.0 yes"))
        if answer == "close":
            line.shutdown(socket.SHUT_RDWR)
        elif answer != "silence":
            line.sendall(answer.encode() + b"\r\n")
