"""A field that takes a picture file. What happens in the browser is in picture_drop.js."""

from pathlib import Path

from PIL import Image
from traitlets import Bytes, Int, Unicode

from gradcam_lab.widgets.browser.scripts import BROWSER, join_modules
from gradcam_lab.widgets.picture_files import LONGEST_SIDE_SENT, MAXIMUM_BYTES, read_picture
from gradcam_lab.widgets.style import stylesheet
from gradcam_lab.widgets.whole_widget import WholeWidget

HERE = Path(__file__).parent


class PictureDrop(WholeWidget):
    """A field for a picture file: chosen, dropped, pasted, or taken with the camera.

    A large photograph is reduced in the browser before it travels, and comes as a JPEG; a picture
    that is small enough comes byte for byte. Whether there are buttons to paste and for the camera
    is for the browser to say: many allow both on https pages and this machine's own only.

    Observe `content`, and call `read` when it changes. `read` empties `content`, so that the file
    itself is not saved with the notebook (the view keeps a reduced picture), and so that the same
    file can come a second time.

    Attributes
    ----------
    content : bytes
        The file that came from the browser; empty while there is none to read.
    file_name : str
        Its name, shown in the field. It comes from outside: show it as text, never as HTML.
    message : str
        What stands below the field, such as why a file was refused; empty for nothing.
    longest_side : int
        In pixels: a picture with a longer one is reduced to that, if its file is larger than
        256 kB, too.
    maximum_bytes : int
        A file that is larger when it is to travel, reduced or not, is refused in the browser.

    Examples
    --------
    >>> drop = PictureDrop()
    >>> def show(change):
    ...     if picture := drop.read():
    ...         print(drop.file_name, picture.size)
    >>> drop.observe(show, "content")
    """

    _esm = join_modules(HERE / "picture_drop.js")
    _css = stylesheet(HERE / "picture_drop.css")

    worker = Unicode(join_modules(BROWSER / "reduce_worker.js")).tag(sync=True)
    content = Bytes(help="the file, until it is read").tag(
        sync=True,
        from_json=lambda value, _: bytes(value),  # the browser's bytes arrive as a memoryview,
        echo_update=False,  # and are not to travel back
    )
    file_name = Unicode(help="name of the file that came last").tag(sync=True)
    message = Unicode(help="what stands below the field").tag(sync=True)
    longest_side = Int(LONGEST_SIDE_SENT, help="pixels that travel").tag(sync=True)
    maximum_bytes = Int(MAXIMUM_BYTES, help="size of the largest accepted file").tag(sync=True)

    def __repr__(self) -> str:
        """Return the class and the name of the last file."""
        return f"PictureDrop({self.file_name!r})"

    def read(self) -> Image.Image | None:
        """Take the file that has come, and forget its bytes.

        Returns
        -------
        PIL.Image.Image or None
            An RGB picture, upright; None if no file has come since the last call, or if it cannot
            be read: then `message` says why, and what to do.
        """
        content, self.content = self.content, b""
        if not content:
            return None
        try:
            picture = read_picture(content)
        except ValueError as error:
            self.message = str(error)
            return None
        self.message = ""
        return picture
