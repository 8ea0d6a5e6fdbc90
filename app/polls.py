"""A poll while it is being written: choices, several answers, and when it ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
from flask_babel import get_locale, gettext
from werkzeug.datastructures import MultiDict

from app.misskey import Poll
from app.misskey.entities.notes import PollChoice
from app.models import now
from app.problems import Problem

FEWEST_CHOICES = 2
MOST_CHOICES = 10
LONGEST_CHOICE = 50
MINUTES_OF = {"minutes": 1, "hours": 60, "days": 24 * 60}
_LONGEST_MINUTES = 366 * 24 * 60
# The distances from UTC that clocks anywhere show, in minutes.
OFFSETS = (
    *range(-720, -570, 60), -570, *range(-540, -180, 60), -210, -180, -150, -120, -60, 0, 60, 120,
    180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570, 600, 630, 660, 720, 765,
    780, 840,
)  # fmt: skip


class PollDraft(msgspec.Struct):
    """A poll as it was typed. It ends `never`, `after` so many `unit`, or `at` a date and
    time of a clock that is `offset` minutes from UTC."""

    choices: list[str] = msgspec.field(default_factory=lambda: [""] * FEWEST_CHOICES)
    multiple: bool = False
    ends: str = "never"
    after: str = "1"
    unit: str = "days"
    at: str = ""
    offset: str = ""

    @property
    def is_asked(self) -> bool:
        """Whether there is to be a poll at all."""
        return bool(self.answers)

    @property
    def answers(self) -> list[str]:
        """The choices that say something."""
        return [choice.strip() for choice in self.choices if choice.strip()]

    def grow(self) -> None:
        """Room for two choices more."""
        self.choices = [*self.choices, "", ""][:MOST_CHOICES]

    def problem(self) -> Problem | None:
        """What has to change before it can be asked."""
        answers = self.answers
        if len(set(answers)) < FEWEST_CHOICES:
            return _problem(gettext("A poll needs at least two different choices."))
        if len(set(answers)) < len(answers):
            return _problem(gettext("Two choices of the poll are the same."))
        if any(len(answer) > LONGEST_CHOICE for answer in answers):
            words = gettext(
                "A choice can have up to %(longest)s characters.", longest=LONGEST_CHOICE
            )
            return _problem(words)
        return self._problem_with_end()

    def _problem_with_end(self) -> Problem | None:
        if self.ends == "after" and self._minutes() is None:
            return _problem(
                gettext("Say after how long the poll ends: a number, and a year at most.")
            )
        if self.ends == "at":
            moment = self._moment()
            if moment is None:
                return _problem(gettext("Say on which day and at what time the poll ends."))
            if moment <= now():
                return _problem(gettext("The poll would have ended already."))
        return None

    def _minutes(self) -> int | None:
        typed = self.after.strip()
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 6):
            return None
        minutes = int(typed) * MINUTES_OF.get(self.unit, 0)
        return minutes if 0 < minutes <= _LONGEST_MINUTES else None

    def _moment(self) -> datetime | None:
        try:
            clock = datetime.fromisoformat(self.at.strip())
            zone = timezone(timedelta(minutes=self.minutes_from_utc))
            return clock.replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    @property
    def minutes_from_utc(self) -> int:
        """Whose clock the date and time are of."""
        return int(self.offset) if self.offset in _OFFSETS_TYPED else usual_offset()

    def ends_at(self) -> datetime | None:
        """When it would end if it were asked now."""
        if self.ends == "after":
            return now() + timedelta(minutes=self._minutes() or 0)
        return self._moment() if self.ends == "at" else None

    def parameters(self) -> dict[str, Any]:
        """What notes/create gets as `poll`; times are in milliseconds."""
        asked: dict[str, Any] = {"choices": self.answers, "multiple": self.multiple}
        moment = self._moment()
        if self.ends == "after":
            asked["expiredAfter"] = (self._minutes() or 0) * 60_000
        elif self.ends == "at" and moment is not None:
            asked["expiresAt"] = int(moment.timestamp() * 1000)
        return asked

    def shown(self) -> Poll:
        """As a note shows it, without votes."""
        choices = [PollChoice(text=answer) for answer in self.answers]
        return Poll(choices=choices, multiple=self.multiple, expires_at=self.ends_at())


_OFFSETS_TYPED = frozenset(str(offset) for offset in OFFSETS)


def usual_offset() -> int:
    """The clock to begin with: Japan's for who reads Japanese, else UTC."""
    locale = get_locale()
    return 540 if locale is not None and locale.language == "ja" else 0


def offset_label(offset: int) -> str:
    """`UTC+09:00`."""
    hours, minutes = divmod(abs(offset), 60)
    return f"UTC{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"


def poll_from_form(form: MultiDict[str, str]) -> PollDraft:
    """The poll in a form; two empty choices where there is none."""
    choices = form.getlist("poll_choice")[:MOST_CHOICES]
    choices += [""] * (FEWEST_CHOICES - len(choices))
    return PollDraft(
        choices=choices,
        multiple=form.get("poll_multiple", "") == "1",
        ends=form.get("poll_ends", "never"),
        after=form.get("poll_after", "1"),
        unit=form.get("poll_unit", "days"),
        at=form.get("poll_at", ""),
        offset=form.get("poll_offset", ""),
    )


def poll_of(poll: Poll) -> PollDraft:
    """The same poll to be asked anew; one that is over has no end until one is chosen."""
    draft = PollDraft(
        choices=[choice.text for choice in poll.choices][:MOST_CHOICES],
        multiple=bool(poll.multiple),
    )
    if poll.expires_at is not None and poll.is_open_at(now()):
        offset = usual_offset()
        clock = poll.expires_at.astimezone(timezone(timedelta(minutes=offset)))
        draft.ends, draft.offset = "at", str(offset)
        draft.at = clock.strftime("%Y-%m-%dT%H:%M")
    return draft


def _problem(message: str) -> Problem:
    return Problem(message, field="poll")
