"""Text and tables for notebooks: source code, and predictions beside results."""

import ast
import html
import inspect
import textwrap
from collections.abc import Mapping
from typing import Any


def source_of(thing: Any) -> str:
    """Source of a function or class without its docstring, which the chapter's text replaces."""
    text = textwrap.dedent(inspect.getsource(thing))
    body = ast.parse(text).body[0]
    if not isinstance(body, ast.FunctionDef | ast.ClassDef) or ast.get_docstring(body) is None:
        return text.rstrip()
    doc = body.body[0]
    lines = text.splitlines()
    return "\n".join(lines[: doc.lineno - 1] + lines[(doc.end_lineno or doc.lineno) :]).rstrip()


def comparison_table(happened: Mapping[str, tuple[Any, Any]]) -> str:
    """An HTML table of question, prediction and result."""
    return table(
        {
            question: {"you predicted": guess, "it came out as": found}
            for question, (guess, found) in happened.items()
        }
    )


def table(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """An HTML table of row name -> column name -> value; every row has the same columns."""
    columns = list(next(iter(rows.values()), {}))
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "".join(
        f"<tr><td>{html.escape(name)}</td>"
        + "".join(f"<td>{_plain(row[column])}</td>" for column in columns)
        + "</tr>"
        for name, row in rows.items()
    )
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"


def _plain(value: Any) -> str:
    if value is None:
        return "never"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.1e}" if value and not 1e-3 <= abs(value) < 1e5 else f"{value:.3g}"
    return html.escape(str(value))
