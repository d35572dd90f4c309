"""The flow of money is readable in a real browser: letters have other widths there than in our heads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from playwright.sync_api import Page, expect

from dashboard.store import open_writer
from detectors.alerts.alert import Evidence, Role
from detectors.alerts.text import printable
from tests.dashboard.alerts import ALICE, BOB, CAROL, MALLORY, VAULT, Filing, drain, paid
from tests.fixtures.browser import Tab

pytestmark = pytest.mark.browser

Rows = tuple[Evidence, ...]
NAMES = ("<img src=x onerror=alert(1)>\u202eCDSU", "漢" * 30, "Z" + "\u0301" * 60, "\ufdfd" * 9, "W" * 40)


def wallet(number: int) -> str:
    return f"0x{number:040x}"


def in_token(number: int, row: Evidence, symbol: str | None = None) -> Evidence:
    return replace(row, token=f"0x{number:040x}", symbol=symbol or f"TOKEN{number}")


VICTIMS = tuple(wallet(number) for number in range(1, 14))
TRAIL = tuple(wallet(number) for number in range(1, 9))
STORIES: dict[str, Rows] = {
    "one": (paid(ALICE, MALLORY, 5, 1),),
    "victims": (*(paid(one, MALLORY, 2, 1) for one in VICTIMS), paid(MALLORY, VAULT, 26, 1)),
    "eleven": tuple(paid(one, MALLORY, 2, 1) for one in VICTIMS[:11]),
    "parallel": tuple(paid(ALICE, BOB, 2, number) for number in range(300)),
    "tokens": tuple(in_token(n % 9 + 1, paid(ALICE, BOB, 12_345 + n, n)) for n in range(27)),
    "back": (
        paid(ALICE, BOB, 5, 1), paid(BOB, ALICE, 3, 2), paid(BOB, CAROL, 2, 3), paid(CAROL, ALICE, 1, 4),
    ),
    "names": tuple(
        in_token(n, paid(payer, payee, 5, n), printable(name.encode()))
        for n, name in enumerate(NAMES)
        for payer, payee in ((ALICE, MALLORY), (BOB, MALLORY), (MALLORY, VAULT))
    ),
    "crossing": tuple(paid(wallet(a), wallet(100 + b), 5, 1) for a in range(1, 6) for b in range(1, 6)),
    "trail": (
        *(paid(one, other, 9, 1) for one, other in pairwise(TRAIL)),
        paid(TRAIL[0], TRAIL[4], 1, 1),
        paid(TRAIL[6], TRAIL[1], 1, 1),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, dashboard: Callable[[str], str]) -> Iterator[str]:
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/store.db"
    writer = open_writer(url)
    roles = tuple(Role(one, "victim") for one in VICTIMS)
    for name, evidence in STORIES.items():
        Filing(writer).file(drain(1, name, evidence=evidence, roles=(*roles, Role(MALLORY, "attacker"))))
    yield dashboard(url)
    writer.close()


def boxes(page: Page, what: str) -> list[dict[str, float]]:
    """Of what is drawn, in pixels of the screen; what lies outside of the frame counts too."""
    script = "all => all.map(each => each.getBoundingClientRect().toJSON())"
    found: list[dict[str, float]] = page.locator(what).evaluate_all(script)
    return found


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return across > 1 and down > 1


@pytest.mark.parametrize(
    "story", [each if each == "crossing" else pytest.param(each, marks=pytest.mark.soak) for each in STORIES]
)
def test_no_label_lies_on_another_or_on_a_wallet(address: str, tab: Callable[[], Tab], story: str) -> None:
    page = tab().page
    page.goto(f"{address}/?alert=31337:{story}-1")
    expect(page.locator("g.node").first).to_be_visible()
    drawn = boxes(page, "g.link text") + boxes(page, "g.node rect")
    assert not [pair for pair in combinations(drawn, 2) if overlap(*pair)]
    inside = zip(boxes(page, "g.node text.address"), boxes(page, "g.node rect"), strict=True)
    assert all(text["width"] <= rect["width"] for text, rect in inside)
    # Letters of 12 pixels are drawn no smaller than 8.
    assert min(box["height"] for box in boxes(page, "g.link text")) >= 8


def place(page: Page, wallet: str) -> str | None:
    return page.locator(f'g.node[data-id="{wallet}"]').get_attribute("transform")


def test_a_wallet_is_put_elsewhere_folded_and_brought_back(address: str, tab: Callable[[], Tab]) -> None:
    page = tab().page
    page.goto(f"{address}/?alert=31337:eleven-1")
    nodes, undo = page.locator("g.node"), page.get_by_role("button", name="Undo")
    expect(nodes).to_have_count(12)
    expect(undo).to_be_disabled()
    before = place(page, MALLORY)
    mallory = page.locator(f'g.node[data-id="{MALLORY}"]')
    mallory.scroll_into_view_if_needed()
    box = mallory.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    page.mouse.up()
    assert place(page, MALLORY) != before
    mallory.press("Enter")
    page.get_by_role("button", name="Fold", exact=True).click()
    expect(nodes).to_have_count(1)
    expect(page.get_by_text("+11 folded")).to_be_visible()
    undo.click()
    expect(nodes).to_have_count(12)
    undo.click()
    assert place(page, MALLORY) == before
    expect(undo).to_be_disabled()


def test_a_wallet_grows_by_whom_it_paid_and_an_amount_picks_its_rows(
    address: str, tab: Callable[[], Tab]
) -> None:
    page = tab().page
    page.goto(f"{address}/?alert=31337:victims-1")
    expect(page.get_by_text("rows of the chain that anyone can look up")).to_be_visible()
    page.get_by_role("button", name="26 DAI", exact=True).click()
    expect(page.get_by_text("1 of 14: what is picked in the flow")).to_be_visible()
    page.get_by_role("button", name="26 DAI", exact=True).click()
    expect(page.get_by_text("rows of the chain that anyone can look up")).to_be_visible()
    page.goto(f"{address}/?alert=31337:one-1")
    expect(page.locator("g.node")).to_have_count(2)
    page.locator(f'g.node[data-id="{MALLORY}"]').press("Enter")
    page.get_by_role("button", name="Whom it paid").click()
    expect(page.locator(f'g.node[data-id="{VAULT}"]')).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("g.node")).to_have_count(2)
