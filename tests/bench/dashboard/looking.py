"""What an analyst waits for in a browser: first rows, each screen, a new alert, the next one after a key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import psutil
from playwright.sync_api import Browser, Page

from tests.bench.dashboard.filling import alert, scored, wallet
from tests.dashboard.alerts import ALICE
from tests.dashboard.detection import Detection

ANSWER_MS = 60_000
Lines = list[list[str]]


def screens(chain_id: int, alerts: int) -> dict[str, tuple[str, str]]:
    """Path of each screen, and what has been drawn once it is there."""
    last = f"{chain_id}:alert-{alerts}"
    return {
        "alert queue, first rows": ("/queue", "tr[data-key]"),
        "queue, page 900": ("/queue?page=900", "tr[data-key]"),
        "queue, by severity and category": ("/queue?severity=critical&category=layering", "tr[data-key]"),
        "queue, by address": (f"/queue?search={wallet(1_007)}", "tr[data-key]"),
        "an alert": (f"/queue?alert={last}", "text=Where to look next"),
        "overview, week": ("/?span=week", "text=Highest scores now"),
        "incidents": ("/incidents", "text=alone."),
        "wallet with 100 alerts": (f"/wallet?address={wallet(1_007)}", "text=Alerts that name it >> nth=-1"),
        "wallet that all alerts name": (f"/wallet?address={ALICE}", "text=Alerts that name it >> nth=-1"),
        "flows": (f"/flows?from={wallet(1_007)}", "text=The same as a graph"),
        "trends": ("/trends", "text=New clusters"),
        "health": ("/health", "text=Records that could not be read"),
    }


def page_table(browser: Browser, address: str, chain_id: int, alerts: int, times: int) -> Lines:
    """Each screen in a new tab of a new visitor, `times` times."""
    lines = [["a screen, from its address until it is drawn", "first s", "median s", "slowest s"]]
    for name, (path, drawn) in screens(chain_id, alerts).items():
        took = [_opened(browser, address + path, drawn) for _ in range(times)]
        lines.append([name, f"{took[0]:.2f}", f"{_at(took, 0.5):.2f}", f"{max(took):.2f}"])
    return lines


def _opened(browser: Browser, url: str, drawn: str) -> float:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        begun = time.monotonic()
        page.goto(url)
        page.locator(drawn).first.wait_for(timeout=ANSWER_MS)
        return time.monotonic() - begun
    finally:
        context.close()


def live_table(
    browser: Browser, address: str, detection: Detection, alerts: int, sessions: int, new: int,
    parts: dict[str, int],
) -> Lines:  # fmt: skip
    """New alerts, from their commit in Kafka until a person sees them; then keys of triage. `parts`: the
    processes whose CPU is told, by their ids.
    """
    lines = [[f"{sessions} sessions at the queue, {alerts:,} alerts in the store", "p50", "p95", "most"]]
    with ExitStack() as opened:
        pages = [_queue(opened, browser, address) for _ in range(sessions)]
        seen: list[float] = []
        with _cpu(parts) as used:
            for number in range(alerts + 1, alerts + new + 1):
                detection.judge(alert(number, detection.chain_id), blocks=(scored(number),))
                seen.append(_until(lambda: _is_there(pages[0], detection.chain_id, number), 30))  # noqa: B023
                time.sleep(0.4)
        lines.append(_line("new alert in Kafka to visible, s", seen))
        lines.append(_line("key to the next alert, s", _keys(pages[0], 12)))
        lines += [
            [f"CPU of {name} meanwhile, share of a core", f"{share:.2f}", "", ""]
            for name, share in used.items()
        ]
    return lines


def _queue(opened: ExitStack, browser: Browser, address: str) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened.callback(context.close)
    page = context.new_page()
    page.goto(f"{address}/queue")
    page.locator("tr[data-key]").first.wait_for(timeout=ANSWER_MS)
    return page


def _is_there(page: Page, chain_id: int, number: int) -> bool:
    return page.locator(f'tr[data-key="{chain_id}:alert-{number}"]').count() > 0


def _keys(page: Page, times: int) -> list[float]:
    """Takes one alert after the other: from the key until the next one has the focus."""
    page.keyboard.press("j")
    _until(lambda: _focused(page) is not None, 10)
    took = []
    for _ in range(times):
        before = _focused(page)
        page.keyboard.press("t")
        took.append(_until(lambda: _focused(page) not in (None, before), 20))  # noqa: B023
    return took


def _focused(page: Page) -> str | None:
    row = page.locator("tr:focus")
    return row.get_attribute("data-key") if row.count() else None


def _until(true: Callable[[], bool], deadline_s: float) -> float:
    """Seconds until it is so. Raises TimeoutError."""
    begun = time.monotonic()
    while not true():
        if time.monotonic() - begun > deadline_s:
            raise TimeoutError(f"not seen within {deadline_s:g} s")
        time.sleep(0.01)
    return time.monotonic() - begun


@contextmanager
def _cpu(parts: dict[str, int]) -> Iterator[dict[str, float]]:
    """Shares of a core that processes took inside of the context: the value is filled at its end."""
    before, begun, shares = (
        {name: _seconds(pid) for name, pid in parts.items()},
        time.monotonic(),
        dict[str, float](),
    )
    yield shares
    wall = time.monotonic() - begun
    shares |= {name: (_seconds(pid) - before[name]) / wall for name, pid in parts.items()}


def _seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _line(name: str, took: Sequence[float]) -> list[str]:
    return [name, f"{_at(took, 0.5):.2f}", f"{_at(took, 0.95):.2f}", f"{max(took):.2f}"]


def _at(took: Sequence[float], share: float) -> float:
    return sorted(took)[min(len(took) - 1, int(share * len(took)))]
