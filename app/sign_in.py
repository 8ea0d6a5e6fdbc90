"""Who may finish which sign-in.

**The attack.** Misskey's app session is of OAuth 1.0's kind: it does not say which
browser began it (FACTS B.5). Two ways to abuse that:

- *Session fixation.* Mallory begins a sign-in here and gets the consent page's address,
  which holds the token T. She sends it to Alice. If Alice allowed our app before, the
  page accepts without a word (FACTS B.4) and sends Alice's browser to our callback with
  T. Were T enough, Mallory could now finish with T in her own browser, as Alice.
- *Login CSRF.* Mallory consents herself, keeps the callback's address, and makes Alice's
  browser open it. Were T enough, Alice would now act, and write, in Mallory's account.

**The rules**, which `finish_callback` and `ask_again` keep:

1. A pending sign-in belongs to the browser that began it (a random name in its session),
   and is kept by the hash of T only.
2. The callback takes the pending sign-in away *before* looking at it: it is tried once.
   From another browser nobody is signed in, and whoever began it can't finish it any
   more. In both attacks that is exactly the call that arrives first.
3. No answer from the server makes it live again: PENDING_SESSION at the callback is no
   honest case (a callback comes after consent), it is somebody trying T in advance.
4. Ten minutes, then it is over. The session's id changes when a browser is signed in.

The window that stays: Mallory would have to call our callback from her own browser after
Alice's consent and before Alice's browser follows the redirect, and has one try.

**By OAuth 2.0 with PKCE** (`app.misskey.oauth`), where the server offers it, that window is
closed: what comes back with Alice's browser is a code, which Mallory never sees, and the
consent page always asks. The rules are the same, with the state for T; and besides:

5. What comes back must name the server the sign-in was begun at as its issuer (RFC 9207):
   a server of Mallory's can't have a code sent to it that is another's.
6. Which of the two ways it is, is decided by what the server answered just now. Where it
   did not answer, nobody is signed in: a moment's trouble must not open the window again.

**Without a callback** (an app registered by hand without one, or another device) rule 2
can't hold, since the page asks again and again. Another device is safe all the same: its
app is new each time, so the consent page always asks and shows a code that only the
screen that began it shows too. The button for an app registered by hand is weaker, for
a silent consent can be lured; hence five tries, and the operator is told to register
the callback.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from flask import current_app, g, session
from limits import parse
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from app import away, exports, servers
from app.extensions import db, limiter
from app.misskey import AnswerUnusable, ApiError, Client, Secret, ServerAddress, User, oauth
from app.misskey.entities.signing_in import OpenedSession
from app.misskey.permissions import PERMISSIONS
from app.misskey.signin import NotMisskey, exchange, open_session, register_app, show_session
from app.models import (
    Account,
    BrowserSignIn,
    OneTimeLink,
    PendingSignIn,
    Server,
    ServerApp,
    StoredSession,
    Submission,
    in_minutes,
    now,
    storable,
)
from app.security import browser_hash, hash_of, settings_of_app
from app.sessions import LIFETIME as SESSION_LIFETIME
from app.timelines import misskey_id

log = logging.getLogger(__name__)

APP_NAME = "Engawa"
MINUTES = 10
BUTTON_TRIES = 5
# The waiting page asks every five seconds for ten minutes, with some to spare.
DEVICE_TRIES = 150
# Of one account, from wherever its sign-ins come.
_OFTEN_ENOUGH = parse("10 per 10 minutes")
# No letters or digits that look or sound alike.
_CODE_LETTERS = "ABCDEFHJKMNPRTUVWXY34789"

Way = Literal["callback", "oauth", "button", "device"]
Failure = Literal[
    "unknown",
    "other-browser",
    "expired",
    "pending",
    "used",
    "app-gone",
    "callback-mismatch",
    "closed",
    "often",
    "denied",
    "stopped",
    "wrong-issuer",
    "code-refused",
]


class SignInFailed(Exception):
    """A sign-in came to nothing. `reason` says why; `host` is the server's, if known."""

    def __init__(self, reason: Failure, host: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.host = host


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that now waits for the person's consent at `url`.

    `code` is what the consent page shows in the app's name, on another device.
    """

    way: Way
    host: str
    token: str
    url: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class OurApp:
    """The app a sign-in goes through: its secret, and what the server gave it. The
    permissions are None where the server did not say."""

    secret: Secret
    permissions: list[str] | None


def begin(typed: ServerAddress, next_path: str) -> Begun:
    """Begin a sign-in at the server at `typed`, for this browser.

    By OAuth where the server offers it and may (`Settings.may_use_oauth`). Else through
    our app, which is registered there the first time, and again if the server forgot it.
    Raises NotMisskey and MisskeyErrors.
    """
    server = servers.ask(typed)
    client = servers.client_at(server.address)
    if settings_of_app().may_use_oauth:
        offer = oauth.discover(client.transport, server.address)
        if offer is not None:
            return _begin_oauth(server.host, offer, next_path)
    app = _app_at(server, client)
    try:
        opened = open_session(client, _ours(app).secret)
    except ApiError as error:
        if error.code != "NO_SUCH_APP":
            raise
        # Another sign-in at once may have done so already.
        db.session.execute(delete(ServerApp).where(ServerApp.id == app.id))
        db.session.commit()
        app = _app_at(server, client)
        opened = open_session(client, _ours(app).secret)
    return _begin_app_session("callback", server.host, _ours(app), opened, next_path)


def _begin_oauth(host: str, offer: oauth.Offer, next_path: str) -> Begun:
    state, verifier = secrets.token_urlsafe(32), oauth.new_verifier()
    url = oauth.consent_url(
        offer, _our_client(), state=state, verifier=verifier, permissions=PERMISSIONS
    )
    pending = PendingSignIn(
        token_hash=hash_of(state), host=host, verifier=verifier, token_path=offer.token_path
    )
    _remember("oauth", pending, next_path)
    return Begun("oauth", host, state, url)


def _our_client() -> oauth.OurClient:
    settings = settings_of_app()
    return oauth.OurClient(settings.oauth_client_id, settings.oauth_callback_url)


def begin_pinned(next_path: str) -> Begun:
    """Begin a sign-in at the pinned server, with the app the operator registered there.

    Raises SignInFailed if that app calls back to somewhere else, NotMisskey and
    MisskeyErrors.
    """
    settings = settings_of_app()
    if settings.pinned_server is None or settings.pinned_app_secret is None:
        raise SignInFailed("unknown")
    server = servers.ask(settings.pinned_server)
    client = servers.client_at(server.address)
    try:
        opened = open_session(client, settings.pinned_app_secret)
    except ApiError as error:
        if error.code != "NO_SUCH_APP":
            raise
        log.error("%s does not know the app of PINNED_APP_SECRET", server.host)
        raise SignInFailed("app-gone", server.host) from error
    shown = show_session(client, opened.token)
    ours = OurApp(settings.pinned_app_secret, shown.permission)
    if shown.callback_url == settings.callback_url:
        return _begin_app_session("callback", server.host, ours, opened, next_path)
    if shown.callback_url:
        log.error(
            "the app of PINNED_APP_SECRET calls back to somewhere else: register one whose "
            "callback is %s",
            settings.callback_url,
        )
        raise SignInFailed("callback-mismatch", server.host)
    log.warning(
        "the app of PINNED_APP_SECRET has no callback, so sign-in falls back to a weaker "
        "way: register one whose callback is %s",
        settings.callback_url,
    )
    return _begin_app_session("button", server.host, ours, opened, next_path)


def begin_on_device(typed: ServerAddress, next_path: str) -> Begun:
    """Begin a sign-in whose consent is given on another device.

    The app is registered for this one attempt, without a callback, and its name carries
    a code that this browser's page shows too. Raises NotMisskey and MisskeyErrors.
    """
    server = servers.ask(typed)
    client = servers.client_at(server.address)
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(6))
    code = f"{letters[:3]}-{letters[3:]}"
    registered = register_app(
        client,
        name=f"{APP_NAME} {code}",
        description=(
            f"Allow this only if your other screen shows {code}. / "
            f"もう一方の画面に {code} と出ているときだけ許可してください。"
        ),
        callback=None,
        permissions=PERMISSIONS,
    )
    ours = OurApp(Secret(registered.secret), registered.permission or None)
    opened = open_session(client, ours.secret)
    return _begin_app_session("device", server.host, ours, opened, next_path, code)


def finish_callback(token: str) -> tuple[Account, str]:
    """Consent came back with `token`: sign this browser in, if it began that sign-in.

    Gives the account and the path to go on to. Raises SignInFailed, and MisskeyErrors;
    whatever happens, the pending sign-in is over.
    """
    pending = _take(hash_of(token))
    if pending is None or pending.way != "callback":
        raise SignInFailed("unknown")
    _must_be_this_browsers(pending)
    return _redeem(pending, token), pending.next_path


def finish_oauth(state: str, *, issuer: str, code: str, error: str) -> tuple[Account, str]:
    """The person came back with `state`, and with a code or an error: sign this browser in,
    if it began that sign-in. What did not come is "".

    Gives the account and the path to go on to. Raises SignInFailed, and MisskeyErrors;
    whatever happens, the pending sign-in is over.
    """
    pending = _take(hash_of(state))
    if pending is None or pending.way != "oauth":
        raise SignInFailed("unknown")
    _must_be_this_browsers(pending)
    host, address = pending.host, _address_of(pending)
    if issuer != address.origin:
        log.warning("a sign-in at %s came back as from another server", host)
        raise SignInFailed("wrong-issuer", host)
    if error == "access_denied":
        raise SignInFailed("denied", host)
    if error or not code:
        log.warning("a sign-in at %s was stopped there: %.100r", host, error)
        raise SignInFailed("stopped", host)
    if pending.verifier is None or pending.token_path is None:
        # Its key was taken from CREDENTIAL_KEYS meanwhile.
        raise SignInFailed("unknown", host)
    try:
        given = oauth.redeem(
            servers.client_at(address),
            pending.token_path,
            _our_client(),
            code=code,
            verifier=pending.verifier,
            permissions=PERMISSIONS,
        )
    except oauth.GrantRefused as refused:
        log.warning("%s refused a code: %r", host, refused.code)
        raise SignInFailed("code-refused", host) from refused
    _must_be_welcome(host, given.user)
    account = _keep_account(host, given.user, given.credential, given.permissions, "oauth")
    return _let_in(account), pending.next_path


def ask_again(token: str, way: Way) -> tuple[Account, str] | None:
    """Has the person consented by now? None while they have not.

    For the ways without a callback. Each question uses up a try. Raises SignInFailed,
    after which it is over, and MisskeyErrors, after which it may be asked again.
    """
    token_hash = hash_of(token)
    counted = db.session.execute(
        update(PendingSignIn)
        .where(PendingSignIn.token_hash == token_hash, PendingSignIn.tries_left > 0)
        .values(tries_left=PendingSignIn.tries_left - 1)
    )
    db.session.commit()
    pending = db.session.get(PendingSignIn, token_hash, populate_existing=True)
    if pending is None or pending.way != way:
        raise SignInFailed("unknown")
    try:
        if not counted.rowcount:  # type: ignore[attr-defined]
            raise SignInFailed("expired", pending.host)
        _must_be_this_browsers(pending)
        account = _redeem(pending, token)
    except SignInFailed as failure:
        if failure.reason == "pending" and pending.tries_left > 0:
            return None
        _take(token_hash)
        raise
    _take(token_hash)
    return account, pending.next_path


def give_up(token: str) -> None:
    """The person cancelled here: the pending sign-in is over."""
    _take(hash_of(token))


def add_account(address: ServerAddress, api_key: Secret) -> Account:
    """The operator's own account by its API key, checked with `i`.

    Raises NotMisskey and MisskeyErrors.
    """
    server = servers.ask(address)
    me = servers.client_at(server.address, api_key).call("i", into=User)
    return _keep_account(server.host, me, api_key, permissions=None, way=None)


def link_for(account: Account) -> str:
    """The token of a new link that signs one browser in to `account`, once."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        OneTimeLink(
            token_hash=hash_of(token), account_id=account.id, expires_at=in_minutes(MINUTES)
        )
    )
    db.session.commit()
    return token


