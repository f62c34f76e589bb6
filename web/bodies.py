"""The body of a request that comes in chunks, without a Content-Length: read whole within the limit, or refused."""

import io
from typing import IO, Any

from werkzeug.exceptions import BadRequest, LengthRequired, RequestEntityTooLarge
from werkzeug.utils import cached_property


class WholeBody:
    """Mix-in for a request class: a chunked body over `max_content_length` is refused with 413.

    Werkzeug's LimitedStream ends such a body at the limit without an error, so that half of it would be parsed.
    """

    environ: dict[str, Any]
    content_length: int | None
    max_content_length: int | None

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body. Raises RequestEntityTooLarge, LengthRequired (411) or BadRequest for one cut off on its way."""
        if "HTTP_TRANSFER_ENCODING" not in self.environ or self.content_length is not None:
            return super().stream  # type: ignore[misc]
        if not self.environ.get("wsgi.input_terminated"):  # a server that does not tell us where the body ends
            raise LengthRequired
        return io.BytesIO(_read(self.environ["wsgi.input"], self.max_content_length))


def _read(source: IO[bytes], limit: int | None) -> bytes:
    """All of `source`. A server may hand out less than it is asked for at a time."""
    body = b""
    while more := _part(source, -1 if limit is None else limit + 1 - len(body)):
        body += more
        if limit is not None and len(body) > limit:
            raise RequestEntityTooLarge
    return body


def _part(source: IO[bytes], size: int) -> bytes:
    try:
        return source.read(size)
    except Exception as error:  # chunks that end too early, or are none: each server has errors of its own
        raise BadRequest from error
