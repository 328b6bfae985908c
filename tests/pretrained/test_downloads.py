import errno
import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from file_server import CONTENT, TO_GO_ON, file_server

from gradcam_lab.pretrained import downloads
from gradcam_lab.pretrained.downloads import DownloadError, fetch

HASH = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
FETCH = f"""
import signal
import sys
from pathlib import Path
from gradcam_lab.pretrained import downloads
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
downloads.TIMEOUT = {TO_GO_ON}
downloads.fetch(sys.argv[1], {HASH!r}, Path(sys.argv[2]))
"""


@pytest.fixture
def server():
    with file_server() as server:
        yield server


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "models" / "weights.h5"


@pytest.fixture(autouse=True)
def swift(monkeypatch):
    monkeypatch.delenv("GRADCAM_LAB_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(downloads, "PAUSE", 0)
    monkeypatch.setattr(downloads, "TIMEOUT", TO_GO_ON)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT", 0.5)


def part_of(path):
    return path.with_name(path.name + ".part")


def leave(path, content):
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def files_beside(path):
    return sorted(file.name for file in path.parent.iterdir())


# What goes well


def test_downloaded_file_is_the_only_one_that_is_left(server, path):
    fetch(server.url, HASH, path)
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


def test_file_is_asked_for_as_it_is_because_a_packed_one_cannot_be_resumed(server, path):
    fetch(server.url, HASH, path)
    assert server.encodings == {"identity"}


def test_file_that_is_there_is_not_asked_for_again(server, path):
    leave(path, CONTENT)
    fetch(server.url, HASH, path)
    assert server.ranges == []


def test_file_with_other_bytes_is_replaced(server, path):
    leave(path, b"cut short by somebody else")
    fetch(server.url, HASH, path)
    assert path.read_bytes() == CONTENT


def test_file_with_other_bytes_stays_where_no_better_one_arrives(server, path):
    leave(path, b"cut short by somebody else")
    server.content = b"Please log in"
    with pytest.raises(DownloadError):
        fetch(server.url, HASH, path)
    assert path.read_bytes() == b"cut short by somebody else"
    assert files_beside(path) == ["weights.h5"]


@pytest.mark.parametrize("length", [True, False], ids=["known length", "unknown length"])
def test_progress_is_one_line_that_is_rewritten(capsys, monkeypatch, length):
    clock = iter(range(100))
    monkeypatch.setattr(downloads.time, "monotonic", lambda: next(clock))
    with downloads._progress(3 * 2**20 if length else None) as show:
        for megabytes in (1, 2, 3):
            show(megabytes * 2**20)
    of_all = " of 3" if length else ""
    assert capsys.readouterr().out == "".join(f"\r{i}{of_all} MB" for i in (1, 2, 3)) + "\n"


def test_progress_is_written_at_most_twice_a_second(capsys, monkeypatch):
    milliseconds = iter(range(2000))
    monkeypatch.setattr(downloads.time, "monotonic", lambda: next(milliseconds) / 1000)
    with downloads._progress(10**9) as show:
        for here in range(1000):
            show(here)
    assert capsys.readouterr().out.count("\r") == 2


# What the server does


@pytest.mark.parametrize("status", [403, 404])
def test_refusal_is_told_at_once_and_nothing_is_left(server, path, status):
    server.status = status
    with pytest.raises(DownloadError, match=rf"{server.url} answers {status} .*another mirror"):
        fetch(server.url, HASH, path)
    assert len(server.ranges) == 1
    assert files_beside(path) == []


def test_server_with_a_fault_of_its_own_is_asked_again(server, path):
    server.status = 503
    with pytest.raises(DownloadError, match="503"):
        fetch(server.url, HASH, path)
    assert len(server.ranges) == downloads.TRIES
    assert files_beside(path) == []


@pytest.mark.parametrize("sent", [0, 100_000], ids=["from the beginning", "half-way"])
def test_server_that_falls_silent_is_given_up(server, path, sent, impatient):
    server.silent_after = sent
    server.go_on.clear()
    with pytest.raises(DownloadError, match=r"is out of reach, or .* connect to the internet"):
        fetch(server.url, HASH, path)
    assert not path.exists()
    if sent:
        assert CONTENT.startswith(part_of(path).read_bytes())


def test_server_that_falls_silent_once_is_asked_for_the_rest(server, path, impatient, monkeypatch):
    def speak_again(_):
        monkeypatch.setattr(downloads, "TIMEOUT", TO_GO_ON)
        server.go_on.set()

    server.silent_after = 100_000
    server.go_on.clear()
    monkeypatch.setattr(downloads.time, "sleep", speak_again)  # between two tries
    fetch(server.url, HASH, path)
    assert path.read_bytes() == CONTENT
    assert server.ranges[0] is None
    assert server.ranges[1].startswith("bytes=")


def test_cut_connection_is_resumed_where_it_broke(server, path):
    server.cuts = [2 * downloads.CHUNK]
    fetch(server.url, HASH, path)
    assert path.read_bytes() == CONTENT
    assert server.ranges == [None, f"bytes={2 * downloads.CHUNK}-"]
    assert list(path.parent.iterdir()) == [path]


def test_cut_connection_to_a_server_that_cannot_resume_begins_anew(server, path):
    server.cuts = [2 * downloads.CHUNK]
    server.resumes = False
    fetch(server.url, HASH, path)
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


def test_what_arrived_before_all_tries_failed_serves_the_next_call(server, path):
    server.cuts = [downloads.CHUNK] * downloads.TRIES
    with pytest.raises(DownloadError, match="what arrived is kept"):
        fetch(server.url, HASH, path)
    here = downloads.TRIES * downloads.CHUNK
    assert files_beside(path) == ["weights.h5.part"]
    assert part_of(path).read_bytes() == CONTENT[:here]
    fetch(server.url, HASH, path)
    assert server.ranges[-1] == f"bytes={here}-"
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("sent", [b"Please log in", CONTENT[:-1] + b"?", b""])
def test_wrong_bytes_are_deleted_and_do_not_harm_the_next_call(server, path, sent):
    server.content = sent
    server.status = None if sent else 204
    with pytest.raises(DownloadError, match=r"other bytes .* deleted: try another network"):
        fetch(server.url, HASH, path)
    assert len(server.ranges) == 1  # 528 MB are not asked for again in vain
    assert files_beside(path) == []
    server.content, server.status = CONTENT, None
    fetch(server.url, HASH, path)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "left",
    [b"of another file", CONTENT[1:1000], CONTENT + b"?", b"?" * len(CONTENT)],
    ids=["other beginning", "shifted", "too long", "all wrong"],
)
def test_wrong_beginning_from_an_earlier_call_is_thrown_away(server, path, left):
    leave(part_of(path), left)
    fetch(server.url, HASH, path)
    assert server.ranges == [f"bytes={len(left)}-", None]
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


