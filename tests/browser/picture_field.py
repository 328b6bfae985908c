"""A picture field on a page of its own, without Jupyter: what it would send stays on the page."""

import base64
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page

from gradcam_lab.widgets.picture_drop import PictureDrop

ADDRESS = "https://field.test/"  # clipboard and camera are for secure pages only
PAGE = """<!doctype html><meta charset="utf-8"><body>
<div class="gradcam-lab"><button id="inside">inside</button><input type="text" id="words">
<div id="field"></div></div><button id="outside">outside</button>"""
RENDER = """async ({ script, style, ...state }) => {
    window.sent = [];
    window.longTasks = [];
    new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((e) => e.duration)))
        .observe({ type: 'longtask' });
    const listeners = new Set();
    window.model = {
        get: (name) => state[name],
        set: (name, value) => {
            state[name] = value;
            for (const listener of listeners) listener();
        },
        save_changes: () => { if (state.content) sent.push({ ...state }); state.content = null; },
        on: (_, listener) => listeners.add(listener),
        off: (_, listener) => listeners.delete(listener),
    };
    document.head.append(Object.assign(document.createElement('style'), { textContent: style }));
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
    const { default: widget } = await import(url);
    window.dispose = widget.render({ model, el: document.querySelector('#field') });
}"""
SENT = """async () => {
    const { content, file_name } = sent.pop();
    const reader = new FileReader();
    const hasRead = new Promise((resolve) => { reader.onload = resolve; });
    reader.readAsDataURL(new Blob([content]));
    await hasRead;
    return [file_name, reader.result.split(',')[1]];
}"""
COPY = """async (text) => {
    const png = await (await fetch(`data:image/png;base64,${text}`)).blob();
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}"""


class PictureField:
    """The field, and what it has sent."""

    def __init__(self, context: BrowserContext, folder: Path, **limits: int) -> None:
        self.folder = folder
        drop = PictureDrop(**limits)
        names = ["file_name", "message", "worker", "longest_side", "maximum_bytes"]
        state = drop.get_state(names) | {"script": drop._esm, "style": drop._css}
        self.page: Page = context.new_page()
        self.page.route(ADDRESS, lambda route: route.fulfill(body=PAGE, content_type="text/html"))
        self.page.goto(ADDRESS)
        self.page.evaluate(RENDER, state)
        self.message: Locator = self.page.locator(".gradcam-drop-message")
        self.box: Locator = self.page.locator(".gradcam-drop-field")

    def button(self, name: str) -> Locator:
        """Find a button by what is read aloud."""
        return self.page.get_by_role("button", name=name, exact=True)

    def choose(self, content: bytes, name: str = "cat.jpg") -> None:
        """Choose a file of the disk, as in the dialog: no work of the page's is needed for that."""
        path = self.folder / name
        path.write_bytes(content)
        self.page.locator("input[type=file]").set_input_files(path)

    def copy(self, picture: Image.Image) -> None:
        """Put a picture into the clipboard."""
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        self.page.evaluate(COPY, base64.b64encode(buffer.getvalue()).decode())

    def wait(self) -> None:
        """Wait until a file is sent to Python."""
        self.page.wait_for_function("() => sent.length > 0")

    def sent(self) -> tuple[str, bytes]:
        """Return the name and the bytes of the file that is sent to Python."""
        self.wait()
        name, content = self.page.evaluate(SENT)
        return name, base64.b64decode(content)

    def sent_picture(self) -> tuple[str, Image.Image]:
        """As `sent`, unpacked."""
        name, content = self.sent()
        return name, Image.open(io.BytesIO(content))
