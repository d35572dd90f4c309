"""Runs ethereum-etl's export of token transfers; what Python 3.11 took from `inspect` is put back for it."""

import inspect
import sys

inspect.getargspec = inspect.getfullargspec  # type: ignore[attr-defined]


def main() -> None:
    from ethereumetl.cli import cli

    url, first, last, file = sys.argv[1:]
    cli(["export_token_transfers", "-s", first, "-e", last, "-p", url, "-o", file, "-w", "2", "-b", "10"])


if __name__ == "__main__":
    main()