def test_whole_file_that_only_lacks_its_name_gets_it(server, path):
    leave(part_of(path), CONTENT)
    fetch(server.url, HASH, path)
    assert server.ranges == [f"bytes={len(CONTENT)}-"]
    assert path.read_bytes() == CONTENT


def test_server_out_of_reach_leaves_nothing(server, path):
    server.shutdown()
    server.server_close()  # its port is now closed
    with pytest.raises(DownloadError, match="connect to the internet and try again"):
        fetch(server.url, HASH, path)
    assert files_beside(path) == []


@pytest.mark.parametrize("url", ["mirror.example/vgg16.h5", "ftp://mirror.example/vgg16.h5"])
def test_what_is_no_address_is_told_at_once(path, url):
    with pytest.raises(DownloadError, match="is not an address"):
        fetch(url, HASH, path)
    assert files_beside(path) == []


def test_forbidden_download_asks_nobody_and_makes_no_folder(server, path, monkeypatch):
    monkeypatch.setenv("GRADCAM_LAB_OFFLINE", "1")
    with pytest.raises(DownloadError, match="GRADCAM_LAB_OFFLINE=1 forbids downloads: unset it"):
        fetch(server.url, HASH, path)
    assert server.ranges == []
    assert not path.parent.exists()


# What the disk does


