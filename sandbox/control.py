"""The sandbox's own switches over HTTP, for programs that run beside it.

Only for this machine: the caller's address, the name it used for us, and the
page it comes from (`Origin`) must all be loopback, so that no page on another
site can reach them through a browser.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from html import escape
from typing import Any

from .consent import page
from .misbehaviour import Misbehaviours, described
from .wire import Answer, Request


class Control:
    """Answers /sandbox and what is under it."""

    def __init__(
        self,
        misbehaviours: Misbehaviours,
        calls: Callable[[], list[dict[str, Any]]],
        clear_calls: Callable[[], None],
        reset: Callable[[], None],
    ) -> None:
        self.misbehaviours = misbehaviours
        self.calls = calls
        self.clear_calls = clear_calls
        self.reset = reset

    def answer(self, request: Request) -> Answer | None:
        """The answer, or None if the request is for somebody else."""
        path = request.path
        if path != "/sandbox" and not path.startswith("/sandbox/"):
            return None
        if not is_loopback(request):
            return Answer.json({"error": "Only from this machine."}, 403)
        doors: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", "/sandbox"): self._page,
            ("GET", "/sandbox/calls"): self._calls,
            ("POST", "/sandbox/misbehave"): self._misbehave,
            ("POST", "/sandbox/behave"): self._behave,
            ("POST", "/sandbox/reset"): self._reset,
        }
        door = doors.get((request.method, path))
        return door(request) if door else Answer.json({"error": "No such switch."}, 404)

    def _page(self, request: Request) -> Answer:
        ways = "".join(f"<dt><code>{n}</code></dt><dd>{escape(d)}</dd>" for n, d in described())
        rules = escape(json.dumps(self.misbehaviours.in_force(), ensure_ascii=False, indent=1))
        return page(
            "Sandbox: switches",
            f"""<p>Send JSON (or a form) with <code>POST</code>:</p>
<ul><li><code>/sandbox/misbehave</code> <code>{{"endpoint": "notes/timeline", "how": "slow",
"seconds": 2, "account": "alice", "times": 1}}</code>: <code>endpoint</code> is a name of the API,
<code>*</code> for all of it, or <code>/files</code>, <code>/proxy</code>, <code>/emoji</code>,
<code>/streaming</code>; <code>account</code> and <code>times</code> may be left out.</li>
<li><code>/sandbox/behave</code>: behave again.</li>
<li><code>/sandbox/reset</code>: the world as at the start.</li></ul>
<p><code>GET /sandbox/calls</code>: the calls so far, as JSON; with <code>?clear=1</code> they are
forgotten afterwards.</p>
<h2>Ways to misbehave</h2><dl>{ways}</dl><h2>In force</h2><pre>{rules}</pre>""",
        )

    def _calls(self, request: Request) -> Answer:
        calls = self.calls()
        if request.query.get("clear"):
            self.clear_calls()
        return Answer.json(calls)

    def _misbehave(self, request: Request) -> Answer:
        try:
            asked = _fields(request)
            endpoint, how = asked.pop("endpoint", "*"), asked.pop("how")
            self.misbehaviours.set(str(endpoint), str(how), **asked)
        except KeyError:
            return Answer.json({"error": "`how` is missing."}, 400)
        except (TypeError, ValueError) as error:
            return Answer.json({"error": str(error)}, 400)
        return Answer.json(self.misbehaviours.in_force())

    def _behave(self, request: Request) -> Answer:
        self.misbehaviours.clear()
        return Answer(204)

    def _reset(self, request: Request) -> Answer:
        self.reset()
        return Answer(204)


def is_loopback(request: Request) -> bool:
    """Whether the caller is on this machine, calls us by a loopback name, from such a page."""
    names = [request.headers.get("host", "")]
    if "origin" in request.headers:
        names.append(request.headers["origin"].split("//")[-1])
    return _is_loopback(request.client) and all(map(_names_loopback, names))


def _names_loopback(host_and_port: str) -> bool:
    name = re.sub(r":\d+$", "", host_and_port).strip("[]")
    return name == "localhost" or _is_loopback(name)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.split("%")[0]).is_loopback
    except ValueError:
        return False


def _fields(request: Request) -> dict[str, Any]:
    if "json" in request.headers.get("content-type", ""):
        value = json.loads(request.body or b"{}")
        if not isinstance(value, dict):
            raise ValueError("an object is wanted")
        return value
    fields: dict[str, Any] = {}
    for name, text in request.form.items():
        # In a form everything is text; what reads as JSON is meant so (`seconds=2`).
        try:
            fields[name] = json.loads(text)
        except ValueError:
            fields[name] = text
    return fields
