"""The report's pictures, as SVG to stand inside a page: the same bytes for the same report.

Colours and letters are the page's own (CSS variables), so one picture serves light and dark. Names in them
come from labels and may be hostile: they are never read as formulas, and matplotlib escapes them.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from detectors.alerts.text import visible
from detectors.evaluate.calibration import Bin
from detectors.evaluate.measures import Figure, Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, FAINT, MAIN, GOOD, BAD = "#010203", "#040506", "#070809", "#0a0b0c", "#0d0e0f"
"""Stand-ins while matplotlib draws; each becomes the page's variable."""
_VARIABLES = {INK: "--ink", FAINT: "--line", MAIN: "--main", GOOD: "--good", BAD: "--bad"}
_LETTERS = "font-family: 'DejaVu Sans'"
_SIZE = re.compile(r' (?:width|height)="[\d.]+pt"')
_GROUP = re.compile(r'<g id="[^"]*">')
_STYLE = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.S)
_LONGEST_NAME = 28

LEADS = (
    (None, -51, "< −50"), (-50, -11, "−50 … −11"), (-10, -2, "−10 … −2"), (-1, -1, "−1"), (0, 0, "0"),
    (1, 1, "1"), (2, 10, "2 … 10"), (11, 50, "11 … 50"), (51, 500, "51 … 500"), (501, None, "> 500"),
)  # fmt: skip
"""Lead in blocks from the first alert to the first harm: (from, to, said)."""


def drawn(paint: Callable[[Axes], None], width: float, height: float, told: str) -> str:
    """An inline `<svg>` of the given size in inches; `told` is what it says to who cannot see it."""
    # Imported late: matplotlib takes a second, and only the page needs it.
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context(_style()), warnings.catch_warnings():
        # The page's letters draw a name, not matplotlib's: that those lack a sign of it is no matter.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        canvas = Canvas(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(canvas)
        paint(canvas.subplots())
        made = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        canvas.savefig(made, format="svg", transparent=True, metadata=nothing)
    return _inline(made.getvalue(), told)


def _style() -> Any:
    edges = {f"axes.spines.{side}": False for side in ("top", "right")}
    inked = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color")
    return {
        **edges,
        **dict.fromkeys(inked, INK),
        "axes.edgecolor": FAINT,
        "grid.color": FAINT,
        "font.size": 9.0,
        "font.family": "DejaVu Sans",
        "svg.fonttype": "none",
        "svg.hashsalt": "undertow",
        "text.parse_math": False,
    }


def _inline(svg: str, told: str) -> str:
    body = svg[svg.index("<svg") :]
    for stand_in, variable in _VARIABLES.items():
        body = body.replace(stand_in, f"var({variable})")
    body = body.replace(_LETTERS, "font-family: var(--letters)")
    # Several pictures share a page: each takes its size, its rules of style and its names from there.
    body = _GROUP.sub("<g>", _STYLE.sub("", _SIZE.sub("", body, count=2), count=1))
    return body.replace("<svg", f'<svg role="img" aria-label="{told}"', 1)


def precision_recall(curve: Sequence[Point]) -> str:
    """Precision over recall as the least score falls; the dot is where it stands with all alerts."""

    def paint(axes: Axes) -> None:
        recalls, precisions = [point.recall for point in curve], [point.precision for point in curve]
        axes.plot(recalls, precisions, color=MAIN, linewidth=1.6, drawstyle="steps-pre", clip_on=False)
        axes.plot(recalls[-1:], precisions[-1:], "o", color=MAIN, markersize=5, clip_on=False)
        _unit(axes, "recall", "precision")

    return drawn(paint, 3.0, 2.5, "Precision over recall")


def variants(recalls: Mapping[str, Figure]) -> str:
    """Recall of each variant with its interval: an evasion that works is a short bar."""

    def paint(axes: Axes) -> None:
        figures, places = list(recalls.values()), range(len(recalls))
        colours = [BAD if each.value < 0.5 else GOOD for each in figures]
        axes.barh(places, [each.value for each in figures], color=colours, height=0.62, alpha=0.75)
        for place, each in zip(places, figures, strict=True):
            axes.plot([each.low, each.high], [place, place], color=INK, linewidth=1.2, solid_capstyle="butt")
            axes.text(1.04, place, f"{round(each.value * each.n)}/{each.n}", va="center", fontsize=8)
        axes.set_yticks(places, [_short(name) for name in recalls])
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.set_xlabel("recall")
        axes.tick_params(length=0)
        axes.set_axisbelow(True)
        axes.grid(axis="x", linewidth=0.6)

    return drawn(paint, 4.2, 0.75 + 0.3 * max(len(recalls), 2), "Recall of each variant")


def lead_times(blocks: Sequence[int]) -> str:
    """How many found attacks had so many blocks between first alert and first harm."""
    from matplotlib.ticker import MaxNLocator

    counts = [
        sum((low is None or low <= each) and (high is None or each <= high) for each in blocks)
        for low, high, _ in LEADS
    ]

    def paint(axes: Axes) -> None:
        colours = [BAD if high is not None and high <= 0 else GOOD for _, high, _ in LEADS]
        bars = axes.bar(range(len(LEADS)), counts, color=colours, alpha=0.75, width=0.8)
        axes.bar_label(bars, [str(count) if count else "" for count in counts], padding=2, fontsize=8)
        axes.set_xticks(range(len(LEADS)), [said for _, _, said in LEADS], fontsize=7.5)
        axes.set_xlabel("blocks from first alert to first harm (above 0: warned before)")
        axes.set_ylabel("attacks found")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.tick_params(length=0)

    return drawn(paint, 6.4, 3.4, "Lead time before the first harm")


def calibration(series: Mapping[str, Sequence[Bin]]) -> str:
    """The share that was right over the mean score of each bin; on the diagonal scores mean what they say."""

    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1.2, linestyle="--")
        for (name, bins), colour, beside in zip(
            series.items(), (MAIN, GOOD), ((5, -10), (-15, 5)), strict=False
        ):
            means, right = [each.mean for each in bins], [each.right for each in bins]
            axes.vlines(means, [r.low for r in right], [r.high for r in right], color=colour, linewidth=1.2)
            axes.plot(means, [r.value for r in right], "o-", color=colour, markersize=5, label=name)
            for mean, each in zip(means, right, strict=True):
                _beside(axes, (mean, each.value), beside, str(each.n), colour)
        _unit(axes, "score", "share that was right")
        if len(series) > 1:
            axes.legend(frameon=False, loc="upper left", fontsize=8)

    return drawn(paint, 6.4, 3.4, "Whether scores mean what they say")


def _beside(axes: Axes, point: tuple[float, float], off: tuple[int, int], said: str, colour: str) -> None:
    axes.annotate(said, point, off, textcoords="offset points", color=colour, fontsize=7)


def _unit(axes: Axes, across: str, up: str) -> None:
    axes.set(xlim=(0, 1.02), ylim=(0, 1.04), xlabel=across, ylabel=up)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.tick_params(length=0)
    axes.set_axisbelow(True)
    axes.grid(linewidth=0.6)


def _short(name: str) -> str:
    told = visible(name) or "unnamed"
    return told if len(told) <= _LONGEST_NAME else told[: _LONGEST_NAME - 1] + "…"
