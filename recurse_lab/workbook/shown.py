"""Small things that notebooks show: source code, and predictions beside what happened."""

import ast
import html
import inspect
import textwrap
from collections.abc import Mapping
from typing import Any


def source_of(thing: Any) -> str:
    """Source of a function or class, without its docstring (the chapter's text says what it does)."""
    text = textwrap.dedent(inspect.getsource(thing))
    body = ast.parse(text).body[0]
    if not isinstance(body, ast.FunctionDef | ast.ClassDef) or ast.get_docstring(body) is None:
        return text.rstrip()
    doc = body.body[0]
    lines = text.splitlines()
    return "\n".join(lines[: doc.lineno - 1] + lines[(doc.end_lineno or doc.lineno) :]).rstrip()


def comparison_table(happened: Mapping[str, tuple[Any, Any]]) -> str:
    """An HTML table: question, prediction, what happened."""
    rows = "".join(
        f"<tr><td>{html.escape(question)}</td><td>{_plain(guess)}</td><td>{_plain(found)}</td></tr>"
        for question, (guess, found) in happened.items()
    )
    head = "<tr><th></th><th>you predicted</th><th>it came out as</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _plain(value: Any) -> str:
    if value is None:
        return "never"
    return html.escape(f"{value:.2f}" if isinstance(value, float) else str(value))
