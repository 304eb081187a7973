"""The report in a browser without a network: figures are drawn and move, and nothing is fetched or run from a cell."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from recurse_lab import show
from recurse_lab.show.theme import TEMPLATE
from recurse_lab.workbook.execute import NotebookRun, execute, find_chapters
from recurse_lab.workbook.report import PLOTLY, build_report

pytestmark = pytest.mark.browser

CHAPTERS = find_chapters()
WIDTHS = (1200, 390)
STEPS = 6
STANDARD_HEIGHT = TEMPLATE.layout.height
SPREAD = [0.5, 0.7, 0.9]

# For each figure: its size, its visible parts, and its title.
FIGURES = """() => [...document.querySelectorAll('.plot')].map(plot => {
    const box = element => element.getBoundingClientRect();
    const svg = plot.querySelector('.main-svg');
    const marks = [...plot.querySelectorAll('.overplot path, .overplot image')];
    return {
        label: plot.getAttribute('aria-label'),
        width: svg ? box(svg).width : 0, height: svg ? box(svg).height : 0,
        traces: plot.data ? plot.data.length : 0,
        marks: marks.filter(mark => box(mark).width + box(mark).height > 0).length,
    };
})"""

SIZES = """() => [...document.querySelectorAll('.plot')]
    .map(plot => [plot._fullLayout.width, plot._fullLayout.height])"""

# Title and data of a figure, as plain data: places, colors, and words beside the marks.
STATE = """plot => [plot.layout.title.text, JSON.stringify(plot._fullData.map(trace =>
    [trace.x, trace.y, trace.z, trace.text, trace.marker?.color].map(values =>
        values && Array.from(values, row => row?.length ? [...row] : row))))]"""

# Parts that make the page wider than the window: they stick out, and nothing around them scrolls or clips.
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth;
    const kept = element => element && element !== document.body
        && (getComputedStyle(element).overflowX !== 'visible' || kept(element.parentElement));
    return document.documentElement.scrollWidth <= width ? [] : [...document.querySelectorAll('body *')]
        .filter(element => element.getBoundingClientRect().right > width + 1 && !kept(element.parentElement))
        .map(element => `${element.tagName} ${element.textContent.trim().slice(0, 60)}`).slice(0, 5);
}"""

# Words of a figure that are cut off at its edge.
CUT_OFF = """() => [...document.querySelectorAll('.plot')].flatMap(plot => {
    const box = element => element.getBoundingClientRect(), edge = box(plot);
    return [...plot.querySelectorAll('text')].filter(text => box(text).width > 0).filter(text =>
        box(text).left < edge.left || box(text).right > edge.right
        || box(text).top < edge.top || box(text).bottom > edge.bottom).map(text => text.textContent);
})"""

PAYLOADS = {
    "script": "<script>WORD</script>",
    "image": '<img src="data:," onerror="WORD">',
    "svg": '<svg onload="WORD"><circle r="3"/></svg>',
    "details": '<details open ontoggle="WORD"><summary>more</summary>text</details>',
    "frame": '<iframe srcdoc="<script>parent.WORD</script>"></iframe>',
    "link": '<a class="bait" href="javascript:WORD">press</a>',
    "style": '<style onload="WORD">body { display: none }</style>',
    "formula": '$\\text{<img src="data:," onerror="WORD">}$',
    "closing": '</pre></script><script>WORD</script><img src="data:," onerror="WORD">',
}


def payload(kind, place):
    return PAYLOADS[kind].replace("WORD", f"window.ran = [window.ran, `{kind} in {place}`]")


def as_output(figure, kind="execute_result"):
    """A figure as the output of a cell: its last value, or a displayed one, by `kind`."""
    return new_output(kind, data={PLOTLY: json.loads(figure.to_json()), "text/plain": "Figure()"})


def cell(source, *outputs, tag="figure"):
    made = new_code_cell(source, execution_count=1, outputs=list(outputs))
    made.metadata.tags = [tag]
    return made


def scrubber():
    """A row of bits; from the left, one more bit is right after each step."""
    targets = np.array([1, 0, 1, 1, 0, 1])
    answers = np.array([np.where(np.arange(6) < step, targets, 1 - targets) for step in range(STEPS + 1)])
    return show.thought_scrubber(answers, targets, 10.0 ** -np.arange(STEPS))


