"""The file of a backup: a compressed tar of the copy and its manifest, encrypted to public keys in the format of age.

It opens without this program:

    age --decrypt --identity KEY FILE | tar --extract --gzip --to-stdout copy > etracking.db

The copy lies in the tar in parts, because the length of a dump is not known before its end.
"""

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import pyrage

from backups.errors import BackupError

PART_BYTES = 4 * 1024 * 1024
COMPRESSION = 1  # of gzip: the fastest; 6 takes four times as long for a tenth less
MANIFEST = "manifest.json"


class _Source:
    """What age reads: the parts of an iterator. Keeps the exception that age would turn into a text."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._rest = parts, memoryview(b"")
        self.error: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            while not self._rest:
                self._rest = memoryview(next(self._parts))
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)


class _Target:
    """What age writes to: a file. Keeps the exception that age would turn into a text."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: BaseException | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except BaseException as error:
            self.error = error
            raise

    def flush(self) -> None:
        self._file.flush()


def write(file: BinaryIO, recipients: Sequence[str], parts: Iterator[bytes], manifest: Callable[[str], bytes]) -> None:
    """Write the archive. `manifest` is called at the end with the SHA-256 of all parts, and returns the manifest.

    Raises what `parts` and `file` raise, and BackupError for a recipient that is no public key of age.
    """
    source, target = _Source(_packed(parts, manifest)), _Target(file)
    try:
        pyrage.encrypt_io(source, target, [pyrage.x25519.Recipient.from_str(key) for key in recipients])
    except pyrage.RecipientError:
        raise BackupError("ETRACKING_BACKUP_RECIPIENT is no public key of age (age1...)") from None
    except (pyrage.EncryptError, OSError):
        raise source.error or target.error or BackupError("the copy could not be encrypted") from None


def _packed(parts: Iterator[bytes], manifest: Callable[[str], bytes]) -> Iterator[bytes]:
    """The bytes of the compressed tar."""
    buffer, digest = io.BytesIO(), hashlib.sha256()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=COMPRESSION) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        for number, part in enumerate(parts, 1):
            digest.update(part)
            _add(tar, f"copy/{number:06}", part)
            yield _drained(buffer)
        _add(tar, MANIFEST, manifest(digest.hexdigest()))
    yield _drained(buffer)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    tar.addfile(entry, io.BytesIO(data))


def _drained(buffer: io.BytesIO) -> bytes:
    data = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return data


def read(path: Path, identities: Sequence[Any], take: Callable[[bytes], Any]) -> tuple[bytes, str]:
    """Open the archive and hand each part of the copy to `take`; return the manifest and the SHA-256 of all parts.

    What `take` got counts for nothing until this returns: only then is it known that nothing was changed or cut off.
    Raises BackupError, and what `take` raises.
    """
    reading, writing = os.pipe()
    with ThreadPoolExecutor(1) as pool, os.fdopen(reading, "rb") as stream:
        decrypting = pool.submit(_decrypt, path, writing, identities)
        try:
            found = _unpacked(stream, take)
        except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error):
            found = None
        stream.close()
        if error := decrypting.result():
            raise BackupError(error)
    if found is None:
        raise BackupError(f"{path.name} is no backup of eTracking")
    return found


def _decrypt(path: Path, pipe: int, identities: Sequence[Any]) -> str:
    """Decrypt into the pipe. Returns what was wrong, or nothing."""
    try:
        with path.open("rb") as file, os.fdopen(pipe, "wb") as target:
            pyrage.decrypt_io(file, target, identities)
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            return f"{path.name} was encrypted to another key"
        return f"{path.name} is damaged, or no file of age"
    except BrokenPipeError:
        return ""
    except OSError:
        return f"{path.name} is damaged or cut off"
    return ""


def _unpacked(stream: BinaryIO, take: Callable[[bytes], Any]) -> tuple[bytes, str]:
    digest, manifest = hashlib.sha256(), b""
    with gzip.GzipFile(fileobj=stream, mode="rb") as unpacked:
        with tarfile.open(fileobj=unpacked, mode="r|") as tar:
            for entry in tar:
                file = tar.extractfile(entry)
                data = file.read() if file else b""
                if entry.name == MANIFEST:
                    manifest = data
                else:
                    digest.update(data)
                    take(data)
        while unpacked.read(PART_BYTES):
            continue
    return manifest, digest.hexdigest()