def account_of_link(token: str) -> Account | None:
    """Whose link this is, if it is still good. Changes nothing."""
    link = db.session.scalar(
        select(OneTimeLink)
        .join(Account)
        .where(OneTimeLink.token_hash == hash_of(token), OneTimeLink.expires_at > now())
        # Since the link was made, its person may have signed out for good.
        .where(Account.credential.is_not(None))
    )
    return link.account if link else None


def use_link(token: str) -> Account:
    """Sign this browser in by a one-time link. Raises SignInFailed."""
    account = account_of_link(token)
    used = db.session.execute(delete(OneTimeLink).where(OneTimeLink.token_hash == hash_of(token)))
    db.session.commit()
    if account is None or not used.rowcount:  # type: ignore[attr-defined]
        raise SignInFailed("unknown")
    return _let_in(account)


def _app_at(server: Server, client: Client) -> ServerApp:
    """Our app at `server`, registered now if there is none with today's callback and
    permissions."""
    callback = settings_of_app().callback_url
    fingerprint = hashlib.sha256("\n".join([callback, *PERMISSIONS]).encode()).hexdigest()
    wanted = select(ServerApp).where(
        ServerApp.host == server.host, ServerApp.fingerprint == fingerprint
    )
    app = db.session.scalar(wanted)
    if app is not None and app.secret is not None:
        return app
    registered = register_app(
        client,
        name=APP_NAME,
        description=(
            "A light web client. It acts for you only when you ask it to. / "
            "軽い Web クライアントです。あなたが頼んだときだけ動きます。"
        ),
        callback=callback,
        permissions=PERMISSIONS,
    )
    app = app or ServerApp(host=server.host, fingerprint=fingerprint)
    app.secret = Secret(registered.secret)
    app.permissions = registered.permission or None
    app.created_at = now()
    db.session.add(app)
    try:
        db.session.commit()
    except IntegrityError:
        # Two first sign-ins at once: the other one's app serves as well.
        db.session.rollback()
        app = db.session.scalars(wanted).one()
    return app


