"""The draft: everything a person put into the form to write a note, as they put it.

A `Draft` is plain data. It goes from form to page and back, into the session of somebody
who was signed out while writing, and into the table of kept drafts (`app.keeping`),
whatever it holds, sensible or not; `problem_with` says what would have to change before
it can be posted, and `parameters` what notes/create then gets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict

from app import mfm
from app.mfm.nodes import Mention, Parent
from app.misskey import DriveFile, Note, User
from app.misskey.entities.notes import VISIBILITIES
from app.models import now
from app.offers import Offer
from app.polls import PollDraft, poll_from_form, poll_of
from app.problems import Problem
from app.rendering import number
from app.submissions import key_of, new_form_id
from app.timelines import misskey_id

MOST_RECIPIENTS = 20
LONGEST_ALT = 512
ACCEPTANCES = (
    "likeOnly",
    "likeOnlyForRemote",
    "nonSensitiveOnly",
    "nonSensitiveOnlyForLocalLikeOnlyForRemote",
)
# What is kept in a session or in the table; a text of 100,000 characters fits.
LARGEST_KEPT = 400_000
_LONGEST_TIME = 64


class Named(msgspec.Struct):
    """Somebody or something by id, with the name to show: a recipient, a channel.

    In a form it is one value, `ID NAME`."""

    id: str
    name: str = ""

    @property
    def value(self) -> str:
        """As it stands in the form."""
        return f"{self.id} {self.name}"


class Attached(msgspec.Struct):
    """A file of the person's drive that goes with the note: as the server has it, and
    what was typed here."""

    file: DriveFile
    alt: str = ""
    is_sensitive: bool = False

    @classmethod
    def of(cls, file: DriveFile) -> Attached:
        """`file` as it is, with nothing changed."""
        return cls(file, file.comment or "", bool(file.is_sensitive))

    @property
    def about(self) -> str:
        """The file as it stands in the form."""
        return msgspec.json.encode(self.file).decode()

    @property
    def changes(self) -> dict[str, Any]:
        """What drive/files/update has to be told before the note shows it."""
        changed: dict[str, Any] = {}
        if self.alt.strip() != (self.file.comment or ""):
            changed["comment"] = self.alt.strip()
        if self.is_sensitive != bool(self.file.is_sensitive):
            changed["isSensitive"] = self.is_sensitive
        return changed

    def shown(self) -> DriveFile:
        """The file as the note will show it."""
        return msgspec.structs.replace(
            self.file, comment=self.alt.strip() or None, is_sensitive=self.is_sensitive
        )


class Later(msgspec.Struct):
    """When the note is to be posted, as it was typed: date and time by the clock of `zone`.

    `scheduled_id` is the scheduled note that is being changed."""

    at: str = ""
    zone: str = ""
    scheduled_id: str = ""


class Draft(msgspec.Struct):
    """What a person typed, exactly as they typed it.

    `cw` is None without a content warning; an empty one hides a note behind a warning
    without words, which only old servers take. `recipients` are people chosen for a direct
    note, `named` handles typed for it; those mentioned in the text come to them.
    """

    text: str = ""
    cw: str | None = None
    visibility: str = "public"
    local_only: bool = False
    reply_id: str = ""
    renote_id: str = ""
    channel: Named | None = None
    recipients: list[Named] = []
    named: str = ""
    reaction_acceptance: str = ""
    poll: PollDraft = msgspec.field(default_factory=PollDraft)
    files: list[Attached] = []
    later: Later = msgspec.field(default_factory=Later)
    # The draft of the person's server that this one is a copy of.
    server_id: str = ""
    # Of the form it was typed in, which keeps its id until it was tried: only that makes a
    # second try a repetition.
    form_id: str = msgspec.field(default_factory=new_form_id)
    # The script's name for the text, under which it keeps it in the browser.
    unsent_id: str = ""

    @property
    def key(self) -> str:
        """Stands for this form with this content: somebody who comes back to a form by the
        Back button and writes something else in it means another note. Empty where the
        form's id is unusable."""
        content = msgspec.structs.replace(self, files=[], form_id="", unsent_id="")
        files = [f"{held.file.id} {held.is_sensitive} {held.alt}" for held in self.files]
        return key_of(self.form_id, msgspec.json.encode(content).decode(), *files)

    def untried(self) -> Draft:
        """The same in a form that was not tried yet."""
        return msgspec.structs.replace(self, form_id=new_form_id())

    @property
    def is_empty(self) -> bool:
        """Whether a note of it would say nothing at all."""
        says = self.text.strip() or self.files or self.poll.is_asked or self.renote_id
        return not says

    @property
    def beginning(self) -> str:
        """A line to recognise it by."""
        line = " ".join((self.cw or self.text).split())
        return line if len(line) <= 120 else line[:119] + "…"

    def move(self, file_id: str, by: int) -> None:
        """Put a file one place further up (-1) or down (1), or take it off (0)."""
        at = next((i for i, held in enumerate(self.files) if held.file.id == file_id), None)
        if at is None:
            return
        held = self.files.pop(at)
        if by:
            self.files.insert(max(0, at + by), held)

    def attach(self, file: DriveFile) -> None:
        """Add a file, unless it is there."""
        if all(held.file.id != file.id for held in self.files):
            self.files.append(Attached.of(file))


