"""A JupyterHub on loopback; settings and users lie in a folder of its own, the log in build."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.browser.local_server import wait_for

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / "build" / "class"
PROXY = INSTALLED / "node_modules" / ".bin" / "configurable-http-proxy"
TO_STOP = 40  # seconds until it has stopped its proxy and all servers
PATIENCE = 600  # seconds until the hub gives up a server: many start at once here
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Hub:
    """Where a hub is, and the password that lets anybody in."""

    address: str
    password: str


@contextmanager
def hub(folder: Path, students: Sequence[str], password: str) -> Iterator[Hub]:
    """Run a hub; each student's home holds the lessons."""
    for student in students:
        shutil.copytree(ROOT / "notebooks", folder / "homes" / student)
    public, private, proxy = free_ports(3)
    config, log = folder / "hub.json", INSTALLED / "hub.log"
    config.touch(mode=0o600)
    config.write_text(json.dumps(settings(folder, password, public, private, proxy)))
    address = f"http://{LOOPBACK}:{public}"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", config],
            cwd=folder,
            env=environment(folder),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches it through us, once
        )
    try:
        wait_for(f"{address}/hub/health", process, log)
        yield Hub(address, password)
    finally:
        process.terminate()  # it stops servers and proxy, and then itself
        try:
            process.wait(TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()


def settings(folder: Path, password: str, public: int, private: int, proxy: int) -> dict:
    """Return the hub's configuration."""
    return {
        "JupyterHub": {
            "bind_url": f"http://{LOOPBACK}:{public}",
            "hub_bind_url": f"http://{LOOPBACK}:{private}",
            "db_url": f"sqlite:///{folder / 'hub.sqlite'}",
            "cookie_secret_file": str(folder / "cookie_secret"),
            "authenticator_class": "shared-password",
            "spawner_class": "simple",
        },
        "SharedPasswordAuthenticator": {"user_password": password, "allow_all": True},
        "ConfigurableHTTPProxy": {
            "command": [str(PROXY)],
            "api_url": f"http://{LOOPBACK}:{proxy}",
            "pid_file": str(folder / "proxy.pid"),
        },
        "SimpleLocalProcessSpawner": {
            "home_dir_template": str(folder / "homes" / "{username}"),
            "cmd": [sys.executable, "-m", "jupyterhub.singleuser"],
            "args": ["--allow-root"],
            "environment": {"GRADCAM_LAB_OFFLINE": "1"},
            "start_timeout": PATIENCE,
            "http_timeout": PATIENCE,
            "env_keep": ["PATH", "PYTHONPATH", "LANG", "LC_ALL"],
        },
    }


def environment(folder: Path) -> dict[str, str]:
    """Keep the user's own Jupyter out of the way, and temporary files in the folder."""
    temporary = folder / "tmp"
    temporary.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "IPYTHON", "CONFIGPROXY"))
    }
    return kept | {"HOME": str(folder), "TMPDIR": str(temporary)}


def free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