def _ours(app: ServerApp) -> OurApp:
    if app.secret is None:
        raise SignInFailed("app-gone", app.host)
    return OurApp(app.secret, app.permissions)


def _begin_app_session(
    way: Way,
    host: str,
    ours: OurApp,
    opened: OpenedSession,
    next_path: str,
    code: str | None = None,
) -> Begun:
    pending = PendingSignIn(
        token_hash=hash_of(opened.token),
        host=host,
        app_secret=ours.secret,
        permissions=ours.permissions,
    )
    _remember(way, pending, next_path)
    return Begun(way, host, opened.token, opened.url, code)


def _remember(way: Way, pending: PendingSignIn, next_path: str) -> None:
    """Keep `pending` as this browser's, with as much time and as many tries as `way` has."""
    _delete_expired()
    tries = {"callback": 1, "oauth": 1, "button": BUTTON_TRIES, "device": DEVICE_TRIES}
    pending.way, pending.tries_left = way, tries[way]
    pending.browser_hash = browser_hash(create=True) or ""
    pending.expires_at, pending.next_path = in_minutes(MINUTES), next_path
    host = pending.host
    db.session.add(pending)
    try:
        db.session.commit()
    except IntegrityError as error:
        # A server that hands out a token it handed out before has no honest reason to,
        # and must not be able to put its own sign-in in another's place.
        db.session.rollback()
        raise NotMisskey(host, "consent") from error


