import io
import re
import struct
import warnings
import zlib
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageFile, PngImagePlugin
from PIL.Image import Transpose

from gradcam_lab.widgets import picture_files
from gradcam_lab.widgets.picture_files import LONGEST_SIDE, MAXIMUM_MEGAPIXELS, read_picture

SIZE = (24, 16)
RAMP = Image.linear_gradient("L").resize(SIZE)
COLOURS = Image.merge("RGB", [RAMP, RAMP.rotate(180), Image.new("L", SIZE, 90)])
CORNERS = Image.new("RGB", SIZE)  # no two turns of it look alike
CORNERS.paste("red", (0, 0, 12, 8))
CORNERS.paste("lime", (12, 0, 24, 8))
CORNERS.paste("blue", (0, 8, 12, 16))
UPRIGHT = {  # what undoes each EXIF orientation
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}

EMPTY = r"^This file is empty: choose a picture\.$"
OTHER_FILE = (
    r"^This file is not a JPEG, PNG, WebP or GIF, .*: open .* and save it as JPEG or PNG\.$"
)
TOO_LARGE = r"^This picture has more than 50 megapixels: make a smaller copy .* editor\.$"
DAMAGED = r"^This picture is damaged or incomplete: download it or save it again\.$"


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings(action="error"):
        yield


def saved(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, depth, colour_type, rows, *extra):
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    chunks = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def jpeg_of(width, height):
    content = bytearray(saved(COLOURS, "JPEG"))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def gif_of(width, height):
    return b"GIF89a" + struct.pack("<HH", width, height) + saved(RAMP, "GIF")[10:]


def webp_of(width, height):
    content = bytearray(saved(Image.new("RGBA", SIZE), "WEBP", lossless=True))
    bits = struct.pack("<I", (width - 1) | (height - 1) << 14)
    content[21:25] = bits[:3] + bytes([bits[3] | content[24] & 0xF0])
    return bytes(content)


# Formats


def assert_is_plain(picture):
    assert type(picture) is Image.Image  # no reader of a file any more,
    assert picture.mode == "RGB"
    assert picture.info == {}  # and nothing by which somebody would turn it again
    assert not picture.getexif()


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {"quality": 95}, 16),
        ("JPEG", {"quality": 95, "subsampling": 0}, 12),
        ("JPEG", {"quality": 95, "subsampling": 0, "progressive": True}, 12),
        ("GIF", {}, 12),
    ],
)
def test_picture_of_each_format_is_read(kind, options, tolerance):
    picture = read_picture(saved(COLOURS, kind, **options))
    assert_is_plain(picture)
    difference = np.int16(np.asarray(picture)) - np.asarray(COLOURS)
    assert np.abs(difference).max() <= tolerance


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_first_frame_of_an_animation_is_read(kind):
    frames = [Image.new("RGB", SIZE, colour) for colour in ("red", "lime", "blue")]
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert np.array_equal(read_picture(content), frames[0])


def test_jpeg_with_a_second_picture_inside_is_read():  # as many telephones write it
    frames = [Image.new("RGB", SIZE, colour) for colour in ("white", "black")]
    content = saved(frames[0], "MPO", save_all=True, append_images=frames[1:])
    picture = read_picture(content)
    assert_is_plain(picture)
    assert np.array_equal(picture, frames[0])


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "TGA", "PDF", "EPS", "JPEG2000"])
def test_picture_of_another_format_is_refused(kind):
    with pytest.raises(ValueError, match=OTHER_FILE):
        read_picture(saved(COLOURS, kind))


