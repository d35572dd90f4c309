"""The flow of money as SVG to stand inside of a page; every name in it is escaped text."""

from __future__ import annotations

from html import escape

from dashboard.flow import Edge, Flow, Node
from dashboard.flow.lines import NODE_HEIGHT, NODE_WIDTH
from dashboard.screens.report.drawn import TONES, extent, named

_ARROW = (
    '<defs><marker id="to" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0 0L10 5L0 10z" fill="#64748b"/></marker></defs>'
)
_PLACE = f'x="{-NODE_WIDTH / 2:g}" y="{-NODE_HEIGHT / 2:g}" width="{NODE_WIDTH}" height="{NODE_HEIGHT}"'


def as_svg(flow: Flow) -> str:
    """Labels lie above all lines, as on the screen."""
    left, top, width, height = extent(flow)
    layers = (*map(_line, flow.edges), *map(_node, flow.nodes), *map(_label, flow.edges))
    return (
        f'<svg role="img" aria-label="flow of money, left to right" width="{width:g}" '
        f'viewBox="{left:g} {top:g} {width:g} {height:g}">{_ARROW}{"".join(layers)}</svg>'
    )


def _line(edge: Edge) -> str:
    drawn = 'fill="none" stroke="#64748b" stroke-width="1.6" marker-end="url(#to)"'
    return f'<path d="{escape(edge.path)}" {drawn}/>'


def _label(edge: Edge) -> str:
    place = f'x="{edge.box.x:g}" y="{edge.box.y + 4:g}" text-anchor="middle"'
    return f'<text class="halo" {place}>{escape(edge.label)}<title>{escape(edge.detail)}</title></text>'


def _node(node: Node) -> str:
    tone = TONES.get(node.role, TONES["other"])
    return (
        f'<g transform="translate({node.x:g} {node.y:g})"><title>{escape(node.id)}</title>'
        f'<rect {_PLACE} rx="9" fill="{tone}" fill-opacity=".16" stroke="{tone}" stroke-width="2"/>'
        f'<text y="-3" text-anchor="middle">{escape(named(node))}</text>'
        f'<text y="14" text-anchor="middle">{escape(node.role)}</text></g>'
    )
