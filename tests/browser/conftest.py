"""What the browser tests share: servers, Chromium, and notebooks that have run."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from other_browsers import MissingBrowserError, firefox, webkit
from playwright.sync_api import Browser, Page

from gradcam_lab.widgets.explorer_base import Explorer
from tools.browser.local_server import JupyterServer, jupyter_server
from tools.browser.notebook_page import NotebookPage, chromium, find_chromium
from tools.browser.slow_line import slow_line
from tools.browser.stopwatch import add_stopwatch

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave browsers but Chromium to the thorough tests."""
    for item in items:
        if item.path.parent == Path(__file__).parent and "other" in item.fixturenames:
            item.add_marker("thorough")


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], JupyterServer]]:
    """Return a function that gives the one server of an application, with a copy of the lessons."""
    with ExitStack() as at_the_end:

        @cache
        def serve(app: str) -> JupyterServer:
            home = tmp_path_factory.mktemp("jupyter")
            server = at_the_end.enter_context(jupyter_server(home, app))
            for notebook in NOTEBOOKS.glob("*.ipynb"):
                shutil.copy(notebook, server.folder)
            return server

        yield serve


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium: for each module, as nbval's event loop cannot run beside Playwright's."""
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine (Debian, Ubuntu: apt install chromium)")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module", params=[firefox, webkit], ids=["Firefox", "WebKit"])
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """Start Firefox, or WebKit."""
    start = request.param(tmp_path_factory.mktemp("profile", numbered=True))
    try:
        browser = start.__enter__()
    except MissingBrowserError as reason:
        pytest.skip(str(reason))
    yield browser
    start.__exit__(None, None, None)


@pytest.fixture(scope="module")
def opened() -> list[NotebookPage]:
    """The notebooks that the tests of a module have opened so far."""
    return []


@pytest.fixture(scope="module")
def open_notebook(
    browser: Browser, serve: Callable[[str], JupyterServer], opened: list[NotebookPage]
) -> Iterator[Callable[..., NotebookPage]]:
    """Return a function that opens a notebook, and runs it: without any error or warning.

    The notebook is a lesson's name, or a sequence of code cells. It stays open until the end of
    the module. Between the page and its server each answer can take a `round_trip` (seconds) more.
    """
    with ExitStack() as at_the_end:

        def open_notebook(
            notebook: str | Sequence[str],
            app: str = "JupyterLab",
            theme: str = "light",
            width: int = 1280,
            height: int = 1000,
            stopwatch: bool = False,
            round_trip: float = 0,
            **context: object,
        ) -> NotebookPage:
            server = serve(app)
            name = notebook if isinstance(notebook, str) else server.write(notebook)
            if round_trip:
                line = at_the_end.enter_context(slow_line(server.port, round_trip))
                server = server.through(line)
            viewport = {"width": width, "height": height}
            pages = at_the_end.enter_context(browser.new_context(viewport=viewport, **context))
            page = pages.new_page()
            if stopwatch:
                add_stopwatch(page)
            notebook = NotebookPage(page, server, name, theme)
            at_the_end.callback(notebook.stop_kernel)
            opened.append(notebook)
            assert notebook.problems == []
            return notebook

        yield open_notebook


@pytest.fixture(scope="module")
def open_saved(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Page]]:
    """Return a function that saves an explorer as a page, and opens it: no kernel is needed."""
    with ExitStack() as at_the_end:

        def open_saved(explorer: Explorer, width: int = 1280, **context: object) -> Page:
            path = explorer.save(tmp_path_factory.mktemp("saved") / "page.html")
            viewport = {"width": width, "height": 1000}
            pages = at_the_end.enter_context(browser.new_context(viewport=viewport, **context))
            page = pages.new_page()
            page.goto(path.as_uri())
            page.locator(".gradcam-lab:has(.gradcam-answers)").wait_for()
            return page

        yield open_saved


@pytest.fixture(scope="module")
def provoked() -> str:
    """Return how those errors begin that a module's tests provoke; it overrides this fixture."""
    return "none is provoked"


@pytest.fixture(autouse=True)
def no_errors(opened: list[NotebookPage], provoked: str) -> Iterator[None]:
    """After each test: no alert in a widget, and nothing red in the browser's console."""
    yield
    for notebook in opened:
        errors, notebook.console_errors = notebook.console_errors, []
        assert [error for error in errors if not error.startswith(provoked)] == []
        assert notebook.page.locator(".gradcam-lab [role=alert]").all_inner_texts() == []
