"""A student without a browser: logs in, starts a server, runs a lesson, moves the explorer."""

import asyncio
import io
import json
import random
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress

import aiohttp
import numpy as np
from PIL import Image
from yarl import URL

from tools.class_rehearsal.front_end import (
    EXPLORER,
    PROTOCOL,
    Message,
    Widgets,
    new_picture,
    set_value,
    shown_widget,
)
from tools.class_rehearsal.hub import Hub

TO_ANSWER = 30  # seconds until a moved control counts as not answered
THINKING = 1.0, 2.0  # seconds between an answer and the next move
NO_LIMIT = aiohttp.ClientTimeout(total=None)  # the rehearsal itself has one


class Student:
    """One student's session with the hub.

    Parameters
    ----------
    name : str
        The user's name.
    hub : Hub
        Where to log in.
    pictures : array (n, h, w)
        What the explorer's images are, uint8: an answer has to show the one that was asked for.
    """

    def __init__(self, name: str, hub: Hub, pictures: np.ndarray) -> None:
        self.name, self._hub, self._pictures = name, hub, pictures
        self._http: aiohttp.ClientSession
        self._socket: aiohttp.ClientWebSocketResponse
        self._session, self._subshell = uuid.uuid4().hex, ""
        self._listening: asyncio.Task
        self._waiting: dict[str, asyncio.Future] = {}
        self._widgets = Widgets()
        self._shown: dict[str, str] = {}  # by the message that asked for the output
        self._explorer = self._slider = self._view = ""
        self._asked: tuple[int, asyncio.Future] | None = None
        self._chance = random.Random(name)

    # Steps, each of which raises what went wrong

    async def log_in(self) -> None:
        """Fill in the hub's form."""
        jar = aiohttp.CookieJar(unsafe=True)  # "unsafe": cookies of a number instead of a name
        self._http = aiohttp.ClientSession(self._hub.address, cookie_jar=jar, timeout=NO_LIMIT)
        form = {"username": self.name, "password": self._hub.password}
        await self._get("/hub/login")
        form |= {"_xsrf": self._token("/hub/")}
        async with self._http.post("/hub/login", data=form, allow_redirects=False) as answer:
            if answer.status != 302:  # a page that says why not, instead of the next one
                raise RuntimeError(f"not let in: {answer.status} {answer.reason}")

    async def start_server(self) -> None:
        """Ask for a server, follow its progress as the hub's page does, and open JupyterLab."""
        await self._get("/hub/spawn")
        progress = f"/hub/api/users/{self.name}/server/progress"
        async with self._http.get(progress, headers=self._headers("/hub/")) as events:
            events.raise_for_status()
            async for line in events.content:
                event = json.loads(line.removeprefix(b"data:")) if line.strip() else {}
                if event.get("failed"):
                    raise RuntimeError(event["message"])
                if event.get("ready"):
                    break
            else:
                raise RuntimeError("the hub told of no server")
        await self._get(f"/user/{self.name}/lab")

    async def open_notebook(self, path: str) -> None:
        """Start a kernel, and connect to it as JupyterLab does."""
        user = f"/user/{self.name}/"
        asked = {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}}
        headers = self._headers(user)
        async with self._http.post(f"{user}api/sessions", json=asked, headers=headers) as answer:
            answer.raise_for_status()
            kernel = (await answer.json())["kernel"]["id"]
        self._socket = await self._http.ws_connect(
            f"{user}api/kernels/{kernel}/channels?session_id={self._session}",
            protocols=[PROTOCOL],
            headers=headers,
            max_msg_size=0,
        )
        if self._socket.protocol != PROTOCOL:
            raise RuntimeError(f"the server does not speak {PROTOCOL}")
        self._listening = asyncio.create_task(self._listen())
        answer = await self._ask(Message("control", "create_subshell_request", {}))
        self._subshell = answer["subshell_id"]  # where JupyterLab sends what controls say

    async def run(self, cells: Sequence[str]) -> None:
        """Run code cells from top to bottom."""
        for cell in cells:
            message = Message("shell", "execute_request", {"code": cell, "allow_stdin": False})
            answer = await self._ask(message)
            if answer["status"] != "ok":
                first = cell.splitlines()[0]
                raise RuntimeError(f"{answer.get('ename')}: {answer.get('evalue')} in “{first}”")
            if EXPLORER in cell:
                self._explorer = self._shown[message.id]
        self._slider = self._widgets.find(self._explorer, "gradcam-index")
        self._view = self._widgets.find(self._explorer, "gradcam-view")

    async def move(self) -> float:
        """Think, move the slider *index* to another digit, and return the seconds to its answer."""
        await asyncio.sleep(self._chance.uniform(*THINKING))
        slider = self._widgets.models[self._slider]
        others = [index for index in range(len(self._pictures)) if index != slider["value"]]
        slider["value"] = index = self._chance.choice(others)
        answered = asyncio.get_running_loop().create_future()
        self._asked = index, answered
        start = time.perf_counter()
        await self._send(set_value(self._slider, index), self._subshell)
        async with asyncio.timeout(TO_ANSWER):
            return await self._unless_it_stops(answered) - start

    async def leave(self) -> None:
        """Close all connections; the hub stops the server."""
        if hasattr(self, "_listening"):
            self._listening.cancel()
        if hasattr(self, "_http"):
            with suppress(Exception):
                await self._http.close()

    # HTTP

    async def _get(self, path: str) -> None:
        async with self._http.get(path) as answer:
            answer.raise_for_status()
            await answer.read()

    def _token(self, path: str) -> str:
        return self._http.cookie_jar.filter_cookies(URL(self._hub.address + path))["_xsrf"].value

    def _headers(self, path: str) -> dict[str, str]:
        return {"X-XSRFToken": self._token(path)}

    # The kernel

    async def _send(self, message: Message, subshell: str | None = None) -> None:
        await self._socket.send_bytes(message.encode(self._session, subshell))

    async def _ask(self, message: Message) -> dict:
        """Send a request; return its answer when all outputs that belong to it are here."""
        loop = asyncio.get_running_loop()
        reply, idle = (loop.create_future() for _ in range(2))
        self._waiting |= {f"{message.id} reply": reply, f"{message.id} idle": idle}
        await self._send(message)
        await self._unless_it_stops(idle)
        return await self._unless_it_stops(reply)

    async def _unless_it_stops(self, wanted: asyncio.Future) -> object:
        """Wait for something that the listener hears, or for the reason why it hears no more."""
        await asyncio.wait((wanted, self._listening), return_when=asyncio.FIRST_COMPLETED)
        if not wanted.done():
            await self._listening
            raise RuntimeError("the connection to the kernel was closed")
        return wanted.result()

    async def _listen(self) -> None:
        async for frame in self._socket:
            if isinstance(frame.data, Exception):  # the connection broke: say why
                raise frame.data
            self._hear(Message.decode(frame.data))

    def _hear(self, message: Message) -> None:
        now = time.perf_counter()
        self._widgets.hear(message)
        if message.kind == "status":
            state = message.content["execution_state"]
            if state in ("restarting", "dead", "autorestarting"):
                raise RuntimeError(f"the kernel is {state}")
            if state == "idle":
                self._settle(f"{message.parent} idle", None)
        elif message.kind.endswith("_reply"):
            self._settle(f"{message.parent} reply", message.content)
        elif widget := shown_widget(message):
            self._shown[message.parent] = widget
        elif picture := new_picture(message, self._view):
            self._hear_answer(picture, now)

    def _settle(self, name: str, value: object) -> None:
        future = self._waiting.pop(name, None)
        if future and not future.done():
            future.set_result(value)

    def _hear_answer(self, picture: bytes, now: float) -> None:
        """Take a new picture of the view for the answer if it is the one that was asked for."""
        if self._asked:
            index, answered = self._asked
            shown = np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
            if np.array_equal(shown, self._pictures[index]) and not answered.done():
                answered.set_result(now)
