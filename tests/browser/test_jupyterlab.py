"""Chapters in JupyterLab: every cell runs, and the explorer's widgets and sliders change the figures."""

import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from recurse_lab.workbook.execute import find_chapters

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CHAPTERS = find_chapters()
STARTED, RAN = 90, 300  # seconds that a busy machine may take
QUIET = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}

# The notebook on the screen: its progress and its errors.
PROGRESS = """() => {
    const cells = [...window.jupyterapp.shell.currentWidget.content.model.cells];
    const code = cells.filter(cell => cell.type === 'code' && cell.sharedModel.getSource().trim());
    const outputs = code.flatMap(cell => cell.outputs.toJSON());
    return {
        cells: code.length, run: code.filter(cell => cell.executionCount !== null).length,
        errors: outputs.filter(output => output.output_type === 'error')
            .map(output => `${output.ename}: ${output.evalue}`),
    };
}"""
CONNECTED = """() => {
    const session = window.jupyterapp?.shell.currentWidget?.sessionContext?.session;
    return session?.kernel?.connectionStatus === 'connected';
}"""
STATE = """plot => ({title: plot.querySelector('.gtitle')?.textContent, data: JSON.stringify(plot._fullData.map(
    trace => [trace.x, trace.y, trace.z, trace.text].map(
        values => values && Array.from(values, row => row?.length ? [...row] : row))))})"""


@dataclass(frozen=True)
class Server:
    """A running JupyterLab: its address, and the folder that it shows."""

    address: str
    token: str
    folder: Path

    def url(self, name):
        return f"{self.address}lab/tree/{name}?token={self.token}&reset"


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory):
    """JupyterLab with its own settings, data and cache, on a free port of this machine."""
    home = tmp_path_factory.mktemp("jupyter")
    folder = home / "notebooks"
    folder.mkdir()
    settings = (
        home / "config/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    )
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(QUIET))
    places = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    places |= {"IPYTHONDIR": str(home / "ipython"), "RECURSE_LAB_CACHE": str(home / "cache")}
    token = secrets.token_hex(16)
    options = ["--no-browser", "--allow-root", "--expose-app-in-browser", f"--IdentityProvider.token={token}"]
    options += ["--ip=127.0.0.1", "--port=0", f"--ServerApp.root_dir={folder}"]
    with (home / "log.txt").open("wb") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        environment = os.environ | places | {"OMP_WAIT_POLICY": "PASSIVE"}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        yield Server(address_of(process, home), token, folder)
    finally:
        process.terminate()  # SIGTERM lets it shut its kernels down first
        process.wait(60)


def address_of(process, home):
    """The server's address, read from a file that it writes shortly before it listens."""
    written = home / "runtime" / f"jpserver-{process.pid}.json"
    deadline = time.monotonic() + STARTED
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, json.JSONDecodeError):  # no whole file yet, or no server
            address = json.loads(written.read_text())["url"]
            urllib.request.urlopen(f"{address}api", timeout=5).close()
            return address
        time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not start: {(home / 'log.txt').read_text()[-2000:]}")


def copy_of(path, folder, fresh):
    """Copy a chapter and set its parameters to the smoke profile; `fresh` removes its outputs."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code" and fresh:
            cell.outputs, cell.execution_count = [], None
        if "parameters" in cell.metadata.get("tags", []):
            cell.source, changed = re.subn(r'(?m)^profile = "\w+"', 'profile = "smoke"', cell.source)
            assert changed == 1
    name = f"{path.stem}-{'fresh' if fresh else 'saved'}.ipynb"
    nbformat.write(notebook, folder / name)
    return name


def open_notebook(watched, server, name):
    watched.page.set_viewport_size({"width": 1400, "height": 16_000})  # cells off the screen are not drawn
    watched.page.goto(server.url(name))
    watched.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=STARTED * 1000)
    watched.page.wait_for_function(CONNECTED, timeout=STARTED * 1000)


def run_all(page):
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    deadline = time.monotonic() + RAN
    progress = page.evaluate(PROGRESS)
    while progress["run"] < progress["cells"] and not progress["errors"] and time.monotonic() < deadline:
        page.wait_for_timeout(500)
        progress = page.evaluate(PROGRESS)
    assert progress["errors"] == []
    assert progress["run"] == progress["cells"] > 0


def changed(page, plot, before, parts=("title", "data")):
    """The figure's title and data once `parts` of them change; two problems may have equal titles by chance."""
    deadline = time.monotonic() + 30
    while (
        any((now := state_of(plot))[part] == before[part] for part in parts) and time.monotonic() < deadline
    ):
        page.wait_for_timeout(100)
    for part in parts:
        assert now[part] != before[part]
    return now


def state_of(plot):
    plot.locator(".gtitle").wait_for()
    return plot.evaluate(STATE)


def press(slider, key, times=1):
    slider.locator(".noUi-handle").focus()
    for _ in range(times):
        slider.page.keyboard.press(key)


