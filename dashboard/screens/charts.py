"""Pictures of numbers, by ECharts, which is part of Streamlit: it draws on a canvas and asks nobody outside.

Names from the chain are data, never part of a template: ECharts writes data as text and escapes it in its
tooltips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import wording
from dashboard.transfers.selection import Sankey
from dashboard.transfers.values import Token

SEVERITY_COLOURS = {"critical": "#dc2626", "high": "#ea7317", "medium": "#eab308", "low": "#7b8aa3"}
COLOURS = ("#2a9d8f", "#4878cf", "#c77cff", "#e07b39", "#8a8f3c", "#d65f8a", "#5aa9a2", "#9c755f", "#7b8aa3")
_GRID = {"left": 8, "right": 12, "top": 34, "bottom": 4, "containLabel": True}
_SHARE = {"type": "value", "min": 0, "max": 1}
_PLAIN = {"show": True, "trigger": "axis", "confine": True}


def stacked(
    key: str, stages: Sequence[str], series: Mapping[str, Sequence[int]], colours: Mapping[str, str], alt: str
) -> None:
    """Bars over time, one on the other, by name."""
    spec = {
        "tooltip": {**_PLAIN, "axisPointer": {"type": "shadow"}},
        "legend": {"top": 0, "left": 0, "itemWidth": 12, "itemHeight": 10, "type": "scroll"},
        "grid": _GRID,
        "xAxis": {"type": "category", "data": list(stages), "axisTick": {"show": False}},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {
                "type": "bar",
                "stack": "all",
                "name": name,
                "data": list(values),
                "barCategoryGap": "25%",
                "itemStyle": {"color": colours.get(name, COLOURS[at % len(COLOURS)])},
            }
            for at, (name, values) in enumerate(series.items())
        ],
    }
    st.echarts_chart(spec, height=230, key=key, alt=alt)


def lines(
    key: str, stages: Sequence[str], series: Mapping[str, Sequence[float | None]], alt: str, top: float | None
) -> None:
    """Lines over blocks or time; where a value is missing the line goes on."""
    spec = {
        "tooltip": _PLAIN,
        "legend": {"top": 0, "left": 0, "type": "scroll"},
        "grid": _GRID,
        "xAxis": {"type": "category", "data": list(stages)},
        "yAxis": {"type": "value", **({} if top is None else {"min": 0, "max": top})},
        "series": [
            {
                "type": "line",
                "name": name,
                "data": list(values),
                "connectNulls": True,
                "symbolSize": 4,
                "itemStyle": {"color": COLOURS[at % len(COLOURS)]},
            }
            for at, (name, values) in enumerate(series.items())
        ],
    }
    st.echarts_chart(spec, height=230, key=key, alt=alt)


def sankey(key: str, drawn: Sankey, token: Token, alt: str) -> None:
    """One asset from wallet to wallet. A node is known by its whole address and labelled by its short one."""
    names = list(dict.fromkeys(name for link in drawn.links for name in (link.source, link.target)))
    spec = {
        "tooltip": {"show": True, "trigger": "item", "confine": True, "valueFormatter": "compact"},
        "series": [
            {
                "type": "sankey",
                "left": 8,
                "right": 110,
                "top": 10,
                "bottom": 10,
                "nodeWidth": 14,
                "nodeGap": 12,
                "emphasis": {"focus": "adjacency"},
                "label": {"fontSize": 11, "fontFamily": "monospace", "color": _ink()},
                "lineStyle": {"color": "source", "opacity": 0.35},
                "data": [
                    {
                        "name": name,
                        "itemStyle": {"color": COLOURS[at % len(COLOURS)]},
                        "label": {"formatter": _label(name)},
                    }
                    for at, name in enumerate(names)
                ],
                "links": [
                    {
                        "source": link.source,
                        "target": link.target,
                        "value": link.units / 10 ** (token.decimals or 0),
                    }
                    for link in drawn.links
                ],
            }
        ],
    }
    st.echarts_chart(spec, height=min(640, 140 + 26 * len(names)), key=key, alt=alt)


def _ink() -> str:
    """What can be read on a band of any colour, by the theme of who looks."""
    return "#f4f4f5" if st.context.theme.type == "dark" else "#18181b"


def _label(name: str) -> str:
    """An address of ours has no braces; whatever else stands there must be no template."""
    return wording.short(name).replace("{", "(").replace("}", ")")


def curve(key: str, series: Mapping[str, Sequence[tuple[float, float]]], alt: str) -> None:
    """Precision over recall, both from 0 to 1."""
    spec: dict[str, Any] = {
        "tooltip": {"show": True, "trigger": "item", "confine": True},
        "legend": {"top": 0, "left": 0, "type": "scroll"},
        "grid": {**_GRID, "bottom": 26},
        "xAxis": {
            "type": "value",
            "min": 0,
            "max": 1,
            "name": "recall",
            "nameLocation": "middle",
            "nameGap": 24,
        },
        "yAxis": {**_SHARE, "name": "precision", "nameLocation": "middle", "nameGap": 34},
        "series": [
            {
                "type": "line",
                "name": name,
                "data": [list(point) for point in points],
                "symbolSize": 5,
                "itemStyle": {"color": COLOURS[at % len(COLOURS)]},
            }
            for at, (name, points) in enumerate(series.items())
        ],
    }
    st.echarts_chart(spec, height=320, key=key, alt=alt)
