"""`make screenshot`: the pictures that the READMEs show, taken of a real demo that nobody helps along.

Few colours make them small. They are committed, and stand outside of the packages: no wheel carries them.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, Page
from playwright.sync_api import TimeoutError as NotInTime

from ingest.machine.processes import LOOPBACK, Child, free_port, wait_until
from ingest.model.errors import UndertowError
from tests.fixtures.browser import chromium
from tests.fixtures.home import own_home

PICTURES = Path(__file__).parents[2] / "docs"
WIDTH, SCALE = 1440, 1.5
QUEUE_HEIGHT, ALERT_HEIGHT = 760, 960
COLOURS = 64
MOST_BYTES = 150_000
"""What a picture may take: everybody who clones carries every version of it."""

EVEN_LETTERS = "--font-render-hinting=none"
"""Otherwise letters are moved to whole pixels, which tears words apart where the page is scaled."""

DEMO_DEADLINE_S = 900
DRAWN_MS = 60_000
SETTLE_MS = 1_500
"""Until what moves on a page has come to rest."""


class NotSeen(UndertowError):
    """Something that a picture is of did not appear on the page."""


class TooLarge(UndertowError):
    """A picture that would weigh more than it may."""


def main() -> None:
    """Plays so many blocks, photographs the queue and an alert, and ends everything."""
    parser = argparse.ArgumentParser(prog="make screenshot", description=__doc__)
    parser.add_argument("--blocks", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    wanted = parser.parse_args()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            demo(own_home(Path(folder) / "home"), wanted.blocks, wanted.seed) as address,
            chromium(EVEN_LETTERS) as browser,
        ):
            photograph(browser, address, PICTURES)
    except UndertowError as error:
        sys.exit(f"make screenshot: {error}")


@contextmanager
def demo(home: Path, blocks: int, seed: int) -> Iterator[str]:
    """The address of a demo's dashboard, once all blocks are played, judged and filed."""
    port, log = free_port(), home / "demo.log"
    argv = [sys.executable, "-m", "undertow", "demo", "--blocks", blocks, "--seed", seed, "--port", port]
    with Child.start("demo", [str(part) for part in argv], {"UNDERTOW_HOME": str(home)}, log) as child:
        ended = "the dashboard stays at"
        wait_until(lambda: ended in log.read_text(), DEMO_DEADLINE_S, "the end of the demo's blocks", child)
        print(log.read_text())
        yield f"http://{LOOPBACK}:{port}"


def photograph(browser: Browser, address: str, folder: Path) -> None:
    """Writes `queue.png` and `alert.png` of the dashboard at `address`. Raises NotSeen and TooLarge."""
    with closing(browser.new_page(device_scale_factor=SCALE, color_scheme="light")) as page:
        page.set_default_timeout(DRAWN_MS)
        page.goto(f"{address}/queue")
        rows = page.locator("tr[data-key]")
        _drawn(rows, "an alert in the queue")
        _keep(page, folder / "queue.png", QUEUE_HEIGHT)
        # Layering: its money goes through several hands, so there is something to be seen of it.
        _drawn(rows.filter(has_text="Layering"), "an alert of layering").click()
        _drawn(page.locator("g.node"), "the flow of its money")
        page.mouse.move(0, 0)
        _keep(page, folder / "alert.png", ALERT_HEIGHT)


def _drawn(things: Locator, what: str) -> Locator:
    """The first of `things`, once it is there. Raises NotSeen."""
    try:
        things.first.wait_for(timeout=DRAWN_MS)
    except NotInTime:
        raise NotSeen(
            f"the dashboard did not show {what} within {DRAWN_MS / 1000:g} s: play more --blocks, or another "
            "--seed"
        ) from None
    return things.first


def _keep(page: Page, file: Path, height: int) -> None:
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.wait_for_timeout(SETTLE_MS)
    file.write_bytes(packed(page.screenshot(), file.name))
    print(f"{file}: {file.stat().st_size:,} bytes")


def packed(seen: bytes, name: str) -> bytes:
    """A PNG in `COLOURS` colours. Raises TooLarge where that does not make it small enough."""
    out = io.BytesIO()
    picture = Image.open(io.BytesIO(seen)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    small = out.getvalue()
    if len(small) > MOST_BYTES:
        raise TooLarge(
            f"{name} would take {len(small):,} bytes, more than {MOST_BYTES:,}: show less of the page, or "
            "give it fewer COLOURS, in tests/browser/picture.py"
        )
    return small


if __name__ == "__main__":
    main()
