"""A report as PDF, by fpdf2: text is drawn as text, since nothing here asks it to read any as markup.

The letters are DejaVu's, which matplotlib carries as files. What they lack (the Far East, pictures) is
written out by its number, as is all that cannot be seen.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.flow import Edge, Flow, Node
from dashboard.flow.lines import NODE_HEIGHT, NODE_WIDTH
from dashboard.screens.report.document import Column, Document, Facts, Section, Table
from dashboard.screens.report.drawn import TONES, Point, extent, named, points

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.fonts import FontFace

TEXT, MONO = "DejaVu", "DejaVuMono"
_FILES = {(TEXT, ""): "DejaVuSans", (TEXT, "B"): "DejaVuSans-Bold", (MONO, ""): "DejaVuSansMono"}
INK, SOFT, LINE = (24, 24, 27), (82, 82, 91), (200, 200, 206)
MARGIN_MM = 15.0
TALLEST_MM = 150.0
"""Of the flow of money: the rest of its page has room for its title."""
LARGEST_SCALE = 0.26
"""Millimetres for a pixel of the screen: a flow of two wallets is no poster."""
LONGEST_CELL = 4_000
PIECE, PIECE_LINES = 500, 25
"""Characters and lines of a cell in one row: a row must fit a page, so a longer cell takes several."""


def as_pdf(document: Document, at: float) -> bytes:
    """The same bytes for the same document and time."""
    with _quiet():
        pdf = _paper(document, at)
        _top(pdf, document)
        for section in document.sections:
            _section(pdf, section)
        _line(pdf, document.made, 8, SOFT)
        return bytes(pdf.output())


@contextmanager
def _quiet() -> Iterator[None]:
    """What is told of the letters of a font is no news to anybody."""
    tellers = [logging.getLogger(name) for name in ("fontTools", "fpdf")]
    before = [each.level for each in tellers]
    for each in tellers:
        each.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for each, level in zip(tellers, before, strict=True):
            each.setLevel(level)


def _paper(document: Document, at: float) -> FPDF:
    from fpdf import FPDF  # a quarter of a second, which only who asks for a report waits for

    class Paper(FPDF):
        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(TEXT, size=7)
            self.set_text_color(*SOFT)
            self.cell(0, 5, text=f"{shown(document.title)} · page {self.page_no()} of {{nb}}", align="R")

    pdf = Paper(format="A4")
    pdf.set_margin(MARGIN_MM)
    pdf.set_auto_page_break(True, MARGIN_MM + 3)
    for (family, style), name in _FILES.items():
        pdf.add_font(family, style, _font(name))
    pdf.set_title(shown(document.title))
    pdf.set_creator("undertow")
    pdf.set_lang("en")
    pdf.set_creation_date(datetime.fromtimestamp(at, UTC))
    pdf.add_page()
    return pdf


def _font(name: str) -> Path:
    """A file of letters. matplotlib itself is not asked: it would take a second to come up."""
    found = find_spec("matplotlib")
    assert found is not None and found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "mpl-data/fonts/ttf" / f"{name}.ttf"


@cache
def _letters() -> frozenset[int]:
    """Those that every one of the fonts has."""
    from fontTools.ttLib import TTFont

    known = (TTFont(_font(name), lazy=True).getBestCmap() for name in _FILES.values())
    return frozenset.intersection(*map(frozenset, known))


def shown(text: str) -> str:
    """`text` with what the fonts cannot draw written out."""
    letters = _letters()
    some = text[:LONGEST_CELL]
    return "".join(
        each if each == "\n" or ord(each) in letters else f"\\u{{{ord(each):04x}}}" for each in some
    )


def _top(pdf: FPDF, document: Document) -> None:
    pdf.set_text_color(*INK)
    pdf.set_font(TEXT, "B", 17)
    pdf.multi_cell(0, 8, text=shown(document.title), new_x="LMARGIN", new_y="NEXT", align="L")
    _line(pdf, " · ".join(document.labels), 9, SOFT)
    pdf.ln(1.5)
    _line(pdf, document.sentence, 10.5, INK)
    for each in document.notices:
        pdf.ln(1)
        _line(pdf, each, 9.5, (146, 64, 14))


def _line(pdf: FPDF, text: str, size: float, colour: tuple[int, int, int]) -> None:
    pdf.set_font(TEXT, size=size)
    pdf.set_text_color(*colour)
    pdf.multi_cell(0, size * 0.5, text=shown(text), new_x="LMARGIN", new_y="NEXT", align="L")


def _section(pdf: FPDF, section: Section) -> None:
    body = section.body
    if pdf.will_page_break(26):
        pdf.add_page()
    pdf.ln(4)
    pdf.set_font(TEXT, "B", 11.5)
    pdf.set_text_color(*INK)
    with pdf.local_context():
        pdf.start_section(shown(section.title))
    pdf.multi_cell(0, 6, text=shown(section.title), new_x="LMARGIN", new_y="NEXT", align="L")
    if section.remark:
        _line(pdf, section.remark, 8, SOFT)
    pdf.ln(1)
    if isinstance(body, Table):
        _table(pdf, body)
    elif isinstance(body, Facts):
        _facts(pdf, body)
    else:
        _flow(pdf, body)


def _facts(pdf: FPDF, facts: Facts) -> None:
    columns = (Column("", 3), Column("", 5), Column("", 3), Column("", 5))
    cells = [text for pair in facts.named for text in pair]
    cells += [""] * (-len(cells) % 4)
    rows = [cells[at : at + 4] for at in range(0, len(cells), 4)]
    _rows(pdf, columns, rows, ())


def _table(pdf: FPDF, table: Table) -> None:
    if table.rows:
        _rows(pdf, table.columns, table.rows, tuple(each.name for each in table.columns))
    else:
        _line(pdf, table.empty, 9, SOFT)


def _rows(
    pdf: FPDF, columns: tuple[Column, ...], rows: Iterable[Iterable[str]], heads: tuple[str, ...]
) -> None:
    from fpdf.fonts import FontFace

    pdf.set_font(TEXT, size=8)
    pdf.set_text_color(*INK)
    pdf.set_draw_color(*LINE)
    faces = [_face(each, at) for at, each in enumerate(columns)]
    with pdf.table(
        col_widths=tuple(each.share for each in columns),
        text_align=tuple("RIGHT" if each.kind == "number" else "LEFT" for each in columns),
        line_height=3.7,
        padding=(0.9, 1.6, 0.9, 0),
        borders_layout="HORIZONTAL_LINES",
        v_align="TOP",
        first_row_as_headings=bool(heads),
        headings_style=FontFace(TEXT, "B", 7.4, SOFT),
        num_heading_rows=1 if heads else 0,
        markdown=False,
    ) as drawn:
        if heads:
            drawn.row(tuple(map(shown, heads)))
        for cells in rows:
            for some in zip_longest(*map(pieces, cells), fillvalue=""):
                row = drawn.row()
                for text, face in zip(some, faces, strict=True):
                    row.cell(text, style=face)


def pieces(text: str) -> list[str]:
    """A cell as rows that each fit a page."""
    lines = [
        line[at : at + PIECE] for line in shown(text).split("\n") for at in range(0, len(line) or 1, PIECE)
    ]
    found, size = [[lines[0]]], len(lines[0])
    for line in lines[1:]:
        if len(found[-1]) >= PIECE_LINES or size + len(line) > PIECE:
            found.append([])
            size = 0
        found[-1].append(line)
        size += len(line)
    return ["\n".join(some) for some in found]


def _face(column: Column, at: int) -> FontFace | None:
    """Identifiers in letters of one width; names of facts, which have no heading, softly."""
    from fpdf.fonts import FontFace

    if not column.name:
        return None if at % 2 else FontFace(color=SOFT)
    return FontFace(MONO, size_pt=6.4) if column.kind == "mono" else None


def _flow(pdf: FPDF, flow: Flow) -> None:
    if not flow.nodes:
        _line(pdf, "No transfer is among the evidence.", 9, SOFT)
        return
    left, top, width, height = extent(flow)
    scale = min(pdf.epw / width, TALLEST_MM / height, LARGEST_SCALE)
    if pdf.will_page_break(height * scale + 4):
        pdf.add_page()
    x, y = pdf.l_margin + (pdf.epw - width * scale) / 2, pdf.get_y()
    pen = _Pen(pdf, scale, (x - left * scale, y - top * scale))
    for edge in flow.edges:
        pen.line(edge)
    for node in flow.nodes:
        pen.node(node)
    for edge in flow.edges:
        pen.label(edge)
    pdf.set_y(y + height * scale + 2)


class _Pen:
    """Draws in pixels of the screen on a piece of the page."""

    def __init__(self, pdf: FPDF, scale: float, origin: Point) -> None:
        self._pdf, self._scale, self._origin = pdf, scale, origin

    def _at(self, point: Point) -> Point:
        return self._origin[0] + point[0] * self._scale, self._origin[1] + point[1] * self._scale

    def line(self, edge: Edge) -> None:
        ends = [self._at(point) for point in points(edge.path)]
        self._pdf.set_draw_color(120, 128, 140)
        self._pdf.set_fill_color(120, 128, 140)
        self._pdf.set_line_width(0.3)
        self._pdf.bezier(ends)
        (before_x, before_y), (x, y) = ends[-2:]
        long = max(((x - before_x) ** 2 + (y - before_y) ** 2) ** 0.5, 1e-6)
        across, down = (x - before_x) / long, (y - before_y) / long
        self._pdf.polygon(
            [
                (x, y),
                (x - 1.8 * across - 0.8 * down, y - 1.8 * down + 0.8 * across),
                (x - 1.8 * across + 0.8 * down, y - 1.8 * down - 0.8 * across),
            ],
            style="F",
        )

    def node(self, node: Node) -> None:
        colour = TONES.get(node.role, TONES["other"])
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        x, y = self._at((node.x - NODE_WIDTH / 2, node.y - NODE_HEIGHT / 2))
        wide, high = NODE_WIDTH * self._scale, NODE_HEIGHT * self._scale
        self._pdf.set_draw_color(red, green, blue)
        self._pdf.set_fill_color(*(255 - (255 - part) // 8 for part in (red, green, blue)))
        self._pdf.set_line_width(0.4)
        self._pdf.rect(x, y, wide, high, style="DF", round_corners=True, corner_radius=min(1.6, high / 4))
        self._words(named(node), (node.x, node.y - 7), 12.5, MONO)
        self._words(node.role, (node.x, node.y + 10), 11, TEXT)

    def label(self, edge: Edge) -> None:
        self._pdf.set_fill_color(255, 255, 255)
        x, y = self._at((edge.box.x - edge.box.width / 2, edge.box.y - edge.box.height / 2))
        self._pdf.rect(x, y, edge.box.width * self._scale, edge.box.height * self._scale, style="F")
        self._words(edge.label, (edge.box.x, edge.box.y), 12, TEXT, edge.box.width)

    def _words(
        self, text: str, middle: Point, pixels: float, family: str, room: float = NODE_WIDTH - 12
    ) -> None:
        """On one line around a middle, smaller where it would not fit."""
        x, y = self._at(middle)
        size, words = pixels * self._scale * 72 / 25.4, shown(text)
        self._pdf.set_text_color(*INK)
        self._pdf.set_font(family, size=size)
        wide = self._pdf.get_string_width(words)
        if wide > room * self._scale:
            size *= room * self._scale / wide
            self._pdf.set_font(family, size=size)
            wide = self._pdf.get_string_width(words)
        self._pdf.text(x - wide / 2, y + size * 0.127, words)
