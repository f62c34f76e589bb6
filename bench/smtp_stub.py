"""A mail server that says yes at once, in a process of its own: `python -m bench.smtp_stub` prints its port.

On SIGTERM it prints a JSON object: how often it was handed each Message-ID, and how many connections there were.
"""

import asyncio
import json
import re
import signal
from collections import Counter

MESSAGE_ID = re.compile(rb"^message-id: *(\S+)", re.IGNORECASE | re.MULTILINE)
ANSWERS = {b"EHLO": b"250-stub\r\n250 SIZE\r\n", b"QUIT": b"221 bye\r\n"}
sent, connections = Counter[str](), 0


class Stub(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        global connections
        connections += 1
        self.transport, self.buffer, self.in_data = transport, b"", False
        transport.write(b"220 stub\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n.\r\n" if self.in_data else b"\r\n")) >= 0:
            part, self.buffer = self.buffer[:end], self.buffer[end + (5 if self.in_data else 2) :]
            self.transport.write(self.answer(part))

    def answer(self, part: bytes) -> bytes:
        """The answer to one command, or to a whole mail."""
        if self.in_data:
            self.in_data = False
            sent[MESSAGE_ID.search(part)[1].decode()] += 1
            return b"250 OK\r\n"
        command = part[:4].upper()
        self.in_data = command == b"DATA"
        return b"354 go on\r\n" if self.in_data else ANSWERS.get(command, b"250 OK\r\n")


async def serve() -> None:
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    server = await loop.create_server(Stub, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await over.wait()
    print(json.dumps({"connections": connections, "sent": sent}), flush=True)


if __name__ == "__main__":
    asyncio.run(serve())
