"""Write a text of made-up tokens, of any size: what recipe 21 reads from the disk.

    python scripts/make_tokens.py build/scale/data/big/target.npy --tokens 50000000

The file is an array (rows, steps + 1) of uint16, written piece by piece: inputs are all columns but the last,
targets all but the first. Half of the time a token is followed by its favourite successor, else by any token,
drawn by frequency; so the best possible loss is known.
"""

import argparse
import sys
import time
from pathlib import Path

import scale


def main(argv: list[str] | None = None) -> int:
    """Write the file; returns the exit code."""
    parser = argparse.ArgumentParser(description="Write a text of made-up tokens.")
    parser.add_argument("file", type=Path, help="an .npy file; its folder is made")
    parser.add_argument("--tokens", type=int, default=50_000_000, help="default: 50,000,000")
    parser.add_argument("--steps", type=int, default=32, help="tokens in a row, less one (default: 32)")
    parser.add_argument("--words", type=int, default=1_000, help="of the vocabulary (default: 1,000)")
    parser.add_argument("--seed", type=int, default=7, help="default: 7")
    options = parser.parse_args(argv)
    if options.file.suffix != ".npy":
        parser.error(f"the file's name must end with .npy, got {options.file.name!r}")
    if options.steps < 1 or options.tokens < options.steps or not 3 <= options.words < 2**16:
        parser.error("needs steps of at least 1, tokens for one row at least, and words from 3 to 65535")
    began = time.perf_counter()
    scale.write_tokens(
        options.file, options.tokens // options.steps, options.steps, options.words, options.seed
    )
    size = options.file.stat().st_size / 2**20
    print(f"{options.file.name}: {size:,.1f} MiB in {time.perf_counter() - began:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