def all_kinds_of_output():
    wide = "<table><tr>" + "<td>a rather wide cell</td>" * 20 + "</tr></table>"
    return new_notebook(
        cells=[
            new_markdown_cell("# 90 · A small page\n\nInline $z_t$, price \\$5, code `$$x$$`, and"),
            new_markdown_cell("$$z_{t+1} = f_\\theta(z_t, x), \\qquad r_t = \\lVert z_t \\rVert$$"),
            cell(
                "value = 'a line of code that is much too long for a narrow page' " + "+ value " * 40,
                as_output(scrubber()),
            ),
            cell("lines", as_output(show.learning_curves({"looped": [SPREAD, SPREAD[::-1]]}, window=1))),
            cell("map", as_output(show.settling_map(np.tri(9, 8, dtype=bool)))),
            cell(
                "two figures",
                as_output(show.radius_by_step([1.2, 1.1, 0.9], 2), "display_data"),
                as_output(show.residuals(np.array([SPREAD, SPREAD]).T)),
            ),
            cell(
                "printing",
                new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m " + "longword" * 60 + "\n"),
                new_output("stream", name="stderr", text="\x1b[1mprogress 3/100\x1b[0m"),
                new_output("display_data", data={"text/html": wide}),
                new_output("display_data", data={"text/markdown": "**bold**", "text/plain": "markdown"}),
                new_output("execute_result", data={"text/plain": "'" + "x" * 500 + "'"}, execution_count=1),
                tag="run",
            ),
        ]
    )


def dangerous():
    hostile = show.learning_curves({payload("closing", "legend"): [SPREAD]}, window=1)
    hostile.update_layout(
        title_text=payload("image", "title"), meta={"alt": '"><script>window.ran=1</script>'}
    )
    outputs = [
        [
            new_output("display_data", data={"text/html": payload(kind, "HTML output")}),
            new_output("display_data", data={"text/markdown": payload(kind, "markdown output")}),
            new_output("display_data", data={"image/svg+xml": f"<svg>{payload(kind, 'SVG output')}</svg>"}),
            new_output("display_data", data={"text/plain": payload(kind, "plain output")}),
            new_output("display_data", data={"text/latex": payload(kind, "latex"), "text/plain": "latex"}),
            new_output(
                "display_data", data={"application/javascript": "window.ran = 1", "text/plain": "script"}
            ),
            new_output("stream", name="stdout", text=payload(kind, "stdout")),
            new_output("error", ename=payload(kind, "name"), evalue=payload(kind, "value"), traceback=[]),
        ]
        for kind in PAYLOADS
    ]
    return new_notebook(
        cells=[
            new_markdown_cell("# " + payload("closing", "heading")),
            *(new_markdown_cell(payload(kind, "markdown")) for kind in PAYLOADS),
            *(cell(payload("closing", "source"), *group) for group in outputs),
            cell("figure", as_output(hostile)),
        ]
    )


def broken():
    error = new_output(
        "error",
        ename="ValueError",
        evalue="a negative length",
        traceback=["\x1b[31mTraceback (most recent call last)\x1b[0m", "ValueError: a negative length"],
    )
    return new_notebook(cells=[new_markdown_cell("# 92 · Broken"), cell("bits(-1)", error, tag="run")])


