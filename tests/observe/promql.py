"""What an expression of PromQL asks for: names of metrics, and the labels that it takes them to have."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import promql_parser as promql


class Asked(NamedTuple):
    """A metric that an expression selects, and labels by which it selects or that it groups by."""

    metric: str
    labels: frozenset[str]


def asked(expr: str) -> set[Asked]:
    """Return what an expression asks for. Raises `ValueError` where it is none."""
    return set(_asked(promql.parse(expr), frozenset()))


def _asked(node: Any, groups: frozenset[str]) -> Iterator[Asked]:
    match node:
        case promql.VectorSelector():
            matched = {one.name for one in node.matchers.matchers}
            yield Asked(node.name, frozenset(matched) | groups)
        case promql.MatrixSelector():
            yield from _asked(node.vector_selector, groups)
        case promql.AggregateExpr():
            # What an outer one groups by is what an inner one has left.
            yield from _asked(node.expr, frozenset(node.modifier.labels) if node.modifier else groups)
        case promql.BinaryExpr():
            for side in (node.lhs, node.rhs):
                yield from _asked(side, groups)
        case promql.Call():
            for argument in node.args:
                yield from _asked(argument, groups)
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            yield from _asked(node.expr, groups)
        case promql.NumberLiteral() | promql.StringLiteral():
            return
        case _:
            raise AssertionError(f"unknown kind of expression: {type(node)}")