@pytest.fixture(params=CHAPTERS.values(), ids=CHAPTERS.keys(), scope="module")
def chapter(request, jupyterlab, shared_page):
    """A chapter, run from top to bottom in JupyterLab; several tests share it."""
    name = copy_of(request.param, jupyterlab.folder, fresh=True)
    open_notebook(shared_page, jupyterlab, name)
    run_all(shared_page.page)
    return name.removesuffix("-fresh.ipynb"), shared_page.page


def test_every_figure_and_widget_is_there(chapter, snap):
    name, page = chapter
    wanted = page.evaluate("""() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
        .filter(cell => cell.type === 'code').flatMap(cell => cell.outputs.toJSON())
        .filter(output => output.data && 'application/vnd.plotly.v1+json' in output.data).length""")
    assert wanted > 0
    page.wait_for_function(
        "wanted => document.querySelectorAll('.js-plotly-plot .gtitle').length >= wanted", arg=wanted
    )
    snap(page.locator(".jp-Notebook"), f"jupyterlab-{name}")
    for plot in page.locator(".js-plotly-plot").all():
        assert plot.bounding_box()["height"] > 100
        drawn = plot.locator(".overplot :is(path, image)").count()
        told = plot.locator(".annotation").count()  # a figure without points must say why
        assert drawn or told, plot.locator(".gtitle").text_content()
    text = page.inner_text(".jp-Notebook")
    for broken in (
        "Traceback",
        "Error displaying widget",
        "Javascript Error",
        "Loading widget",
        "No module named",
    ):
        assert broken not in text


def needs(name, call):
    """Skip the test if no cell of the chapter makes this call."""
    (path,) = [path for number, path in CHAPTERS.items() if name.startswith(number)]
    if call not in path.read_text(encoding="utf-8"):
        pytest.skip(f"chapter {name} has no {call}")


def test_widgets_redraw_the_live_figure(chapter, snap):
    name, page = chapter
    needs(name, "lab.explore(")
    output = page.locator(".widget-output").filter(has=page.locator(".js-plotly-plot")).first
    controls = page.locator(".jp-OutputArea-output").filter(has=output).last
    plot = output.locator(".js-plotly-plot")
    first = state_of(plot)
    press(controls.locator(".widget-slider", has_text="iteration"), "ArrowRight", times=3)
    moved = wait_for_title(page, plot, "After 3 iterations", first)
    snap(controls, f"jupyterlab-{name}-moved")
    assert moved["data"] != first["data"]
    problems = controls.locator("select")
    problems.select_option(index=1)
    assert changed(page, plot, moved, ["data"])["title"].startswith("After 3 iterations")
    snap(controls, f"jupyterlab-{name}-other")
    verdict, threshold = controls.locator(".widget-html-content"), controls.locator(".widget-slider").last
    press(threshold, "Home")  # the residual hardly ever falls below this threshold
    page.wait_for_timeout(500)
    late = verdict.inner_text()
    press(threshold, "End")
    verdict.filter(has_not_text=late).wait_for()


def test_sliders_redraw_a_live_figure(chapter, snap):
    name, page = chapter
    needs(name, "lab.live(")
    output = page.locator(".widget-output").filter(has=page.locator(".js-plotly-plot")).first
    controls = page.locator(".jp-OutputArea-output").filter(has=output).last
    plot = output.locator(".js-plotly-plot")
    now = state_of(plot)
    for slider in controls.locator(".widget-slider").all():
        press(slider, "ArrowRight", times=2)
        now = changed(page, plot, now, ["data"])
    snap(controls, f"jupyterlab-{name}-live")


def wait_for_title(page, plot, beginning, before):
    plot.locator(".gtitle", has_text=beginning).wait_for(timeout=30_000)
    return changed(page, plot, before)


def test_sliders_in_figures_move_too(chapter, snap):
    name, page = chapter
    needs(name, "sliders")
    figures = page.locator(".js-plotly-plot").filter(has=page.locator(".slider-grip-rect"))
    assert figures.count() > 0
    for plot in figures.all():
        before = state_of(plot)
        plot.locator(".slider-grip-rect").scroll_into_view_if_needed()
        rail = plot.locator(".slider-rail-touch-rect").bounding_box()
        page.mouse.click(rail["x"] + rail["width"] - 4, rail["y"] + rail["height"] / 2)
        changed(page, plot, before)
        snap(plot, f"jupyterlab-{name}-slider")


@pytest.mark.parametrize("path", CHAPTERS.values(), ids=CHAPTERS.keys())
def test_saved_figures_are_drawn_before_anything_runs(path, jupyterlab, page):
    name = copy_of(path, jupyterlab.folder, fresh=False)
    notebook = nbformat.read(jupyterlab.folder / name, as_version=4)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    saved = [output for output in outputs if "application/vnd.plotly.v1+json" in output.get("data", {})]
    open_notebook(page, jupyterlab, name)
    page.page.wait_for_function(
        "wanted => document.querySelectorAll('.js-plotly-plot .gtitle').length >= wanted", arg=len(saved)
    )
    assert page.page.locator(".js-plotly-plot").count() == len(saved)
    assert page.asked_for_other_than(jupyterlab.address) == []
