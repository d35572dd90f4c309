"""A rule as text: back as it would be written, and as a sentence for a person."""

from __future__ import annotations

from detectors.library.rules.columns import Table
from detectors.library.rules.tree import (
    Among,
    Compared,
    IsKnown,
    Joined,
    Named,
    Node,
    Not,
    Rule,
    Sum,
    Unit,
    Written,
)

_SAYS = {
    "=": "is",
    "!=": "is not",
    "<": "is less than",
    "<=": "is at most",
    ">": "is more than",
    ">=": "is at least",
}
_SIGNS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}


def canonical(rule: Rule) -> str:
    """One text for all rules that say the same: it is what the run digest holds."""
    head = f'rule {rule.name} says "{rule.says}" each {rule.each} names {rule.names}'
    score = f"{rule.score:.6f}".rstrip("0").rstrip(".")
    return f"{head} severity {rule.severity} score {score} when {written(rule.when)}"


def written(node: Node) -> str:
    """With parentheses wherever something lies inside of something else."""
    match node:
        case Written():
            return node.text
        case Named():
            return node.name
        case Sum():
            return f"{_within(node.left)} {node.sign} {_within(node.right)}"
        case Compared():
            return f"{_within(node.left)} {node.operator} {_within(node.right)}"
        case Among():
            return f"{_within(node.left)} in ({', '.join(each.text for each in node.values)})"
        case IsKnown():
            return f"{_within(node.of)} is {'known' if node.known else 'unknown'}"
        case Not():
            return f"not {_within(node.of)}"
        case Joined():
            return f" {node.word} ".join(map(_within, node.of))


def _within(node: Node) -> str:
    return written(node) if isinstance(node, Written | Named) else f"({written(node)})"


def sentence(rule: Rule, table: Table) -> str:
    """What a rule does, as a person would say it."""
    about = table.names[rule.names].field
    return (
        f"Of each {table.name} it alerts about {table.fields[about].words}, with severity {rule.severity} "
        f"and score {rule.score:g}, where {clause(rule.when, table)}."
    )


def clause(node: Node, table: Table, inside: bool = False) -> str:
    """A condition in words."""
    match node:
        case Written():
            return node.text
        case Named():
            field = table.fields[node.name]
            return field.words
        case Sum():
            told = f"{clause(node.left, table, True)} {_SIGNS[node.sign]} {clause(node.right, table, True)}"
            return f"({told})" if inside else told
        case Compared():
            return _compared(node, table)
        case Among():
            return f"{clause(node.left, table)} is one of {', '.join(each.text for each in node.values)}"
        case IsKnown():
            return f"{clause(node.of, table)} is {'known' if node.known else 'not known'}"
        case Not():
            return f"not ({clause(node.of, table)})"
        case Joined():
            told = f" {node.word} ".join(clause(each, table, True) for each in node.of)
            return f"({told})" if inside else told


def _compared(node: Compared, table: Table) -> str:
    left, right = node.left, node.right
    if isinstance(left, Named) and table.fields[left.name].unit is Unit.FLAG and isinstance(right, Written):
        holds = bool(right.value) == (node.operator == "=")
        return clause(left, table) if holds else f"not ({clause(left, table)})"
    return f"{clause(left, table, True)} {_SAYS[node.operator]} {clause(right, table, True)}"