def from_form(form: MultiDict[str, str]) -> Draft:
    """The draft in a form. Browsers send line breaks as CR LF."""
    return Draft(
        text=form.get("text", "").replace("\r\n", "\n"),
        cw=_cw(form),
        visibility=form.get("visibility", "public"),
        local_only=_is_on(form.get("local_only")),
        reply_id=form.get("reply_id", ""),
        renote_id=form.get("renote_id", ""),
        channel=_named(form.get("channel_id", "")),
        recipients=[who for value in form.getlist("recipient") if (who := _named(value))],
        named=form.get("recipients", ""),
        reaction_acceptance=form.get("reaction_acceptance", ""),
        poll=poll_from_form(form),
        files=_files(form),
        later=Later(
            at=form.get("later_at", "")[:_LONGEST_TIME],
            zone=form.get("later_zone", "")[:_LONGEST_TIME],
            scheduled_id=form.get("scheduled_id", "")[:_LONGEST_TIME],
        ),
        server_id=misskey_id(form.get("server_draft")) or "",
        form_id=form.get("form_id", ""),
        unsent_id=form.get("unsent", ""),
    )


def _cw(form: MultiDict[str, str]) -> str | None:
    typed = form.get("cw", "")
    return typed if typed.strip() or _is_on(form.get("cw_without_words")) else None


def _is_on(value: str | None) -> bool:
    return (value or "") not in ("", "0", "false", "off")


def _named(value: str) -> Named | None:
    found, _, name = value.partition(" ")
    return Named(found, name[:300]) if misskey_id(found) else None


def _files(form: MultiDict[str, str]) -> list[Attached]:
    attached: dict[str, Attached] = {}
    for about in form.getlist("file"):
        file = file_from(about)
        if file is not None:
            alt = form.get(f"alt-{file.id}", "").replace("\r\n", "\n")
            sensitive = _is_on(form.get(f"sensitive-{file.id}"))
            attached[file.id] = Attached(file, alt, sensitive)
    return list(attached.values())


def file_from(about: str) -> DriveFile | None:
    """A file as our own forms carry it, or None. It says nothing that the person's own
    server would believe but the id."""
    try:
        file = msgspec.json.decode(about, type=DriveFile)
    except (ValueError, RecursionError):
        return None
    return file if misskey_id(file.id) else None


# Drafts that begin with a note -------------------------------------------------------


def answering(note: Note, me: str, circle: Iterable[User] = ()) -> Draft:
    """An empty answer to `note` by the person with the id `me`: to the same circle, whose
    other people are `circle`, naming whom it answers."""
    return Draft(
        text="" if note.user.id == me else f"{note.user.handle} ",
        cw=note.cw or None,
        visibility=_visibility_of(note),
        local_only=bool(note.local_only),
        reply_id=note.id,
        channel=channel_of(note),
        recipients=_people(circle),
    )


