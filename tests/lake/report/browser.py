"""Debian's Chromium without a window, spoken to through its debugging pipe: no driver, no port, no further library."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
NEEDED = f"needs a browser on the PATH ({', '.join(NAMES)}): apt-get install chromium"
_PATIENCE_SECONDS = 240
"""For a machine on which much else runs; nothing is asserted about time."""
_PIPES = 'exec "$@" 3<&0 4>&1 1>&2'
"""The browser reads commands from file 3 and answers on file 4, which are ours as standard input and output."""


def executable() -> str | None:
    """The browser of this machine, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One page of a browser. `events` are all that it told of: requests, errors, what was written to the console."""

    def __init__(self, profile: Path) -> None:
        command = [
            str(executable()),
            "--headless=new",
            "--no-sandbox",  # which a container without user namespaces cannot have; the page is our own
            "--disable-gpu",
            "--hide-scrollbars",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            "about:blank",
        ]
        self.events: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)
        self._unread = b""
        self._session = ""
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _PIPES, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        (page,) = [t for t in self.send("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        self._session = self.send("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate(timeout=_PATIENCE_SECONDS)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Calls a method of the DevTools protocol. Raises `AssertionError` where the browser refuses."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message).encode() + b"\0")
        self._process.stdin.flush()
        while (answer := self._read()).get("id") != number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return dict(answer["result"])

    def js(self, expression: str) -> Any:
        """The value of an expression in the page, awaited where it is a promise."""
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Waits until the expression is true. Raises `AssertionError` where it never becomes so."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while not self.js(condition):
            assert time.monotonic() < until, condition
            time.sleep(0.2)

    def show(self, file: Path, *, width: int, is_dark: bool = False, is_phone: bool = False) -> None:
        """Opens the file in a window of that width, and gives the window the height of the page, so that all is drawn."""
        self._size(width, 900, is_phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])
        self.send("Page.navigate", url=file.resolve().as_uri())
        self.wait("document.readyState === 'complete' && document.querySelector('main') !== null")
        self.draw_all(width, is_phone=is_phone)

    def draw_all(self, width: int, *, is_phone: bool = False) -> None:
        """Makes the window as high as the page is now, and waits until each chart that is shown has been drawn."""
        self._size(width, self.js("document.documentElement.scrollHeight"), is_phone)
        shown = "[...document.querySelectorAll('.plot')].filter((node) => node.offsetParent)"
        self.wait(f"{shown}.every((node) => node.querySelector('.main-svg'))")

    def screenshot(self, file: Path) -> None:
        """What the window shows, as PNG."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    def press(self, key: str, code: int, text: str = "") -> None:
        """A key, down and up; `text` is what it types, which a button wants to see."""
        said = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.send("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **said)
        self.send("Input.dispatchKeyEvent", type="keyUp", **said)

    def complaints(self) -> list[dict[str, Any]]:
        """Errors of scripts, and everything that was written to the console or the browser's log."""
        told = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
        return [event for event in self.events if event["method"] in told]

    def requests(self) -> set[str]:
        """What was asked of a network or a disk."""
        return {e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"}

    def _size(self, width: int, height: int, is_phone: bool) -> None:  # noqa: FBT001 - private, and named by its callers
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=is_phone
        )

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        while b"\0" not in self._unread:
            piece = os.read(self._process.stdout.fileno(), 1 << 20)
            assert piece, "the browser ended"
            self._unread += piece
        message, _, self._unread = self._unread.partition(b"\0")
        return dict(json.loads(message))
