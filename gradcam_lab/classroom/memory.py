"""How much memory this process may use: the machine's, or less in a container or on a hub."""

import os
from collections.abc import Iterator
from pathlib import Path


def machine_memory() -> int | None:
    """Return the bytes of memory that the machine has, or None where Python cannot tell."""
    if not hasattr(os, "sysconf"):  # Windows
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def memory_limit(root: Path = Path("/")) -> int | None:
    """Return the bytes after which this process is killed, or None where there is no limit.

    It is the smallest limit of the control groups (version 1 or 2) that the process belongs to,
    and of ``MEM_LIMIT``, by which a JupyterHub tells what it grants.
    """
    texts = [*_control_group_limits(root), os.environ.get("MEM_LIMIT", "")]
    limits = [int(text) for text in texts if text.isdigit()]  # "max" means none
    machine = machine_memory()
    return min((limit for limit in limits if machine is None or limit < machine), default=None)


def _control_group_limits(root: Path) -> Iterator[str]:
    groups = root / "proc" / "self" / "cgroup"
    for line in groups.read_text().splitlines() if groups.exists() else []:
        _, controllers, group = line.split(":", 2)
        folder = root / "sys" / "fs" / "cgroup"
        if controllers == "":
            name = "memory.max"
        elif "memory" in controllers.split(","):
            folder, name = folder / "memory", "memory.limit_in_bytes"
        else:
            continue
        # A group keeps to the limits of those above it. Inside a container only the topmost is
        # to be seen, under whatever name the group has outside.
        for part in ("", *Path(group).parts[1:]):
            folder /= part
            if (folder / name).exists():
                yield (folder / name).read_text().strip()
