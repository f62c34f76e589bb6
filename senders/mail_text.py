"""The headers and texts of a mail. Anybody can send anything to an address: an unknown charset raises nothing.

Only the beginning of a mail is read, with its long lines folded: patterns take long over a line that never ends.
"""

import email
import re
from email.header import decode_header
from email.message import Message as Mail
from itertools import islice

MAX_BYTES = 128 * 1024  # a report stands before the mail that came back
MAX_LINE, MAX_PARTS = 900, 100
_LONG_LINE = re.compile(rb"([^\n]{%d})(?=[^\n])" % MAX_LINE)


def parse(raw: bytes) -> Mail:
    """Parse the beginning of a mail."""
    return email.message_from_bytes(_LONG_LINE.sub(rb"\1\n ", raw[:MAX_BYTES]))


def parts_of(mail: Mail) -> list[Mail]:
    """The mail itself and its parts, with those of mails inside; at most MAX_PARTS."""
    return list(islice(mail.walk(), MAX_PARTS))


def is_text(part: Mail) -> bool:
    """True for a text, and for a container whose parts cannot be told apart."""
    kind = part.get_content_maintype()
    return kind == "text" or (kind == "multipart" and not part.is_multipart())


def text_of(part: Mail) -> str:
    """What stands in a part, of HTML without its tags; an empty text if it is a container."""
    raw = part.get_payload(decode=True)
    text = _decoded(raw, part.get_content_charset()) if isinstance(raw, bytes) else ""
    return re.sub(r"<[^>@]{1,200}>", " ", text) if part.get_content_subtype() == "html" else text


def body_of(part: Mail) -> str:
    """The text of a part that the parser took for a message or several."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return text_of(part)
    inner = Mail()
    inner["Content-Transfer-Encoding"] = str(part.get("Content-Transfer-Encoding", "7bit"))
    inner.set_payload("\n".join(each.as_string() for each in payload if isinstance(each, Mail)))
    return text_of(inner)


def header(mail: Mail, name: str) -> str:
    """A header in one line, decoded; an empty text if there is none."""
    found = []
    for part, charset in decode_header(_raw(mail, name)[:1000]):
        found.append(part if isinstance(part, str) else _decoded(part, charset))
    return " ".join("".join(found).split())


def _raw(mail: Mail, name: str) -> str:
    """The header as it came; where it is not encoded, it is taken for UTF-8."""
    value = next((value for key, value in mail.raw_items() if key.lower() == name.lower()), "")
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _decoded(raw: bytes, charset: str | None) -> str:
    try:
        return raw.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return raw.decode("latin-1")
