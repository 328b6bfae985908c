import pytest

from gradcam_lab.classroom.memory import machine_memory, memory_limit

MB = 2**20


@pytest.fixture(autouse=True)
def no_hub(monkeypatch):
    monkeypatch.delenv("MEM_LIMIT", raising=False)


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


V1, V2 = "sys/fs/cgroup/memory", "sys/fs/cgroup"
NO_LIMIT_IN_V1 = "9223372036854771712\n"


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n", f"{V2}/memory.max": f"{512 * MB}\n"}, 512 * MB),
        ({"proc/self/cgroup": "0::/\n", f"{V2}/memory.max": "max\n"}, None),
        ({"proc/self/cgroup": "0::/a/b\n", f"{V2}/a/memory.max": f"{512 * MB}\n"}, 512 * MB),
        (
            {
                "proc/self/cgroup": "0::/a/b\n",
                f"{V2}/a/memory.max": f"{300 * MB}\n",
                f"{V2}/a/b/memory.max": f"{400 * MB}\n",
            },
            300 * MB,
        ),
        (
            {
                "proc/self/cgroup": "9:cpu:/\n4:memory:/docker/x\n0::/\n",
                f"{V1}/memory.limit_in_bytes": f"{512 * MB}\n",  # a container's own is the top
            },
            512 * MB,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/a\n",
                f"{V1}/memory.limit_in_bytes": NO_LIMIT_IN_V1,
                f"{V1}/a/memory.limit_in_bytes": NO_LIMIT_IN_V1,
            },
            None,
        ),
    ],
    ids=["none", "v2", "v2, none", "v2, above", "v2, smallest", "v1", "v1, none"],
)
def test_limit_is_the_smallest_of_the_control_groups(tmp_path, files, limit):
    assert memory_limit(write(tmp_path, files)) == limit


def test_limit_of_a_hub_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("MEM_LIMIT", str(256 * MB))
    assert memory_limit(tmp_path) == 256 * MB


def test_limit_that_the_machine_never_reaches_is_none(tmp_path):
    files = {"proc/self/cgroup": "0::/\n", f"{V2}/memory.max": str(2 * machine_memory())}
    assert memory_limit(write(tmp_path, files)) is None
