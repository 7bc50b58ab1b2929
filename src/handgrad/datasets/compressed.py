"""Reading and writing files that may be gzipped."""

import contextlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from handgrad.errors import DataError
from handgrad.files import replacing

GZIP_MAGIC = b"\x1f\x8b"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading, unpacked if it is gzipped, whatever its name.

    Raises
    ------
    DataError
        If there is no such file, or it is a stream, or its gzip stream is damaged or cut short.
    """
    try:
        with path.open("rb") as file:
            if not file.seekable():
                raise DataError(
                    f"{path}: a stream, which cannot be read more than once; save it to a file"
                )
            gzipped = file.read(2) == GZIP_MAGIC
            file.seek(0)
            if not gzipped:
                yield file
                return
            import gzip

            with gzip.open(file) as unpacked:
                yield cast(BinaryIO, unpacked)
    except (EOFError, zlib.error) as error:
        raise DataError(f"{path}: the gzip stream is damaged or cut short ({error})") from error
    except OSError as error:
        if error.strerror is None:  # It is gzip's own.
            raise DataError(
                f"{path}: after its gzip stream comes something else, or the stream is damaged "
                f"({error})"
            ) from error
        raise DataError(f"{path}: {error.strerror.lower()}") from error


def read_bytes(path: Path) -> bytes:
    """Read a file, unpacked if it is gzipped, whatever its name.

    Raises
    ------
    DataError
        If there is no such file, it is empty, or its gzip stream is damaged or cut short.
    """
    with opened(path) as file:
        content = file.read()
    if not content:
        raise DataError(f"{path}: the file is empty")
    return content


def first_bytes(path: Path, count: int) -> bytes:
    """Read the first bytes of a file, unpacked if it is gzipped; fewer if it has fewer."""
    with opened(path) as file:
        return file.read(count)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; gzipped if its name ends in .gz."""
    if path.suffix == ".gz":
        import gzip

        content = gzip.compress(content, mtime=0)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
