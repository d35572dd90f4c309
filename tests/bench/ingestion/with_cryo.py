"""Runs cryo (Rust) through its own Python door, with as many requests at once as it likes: its defaults."""

import sys

import cryo


def main() -> None:
    url, first, last, folder, kinds = sys.argv[1:]
    cryo.freeze(
        kinds.split(), blocks=[f"{first}:{int(last) + 1}"], rpc=url, output_dir=folder, no_verbose=True
    )


if __name__ == "__main__":
    main()
