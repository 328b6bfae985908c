"""Downloads for a classroom: resumed, checked, one at a time, and never half a file."""

import errno
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import requests
from filelock import FileLock, Timeout

from gradcam_lab._language import say
from gradcam_lab._offline import downloads_are_forbidden

TIMEOUT = 5  # seconds without an answer, or without another byte, until a try is given up
TRIES = 3  # each goes on where the last one broke off
PAUSE = 1  # seconds between two tries
CHUNK = 2**16  # bytes between two looks at the clock
MB = 2**20
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DownloadError(RuntimeError):
    """A file could not be downloaded; the message names the reason and the remedy."""


def fetch(url: str, known_hash: str, path: Path) -> None:
    """Download a file, unless it is there with the right bytes already.

    What arrives is kept in ``<name>.part`` until it is whole: a later call, also of another
    process, goes on from there. It gets its name when its hash is the known one.

    Parameters
    ----------
    url : str
        Where it comes from.
    known_hash : str
        ``"md5:..."`` or ``"sha256:..."``.
    path : Path
        Where it goes.

    Raises
    ------
    DownloadError
        If it cannot be downloaded. No new file of the name `path` is made then; one that was there
        before stays.
    """
    if downloads_are_forbidden():
        raise DownloadError(say("GRADCAM_LAB_OFFLINE=1 forbids downloads: unset it."))
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(path):
            if not (path.exists() and has_hash(path, known_hash)):
                _download(url, known_hash, path, part)
    except requests.RequestException as error:
        raise DownloadError(_what_to_do(error, url)) from error
    except OSError as error:
        if error.errno in FULL:  # the disk needs its room back
            part.unlink(missing_ok=True)
        raise DownloadError(
            say(
                "The folder {parent} cannot take the file ({reason}): make room there or ask "
                "for the right to write, or name another folder in KERAS_HOME.",
                parent=path.parent,
                reason=error.strerror or error,
            )
        ) from error


def has_hash(path: Path, known_hash: str) -> bool:
    """Tell whether a file has a hash such as ``"md5:..."``, and so the right bytes."""
    kind, digits = known_hash.split(":")
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest() == digits


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Let one process at a time download a file, and the next one when it has ended or crashed."""
    lock_file = path.with_name(path.name + ".lock")
    lock = FileLock(lock_file, fallback_to_soft=False)  # a soft one would outlive a killed kernel
    try:
        lock.acquire(blocking=False)
    except Timeout:
        print(say("Another process downloads {file}: waiting for it.", file=path.name))
        lock.acquire()
    except OSError:  # a network folder without locks: the hash still guards
        lock_file.touch()  # fails where nothing can be written at all
    try:
        yield
    finally:
        with suppress(OSError):  # Windows does not let go of an open file; filelock deletes it then
            lock_file.unlink()  # not after the release: it could be somebody else's lock by then
        lock.release()


def _download(url: str, known_hash: str, path: Path, part: Path) -> None:
    """Fill the part, and give it the file's name when its bytes are the right ones."""
    for _ in range(1 + part.exists()):  # an earlier part may be of another file: then once more
        _fill(url, part)
        if has_hash(part, known_hash):
            part.replace(path)
            return
        part.unlink()
    raise DownloadError(
        say(
            "{url} sent other bytes than the official file has, and they were deleted: try "
            "another network (this one may show a log-in page first) or another mirror.",
            url=url,
        )
    )


def _fill(url: str, part: Path) -> None:
    """Receive what is missing, in as many tries as it takes."""
    for tries_left in reversed(range(TRIES)):
        try:
            _receive_rest(url, part)
            return
        except requests.RequestException as error:
            if tries_left == 0 or _is_final(error):
                raise
            print(
                say(
                    "No answer, or a broken one ({reason}): trying again.",
                    reason=type(error).__name__,
                )
            )
            time.sleep(PAUSE)


def _receive_rest(url: str, part: Path) -> None:
    """Append the bytes that are missing, or take all of them from a server that cannot resume.

    Whether the old and the new bytes are of one file is not asked here (If-Range): the hash tells.
    """
    here = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={here}-"} if here else {})
    with requests.get(url, headers=headers, timeout=TIMEOUT, stream=True) as response:
        if here and response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # nothing is missing
        response.raise_for_status()
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            here = 0
        length = response.headers.get("Content-Length")
        total = here + int(length) if length else None
        with part.open("ab" if here else "wb") as file, _progress(total) as show:
            for chunk in response.iter_content(CHUNK):
                file.write(chunk)
                show(file.tell())


@contextmanager
def _progress(total: int | None) -> Iterator[Callable[[int], None]]:
    """Give a function that rewrites one line, at most twice a second: bytes here, of all."""
    of_all = f" of {total / MB:.0f}" if total else ""
    next_time = 0.0

    def show(here: int) -> None:
        nonlocal next_time
        if time.monotonic() >= next_time or here == total:
            print(f"\r{here / MB:.0f}{of_all} MB", end="", flush=True)
            next_time = time.monotonic() + 0.5

    try:
        yield show
    finally:
        print()


def _is_final(error: requests.RequestException) -> bool:
    """Tell whether another try would fail like this one: no such file, not allowed, no address."""
    refused = error.response is not None and error.response.status_code < 500
    return refused or isinstance(error, ValueError)


def _what_to_do(error: requests.RequestException, url: str) -> str:
    if error.response is not None:
        answer = f"{error.response.status_code} {error.response.reason}"
        return say(
            "{url} answers {answer}: try again later, or from another mirror.",
            url=url,
            answer=answer,
        )
    if isinstance(error, ValueError):
        return say("{url!r} is not an address (http:// or https://): correct it.", url=url)
    return say(
        "{server} is out of reach, or the connection to it broke ({reason}): connect to the "
        "internet and try again; what arrived is kept.",
        server=urlsplit(url).netloc,
        reason=type(error).__name__,
    )
