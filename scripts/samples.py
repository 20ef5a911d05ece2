"""What the makers of the bundled samples share: `make_*_sample.py`."""

import argparse
import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path


def gzipped(content: bytes) -> bytes:
    """`content` as gzip with neither time nor name in its header."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as file:
        file.write(content)
    return packed.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip of these members, with no time in it: the format began in 1980."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system, member.external_attr = 3, 0o644 << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


def report(path: Path) -> None:
    """Print what `data/README.md` must say of the file."""
    content = path.read_bytes()
    print(f"{path.name}: {len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")


def arguments(description: str, target: Path) -> argparse.ArgumentParser:
    """The command line of a maker, whose file goes to `target` unless `--output` says otherwise."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--output", type=Path, default=target, help="where to write (default: %(default)s)")
    return parser


def main(description: str, target: Path, build: Callable[[], bytes]) -> None:
    """Write what `build` makes."""
    output = arguments(description, target).parse_args().output
    output.write_bytes(build())
    report(output)
