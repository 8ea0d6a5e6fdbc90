"""The pages a person sees at the sandbox: signing in, consent, and their apps.

As the official ones behave (FACTS.md, "The consent page, as seen in a browser"),
but in plain HTML without JavaScript. Who is signed in is kept in a cookie of
its own name, because cookies ignore ports and Engawa may run on the same host.
"""

from __future__ import annotations

import secrets
from html import escape
from urllib.parse import quote, urlsplit

from .records import Person, Session
from .wire import Answer, Request
from .world import World

COOKIE = "sandbox_person"
NOT_FOLLOWED = {"javascript", "file", "data", "mailto", "tel", "vbscript"}
STYLE = """
body{font:16px/1.6 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem;
color:#2c2a26;background:#fbf8f2}
h1{font-size:1.4rem}button{font:inherit;padding:.5rem 1rem;margin:.2rem .4rem .2rem 0;
border:1px solid #8a5a3c;border-radius:.5rem;background:#fff;color:#5b3822;cursor:pointer}
button.main{background:#8a5a3c;color:#fff}form{display:inline}ul{padding-left:1.2rem}
small{color:#6b655b}
"""


class Consent:
    """Answers these pages for one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._signed_in: dict[str, str] = {}

    def forget_people(self) -> None:
        """Nobody is signed in any more."""
        self._signed_in.clear()

    def answer(self, request: Request) -> Answer | None:
        """The page for this request, or None if it is not one of these."""
        path, post = request.path, request.method == "POST"
        if path.startswith("/auth/"):
            return self._auth(request, path.removeprefix("/auth/"))
        if path == "/sandbox-sign-in" and post:
            return self._sign_in(request)
        if path == "/sandbox-sign-out" and post:
            self._signed_in.pop(request.cookies.get(COOKIE, ""), None)
            return Answer.redirect(_safe(request.form.get("next", "/")), 303)
        if path == "/settings/apps":
            return self._apps(request)
        return None

    def person(self, request: Request) -> Person | None:
        """Who is signed in at the sandbox in this browser."""
        id = self._signed_in.get(request.cookies.get(COOKIE, ""))
        return self.world.people.get(id or "")

    def _auth(self, request: Request, token: str) -> Answer:
        session = self.world.apps.session(token)
        if session is None:
            return page("An error has occurred", "<p>No such session.</p>", 404)
        person = self.person(request)
        if person is None:
            return self.choose_person(request, "Please log in to authorize applications.")
        if request.method == "POST":
            if request.form.get("answer") != "accept":
                # The app is never told; the session stays pending (FACTS.md B 3).
                return page("Access denied", "<p>The application was not allowed.</p>")
            return self._accept(session, person, 303)
        if self.world.apps.is_allowed(session.app, person):
            return self._accept(session, person, 302)
        return self._ask(session, person)

    def _accept(self, session: Session, person: Person, status: int) -> Answer:
        callback = session.app.callback_url
        if callback and urlsplit(callback).scheme.lower() in NOT_FOLLOWED:
            return page("An error has occurred", "<p>This application cannot be opened.</p>", 400)
        self.world.apps.allow(session, person)
        if not callback:
            return page("Thank you", "<p>Please go back to the application.</p>")
        # Plain concatenation, as the real page does: a callback with a query breaks.
        return Answer.redirect(f"{callback}?token={session.token}", status)

    def _ask(self, session: Session, person: Person) -> Answer:
        app = session.app
        action = escape(f"/auth/{session.token}", quote=True)
        return page(
            f"Would you like to authorize “{escape(app.name)}” to access your account?",
            f"""<p>{escape(app.description)}</p>
<p>{escape(app.name)} asks for:</p>{permissions(app.permission)}
<form method="post" action="{action}"><button name="answer" value="cancel">Cancel</button>
<button class="main" name="answer" value="accept">Accept</button></form>
<p><small>Signed in as {_name(person)}.</small> {_sign_out(f"/auth/{session.token}")}</p>""",
        )

    def choose_person(self, request: Request, why: str) -> Answer:
        """Who would you like to be? Leads back to what was asked for."""
        buttons = "".join(
            f'<button name="username" value="{escape(person.username, quote=True)}">'
            f"Sign in as {_name(person)}</button>"
            for person in self.world.locals()
        )
        return page(
            "Sandbox",
            f"""<p>{escape(why)}</p><form method="post" action="/sandbox-sign-in">
<input type="hidden" name="next" value="{escape(request.target, quote=True)}">{buttons}</form>""",
        )

    def _sign_in(self, request: Request) -> Answer:
        person = self.world.find_person(request.form.get("username", ""))
        if person is None:
            return page("An error has occurred", "<p>There is no such person here.</p>", 400)
        key = secrets.token_urlsafe(24)
        self._signed_in[key] = person.id
        answer = Answer.redirect(_safe(request.form.get("next", "/")), 303)
        answer.headers["Set-Cookie"] = f"{COOKIE}={key}; Path=/; HttpOnly; SameSite=Lax"
        return answer

    def _apps(self, request: Request) -> Answer:
        person = self.person(request)
        if person is None:
            return self.choose_person(request, "Please log in to see your applications.")
        if request.method == "POST":
            self.world.apps.revoke(person, request.form.get("app"))
            return Answer.redirect("/settings/apps", 303)
        rows = "".join(
            f"""<li>{escape(token.app.name)} <form method="post" action="/settings/apps">
<input type="hidden" name="app" value="{token.app.id}"><button>Revoke</button></form></li>"""
            for token in self.world.apps.allowed_by(person)
        )
        shown = f"<ul>{rows}</ul>" if rows else "<p>No application was allowed yet.</p>"
        return page(f"Applications allowed by {_name(person)}", shown + _sign_out("/settings/apps"))


def page(title: str, body: str, status: int = 200) -> Answer:
    """A small page; `title` and `body` are HTML."""
    return Answer.html(
        f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>{title}</title><style>{STYLE}</style></head>
<body><h1>{title}</h1>{body}</body></html>""",
        status,
    )


def permissions(names: list[str]) -> str:
    """What is asked for, as a list in HTML."""
    return "<ul>" + "".join(f"<li>{escape(name)}</li>" for name in names) + "</ul>"


def _name(person: Person) -> str:
    return escape(f"{person.name or person.username} (@{person.username})")


def _sign_out(next: str) -> str:
    return f"""<form method="post" action="/sandbox-sign-out">
<input type="hidden" name="next" value="{escape(quote(next), quote=True)}">
<button>Be somebody else</button></form>"""


def _safe(path: str) -> str:
    """A path of this server, else the front page."""
    return path if path.startswith("/") and path[1:2] not in {"/", "\\"} else "/"