def quoting(note: Note) -> Draft:
    """An empty note that quotes `note`; out of a channel only where that may be."""
    stays = note.channel is not None and note.channel.allow_renote_to_external is False
    return Draft(
        # The server would narrow it to the same.
        visibility=note.visibility if note.visibility in ("home", "followers") else "public",
        local_only=bool(note.local_only),
        renote_id=note.id,
        channel=channel_of(note) if stays else None,
    )


def again(note: Note, circle: Iterable[User] = ()) -> Draft:
    """Everything of a note that is about to be deleted, to write it anew; without the
    votes of its poll, which nobody can bring back."""
    return Draft(
        text=note.text or "",
        cw=note.cw,
        visibility=_visibility_of(note),
        local_only=bool(note.local_only),
        reply_id=note.reply_id or "",
        renote_id=note.renote_id or "",
        channel=channel_of(note),
        recipients=_people(circle),
        reaction_acceptance=note.reaction_acceptance or "",
        poll=poll_of(note.poll) if note.poll else PollDraft(),
        files=[Attached.of(file) for file in note.files or []],
    )


def alone(draft: Draft) -> Draft:
    """The same as a note of its own, which answers and quotes nothing."""
    return msgspec.structs.replace(draft, reply_id="", renote_id="")


def _visibility_of(note: Note) -> str:
    return note.visibility if note.visibility in VISIBILITIES else "public"


def _people(users: Iterable[User]) -> list[Named]:
    return [Named(user.id, user.handle) for user in users]


def channel_of(note: Note) -> Named | None:
    """The channel a note is in."""
    return Named(note.channel.id, note.channel.name) if note.channel else None


# Before it is posted ------------------------------------------------------------------


def problem_with(draft: Draft, offer: Offer) -> Problem | None:
    """What is wrong with the draft, as far as we can know without asking the server."""
    for check in (_text, _length, _circle, _people_named, _target, _file_count, _alts, _poll):
        problem = check(draft, offer)
        if problem is not None:
            return problem
    return None


def _text(draft: Draft, offer: Offer) -> Problem | None:
    return Problem(gettext("Write something first.")) if draft.is_empty else None


def _length(draft: Draft, offer: Offer) -> Problem | None:
    if len(draft.text) <= offer.longest:
        return None
    return Problem(
        gettext(
            "This is %(length)s characters long, and %(server)s takes up to %(longest)s.",
            length=number(len(draft.text)),
            server=offer.server,
            longest=number(offer.longest),
        ),
        gettext("Shorten it, or post it as two notes."),
    )


def _circle(draft: Draft, offer: Offer) -> Problem | None:
    if draft.visibility not in VISIBILITIES:
        return Problem(gettext("Choose who can see the note."), field="visibility")
    if draft.channel is None:
        return None
    if not offer.channels:
        message = gettext("%(server)s has no channels.", server=offer.server)
        return Problem(message, gettext("Take the note out of the channel."), "channel")
    if draft.visibility != "public":
        # The server would show it to everybody without a word.
        return Problem(
            gettext("Everybody can see a note in a channel."),
            gettext("Choose “Public”, or take the note out of the channel."),
            "visibility",
        )
    return None


def _people_named(draft: Draft, offer: Offer) -> Problem | None:
    wrong = not_handles(draft) if draft.visibility == "specified" else []
    if not wrong:
        return None
    message = gettext("“%(word)s” is no handle.", word=wrong[0][:100])
    return Problem(message, gettext("Write it as @bob or @juno@far.example."), "recipients")


def _target(draft: Draft, offer: Offer) -> Problem | None:
    if draft.reply_id and not misskey_id(draft.reply_id):
        return Problem(gettext("The note you reply to is not there."), field="reply_id")
    if draft.renote_id and not misskey_id(draft.renote_id):
        return Problem(gettext("The note you quote is not there."), field="reply_id")
    return None


def _file_count(draft: Draft, offer: Offer) -> Problem | None:
    return too_many_files(offer) if len(draft.files) > offer.most_files else None