@pytest.fixture
def disk(tmp_path):
    """Return a function that makes a disk of memory, where this is allowed (root, Linux)."""
    mounted = tmp_path / "disk"
    mounted.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(mounted)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("needs the right to mount a disk")
        return mounted

    yield mount
    if mounted.is_mount():
        subprocess.run(["umount", "--lazy", str(mounted)], check=True)


def test_full_disk_gets_its_room_back(server, disk):
    path = disk("size=128k") / "models" / "weights.h5"
    with pytest.raises(DownloadError, match=r"models cannot take the file \(No space left .*make"):
        fetch(server.url, HASH, path)
    assert files_beside(path) == []


def test_file_larger_than_the_system_allows_is_deleted(server, path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(DownloadError, match=r"models cannot take the file \(File too large"):
            fetch(server.url, HASH, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert files_beside(path) == []


def refuse(server, folder):
    with pytest.raises(DownloadError, match=f"{folder} cannot take .*another folder in KERAS_HOME"):
        fetch(server.url, HASH, folder / "weights.h5")
    assert server.ranges == []
    assert list(folder.iterdir()) == []


def test_disk_that_is_read_only_is_told_before_anything_is_downloaded(server, disk):
    refuse(server, disk("ro"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_is_read_only_is_told_before_anything_is_downloaded(server, tmp_path):
    tmp_path.chmod(0o555)
    refuse(server, tmp_path)


def test_folder_that_is_a_file_is_told(server, path):
    leave(path.parent, b"")
    with pytest.raises(DownloadError, match="models cannot take the file"):
        fetch(server.url, HASH, path)


# What other processes do


def start_fetching(server, path):
    return subprocess.Popen(
        [sys.executable, "-u", "-c", FETCH, server.url, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_kernels_that_ask_at_once_download_once(server, path):
    server.go_on.clear()
    with start_fetching(server, path) as first:
        assert server.asked.wait(TO_GO_ON)
        with start_fetching(server, path) as second:
            assert "waiting for it" in second.stdout.readline()
            server.go_on.set()
    assert (first.returncode, second.returncode) == (0, 0)
    assert server.ranges == [None]
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_kernel_that_ends_while_it_downloads_leaves_its_part_to_the_next(server, path, end, capsys):
    server.silent_after = 3 * downloads.CHUNK
    server.go_on.clear()
    with start_fetching(server, path) as owner:
        wait_until(lambda: part_of(path).exists() and part_of(path).stat().st_size)
        owner.send_signal(end)
        owner.communicate()
    server.go_on.set()
    assert not path.exists()
    here = part_of(path).stat().st_size
    fetch(server.url, HASH, path)
    assert "waiting" not in capsys.readouterr().out
    assert server.ranges == [None, f"bytes={here}-"]
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


def wait_until(condition):
    end = time.monotonic() + TO_GO_ON
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_kernel_that_waits_takes_over_from_one_that_is_killed(server, path):
    server.silent_after = 3 * downloads.CHUNK
    server.go_on.clear()
    with start_fetching(server, path) as first:
        wait_until(lambda: part_of(path).exists() and part_of(path).stat().st_size)
        with start_fetching(server, path) as second:
            assert "waiting for it" in second.stdout.readline()
            here = part_of(path).stat().st_size
            first.kill()
            wait_until(lambda: len(server.ranges) == 2)
            server.go_on.set()
            second.communicate()
    assert second.returncode == 0
    assert server.ranges == [None, f"bytes={here}-"]
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("reason", ["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def test_folder_without_locks_is_no_obstacle(server, path, monkeypatch, capsys, recwarn, reason):
    def flock(*_):
        raise OSError(getattr(errno, reason), "no locks here")

    monkeypatch.setattr("fcntl.flock", flock)
    fetch(server.url, HASH, path)
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]
    assert "waiting" not in capsys.readouterr().out
    assert not recwarn.list


def test_the_tests_fetch_the_module_under_test():
    assert Path(downloads.__file__).is_relative_to(Path(__file__).parents[2])
