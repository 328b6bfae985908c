"""Work that takes seconds: in a thread of its own, with a progress bar that can be cancelled."""

import atexit
import time
from collections.abc import Callable
from threading import Event, RLock, Thread
from weakref import WeakSet

import ipywidgets as widgets

from gradcam_lab._score_cam import Progress
from gradcam_lab.widgets.wiring import LABEL, ROW

MESSAGES_A_SECOND = 10
AT_WORK: WeakSet["SlowWork"] = WeakSet()


class Cancelled(BaseException):
    """Raised inside of work that is no longer wanted; nothing on its way takes it for an error."""


class SlowWork(widgets.HBox):
    """A progress bar and a button to cancel, seen only while there is work.

    Parameters
    ----------
    title : str
        What the work is called.
    on_cancel : callable
        Called when the button is pressed, after the work has been told to stop.
    """

    def __init__(self, title: str, on_cancel: Callable[[], None]) -> None:
        self._bar = widgets.IntProgress(description=title, style=LABEL, layout={"width": "270px"})
        button = widgets.Button(description="Cancel", icon="times", layout={"width": "110px"})
        super().__init__([self._bar, button], layout=ROW | {"display": "none"})
        self.add_class("gradcam-slow-work")
        button.add_class("gradcam-cancel")
        button.on_click(lambda _: (self.cancel(), on_cancel()))
        self._unwanted = Event()
        self._thread: Thread | None = None
        self._replacing = RLock()

    def begin(self, work: Callable[[Progress], None]) -> None:
        """Start work, in place of any that is still running; it is told how to report progress."""
        with self._replacing:
            self.cancel()
            self._unwanted = unwanted = Event()
            self._thread = Thread(target=self._run, args=(work, unwanted), daemon=True)
            AT_WORK.add(self)
            self._bar.value = 0
            self.layout.display = "flex"
            self._thread.start()

    def cancel(self) -> None:
        """Let the work stop at its next report of progress."""
        with self._replacing:
            self._unwanted.set()
            self.layout.display = "none"

    @property
    def running(self) -> bool:
        """Whether there is work that is still wanted."""
        return self._alive() is not None and not self._unwanted.is_set()

    def wait(self) -> None:
        """Return when no work is left, nor any that took its place meanwhile."""
        while thread := self._alive():
            thread.join()

    def _alive(self) -> Thread | None:
        with self._replacing:
            return self._thread if self._thread and self._thread.is_alive() else None

    def _run(self, work: Callable[[Progress], None], unwanted: Event) -> None:
        last = time.monotonic()

        def progress(done: int, total: int) -> None:
            nonlocal last
            if unwanted.is_set():
                raise Cancelled
            if time.monotonic() - last > 1 / MESSAGES_A_SECOND:
                last = time.monotonic()
                self._bar.max, self._bar.value = total, done

        try:
            work(progress)
        except Cancelled:
            return
        with self._replacing:
            if not unwanted.is_set():
                self.layout.display = "none"


@atexit.register
def stop_all_work() -> None:
    """Let no work go on while Python takes itself apart: TensorFlow would abort the process."""
    for work in list(AT_WORK):
        work.cancel()
        work.wait()