def _delete_expired() -> None:
    """Delete what has had its time. A sign-in is rare enough to make this cheap, and
    often enough to keep the tables small."""
    for table in (PendingSignIn, OneTimeLink, StoredSession):
        db.session.execute(delete(table).where(table.expires_at < now()))
    day_ago = now() - timedelta(days=1)
    db.session.execute(delete(Submission).where(Submission.created_at < day_ago))
    # Browsers that stayed away for longer than their session lives are signed out, and
    # with the last one goes the credential.
    stale = now() - SESSION_LIFETIME
    gone = db.session.scalars(
        delete(BrowserSignIn)
        .where(BrowserSignIn.seen_at < stale)
        .returning(BrowserSignIn.account_id)
    ).all()
    if gone:
        db.session.execute(
            update(Account)
            .where(Account.id.in_(gone), ~Account.browsers.any(), ~away.is_left(Account.id))
            .values(credential=None)
        )
    db.session.commit()


def _take(token_hash: str) -> PendingSignIn | None:
    """Take the pending sign-in away. Of two at once, only one gets it."""
    pending = db.session.get(PendingSignIn, token_hash)
    if pending is not None:
        # It stays readable, whatever becomes of the database's session from here on.
        db.session.expunge(pending)
    taken = db.session.execute(
        delete(PendingSignIn)
        .where(PendingSignIn.token_hash == token_hash)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return pending if taken.rowcount else None  # type: ignore[attr-defined]


def _must_be_this_browsers(pending: PendingSignIn) -> None:
    mine = browser_hash()
    if mine is None or not secrets.compare_digest(mine, pending.browser_hash):
        log.warning("a sign-in at %s was brought to another browser", pending.host)
        raise SignInFailed("other-browser", pending.host)
    if pending.expires_at < now():
        raise SignInFailed("expired", pending.host)


_REASONS: dict[str, Failure] = {
    "PENDING_SESSION": "pending",
    "NO_SUCH_SESSION": "used",
    "NO_SUCH_APP": "app-gone",
}


def _redeem(pending: PendingSignIn, token: str) -> Account:
    if pending.app_secret is None:
        raise SignInFailed("app-gone", pending.host)
    client = servers.client_at(_address_of(pending))
    try:
        credential, user = exchange(client, pending.app_secret, token)
    except ApiError as error:
        if error.code not in _REASONS:
            raise
        raise SignInFailed(_REASONS[error.code], pending.host) from error
    _must_be_welcome(pending.host, user)
    kept = _keep_account(pending.host, user, credential, pending.permissions, pending.way)
    return _let_in(kept)


def _must_be_welcome(host: str, user: User) -> None:
    """Raises SignInFailed for somebody new, while sign-ups are closed, and for an account
    that is signed in again and again."""
    if not limiter.limiter.hit(_OFTEN_ENOUGH, "sign-in", host, user.id):
        raise SignInFailed("often", host)
    known = select(Account.id).where(Account.host == host, Account.user_id == user.id)
    if settings_of_app().sign_ups_closed and db.session.scalar(known) is None:
        raise SignInFailed("closed", host)


def _address_of(pending: PendingSignIn) -> ServerAddress:
    server = db.session.get_one(Server, pending.host)
    return server.address


def _keep_account(
    host: str, user: User, credential: Secret, permissions: list[str] | None, way: str | None
) -> Account:
    if misskey_id(user.id) is None:
        raise AnswerUnusable(host, "i", "shape")
    wanted = select(Account).where(Account.host == host, Account.user_id == user.id)
    account = db.session.scalar(wanted) or Account(host=host, user_id=user.id)
    _describe(account, user, credential, permissions, way)
    db.session.add(account)
    try:
        db.session.commit()
    except IntegrityError:
        # Two first sign-ins of one person at once: the row is there now.
        db.session.rollback()
        account = db.session.scalars(wanted).one()
        _describe(account, user, credential, permissions, way)
        db.session.commit()
    return account


def _describe(
    account: Account,
    user: User,
    credential: Secret,
    permissions: list[str] | None,
    way: str | None,
) -> None:
    account.username = storable(user.username, 200)
    account.name = storable(user.name or "", 500) or None
    # A part of an address is none.
    fits = user.avatar_url == storable(user.avatar_url or "", 2000)
    account.avatar_url = user.avatar_url if fits else None
    account.credential = credential
    account.permissions = permissions
    account.way = way


def _let_in(account: Account) -> Account:
    """This browser is signed in to `account` from now on, under a new session id."""
    current_app.session_interface.regenerate(session)  # type: ignore[attr-defined]
    # Whoever knew the session before its sign-in knows the token of its forms as well.
    session.pop("csrf_token", None)
    browser = browser_hash(create=True)
    db.session.merge(BrowserSignIn(browser_hash=browser, account_id=account.id, seen_at=now()))
    db.session.commit()
    session["current"] = account.id
    g.account = account
    return account


def leave(accounts: list[Account], *, keeps_work: bool = False) -> None:
    """Sign this browser out of `accounts`.

    A credential that no browser uses any more is deleted, so that nothing we keep can
    act for a person who has left; with `keeps_work` it stays where something is left to be
    done for the person, until that is done. Without, what was scheduled becomes drafts, and
    what goes on is stopped.
    """
    browser = browser_hash()
    for account in accounts:
        db.session.execute(
            delete(BrowserSignIn).where(
                BrowserSignIn.browser_hash == browser, BrowserSignIn.account_id == account.id
            )
        )
        elsewhere = db.session.scalar(
            select(BrowserSignIn.account_id).where(BrowserSignIn.account_id == account.id)
        )
        if elsewhere is None:
            _end(account, keeps_work=keeps_work)
        if session.get("current") == account.id:
            session.pop("current")
    db.session.commit()
    g.pop("account", None)


def _end(account: Account, *, keeps_work: bool) -> None:
    if keeps_work and away.has_work(account):
        return
    away.call_off(account)
    account.credential = None


def leaves_work(account: Account) -> bool:
    """Whether signing this browser out of the account ends work that is left to be done."""
    elsewhere = db.session.scalar(
        select(BrowserSignIn.account_id).where(
            BrowserSignIn.browser_hash != browser_hash(), BrowserSignIn.account_id == account.id
        )
    )
    return elsewhere is None and away.has_work(account)


def forget(account: Account) -> None:
    """Delete everything we hold of `account`, in every browser."""
    export = exports.of_account(account)
    if export is not None:
        exports.remove(export)
    db.session.delete(account)
    db.session.commit()
    if session.get("current") == account.id:
        session.pop("current")
    g.pop("account", None)
