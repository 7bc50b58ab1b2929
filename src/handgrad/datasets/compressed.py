"""Reading and writing files that may be gzipped."""

import zlib
from pathlib import Path

from handgrad.errors import DataError
from handgrad.files import replacing

GZIP_MAGIC = b"\x1f\x8b"


def read_bytes(path: Path) -> bytes:
    """Read a file, unpacked if it is gzipped, whatever its name.

    Raises
    ------
    DataError
        If there is no such file, it is empty, or its gzip stream is damaged or cut short.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    if content.startswith(GZIP_MAGIC):
        import gzip

        try:
            content = gzip.decompress(content)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path}: the gzip stream is damaged or cut short ({error})") from error
    if not content:
        raise DataError(f"{path}: the file is empty")
    return content


def first_bytes(path: Path, count: int) -> bytes:
    """Read the first bytes of a file, unpacked if it is gzipped; fewer if it has fewer."""
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == GZIP_MAGIC
            file.seek(0)
            if not gzipped:
                return file.read(count)
            import gzip

            return gzip.open(file).read(count)
    except (EOFError, OSError, zlib.error):
        return b""  # read_bytes says what is wrong with it.


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all; gzipped if its name ends in .gz."""
    if path.suffix == ".gz":
        import gzip

        content = gzip.compress(content, mtime=0)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