@pytest.mark.parametrize(
    "content",
    [
        b"These are words.",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        b"<html><img src='cat.jpg'></html>",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",  # from a telephone
        b"\x00",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"RIFF\x24\x00\x00\x00WEBPVP8 ",
        bytes(1000),
    ],
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(ValueError, match=OTHER_FILE):
        read_picture(content)


def test_empty_file_is_refused():
    with pytest.raises(ValueError, match=EMPTY):
        read_picture(b"")


# Modes


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_picture_without_transparency_keeps_its_colours(mode):
    picture = COLOURS.convert(mode)
    assert np.array_equal(read_picture(saved(picture, "PNG")), picture.convert("RGB"))


def test_cmyk_jpeg_is_read():
    picture = read_picture(saved(CORNERS.convert("CMYK"), "JPEG", quality=95, subsampling=0))
    assert_is_plain(picture)
    for point in [(3, 3), (20, 3), (3, 13), (20, 13)]:
        assert np.abs(np.subtract(picture.getpixel(point), CORNERS.getpixel(point))).max() <= 12


def test_grey_jpeg_is_read():
    difference = np.int16(np.asarray(read_picture(saved(RAMP, "JPEG")))[..., 0]) - np.asarray(RAMP)
    assert np.abs(difference).max() <= 12


def test_16_bit_grey_is_scaled_by_256_and_not_clipped():
    levels = np.arange(0, 65536, 128, np.uint16).reshape(16, 32)
    pixels = np.asarray(read_picture(saved(Image.fromarray(levels), "PNG")))
    assert np.array_equal(pixels, np.repeat((levels // 256)[..., np.newaxis], 3, axis=2))


@pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (4, 2), (6, 4)])
def test_16_bit_colour_and_alpha_are_scaled_by_256(colour_type, channels):
    row = struct.pack(f">x{channels}H", *[0x8000] * (channels - 1), 0xFFFF)
    pixel = read_picture(png(1, 1, 16, colour_type, row)).getpixel((0, 0))
    assert pixel[0] == 0x80


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize(("alpha", "shown"), [(0, 255), (255, 100), (51, 224)])
def test_transparent_part_becomes_white(kind, mode, alpha, shown):
    picture = Image.new("L", SIZE, 100).convert(mode)
    picture.putalpha(alpha)
    assert read_picture(saved(picture, kind, lossless=True)).getpixel((5, 5)) == (shown,) * 3


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_transparent_colour_of_a_palette_becomes_white(kind):
    picture = Image.new("P", SIZE, 1)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.paste(0, (0, 0, 12, 16))
    shown = read_picture(saved(picture, kind, transparency=0))
    assert shown.getpixel((3, 3)) == (255, 255, 255)
    assert shown.getpixel((20, 3)) == (0, 0, 255)


@pytest.mark.parametrize(("mode", "colour"), [("L", 7), ("RGB", (7, 8, 9))])
def test_transparent_colour_of_a_png_becomes_white(mode, colour):
    picture = Image.new(mode, SIZE, "black")
    picture.paste(colour, (0, 0, 12, 16))
    shown = read_picture(saved(picture, "PNG", transparency=colour))
    assert shown.getpixel((3, 3)) == (255, 255, 255)
    assert shown.getpixel((20, 3)) == (0, 0, 0)


# EXIF


def exif_with(orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_picture_is_turned_upright(kind, orientation):
    undo = UPRIGHT.get(orientation)
    turns = {UPRIGHT[6]: UPRIGHT[8], UPRIGHT[8]: UPRIGHT[6]}  # the others undo themselves
    lying = CORNERS if undo is None else CORNERS.transpose(turns.get(undo, undo))
    options = {"exif": exif_with(orientation), "quality": 95, "lossless": True}
    picture = read_picture(saved(lying, kind, **options))
    assert_is_plain(picture)
    assert picture.size == CORNERS.size
    for point in [(3, 3), (20, 3), (3, 13), (20, 13)]:
        assert np.abs(np.subtract(picture.getpixel(point), CORNERS.getpixel(point))).max() <= 30


def test_first_row_of_orientation_6_is_the_right_side():  # as the EXIF standard defines it
    picture = read_picture(saved(CORNERS, "PNG", exif=exif_with(6)))
    assert picture.size == SIZE[::-1]
    assert picture.getpixel((13, 3)) == (255, 0, 0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\x00\x00" + bytes(30),
        b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff",
        exif_with(6).tobytes()[:20],
        exif_with(9).tobytes(),
        b"Exif\x00\x00MM\x00\x2a" + struct.pack(">IHHHI4sI", 8, 1, 0x0112, 2, 4, b"six", 0),
        b"Exif\x00\x00",
    ],
)
def test_picture_with_damaged_exif_is_read_as_it_lies(kind, exif):
    content = saved(CORNERS, kind, exif=exif, quality=95, lossless=True)
    assert read_picture(content).size == SIZE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_picture_with_damaged_colour_profile_is_read(kind):
    assert read_picture(saved(CORNERS, kind, icc_profile=b"no profile")).size == SIZE


# Size

LIMIT = 1_000_000 * MAXIMUM_MEGAPIXELS
HEADERS = [
    pytest.param(lambda w, h: png(w, h, 8, 2, b""), id="PNG"),
    pytest.param(jpeg_of, id="JPEG"),
    pytest.param(gif_of, id="GIF"),
    pytest.param(webp_of, id="WebP"),
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("size", [(10000, 5001), (10000, 10000), (16000, 16000)])
def test_picture_above_the_limit_is_refused_by_its_header(header, size, monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("unpacked"))
    with pytest.raises(ValueError, match=TOO_LARGE):
        read_picture(header(*size))


@pytest.mark.parametrize("header", HEADERS[:3])
def test_header_at_the_limit_is_not_what_is_refused(header):
    try:
        picture = read_picture(header(10000, LIMIT // 10000))
    except ValueError as error:
        assert re.match(DAMAGED, str(error))  # the size was accepted, but there are no pixels
    else:
        assert picture.size == (LONGEST_SIDE, LONGEST_SIDE // 2)  # grey, where they are missing


@pytest.mark.parametrize("size", [(60000, 60000), (2**31 - 1, 2**31 - 1), (LIMIT + 1, 1)])
def test_png_that_claims_to_be_enormous_is_refused(size):
    with pytest.raises(ValueError, match=TOO_LARGE):
        read_picture(png(*size, 8, 2, b""))


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_picture_without_pixels_is_refused(size):
    for content in (png(*size, 8, 2, bytes(9)), jpeg_of(*size)):
        with pytest.raises(ValueError, match=rf"{OTHER_FILE}|{DAMAGED}"):
            read_picture(content)


def test_picture_at_the_limit_is_read_and_reduced():
    picture = read_picture(saved(Image.new("1", (10000, LIMIT // 10000), 1), "PNG"))
    assert_is_plain(picture)
    assert picture.size == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert picture.getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((2048, 3), (2048, 3)),
        ((2049, 3), (2048, 3)),
        ((9000, 3), (2048, 1)),
        ((3, 9000), (1, 2048)),
        ((4800, 2400), (2048, 1024)),
        ((2400, 4800), (1024, 2048)),
    ],
)
def test_large_picture_is_reduced_to_2048_pixels(kind, size, shown):
    assert read_picture(saved(Image.new("RGB", size), kind)).size == shown


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_reduced_picture_looks_like_the_large_one(kind, mode):
    large = CORNERS.resize((6000, 4500), Image.Resampling.BICUBIC).convert(mode)
    small = np.int16(read_picture(saved(large, kind)))
    expected = np.int16(large.resize((2048, 1536)).convert("RGB"))
    assert np.abs(small - expected).max() <= 12


@pytest.mark.parametrize(("kind", "unpacked"), [("JPEG", (3000, 2250)), ("PNG", (4096, 3072))])
def test_large_picture_is_never_copied_as_a_whole(kind, unpacked, monkeypatch):
    copied = []
    monkeypatch.setattr(picture_files, "to_picture", lambda file: copied.append(file.size) or file)
    read_picture(saved(Image.new("RGB", (6000, 4500)), kind))
    assert copied == [unpacked]


@pytest.mark.parametrize("mode", ["1", "L", "I;16", "P", "LA", "RGBA", "CMYK"])
def test_large_picture_of_each_mode_is_reduced(mode):
    picture = Image.new(mode, (4800, 1200))
    content = saved(picture, "JPEG" if mode == "CMYK" else "PNG")
    assert_is_plain(read_picture(content))
    assert read_picture(content).size == (2048, 512)


def test_turned_picture_is_reduced_and_upright():
    content = saved(Image.new("RGB", (4096, 1024)), "JPEG", exif=exif_with(6))
    assert read_picture(content).size == (512, 2048)


# Hostile and damaged files


def test_notes_that_unpack_to_very_much_are_refused():
    bomb = b"note\x00\x00" + zlib.compress(bytes(2 * PngImagePlugin.MAX_TEXT_CHUNK))
    with pytest.raises(ValueError, match=rf"{OTHER_FILE}|{DAMAGED}"):
        read_picture(png(1, 1, 8, 0, bytes(2), chunk(b"zTXt", bomb)))


def test_damaged_animation_in_a_png_is_no_warning():
    animation = chunk(b"acTL", struct.pack(">II", 0, 0))
    assert read_picture(png(1, 1, 8, 0, bytes(2), animation)).size == (1, 1)


@cache
def examples():
    """A small file of each kind, with notes and profiles that damage may hit."""
    notes = {"exif": exif_with(6), "icc_profile": bytes(range(60))}
    frames = {"save_all": True, "append_images": [CORNERS]}
    shades = Image.merge("LA", [RAMP, RAMP])
    text = PngImagePlugin.PngInfo()
    text.add_text("note", "words" * 20, zip=True)
    return (
        saved(COLOURS, "JPEG", **notes),
        saved(COLOURS, "JPEG", progressive=True, **notes),
        saved(COLOURS.convert("CMYK"), "JPEG"),
        saved(COLOURS, "MPO", **frames),
        saved(COLOURS, "PNG", pnginfo=text, **notes),
        saved(COLOURS, "PNG", **frames),
        saved(COLOURS.convert("P"), "PNG", transparency=3),
        saved(shades, "PNG"),
        saved(COLOURS, "WEBP", **notes),
        saved(shades.convert("RGBA"), "WEBP", lossless=True, **notes),
        saved(COLOURS, "WEBP", **frames),
        saved(COLOURS, "GIF", **frames),
        saved(COLOURS, "GIF", transparency=3),
    )


def assert_is_read_or_refused(content):
    try:
        picture = read_picture(content)
    except ValueError as error:
        assert str(error).startswith("This ")
        assert str(error).count(". ") == 0  # one sentence
    else:
        assert_is_plain(picture)
        assert 0 < min(picture.size) <= max(picture.size) <= LONGEST_SIDE


def test_examples_are_pictures_before_they_are_damaged():
    for content in examples():
        assert_is_plain(read_picture(content))


@pytest.mark.parametrize("which", range(len(examples())))
def test_beginning_of_a_file_of_any_length_is_read_or_refused(which):
    content = examples()[which]
    for length in range(0, len(content), 3):
        assert_is_read_or_refused(content[:length])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_file_without_its_last_quarter_is_refused(kind):
    content = saved(COLOURS.resize((240, 160)), kind)
    with pytest.raises(ValueError, match=DAMAGED):
        read_picture(content[: len(content) * 3 // 4])


any_damage = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 255)), min_size=1, max_size=4)


@given(st.sampled_from(examples()), any_damage)
def test_file_with_damaged_bytes_is_read_or_refused(content, damage):
    damaged = bytearray(content)
    for place, change in damage:
        damaged[place % len(damaged)] ^= change
    assert_is_read_or_refused(bytes(damaged))


@given(st.sampled_from(examples()), st.binary(max_size=40), st.integers(0, 3000))
def test_file_with_foreign_bytes_inside_is_read_or_refused(content, foreign, place):
    place %= len(content)
    assert_is_read_or_refused(content[:place] + foreign + content[place + len(foreign) :])


@given(st.binary(max_size=200))
@example(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")
def test_any_bytes_are_read_or_refused(content):
    assert_is_read_or_refused(content)


def test_reading_leaves_the_settings_of_pillow_alone():
    before = [Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES]
    for content in (*examples(), b"words"):
        assert_is_read_or_refused(content)
    after = [Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES]
    assert after == before
