"""A browser without JavaScript over the WSGI app: it keeps cookies, follows redirects
within Engawa, and sends the forms that are on the page, hidden fields and all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import TestResponse, stream_encode_multipart

from sandbox import Sandbox

ORIGIN = "http://localhost"


@dataclass
class Form:
    """A form of a page: where it goes, what it sends, and its buttons."""

    action: str
    method: str
    fields: dict[str, str]
    pairs: list[tuple[str, str]] = field(default_factory=list)
    """The fields in their order, repeated names and all."""
    buttons: list[dict[str, str]] = field(default_factory=list)


class Page:
    """An answer, read as HTML. Anything invalid in it fails the test."""

    def __init__(self, response: TestResponse, path: str) -> None:
        self.response = response
        self.path = path
        self.status = response.status_code
        self.html = response.get_data(as_text=True)
        self._root: Element | None = None

    @property
    def root(self) -> Element:
        """The parsed document; html5lib's strict mode refuses invalid HTML."""
        if self._root is None:
            parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
            self._root = parser.parse(self.html)
        return self._root

    @property
    def text(self) -> str:
        """All text of the page, white space folded."""
        return " ".join("".join(self.root.itertext()).split())

    @property
    def title(self) -> str:
        """The title."""
        return "".join(next(self.root.iter("title")).itertext())

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """Elements of that kind with these attributes (`class_` matches one class)."""
        return [
            element
            for element in self.root.iter(tag)
            if all(_has(element, name, value) for name, value in attributes.items())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        """The only such element."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} of <{tag} {attributes}> in {self.path}"
        return found[0]

    def foreign_scripts(self) -> list[Element]:
        """What could run and is not a static file of ours."""
        return [
            script
            for script in self.all("script")
            if "".join(script.itertext()).strip()
            or not script.get("src", "").startswith("/static/")
        ]

    def note_ids(self) -> list[str]:
        """The ids of the notes on the page, from top to bottom."""
        ids = [element.get("id", "") for element in self.all("article")]
        return [name.removeprefix("note-") for name in ids]

    def links(self) -> list[str]:
        """Where its links lead."""
        return [element.get("href", "") for element in self.all("a")]

    def forms(self) -> list[Form]:
        """All forms of the page."""
        return [_form(element, self.path) for element in self.all("form")]

    def form(self, action: str) -> Form:
        """The form that goes to `action`, or whose one button does."""
        for found in self.forms():
            targets = [found.action, *(button.get("formaction", "") for button in found.buttons)]
            if action in targets:
                return found
        raise AssertionError(f"no form to {action} in {self.path}")


class Browser:
    """A person's browser: `get`, `submit`, `sign_in`."""

    origin = ORIGIN
    """Where its Engawa is."""

    def __init__(self, app: Flask, sandbox: Sandbox | None = None) -> None:
        self.app = app
        self.client = app.test_client()
        self.sandbox = sandbox
        self.headers = {"Accept-Language": "en"}
        self.page: Page | None = None

    def get(self, path: str, *, follow: bool = True, **headers: str) -> Page:
        """Open a path of Engawa and follow its redirects within Engawa."""
        response = self.client.get(path, base_url=self.origin, headers=self._headers(headers))
        return self._arrive(response, path, follow)

    def post(self, path: str, data: dict[str, Any], *, follow: bool = True, **headers: str) -> Page:
        """Send exactly these fields, as a page of ours would."""
        sent = self._headers({"Origin": self.origin, **headers})
        response = self.client.post(path, base_url=self.origin, headers=sent, **_encoded(data))
        return self._arrive(response, path, follow)

    def submit(self, action: str, *, follow: bool = True, **changes: str | None) -> Page:
        """Send the form of the last page that goes to `action`, with some fields changed
        (None leaves one out)."""
        assert self.page is not None
        form = self.page.form(action)
        fields = {**form.fields, **changes}
        sent = {name: value for name, value in fields.items() if value is not None}
        if form.method == "get":
            return self.get(f"{action}?{urlencode(sent)}", follow=follow)
        return self.post(action, sent, follow=follow)

    def press(
        self,
        action: str,
        do: str | None = None,
        *,
        files: Sequence[tuple[str, bytes]] = (),
        follow: bool = True,
        **changes: Any,
    ) -> Page:
        """Press the button whose `do` that is in the form of the last page that goes to
        `action`: everything in it is sent as it stands, but for `changes` (a list sends a
        name several times, None not at all) and `files`, which are chosen in it."""
        assert self.page is not None
        form = self.page.form(action)
        assert do is None or do in [button.get("value") for button in form.buttons], do
        sent: dict[str, Any] = {}
        for name, value in form.pairs:
            sent.setdefault(name, []).append(value)
        sent |= {name: value for name, value in changes.items() if value is not None}
        for name in [name for name, value in changes.items() if value is None]:
            sent.pop(name, None)
        if do is not None:
            sent["do"] = do
        if files:
            sent["files"] = [(io.BytesIO(data), name) for name, data in files]
        return self.post(action, sent, follow=follow)

    def begin_sign_in(self, next: str | None = None) -> str:
        """Type the sandbox's address; the token of the consent page we are sent to."""
        assert self.sandbox is not None
        self.get("/sign-in" if next is None else "/sign-in?" + urlencode({"next": next}))
        page = self.submit("/sign-in", server=self.sandbox.host, follow=False)
        location = page.response.headers["Location"]
        assert location.startswith(f"{self.sandbox.url}/auth/"), page.text
        return location.rpartition("/")[2]

    def sign_in(self, username: str) -> Page:
        """The whole way: type the server, consent there, come back."""
        assert self.sandbox is not None
        token = self.begin_sign_in()
        self.sandbox.consent(token, username)
        return self.get(f"/sign-in/callback?token={token}")

    @property
    def is_signed_in(self) -> bool:
        """Whether home is a timeline for this browser."""
        return bool(self.get("/").all("nav", class_="places"))

    def cookie(self, name: str = "engawa") -> str | None:
        """The value of one of its cookies."""
        found = self.client.get_cookie(name)
        return found.value if found else None

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {**self.headers, **named}

    def _arrive(self, response: TestResponse, path: str, follow: bool) -> Page:
        for _ in range(5):
            location = response.headers.get("Location", "")
            if not follow or response.status_code not in (301, 302, 303, 307, 308):
                break
            target = urlsplit(urljoin(f"{self.origin}{path}", location))
            if f"{target.scheme}://{target.netloc}" != self.origin:
                break
            path = target.path + (f"?{target.query}" if target.query else "")
            response = self.client.get(path, base_url=self.origin, headers=self.headers)
        self.page = Page(response, path)
        return self.page


def _encoded(data: dict[str, Any]) -> dict[str, Any]:
    """How the test client is to send `data`. Forms with files (tuples) are encoded here: it
    would leave the temporary files of large ones open."""
    values = [part for value in data.values() for part in _listed(value)]
    if not any(isinstance(part, tuple) for part in values):
        return {"data": data}
    files: MultiDict[str, Any] = MultiDict()
    for name, value in data.items():
        for part in _listed(value):
            files.add(name, FileStorage(*part) if isinstance(part, tuple) else part)
    stream, length, boundary = stream_encode_multipart(files, use_tempfile=False)
    return {
        "input_stream": stream,
        "content_length": length,
        "content_type": f'multipart/form-data; boundary="{boundary}"',
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _has(element: Element, name: str, value: str) -> bool:
    if name == "class_":
        return value in element.get("class", "").split()
    return element.get(name.replace("_", "-")) == value


def _form(element: Element, path: str) -> Form:
    form = Form(element.get("action", path), element.get("method", "get").lower(), {})
    for control in element.iter():
        name = control.get("name")
        if control.tag == "button":
            form.buttons.append(dict(control.attrib))
        if name is None or control.tag == "button" or control.get("type") == "file":
            continue
        value = _value(control)
        if value is not None:
            form.fields[name] = value
            form.pairs.append((name, value))
    return form


def _value(control: Element) -> str | None:
    """What a control sends, or None."""
    kind = control.get("type", "text")
    if control.tag == "textarea":
        # html5lib drops the first line break as browsers do.
        return control.text or ""
    if control.tag == "select":
        options = list(control.iter("option"))
        chosen = [option for option in options if option.get("selected") is not None]
        return (chosen or options)[0].get("value") if options else None
    if kind in ("radio", "checkbox") and control.get("checked") is None:
        return None
    return control.get("value", "on" if kind in ("radio", "checkbox") else "")
