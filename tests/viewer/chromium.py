"""Drives a headless Chromium by its own protocol, over pipes."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--hide-scrollbars",
    "--remote-debugging-pipe", "--no-first-run", "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
# The browser reads commands from descriptor 3 and answers on 4.
START = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
READY = "window.vidmotion !== undefined"


class Browser:
    """One page in a browser."""

    def __init__(self, to: int, answers: int) -> None:
        self._to, self._answers = to, answers
        self._session: str | None = None
        self._numbers, self._rest, self.problems = itertools.count(1), b"", list[str]()
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._send(f"{domain}.enable")

    def open(self, address: str, width: int = 1280, height: int = 800, dark: bool = False) -> None:
        """Open a page of vidmotion and wait until it is there."""
        self._send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._send("Emulation.setEmulatedMedia", features=[scheme])
        self.problems.clear()
        self._send("Page.navigate", url=address)
        self.wait_for(READY)

    def run(self, code: str) -> Any:
        """The value of an expression; promises are awaited."""
        told = self._send("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def wait_for(self, condition: str, seconds: float = 20) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.run(condition):
            assert time.monotonic() < end, f"{condition}: not within {seconds} s; {self.problems}"
            time.sleep(0.05)

    def press(self, key: str, text: str = "") -> None:
        """Press a key."""
        self._send("Input.dispatchKeyEvent", type="keyDown", key=key, **({"text": text} if text else {}))
        self._send("Input.dispatchKeyEvent", type="keyUp", key=key)

    def screenshot(self, path: Path) -> None:
        """What the page looks like now."""
        path.write_bytes(base64.b64decode(self._send("Page.captureScreenshot")["data"]))

    def _send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        call: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            call["sessionId"] = self._session
        os.write(self._to, json.dumps(call).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == number:
                assert "error" not in told, told
                return told["result"]
            self._note(told)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            part = os.read(self._answers, 1 << 20)
            assert part, "the browser ended"
            self._rest += part
        message, self._rest = self._rest.split(b"\0", 1)
        return json.loads(message)

    def _note(self, told: dict[str, Any]) -> None:
        params = told.get("params", {})
        if told.get("method") == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(params["exceptionDetails"]))
        elif told.get("method") == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.problems.append(params["entry"]["text"])
        elif told.get("method") == "Runtime.consoleAPICalled" and params["type"] == "error":
            self.problems.append(json.dumps(params["args"]))


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A headless browser with a profile in a folder; the test is skipped on machines without one."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("needs Chromium")
    read, to = os.pipe()
    answers, write = os.pipe()
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            START,
            str(read),
            str(write),
            program,
            *FLAGS,
            f"--user-data-dir={folder}",
            "about:blank",
        ],
        pass_fds=(read, write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(read)
        os.close(write)
        try:
            yield Browser(to, answers)
        finally:
            os.close(to)
            process.terminate()
            process.wait(20)
            os.close(answers)
