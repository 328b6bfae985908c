"""Picture files that somebody chose: from bytes that may be anything to an upright RGB picture."""

import io
import warnings

from PIL import Image
from PIL.Image import Resampling

from gradcam_lab._language import mark, say
from gradcam_lab._pictures import to_picture

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MAXIMUM_BYTES = 8 * 2**20  # of a file that is sent: Jupyter takes messages of about 10 MB
MAXIMUM_MEGAPIXELS = 50  # of a picture once it is unpacked: each one costs 4 MB
LONGEST_SIDE = 2048  # pixels of the picture that is returned
# A photograph of 4:3 keeps 1200 on its shorter side: twice what the largest network of
# keras.applications takes (600), so that reducing twice costs nothing one can see.
LONGEST_SIDE_SENT = 1600  # pixels of the picture that the browser sends

EMPTY = mark("This file is empty: choose a picture.")
OTHER_FILE = mark(
    "This file is not a JPEG, PNG, WebP or GIF, or its beginning is damaged: "
    "open it in a picture viewer and save it as JPEG or PNG."
)
TOO_LARGE = mark(
    "This picture has more than {megapixels} megapixels: "
    "make a smaller copy of it in a picture editor."
)
DAMAGED = mark("This picture is damaged or incomplete: download it or save it again.")


def refusal(words: str) -> str:
    """Translate one of the sentences above."""
    return say(words, megapixels=MAXIMUM_MEGAPIXELS)


def in_browser() -> dict:
    """Return the same for browser/picture_file.js, where there is no kernel."""
    words = {"empty": EMPTY, "otherFile": OTHER_FILE, "tooLarge": TOO_LARGE, "damaged": DAMAGED}
    return {
        "longestSide": LONGEST_SIDE,
        "maximumPixels": MAXIMUM_MEGAPIXELS * 1_000_000,
        "words": {name: refusal(text) for name, text in words.items()},
    }


def read_picture(content: bytes) -> Image.Image:
    """Read a picture file that may come from anywhere.

    Transparent parts become white, and the turn that a camera noted (EXIF) is carried out. A
    picture of more than 2048 pixels on its longer side is reduced to that while it is read: the
    lessons show 720 at most, and the memory is needed for the network.

    Parameters
    ----------
    content : bytes
        A JPEG, PNG, WebP or GIF file; of an animation the first frame is read.

    Returns
    -------
    PIL.Image.Image
        An RGB picture, upright.

    Raises
    ------
    ValueError
        If the file is empty, of another format or damaged, or the picture has more than
        50 megapixels. The message is one sentence for the person who chose the file.
    """
    if not content:
        raise ValueError(refusal(EMPTY))
    with warnings.catch_warnings(action="ignore"):  # Pillow's, about sizes, EXIF and animations
        file = _open(content)
        if file.width * file.height > MAXIMUM_MEGAPIXELS * 1_000_000:
            raise ValueError(refusal(TOO_LARGE))
        try:
            picture = to_picture(_unpack(file))
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return picture
        except Exception as error:  # a damaged file makes Pillow raise almost anything
            raise ValueError(refusal(DAMAGED)) from error


def _open(content: bytes) -> Image.Image:
    """Read the header only: the size is known, and no pixel is unpacked."""
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise ValueError(refusal(TOO_LARGE)) from error
    except Exception as error:
        raise ValueError(refusal(OTHER_FILE)) from error


def _unpack(file: Image.Image) -> Image.Image:
    """Unpack the pixels, with no second copy of a huge picture on the way."""
    file.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG can be unpacked at 1/2, 1/4 or 1/8
    # Leaving out pixels works in place and in any mode; `read_picture` smooths what is left.
    file.thumbnail((2 * LONGEST_SIDE, 2 * LONGEST_SIDE), Resampling.NEAREST, reducing_gap=None)
    return file