def too_many_files(offer: Offer) -> Problem:
    """The sentence for a file more than the server lets a note have."""
    return Problem(
        ngettext(
            "A note at %(server)s can have %(num)s file.",
            "A note at %(server)s can have up to %(num)s files.",
            offer.most_files,
            server=offer.server,
        ),
        gettext("Take some off."),
        "files",
    )


def _alts(draft: Draft, offer: Offer) -> Problem | None:
    if all(len(held.alt.strip()) <= LONGEST_ALT for held in draft.files):
        return None
    message = gettext(
        "A description can have up to %(longest)s characters.", longest=number(LONGEST_ALT)
    )
    return Problem(message, gettext("Shorten it."), "files")


def _poll(draft: Draft, offer: Offer) -> Problem | None:
    return draft.poll.problem() if draft.poll.is_asked else None


def parameters(draft: Draft, recipients: list[str] | None, offer: Offer) -> dict[str, Any]:
    """What notes/create gets. Keys that say nothing are None, which is left out: old
    servers take neither null nor an empty list everywhere (DIFFERENCES, Notes)."""
    in_channel = draft.channel is not None
    accepted = draft.reaction_acceptance if offer.acceptance else ""
    return {
        "text": draft.text if draft.text.strip() else None,
        "cw": draft.cw.strip() if draft.cw is not None else None,
        "visibility": draft.visibility,
        "visibleUserIds": recipients,
        # A channel's notes never leave the server.
        "localOnly": True if draft.local_only or in_channel else None,
        "replyId": draft.reply_id or None,
        "renoteId": draft.renote_id or None,
        "channelId": draft.channel.id if draft.channel else None,
        "reactionAcceptance": accepted if accepted in ACCEPTANCES else None,
        "fileIds": [held.file.id for held in draft.files] or None,
        "poll": draft.poll.parameters() if draft.poll.is_asked else None,
    }


def handles(draft: Draft) -> list[tuple[str, str | None]]:
    """The people a direct note names, each once: (username, host), in the text and in
    the field for recipients."""
    found = [*_mentions(mfm.parse(draft.text)), *_mentions(mfm.parse(_as_mentions(draft.named)))]
    return list(dict.fromkeys(found))[:MOST_RECIPIENTS]


def _as_mentions(typed: str) -> str:
    """Handles as people type them, `bob, @juno@far.example`, each as a mention."""
    words = typed.replace(",", " ").replace("、", " ").split()
    return " ".join(word if word.startswith("@") else f"@{word}" for word in words)


def not_handles(draft: Draft) -> list[str]:
    """What stands among the recipients and is no handle."""
    words = _as_mentions(draft.named).split()
    return [word.removeprefix("@") for word in words if not list(_mentions(mfm.parse(word)))]


def _mentions(nodes: Iterable[mfm.Node]) -> Iterator[tuple[str, str | None]]:
    for node in nodes:
        if isinstance(node, Mention):
            yield node.username, node.host
        elif isinstance(node, Parent):
            yield from _mentions(node.children)


def preview(draft: Draft, author: User, quoted: Note | None) -> Note:
    """The note as it will look. It has no id that leads anywhere."""
    return Note(
        id="preview",
        created_at=now(),
        user=author,
        text=draft.text if draft.text.strip() else None,
        cw=draft.cw.strip() if draft.cw is not None else None,
        visibility=draft.visibility,
        local_only=draft.local_only or draft.channel is not None,
        renote_id=draft.renote_id or None,
        renote=quoted if quoted is not None else msgspec.UNSET,
        files=[held.shown() for held in draft.files],
        poll=draft.poll.shown() if draft.poll.is_asked else None,
        reaction_acceptance=draft.reaction_acceptance or None,
    )


# On their way somewhere else ----------------------------------------------------------


def packed(draft: Draft) -> str | None:
    """The draft as text; None if it is too large to be kept."""
    data = msgspec.json.encode(draft)
    return data.decode() if len(data) <= LARGEST_KEPT else None


def unpacked(data: str) -> Draft | None:
    """What `packed` made, also an older version of us; None for anything else."""
    try:
        return msgspec.json.decode(data, type=Draft)
    except (ValueError, RecursionError):
        return None
