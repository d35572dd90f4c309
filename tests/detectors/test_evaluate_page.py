"""The page of an evaluation asks nobody for anything and runs nothing, and no name can change that."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from playwright.sync_api import expect

from detectors.evaluate.categories import ANY
from detectors.evaluate.html_report import POLICY, page
from detectors.evaluate.report import Report, evaluate
from tests.detectors.alerts import labels
from tests.detectors.test_evaluate_measures import about, attack, payroll
from tests.fixtures.browser import Tab

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202e$x^{2$\"' -->&amp;"


def hostile_world() -> Report:
    """A category, a variant and ids that attack whoever reads the page, beside forty ordinary attacks."""
    made = [attack(number, variant="slow" if number % 2 else HOSTILE, harm_block=103) for number in range(40)]
    odd = [attack(90, category=HOSTILE, id=HOSTILE), attack(91, category=HOSTILE, id=f"missed {HOSTILE}")]
    alerts = [about(number, score=0.5 + number / 100) for number in range(30)]
    naive = {"constant": [about(number, category=ANY) for number in range(50)]}
    strays = [about(90, category=HOSTILE), about(7_000, 101), about(60)]
    every = labels(*made, *odd, payroll(id=f"flagged {HOSTILE}"))
    return evaluate([*alerts, *strays], every, frozenset({"layering"}), None, naive)


class Elements(HTMLParser):
    """Every tag of a page with its attributes, and all text outside of styles."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def source() -> str:
    return page(hostile_world())


def test_it_has_no_script_and_names_no_other_place(source: str) -> None:
    tags = Elements(source).tags
    names = {tag for tag, _ in tags}
    assert not names & {"script", "img", "link", "iframe", "object", "embed", "base", "form", "foreignobject"}
    attributes = [(name, value or "") for _, held in tags for name, value in held.items()]
    assert not [name for name, _ in attributes if name.startswith("on")]
    links = [value for name, value in attributes if name in ("src", "href", "xlink:href", "action")]
    assert all(value.startswith("#") for value in links)
    assert set(re.findall(r"url\(([^)]*)\)", source)) <= {f"#{each}" for each in ids(source)}


def ids(source: str) -> set[str]:
    return set(re.findall(r'id="([^"]*)"', source))


def test_a_hostile_name_is_shown_as_the_text_it_is(source: str) -> None:
    text = "".join(Elements(source).text)
    shown = HOSTILE.replace("\u202e", "\\u{202e}")
    assert f"missed {shown}" in text
    assert f"flagged {shown}" in text
    assert "\u202e" not in source
    assert "<script" not in source


def test_it_forbids_scripts_and_requests_of_its_own_accord(source: str) -> None:
    (policy,) = [held for tag, held in Elements(source).tags if held.get("http-equiv")]
    assert policy["content"] == POLICY == "default-src 'none'; style-src 'unsafe-inline'"


def test_it_has_a_row_for_each_category_and_baseline_and_its_pictures(source: str) -> None:
    text = "".join(Elements(source).text)
    assert "baseline: constant" in text
    told = [
        held["aria-label"] for tag, held in Elements(source).tags if tag == "svg" and "aria-label" in held
    ]
    assert told[:2] == ["Lead time before the first harm", "Whether scores mean what they say"]
    assert told[2:] == ["Precision over recall", "Recall of each variant"] * 2


def test_its_pictures_say_what_the_figures_do() -> None:
    """Thirty attacks found in block 100 that did harm in block 103: a lead of three, in the bar 2 … 10."""
    texts = Elements(page(hostile_world())).text
    assert "2 … 10" in texts
    assert texts.index("30") < texts.index("blocks from first alert to first harm (above 0: warned before)")
    assert "15/20" in texts  # of each variant twenty were played, and the first thirty attacks found


def test_of_too_few_attacks_no_figure_stands_at_the_top() -> None:
    few = Elements(page(evaluate([about(1)], labels(attack(1)), frozenset({"layering"})))).text
    many = Elements(page(hostile_world())).text
    assert few[few.index("F1 overall") - 1] == "–"
    assert few[few.index("F1 overall") + 1] == "not enough attacks"
    # 31 of 42 found, the payroll and a stray flagged: 62 / (62 + 11 + 2)
    assert many[many.index("F1 overall") - 1] == "0.83"


def test_an_empty_world_has_a_page_too() -> None:
    made = page(evaluate([], labels(), frozenset()))
    assert "0 of 0" in made


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 420])
def test_a_browser_shows_it_quietly(source: str, tab: Callable[[], Tab], scheme: str, width: int) -> None:
    """No dialog, no error, no request (the tab sees to that), and nothing wider than the window."""
    shown = tab().page
    shown.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    shown.set_viewport_size({"width": width, "height": 900})
    shown.set_content(source)
    expect(shown.get_by_role("heading", name="What detection is worth")).to_be_visible()
    expect(shown.get_by_role("img", name="Whether scores mean what they say")).to_be_visible()
    assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    paper, ink = (
        shown.evaluate(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color")
    )
    dark = [sum(map(int, re.findall(r"\d+", colour)[:3])) < 3 * 128 for colour in (paper, ink)]
    assert dark == ([True, False] if scheme == "dark" else [False, True])
