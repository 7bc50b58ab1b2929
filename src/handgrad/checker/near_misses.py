"""Mistakes one symbol away from the equation, made from the equation itself.

Where the catalogue has no name for the numbers, each symbol of the right expression is changed in
turn: an operator, a sign, an axis, a transpose, a name.
"""

import ast
import copy
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from handgrad.checker.mistakes import Mistake, Situation

_OPERATORS: list[ast.operator] = [ast.Add(), ast.Sub(), ast.Mult(), ast.Div(), ast.MatMult()]

_WORDS = {
    "operator": (
        "An operator is wrong",
        "Go through the operators of your statement one by one: which one has no counterpart in "
        "the equation?",
    ),
    "sign": ("A sign is wrong", "Compare each sign of your statement with the equation's."),
    "axis": (
        "An axis is wrong",
        "Which axis are the examples along, and which axis must vanish in the sum?",
    ),
    "transpose": (
        "A transpose is missing or too many",
        "Write the shape under each factor. Do the inner two agree, and do the outer two give the "
        "shape you want?",
    ),
    "name": (
        "One quantity stands where another belongs",
        "Name each factor of your statement by its symbol in the equation. Which one is not there?",
    ),
    "number": ("A number is wrong", "Which constants are in the equation, and which in yours?"),
}


@lru_cache
def near_misses(
    expression: str, names: str, symbols: tuple[tuple[str, str], ...] = ((".T", "ᵀ"),)
) -> tuple[Mistake, ...]:
    """Every change of one symbol in `expression`, with the letters in `names` for one another.

    The equations beside them have other `symbols` for some of its parts.
    """
    tree = ast.parse(expression, mode="eval")
    mistakes = {}
    for kind, mutant in _mutants(tree, names):
        text = ast.unparse(mutant)
        if text not in mistakes and text != ast.unparse(tree):
            mistakes[text] = _mistake(kind, text, symbols)
    return tuple(mistakes.values())


def _mistake(kind: str, text: str, symbols: tuple[tuple[str, str], ...]) -> Mistake:
    code = compile(text, "<near miss>", "eval")
    title, hint = _WORDS[kind]
    shown = text
    for part, symbol in symbols:
        shown = shown.replace(part, symbol)
    why = f"Your numbers are those of  {shown},  one symbol away from the equation."

    def numbers(s: Situation) -> Any:
        return eval(code, {"np": np}, vars(s))

    return Mistake(f"wrong {kind}", title, why, hint, numbers)


def _mutants(tree: ast.Expression, names: str) -> Iterator[tuple[str, ast.Expression]]:
    """All trees that differ from `tree` in one symbol, with the kind of the symbol."""
    for number, node in enumerate(ast.walk(tree)):
        for kind, change in _changes(node, names):
            twin = copy.deepcopy(tree)
            target = list(ast.walk(twin))[number]
            yield kind, ast.fix_missing_locations(_replace(twin, target, change))


def _changes(node: ast.AST, names: str) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            for operator in _OPERATORS:
                if type(operator) is not type(op):
                    yield "operator", ast.BinOp(left, operator, right)
            yield "name", left
            yield "name", right
            if isinstance(op, ast.MatMult | ast.Sub | ast.Div):
                yield "operator", ast.BinOp(right, op, left)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            yield "sign", operand
        case ast.Attribute(value=value, attr="T"):
            yield "transpose", value
        case ast.Name(id=name) if name in names:
            yield "transpose", ast.Attribute(ast.Name(name, ast.Load()), "T", ast.Load())
            yield "sign", ast.UnaryOp(ast.USub(), ast.Name(name, ast.Load()))
            for letter in names.replace(name, ""):
                yield "name", ast.Name(letter, ast.Load())
        case ast.Call(func=ast.Attribute(attr="sum", value=value)):
            for source in ("axis=1", "axis=-1", ""):
                yield "axis", ast.parse(f"_.sum({source})", mode="eval").body
            yield "axis", value
        case ast.Constant(value=1):
            yield "number", ast.Constant(0)
            yield "number", ast.Constant(2)
            yield "number", ast.Constant(-1)


def _replace(tree: ast.Expression, target: ast.AST, new: ast.expr) -> ast.Expression:
    class Replacer(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            if node is not target:
                return self.generic_visit(node)
            if isinstance(new, ast.Call) and isinstance(node, ast.Call):
                new.func = node.func
            return copy.deepcopy(new)

    replaced = Replacer().visit(tree)
    assert isinstance(replaced, ast.Expression)
    return replaced
