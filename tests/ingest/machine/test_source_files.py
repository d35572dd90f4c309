"""Somebody else's Solidity files: what they import is read from one folder, and nothing else is."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ingest.machine.source_files import MOST_BYTES, MOST_FILES, gathered
from ingest.model.errors import BadInput


def written(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.sol").write_text(text)
    return folder / f"{next(iter(texts))}.sol"


def test_a_file_is_read_with_all_that_it_imports(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "@a" / "b"
    package.mkdir(parents=True)
    (package / "c.sol").write_text('import {D} from "./d.sol"; pragma solidity >=0.6.0;')
    (package / "d.sol").write_text("contract D {}")
    main = written(
        tmp_path,
        main='pragma solidity ^0.8.0; import * as O from "./other.sol"; import "@a/b/c.sol" as C;',
        other='import "./main.sol";',
    )

    found = gathered(main, tmp_path)

    assert found.main == "main.sol"
    assert set(found.texts) == {"main.sol", "other.sol", "@a/b/c.sol", "@a/b/d.sol"}
    assert {pragma.strip() for pragma in found.pragmas} == {"^0.8.0", ">=0.6.0"}


def test_comments_and_strings_import_nothing(tmp_path: Path) -> None:
    main = written(
        tmp_path,
        main='// import "/etc/passwd";\n/* import "/etc/shadow"; */'
        "contract A { string s = \"import 'x';\"; }",
    )
    assert list(gathered(main, tmp_path).texts) == ["main.sol"]


@pytest.mark.parametrize(
    "imported", ["/etc/passwd", "../../etc/passwd", "./../up.sol", "a/../../up.sol", "..\\\\up.sol"]
)
def test_mallory_s_imports_from_outside_of_the_folder_are_refused(imported: str, tmp_path: Path) -> None:
    inside = tmp_path / "project"
    inside.mkdir()
    (tmp_path / "up.sol").write_text("contract Secret {}")
    with pytest.raises(BadInput, match="outside of the folder"):
        gathered(written(inside, main=f'import "{imported}";'), inside)


@pytest.mark.parametrize("imported", ["https://example.org/a.sol", "ipfs://Qm/a.sol", "http:a.sol"])
def test_nothing_is_fetched(imported: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing is fetched"):
        gathered(written(tmp_path, main=f'import "{imported}";'), tmp_path)


def test_links_lead_nowhere_outside(tmp_path: Path) -> None:
    inside = tmp_path / "project"
    inside.mkdir()
    (tmp_path / "secret.sol").write_text("contract Secret {}")
    (inside / "link.sol").symlink_to(tmp_path / "secret.sol")
    (inside / "folder").symlink_to(tmp_path)
    for imported in ("./link.sol", "./folder/secret.sol"):
        with pytest.raises(BadInput, match="link to outside"):
            gathered(written(inside, main=f'import "{imported}";'), inside)


@pytest.mark.parametrize(
    ("imported", "words"),
    [("./loop.sol", "leads to itself"), (f"./{'a' * 300}.sol", "cannot be read: File name too long")],
    ids=["loop", "long"],
)
def test_odd_names_are_one_line(imported: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "loop.sol").symlink_to(tmp_path / "loop.sol")
    with pytest.raises(BadInput, match=words):
        gathered(written(tmp_path, main=f'import "{imported}";'), tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.sol")
    with pytest.raises(BadInput, match="is no file"):
        gathered(written(tmp_path, main='import "./pipe.sol";'), tmp_path)


def test_too_much_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "big.sol").write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(BadInput, match="8 MiB of sources"):
        gathered(written(tmp_path, main='import "./big.sol";'), tmp_path)
    imports = "".join(f'import "./f{n}.sol";' for n in range(MOST_FILES))
    for n in range(MOST_FILES):
        (tmp_path / f"f{n}.sol").write_text("")
    with pytest.raises(BadInput, match="more than 500 files"):
        gathered(written(tmp_path, main=imports), tmp_path)


def test_what_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.sol is imported and not in"):
        gathered(written(tmp_path, main='import "./gone.sol";'), tmp_path)
    (tmp_path / "noise.sol").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="no text in UTF-8"):
        gathered(tmp_path / "noise.sol", tmp_path)
    with pytest.raises(BadInput, match="does not lie in"):
        gathered(Path("/etc/passwd"), tmp_path)


@pytest.mark.parametrize("piece", ['"\\', "/*", "pragma solidity ", "'\\", 'import "'])
def test_what_is_never_closed_takes_no_longer_than_its_length(piece: str, tmp_path: Path) -> None:
    def seconds(times: int) -> float:
        main = written(tmp_path, main=piece * times)
        begun = time.process_time()
        with pytest.raises(BadInput) if piece.startswith("import") else _Nothing():
            gathered(main, tmp_path)
        return time.process_time() - begun

    assert seconds(80_000) < 40 * seconds(8_000) + 1


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...