def run_of(name, status="ok", error=""):
    code = int(bool(error))
    return NotebookRun(
        chapter=name[:2],
        notebook=name,
        status=status,
        seconds=1.5,
        peak_memory_mb=10.0,
        exit_code=code,
        error=error,
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report of three notebooks made here and of every committed chapter with its outputs."""
    out = tmp_path_factory.mktemp("report")
    executed = out / "notebooks"
    executed.mkdir()
    made = {
        "90_made.ipynb": all_kinds_of_output(),
        "91_hostile.ipynb": dangerous(),
        "92_broken.ipynb": broken(),
    }
    made |= {path.name: nbformat.read(path, as_version=4) for path in CHAPTERS.values()}
    for name, notebook in made.items():
        nbformat.write(notebook, executed / name)
    runs = [run_of(name) for name in made if not name.startswith("92")]
    runs.append(run_of("92_broken.ipynb", "failed", "cell 1: ValueError: a negative length"))
    runs.append(run_of("93_absent.ipynb", "not valid", payload("closing", "error of a run")))
    build_report(runs, executed, out, "smoke", 0)
    return out


@pytest.fixture(scope="module")
def smoke_report(tmp_path_factory):
    """A report of a smoke run of the first chapter."""
    out = tmp_path_factory.mktemp("smoke")
    path = CHAPTERS["00"]
    run = execute(path, out / "notebooks" / path.name, {"profile": "smoke", "seed": 0, "jobs": 1})
    assert run.error == ""
    build_report([run], out / "notebooks", out, "smoke", 0)
    return out


PAGES = [
    "90_made",
    *(path.stem for path in CHAPTERS.values()),
    pytest.param("smoke", marks=pytest.mark.slow),
]


@dataclass(frozen=True)
class Chapter:
    """An executed notebook, and its page in a browser without a network."""

    name: str
    notebook: nbformat.NotebookNode
    watched: Any

    @property
    def page(self):
        return self.watched.page

    @property
    def figures(self):
        outputs = [output for code in self.notebook.cells for output in code.get("outputs", [])]
        return [output.data[PLOTLY] for output in outputs if PLOTLY in output.get("data", {})]


@pytest.fixture(scope="module", params=PAGES)
def chapter(request, shared_page):
    smoke = request.param == "smoke"
    out: Path = request.getfixturevalue("smoke_report" if smoke else "report")
    name = CHAPTERS["00"].stem if smoke else request.param
    shared_page.forget()
    show_page(shared_page, out / f"{name}.html")
    notebook = nbformat.read(out / "notebooks" / f"{name}.ipynb", as_version=4)
    return Chapter(f"{name}-smoke" if smoke else name, notebook, shared_page)


def show_page(watched, path):
    watched.page.context.set_offline(True)
    watched.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    watched.page.goto(path.as_uri(), wait_until="load")
    watched.page.wait_for_function(
        "[...document.querySelectorAll('.plot')].every(plot => plot.querySelector('.gtitle'))"
    )


def assert_quiet(watched):
    assert watched.errors == []
    assert watched.failed == []
    assert watched.asked_for_other_than("file:") == []


def test_every_figure_is_drawn_and_described(chapter, snap):
    snap(chapter.page, f"report-{chapter.name}", full_page=True)
    drawn = chapter.page.evaluate(FIGURES)
    assert len(drawn) == len(chapter.figures)
    for there, given in zip(drawn, chapter.figures, strict=True):
        assert there["width"] > 300
        assert there["height"] > 100
        assert there["traces"] == len(given["data"])
        told = given["layout"].get("annotations")  # a figure without points must say why
        assert there["marks"] > 0 or told, given["layout"]["title"]
        assert there["label"] == given["layout"]["meta"]["alt"]
        assert len(there["label"]) > 20
    assert_quiet(chapter.watched)


def test_nothing_of_a_notebook_is_left_out(chapter):
    outputs = [output for code in chapter.notebook.cells for output in code.get("outputs", [])]
    shown = [output for output in outputs if output.get("name") != "stderr"]
    parts = ".output > *:not(script)"
    assert chapter.page.locator(parts).count() == len(shown)
    headings = [
        line
        for text in chapter.notebook.cells
        if text.cell_type == "markdown"
        for line in text.source.splitlines()
        if re.match("#{1,3} ", line)
    ]
    assert chapter.page.locator("main :is(h1, h2, h3)").count() == len(headings)
    assert "<" not in "".join(chapter.page.locator(".output .html, section.text").all_inner_texts())


def test_formulas_are_mathml_and_nothing_raw_is_left(chapter):
    text = chapter.page.evaluate("""() => {
        const copy = document.querySelector('main').cloneNode(true);
        copy.querySelectorAll('code, pre, script, style, .plot').forEach(part => part.remove());
        return copy.textContent;
    }""")
    for raw in ("$$", "HTAM", "\\theta", "\\text", "\\lVert"):
        assert raw not in text
    whole = chapter.page.inner_text("body")
    for raw in (
        "Traceback (most recent call last)",
        "\x1b",
        "[0m",
        "[31m",
        "[0;31m",
        "Figure(",
        "FigureWidget",
    ):
        assert raw not in whole
    sources = [text.source for text in chapter.notebook.cells if text.cell_type == "markdown"]
    formulas = sum(len(re.findall(r"^\$\$", source, re.MULTILINE)) for source in sources)
    drawn = chapter.page.locator("math[display=block]")
    assert drawn.count() == formulas
    for formula in drawn.all():
        assert formula.bounding_box()["height"] > 15


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_page(chapter, snap, width):
    resize(chapter.page, width)
    snap(chapter.page, f"report-{chapter.name}-{width}", full_page=True)
    too_wide, sizes = chapter.page.evaluate(TOO_WIDE), chapter.page.evaluate(SIZES)
    resize(chapter.page, WIDTHS[0])
    assert too_wide == []
    wanted = [figure["layout"].get("height", STANDARD_HEIGHT) for figure in chapter.figures]
    assert [height for _, height in sizes] == wanted
    assert [figure_width for figure_width, _ in sizes if figure_width > width] == []


def resize(page, width):
    """Resize the window, and give the figures time to follow."""
    page.set_viewport_size({"width": width, "height": 900})
    sizes = None
    while sizes != (sizes := page.evaluate(SIZES)):
        page.wait_for_timeout(400)


def test_no_word_in_a_figure_is_cut_off(chapter):
    assert chapter.page.evaluate(CUT_OFF) == []


def test_sliders_in_figures_move_title_and_data(chapter, snap):
    for number, figure in enumerate(chapter.figures, start=1):
        if figure.get("frames"):
            plot = chapter.page.locator(f"#figure-{number}")
            before = plot.evaluate(STATE)
            drag_to_the_end(chapter.page, plot)
            wanted = figure["frames"][-1]["layout"]["title"]["text"]
            chapter.page.wait_for_function(
                "([id, title]) => document.querySelector(`#${id} .gtitle`).textContent === title",
                arg=[f"figure-{number}", wanted],
            )
            snap(plot, f"report-{chapter.name}-figure-{number}-moved")
            after = plot.evaluate(STATE)
            assert after[0] == wanted != before[0]
            assert after[1] != before[1]
    assert_quiet(chapter.watched)


def drag_to_the_end(page, plot):
    grip, rail = plot.locator(".slider-grip-rect"), plot.locator(".slider-rail-rect")
    grip.scroll_into_view_if_needed()
    start, track = grip.bounding_box(), rail.bounding_box()
    height = start["y"] + start["height"] / 2
    page.mouse.move(start["x"] + start["width"] / 2, height)
    page.mouse.down()
    page.mouse.move(track["x"] + track["width"] / 2, height, steps=4)
    page.mouse.move(track["x"] + track["width"] + 5, height, steps=4)
    page.mouse.up()


def test_formulas_and_plain_dollars_stay_apart(report, page):
    show_page(page, report / "90_made.html")
    assert page.page.locator("math").count() == 2
    first = page.page.locator("section.text").first
    assert "price $5" in first.inner_text()
    assert first.locator("code").inner_text() == "$$x$$"


def test_a_failed_chapter_says_so_in_one_line(report, page, snap):
    show_page(page, report / "92_broken.html")
    snap(page.page, "failed", full_page=True)
    told = page.page.get_by_role("alert")
    assert told.inner_text() == "This chapter did not finish: cell 1: ValueError: a negative length"
    assert told.bounding_box()["height"] < 60
    assert "Traceback" not in page.page.inner_text("body")
    show_page(page, report / "index.html")
    item = page.page.locator("li", has_text="92 · Broken")
    assert item.locator(".failure").inner_text() == "cell 1: ValueError: a negative length"
    assert_quiet(page)


def test_the_index_leads_to_every_chapter(report, page, snap):
    show_page(page, report / "index.html")
    snap(page.page, "index", full_page=True)
    for width in WIDTHS:
        page.page.set_viewport_size({"width": width, "height": 900})
        assert page.page.evaluate(TOO_WIDE) == []
    links = page.page.locator("ul.chapters a")
    hrefs = [link.get_attribute("href") for link in links.all()]
    assert len(hrefs) == 3 + len(CHAPTERS)
    for href in hrefs:
        assert (report / href).is_file()
    page.page.locator("a", has_text="A small page").click()
    page.page.wait_for_selector(".plot .main-svg")
    page.page.locator("nav a").click()
    page.page.wait_for_selector("ul.chapters")
    assert_quiet(page)


def test_nothing_in_a_cell_or_output_runs(report, page):
    show_page(page, report / "91_hostile.html")
    page.page.wait_for_timeout(300)
    for bait in page.page.locator("a.bait").all():
        bait.dispatch_event("click")
    for opened in page.page.locator("details").all():
        opened.evaluate("details => { details.open = !details.open }")
    page.page.wait_for_timeout(300)
    assert page.page.evaluate("window.ran === undefined ? 'nothing' : window.ran") == "nothing"
    assert (
        page.page.evaluate("document.querySelectorAll('main [onerror], main [onload], iframe').length") == 0
    )
    assert (
        page.page.evaluate("document.querySelectorAll('main script:not([type=\"application/json\"])').length")
        == 0
    )
    assert page.page.is_visible("main")
    assert page.page.locator(".plot .main-svg").count() > 0
    show_page(page, report / "index.html")
    assert page.page.evaluate("window.ran === undefined ? 'nothing' : window.ran") == "nothing"
    assert page.asked_for_other_than("file:") == []
