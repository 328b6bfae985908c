"""A notebook in Chromium: opened in JupyterLab or Notebook 7, and run from top to bottom."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tools.browser.local_server import JupyterServer
from tools.browser.traffic import Traffic

TO_RUN = 180  # seconds until a notebook has run: enough for two slow cores
TO_REDRAW = 30  # seconds until a control has had its effect
OFTEN = 100  # milliseconds between two looks: at each frame, which is the default, they cost more
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

KNOWN = (
    # Notebook 7.6, while it loads any notebook: it asks for shortcuts before they are there.
    "Cannot read properties of undefined (reading 'schema')",
    # anywidget gives each widget two seconds, which may not do while other tests run; it goes on.
    "[anywidget] Failed to initialize model.",
)

CHROMIUM_FLAGS = (
    "--no-sandbox",  # the sandbox refuses to run as root, as in most containers
    "--disable-gpu",
    # nothing but our own traffic
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# Playwright takes the promise of an async function for a true value, so these are not async.
#
# The execution indicator is not enough to wait for: a notebook can be there before its commands,
# and cells that are run before the kernel is connected are lost.
IS_READY = """(path) => {
    const panel = window.jupyterapp?.shell.currentWidget;
    const kernel = panel?.sessionContext?.session?.kernel;
    return panel?.context?.path === path && panel.isRevealed && panel.sessionContext.isReady
        && window.jupyterapp.commands.hasCommand('notebook:run-all-cells')
        && kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
RUN = """async () => {
    const { commands } = window.jupyterapp;
    await commands.execute('notebook:clear-all-cell-outputs');
    commands.execute('notebook:run-all-cells').finally(() => { window.notebookHasRun = true; });
}"""
HAS_RUN = """() => {
    const { session } = window.jupyterapp.shell.currentWidget.sessionContext;
    return window.notebookHasRun && session.kernel.status === 'idle';
}"""
EXECUTE = """async (code) => {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    const { content } = await kernel.requestExecute({ code }).done;
    return content.status === 'ok' ? '' : content.evalue;
}"""
START = """(code) => {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    const future = kernel.requestExecute({ code });
    window.running = { hasSpoken: false, done: future.done };
    future.onIOPub = ({ header }) => { window.running.hasSpoken ||= header.msg_type === 'stream'; };
}"""
HAS_SPOKEN = "() => window.running.hasSpoken"
# Once is not always enough: a KeyboardInterrupt that is raised in a finalizer goes no further.
INTERRUPT = """async () => {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    let reply;
    while (!reply) {
        await kernel.interrupt();
        const aWhile = new Promise((resolve) => setTimeout(resolve, 2000));
        reply = await Promise.race([window.running.done, aWhile]);
    }
    return reply.content.ename;
}"""
CONTENT = "() => window.jupyterapp.shell.currentWidget.context.model.toJSON()"
SHUT_DOWN = "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"
SET_THEME = "(theme) => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
HAS_THEME = "(theme) => document.body.dataset.jpThemeName === theme"


class NotebookPage:
    """A notebook in a browser page, after all its cells have been run."""

    def __init__(self, page: Page, server: JupyterServer, name: str, theme: str = "light") -> None:
        self.page, self.server = page, server
        self.console_errors: list[str] = []
        self.traffic = Traffic(page)
        page.set_default_timeout(1000 * TO_RUN)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self._note_unless_known(str(error)))
        page.goto(server.address(name))
        page.wait_for_function(IS_READY, arg=name, polling=OFTEN)
        self.set_theme(theme)
        page.evaluate(RUN)
        page.wait_for_function(HAS_RUN, polling=OFTEN)
        page.set_default_timeout(1000 * TO_REDRAW)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console_errors.append(f"{message.text} at {message.location}")

    def _note_unless_known(self, error: str) -> None:
        if error not in KNOWN:
            self.console_errors.append(error)

    @property
    def code_cells(self) -> list[dict]:
        """The code cells and their outputs, as nbformat has them."""
        cells = self.page.evaluate(CONTENT)["cells"]
        return [cell for cell in cells if cell["cell_type"] == "code" and cell["source"]]

    @property
    def problems(self) -> list[str]:
        """What went wrong in the cells: cells that did not run, errors, warnings."""
        found = [f"did not run: {c['source']}" for c in self.code_cells if not c["execution_count"]]
        for output in (output for cell in self.code_cells for output in cell["outputs"]):
            if output["output_type"] == "error":
                found.append("\n".join(output["traceback"]))
            if output.get("name") == "stderr":
                found.append(output["text"])
        return found

    def execute(self, code: str) -> None:
        """Run code in the notebook's kernel, beside its cells."""
        error = self.page.evaluate(EXECUTE, code)
        assert not error, error

    @contextmanager
    def running(self, code: str) -> Iterator[None]:
        """Keep the kernel busy with code that prints before long, and interrupt it at the end."""
        self.page.evaluate(START, code)
        self.page.wait_for_function(HAS_SPOKEN, timeout=1000 * TO_RUN, polling=OFTEN)
        try:
            yield
        finally:
            ended_by = self.page.evaluate(INTERRUPT)
        assert ended_by == "KeyboardInterrupt", f"the code ended before: {ended_by}"

    def set_theme(self, theme: str) -> None:
        """Set one of `THEMES`: for each page anew, since the server remembers the last one."""
        self.page.evaluate(SET_THEME, THEMES[theme])
        self.page.wait_for_function(HAS_THEME, arg=THEMES[theme], polling=OFTEN)

    def stop_kernel(self) -> None:
        """Shut the kernel down; nothing starts it again."""
        self.page.evaluate(SHUT_DOWN)


def find_chromium(whole: bool = False) -> str | None:
    """Return the path of this machine's Chromium or Chrome.

    The one without windows costs least. It has no camera: for that it has to be the `whole`.
    """
    names = ["chromium", "chromium-browser", "google-chrome"]
    if not whole:
        names.insert(0, "chromium-headless-shell")
    return next(filter(None, map(shutil.which, names)), None)


@contextmanager
def chromium(*flags: str, whole: bool = False) -> Iterator[Browser]:
    """Start the Chromium of this machine, headless, with further flags for its command line."""
    expect.set_options(timeout=1000 * TO_REDRAW)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(whole), args=[*CHROMIUM_FLAGS, *flags]
        )
        yield browser
        browser.close()
