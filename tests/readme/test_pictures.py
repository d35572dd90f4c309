"""The pictures of the READMEs: small, shown, described, and in no wheel."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch

import pytest
from PIL import Image

from tests.browser.picture import MOST_BYTES, PICTURES, SCALE, WIDTH
from tests.readme.documents import DASHBOARD, FRONT, READMES, TOP


def shown() -> dict[str, str]:
    """Each picture that some README shows, by its path from the top, and its words for who cannot see it."""
    return {
        str((each.folder / target).resolve().relative_to(TOP)): words
        for each in READMES
        for words, target in re.findall(r"!\[([^]]*)\]\(([^)]+)\)", each.prose)
    }


def test_the_first_readme_shows_the_queue_and_the_dashboards_an_alert() -> None:
    assert "docs/queue.png" in FRONT.links()
    assert "../docs/alert.png" in DASHBOARD.links()


def test_every_picture_is_shown_and_described() -> None:
    files = (file for file in PICTURES.iterdir() if file.suffix not in (".py", ".md"))
    assert set(shown()) == {str(file.relative_to(TOP)) for file in files}
    assert all(len(words.split()) > 5 for words in shown().values())


@pytest.mark.parametrize("path", sorted(shown()))
def test_a_picture_is_small_and_of_the_size_that_it_is_taken_in(path: str) -> None:
    picture = Image.open(TOP / path)

    assert picture.format == "PNG"
    assert picture.width == WIDTH * SCALE
    assert 600 <= picture.height <= picture.width
    assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 8  # not an empty page
    assert (TOP / path).stat().st_size < MOST_BYTES


def test_no_wheel_carries_a_picture() -> None:
    found = tomllib.loads((TOP / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]

    assert not any(fnmatch("docs", pattern) for pattern in found["include"])
