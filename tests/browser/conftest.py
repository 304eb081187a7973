"""A headless Chromium without a network, and a page that records its errors and requests.

The browser is the system's own (`playwright install` is never needed); RECURSE_LAB_BROWSER names another one.
RECURSE_LAB_SCREENSHOTS names a folder; if it is set, the tests write screenshots there.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

NAMES = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no network and no name resolution
]


@dataclass
class Watched:
    """A page with its errors, its requests and the requests that failed."""

    page: playwright_api.Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Begin to record."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.failed.append(request.url))

    def forget(self) -> None:
        """Clear the record, before the next check."""
        for kept in (self.errors, self.requests, self.failed):
            kept.clear()

    def _console(self, message: playwright_api.ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def asked_for_other_than(self, *allowed: str) -> list[str]:
        """Requests whose address begins with none of `allowed`; blob and data addresses need no server."""
        return [url for url in self.requests if not url.startswith((*allowed, "data:", "blob:"))]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a browser."""
    chosen = os.environ.get("RECURSE_LAB_BROWSER")
    found = [path for name in ([chosen] if chosen else NAMES) if (path := shutil.which(name))]
    if not found:
        pytest.skip(
            f"no browser: {chosen or ', '.join(NAMES)} not found; install one or set RECURSE_LAB_BROWSER"
        )
    return found[0]


@pytest.fixture(scope="module")  # closed before other modules run, because its event loop would disturb them
def browser(chromium: str) -> Iterator[playwright_api.Browser]:
    with playwright_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield running
        running.close()


@contextmanager
def opened(browser: playwright_api.Browser) -> Iterator[Watched]:
    """An empty page with its own cookies and cache."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, color_scheme="light")
    context.set_default_timeout(20_000)
    watched = Watched(context.new_page())
    watched.watch()
    yield watched
    context.close()


@pytest.fixture
def page(browser: playwright_api.Browser) -> Iterator[Watched]:
    """A page for one test."""
    with opened(browser) as watched:
        yield watched


@pytest.fixture(scope="module")
def shared_page(browser: playwright_api.Browser) -> Iterator[Watched]:
    """A page that several tests share, because loading takes most of the time."""
    with opened(browser) as watched:
        yield watched


@pytest.fixture
def snap() -> Callable[..., None]:
    """`snap(page or element, name)` writes a screenshot if RECURSE_LAB_SCREENSHOTS is set."""
    folder = os.environ.get("RECURSE_LAB_SCREENSHOTS")

    def take(thing: playwright_api.Page | playwright_api.Locator, name: str, **options: bool) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            thing.screenshot(path=str(Path(folder) / f"{name}.png"), **options)

    return take
