"""The offline report: an index with the verdicts and a page a chapter, with interactive figures and no network."""

import html
import itertools
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import bleach
import nbformat
import plotly.offline
from jinja2 import Environment
from latex2mathml.converter import convert as to_mathml
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter
from traitlets.config import Config

from recurse_lab.chapters.recorded import recorded
from recurse_lab.claims.verdict import MIMETYPE
from recurse_lab.files import put_text
from recurse_lab.records.listing import Row, file_row
from recurse_lab.records.origin import machine_class, versions
from recurse_lab.records.rerun import record_files
from recurse_lab.records.reruns import read_reruns
from recurse_lab.workbook.execute import NotebookRun
from recurse_lab.workbook.start import ROOT

TEMPLATE = Path(str(files("recurse_lab.workbook") / "template"))
PLOTLY = "application/vnd.plotly.v1+json"
MATH = re.compile(r"\$\$(.+?)\$\$|\$(?!\s)([^$\n]+?)(?<!\s)\$", re.DOTALL)
CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)


def build_report(runs: Sequence[NotebookRun], executed: Path, out: Path, profile: str, seed: int) -> Path:
    """Write index.html, a page a chapter, claims.json and plotly.js into `out`; return the path of the index."""
    put_text(out / "plotly.min.js", plotly.offline.get_plotlyjs())
    put_text(out / "style.css", _style())
    claims: list[dict[str, Any]] = []
    chapters: list[dict[str, Any]] = []
    for run in runs:
        path = executed / run.notebook
        page: dict[str, Any] = {"run": run, "title": run.notebook, "href": None}
        if path.exists():
            notebook = nbformat.read(path, as_version=4)
            claims += collect_claims(notebook)
            page |= {"title": title_of(notebook), "href": f"{run.notebook.removesuffix('.ipynb')}.html"}
            put_text(out / str(page["href"]), chapter_page(notebook, run))
        chapters.append(page)
    put_text(out / "claims.json", json.dumps(claims, indent=1) + "\n")
    made = {"profile": profile, "seed": seed, "machine": machine_class(), "versions": versions()}
    text = (TEMPLATE / "report_index.html.j2").read_text(encoding="utf-8")
    page_of = {page["run"].chapter: page["href"] for page in chapters}
    index = Environment(autoescape=True).from_string(text)
    rows, trouble = _records()
    rendered = index.render(
        chapters=chapters,
        claims=claims,
        made=made,
        page_of=page_of,
        records=rows,
        trouble=trouble,
        api=(out / "api" / "index.html").exists(),
    )
    put_text(out / "index.html", rendered)
    return out / "index.html"


def _records() -> tuple[list[Row], str]:
    """A row for each record file, and an error message; an unreadable record must not stop the report."""
    try:
        again = read_reruns(ROOT / "data")
        return [file_row(file, again) for file in record_files(ROOT / "data", recorded())], ""
    except Exception as error:
        return [], f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"


def collect_claims(notebook: Any) -> list[dict[str, Any]]:
    """Every claim in a notebook's outputs, in order."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    found = [output["data"][MIMETYPE] for output in outputs if MIMETYPE in output.get("data", {})]
    return [claim for one in found for claim in (one if isinstance(one, list) else [one])]


def title_of(notebook: Any) -> str:
    """The notebook's H1."""
    lines = (
        line for cell in notebook.cells if cell.cell_type == "markdown" for line in cell.source.splitlines()
    )
    return next((line[2:].strip() for line in lines if line.startswith("# ")), "untitled")


def chapter_page(notebook: Any, run: NotebookRun) -> str:
    """HTML page of one chapter; formulas become MathML, figures stay interactive."""
    formulas: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _without_math(cell.source, formulas)
    exporter = HTMLExporter(
        config=Config(
            NbConvertBase={"display_data_priority": [PLOTLY, *DISPLAYED]},
            SanitizeHTML={"attributes": ALLOWED_ATTRIBUTES, "tags": ALLOWED_TAGS},
        ),
        extra_template_basedirs=[str(TEMPLATE)],
        template_name="chapter",
        sanitize_html=True,
    )
    numbers = itertools.count(1)
    exporter.register_filter("clean_html", clean)
    exporter.register_filter("plotly_figure", lambda figure: figure_html(figure, next(numbers)))
    resources = {"title": title_of(notebook), "run": run}
    body, _ = exporter.from_notebook_node(notebook, resources=resources)
    return re.sub(r"MATH(\d+)HTAM", lambda match: formulas[int(match.group(1))], body)


DISPLAYED = ["text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg", "text/plain"]
ALLOWED_TAGS = [
    *(
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "code",
        "del",
        "details",
        "div",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "hr",
        "i",
    ),
    *("img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "summary", "sup"),
    *("table", "tbody", "td", "th", "thead", "tr", "ul"),
]
ALLOWED_ATTRIBUTES = {
    "*": ["class", "id", "title", "aria-label"],
    "a": ["href", "rel"],
    "img": ["src", "alt", "width", "height"],
}


def clean(text: str) -> str:
    """HTML of an output without tags or attributes that could run code."""
    return bleach.clean(text, tags=ALLOWED_TAGS, attributes=ALLOWED_ATTRIBUTES)


def _without_math(source: str, formulas: list[str]) -> str:
    """Replace formulas outside code by marks in Markdown, and append their MathML to `formulas`."""

    def mark(match: re.Match[str]) -> str:
        display = match.group(1) is not None
        latex = match.group(1) or match.group(2)
        formula = to_mathml(latex, display="block" if display else "inline")
        formulas.append(f'<span class="formula">{formula}</span>' if display else formula)
        return f"MATH{len(formulas) - 1}HTAM"

    parts = CODE.split(source)
    return "".join(part if index % 2 else MATH.sub(mark, part) for index, part in enumerate(parts))


def figure_html(figure: dict[str, Any], number: int) -> str:
    """A figure's element in the page, and its data as JSON that the page's one script draws."""
    alt = html.escape(str(figure.get("layout", {}).get("meta", {}).get("alt", "figure")), quote=True)
    data = json.dumps({key: figure[key] for key in ("data", "layout", "frames") if key in figure})
    safe = data.replace("<", "\\u003c")
    return (
        f'<div class="plot" id="figure-{number}" role="img" aria-label="{alt}"></div>'
        f'<script type="application/json" class="figure" data-for="figure-{number}">{safe}</script>'
    )


def _style() -> str:
    return (TEMPLATE / "style.css").read_text(encoding="utf-8") + HtmlFormatter().get_style_defs(".highlight")
