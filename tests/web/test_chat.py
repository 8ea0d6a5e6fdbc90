"""Chat: conversations with people and in rooms."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app import chat
from app.extensions import db
from app.models import Account, Server
from sandbox import Sandbox, chats
from sandbox.records import ChatMessage, ChatRoom
from tests.browsing import Browser, Page
from tests.house import emptied, hurried, let_in

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc000000301010018dd8db00000000049454e44ae426082"
)
GET_PATHS = [
    "/chat",
    "/chat/search?q=tea",
    "/chat/rooms",
    "/chat/rooms/new",
    "/chat/@bob",
    "/chat/people/abc123",
    "/chat/rooms/abc123",
    "/chat/rooms/abc123/members",
    "/chat/rooms/abc123/edit",
    "/chat/rooms/abc123/leave",
    "/chat/messages/abc123/react",
    "/chat/messages/abc123/delete",
]
POST_PATHS = [
    "/chat/read-all",
    "/chat/people/abc123",
    "/chat/rooms/abc123",
    "/chat/rooms/new",
    "/chat/rooms/abc123/edit",
    "/chat/rooms/abc123/invite",
    "/chat/rooms/abc123/join",
    "/chat/messages/abc123/react",
]


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for this module, empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice."""
    return let_in(browser, "alice")


def with_bob(sandbox: Sandbox) -> str:
    """The page of alice's conversation with bob."""
    return f"/chat/people/{sandbox.person('bob').id}"


def room_of(sandbox: Sandbox, owner: str) -> ChatRoom:
    """A room that somebody made."""
    rooms = sandbox.world.chat_rooms.values()
    return next(room for room in rooms if room.owner_id == sandbox.person(owner).id)


def in_beans(sandbox: Sandbox) -> ChatRoom:
    """Carol's room, with alice in it."""
    room = room_of(sandbox, "carol")
    chats.join(sandbox.world, room, sandbox.person("alice"))
    return room


def says(sandbox: Sandbox, who: str, to: str | ChatRoom, text: str) -> ChatMessage:
    """A new message."""
    world, sender = sandbox.world, sandbox.person(who)
    if isinstance(to, ChatRoom):
        return chats.write_to_room(world, sender, to, text)
    return chats.write_to_person(world, sender, sandbox.person(to), text)


def sent(sandbox: Sandbox, endpoint: str) -> list[dict[str, Any]]:
    """What was sent to that endpoint, without the credential."""
    return [
        {name: value for name, value in call.body.items() if name != "i"}
        for call in sandbox.calls_of(endpoint)
    ]


def asked(sandbox: Sandbox) -> list[str]:
    """The endpoints called, in their order."""
    return [call.endpoint for call in sandbox.calls]


def texts(page: Page) -> list[str]:
    """What the messages of a page say, from top to bottom."""
    return [
        "".join(
            "".join(part.itertext())
            for part in message.iter("div")
            if "text" in part.get("class", "")
        ).strip()
        for message in page.all("li", class_="message")
    ]


def token(browser: Browser) -> dict[str, str]:
    """What every form sends, from a page that calls no server."""
    return {"csrf_token": browser.get("/settings").forms()[0].fields["csrf_token"]}


def set_server(app: Flask, sandbox: Sandbox, *, without: str) -> None:
    """Let the server lack endpoints that begin so."""
    with app.app_context():
        server = db.session.get_one(Server, sandbox.host)
        server.endpoints = [name for name in server.endpoints if not name.startswith(without)]
        db.session.commit()


# The list -----------------------------------------------------------------


def test_conversations_stand_newest_first_with_what_is_new_marked(
    alice: Browser, sandbox: Sandbox
) -> None:
    page = alice.get("/chat")
    links = [a.get("href", "").partition("#")[0] for a in page.all("a", class_="by")]
    haru, room = sandbox.person("haru").id, room_of(sandbox, "alice").id
    assert links == [with_bob(sandbox), f"/chat/people/{haru}", f"/chat/rooms/{room}"]
    assert [li.get("class") for li in page.one("ul", class_="talks")] == ["is-new", None, None]
    assert "It is a quarter past four" in page.text
    assert "You: A file" in page.text
    assert asked(sandbox) == ["chat/history", "chat/history", "chat/rooms/invitations/inbox"]


def test_looking_at_the_list_marks_nothing_read(alice: Browser, sandbox: Sandbox) -> None:
    marks = set(sandbox.world.chat_marks)
    for path in ("/chat", "/chat/rooms", "/chat/search?q=roof", "/menu", "/@bob"):
        alice.get(path)
    assert sandbox.world.chat_marks == marks


def test_everything_is_marked_read_by_a_button(alice: Browser, sandbox: Sandbox) -> None:
    says(sandbox, "bob", room_of(sandbox, "alice"), "new in here")
    alice.get("/chat")
    page = alice.press("/chat/read-all")
    assert "Everything is marked as read." in page.text
    me = sandbox.person("alice").id
    assert not [mark for mark in sandbox.world.chat_marks if mark[0] == me]
    assert not [news for news in sandbox.world.chat_news if news[0] == me]
    assert page.all("li", class_="is-new") == []
    assert "/chat/read-all" not in [form.action for form in page.forms()]


@pytest.mark.parametrize("new", ["", "people", "people a-b", "x abc", "rooms ../x", "\0 \0"])
def test_marks_of_nothing_are_passed_over(alice: Browser, sandbox: Sandbox, new: str) -> None:
    fields = token(alice) | {"new": new}
    sandbox.clear_calls()
    assert alice.post("/chat/read-all", fields, follow=False).status == 303
    assert asked(sandbox) == ["chat/read-all"]


def test_without_conversations_it_says_how_to_begin(new_browser: Callable[[], Browser]) -> None:
    dave = let_in(new_browser(), "dave")
    assert "Write to them" in dave.get("/chat").text


# A conversation -----------------------------------------------------------


def test_a_conversation_is_shown_with_the_newest_at_its_end(
    alice: Browser, sandbox: Sandbox
) -> None:
    page = alice.get(with_bob(sandbox))
    assert texts(page)[0].startswith("Are you on my roof?")
    assert texts(page)[-1] == "I was asleep. It is a quarter past four."
    mine = [li for li in page.all("li", class_="message") if "mine" in li.get("class", "")]
    assert len(mine) == 2
    assert asked(sandbox) == ["users/show", "chat/messages/user-timeline"]
    bob = sandbox.person("bob").id
    assert (sandbox.person("alice").id, f"user:{bob}") not in sandbox.world.chat_marks
    assert page.all("li", class_="is-new") == []


def test_looking_for_new_messages_is_more_than_a_scroll(alice: Browser, sandbox: Sandbox) -> None:
    here = with_bob(sandbox)
    (link,) = [one for one in alice.get(here).links() if "now=" in one]
    says(sandbox, "bob", "alice", "are you there?")
    assert texts(alice.get(link.partition("#")[0]))[-1] == "are you there?"
    assert link.partition("#")[0] != here


def test_a_conversation_is_found_by_name(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/chat/@bob", follow=False)
    assert page.response.headers["Location"] == f"{with_bob(sandbox)}#newest"
    assert alice.get("/chat/@no-such-body").status == 404
    sandbox.clear_calls()
    assert alice.get("/chat/@a b").status == 404
    assert sandbox.calls == []


def test_older_messages_and_back(alice: Browser, sandbox: Sandbox) -> None:
    room = room_of(sandbox, "alice")
    for number in range(50):
        says(sandbox, "bob", room, f"message {number}")
    here = f"/chat/rooms/{room.id}"
    page = alice.get(here)
    assert texts(page) == [f"message {n}" for n in range(30, 50)]
    older = next(link for link in page.links() if "until=" in link)
    page = alice.get(older)
    assert texts(page) == [f"message {n}" for n in range(10, 30)]
    assert f"{here}#newest" in page.links()
    newer = next(link for link in page.links() if "since=" in link)
    page = alice.get(newer)
    assert texts(page) == [f"message {n}" for n in range(30, 50)]
    page = alice.get(next(link for link in page.links() if "since=" in link))
    assert page.status == 200
    assert texts(page) == []
    assert f"{here}#newest" in page.links()


@pytest.mark.parametrize("query", ["until=a-b", "since=%00", "at=x", "at=-1", "at=9" * 20, "at=²"])
def test_junk_in_the_query_is_the_end(alice: Browser, sandbox: Sandbox, query: str) -> None:
    assert texts(alice.get(f"{with_bob(sandbox)}?{query}"))[-1].endswith("four.")


def test_messages_stand_with_their_files_markup_and_names(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get(f"/chat/people/{sandbox.person('haru').id}")
    assert page.all("ul", class_="media")
    page = alice.get(f"/chat/rooms/{room_of(sandbox, 'alice').id}")
    assert [b.text for b in page.all("b")][-1:] == ["appetite"]
    assert {"/@bob", "/@haru"} <= set(page.links())


def test_hostile_words_stay_words(alice: Browser, sandbox: Sandbox) -> None:
    room = room_of(sandbox, "alice")
    room.name, room.description = "<script>r</script>", "<b onclick=x>"
    says(sandbox, "bob", room, "<img src=x onerror=alert(1)>\0")
    sandbox.person("bob").name = "<script>n</script>"
    for path in (
        "/chat",
        f"/chat/rooms/{room.id}",
        f"/chat/rooms/{room.id}/members",
        "/chat/rooms",
    ):
        page = alice.get(path)
        assert page.status == 200
        assert page.root is not None
        assert page.foreign_scripts() == []
        assert not [element for element in page.root.iter() if element.get("onerror")]


def test_a_page_of_messages_is_light(alice: Browser, sandbox: Sandbox) -> None:
    room = room_of(sandbox, "alice")
    for number in range(20):
        message = says(sandbox, "bob", room, f"**message** {number} " + "words and words " * 12)
        chats.react(sandbox.world, message, sandbox.person("haru"), "👍")
    assert len(gzip.compress(alice.get(f"/chat/rooms/{room.id}").html.encode())) <= 12_000


# Sending ------------------------------------------------------------------


def test_a_message_is_sent_and_shown(alice: Browser, sandbox: Sandbox) -> None:
    here = with_bob(sandbox)
    alice.get(here)
    page = alice.press(f"{here}#write", text="Hello\r\nthere", follow=False)
    assert page.response.headers["Location"] == f"{here}#newest"
    bob = sandbox.person("bob").id
    assert sent(sandbox, "chat/messages/create-to-user") == [
        {"toUserId": bob, "text": "Hello\nthere"}
    ]
    page = alice.get(here)
    assert texts(page)[-1] == "Hellothere"
    assert page.all("br")
    assert page.form(f"{here}#write").fields["text"].strip() == ""


def test_a_message_is_sent_to_a_room(alice: Browser, sandbox: Sandbox) -> None:
    room = room_of(sandbox, "alice")
    alice.get(f"/chat/rooms/{room.id}")
    alice.press(f"/chat/rooms/{room.id}#write", text="Hello")
    assert sent(sandbox, "chat/messages/create-to-room") == [{"toRoomId": room.id, "text": "Hello"}]


def test_a_file_goes_along_or_alone(alice: Browser, sandbox: Sandbox) -> None:
    here = with_bob(sandbox)
    alice.get(here)
    alice.press(f"{here}#write", files=[("tea.png", PNG)])
    (call,) = sent(sandbox, "chat/messages/create-to-user")
    assert call.keys() == {"toUserId", "fileId"}
    assert sandbox.world.files[call["fileId"]].name == "tea.png"
    assert alice.get(here).all("ul", class_="media")


def test_a_form_sent_twice_sends_one(alice: Browser, sandbox: Sandbox) -> None:
    here = with_bob(sandbox)
    fields = alice.get(here).form(f"{here}#write").fields | {"text": "once"}
    alice.post(here, fields, follow=False)
    page = alice.post(here, fields, follow=False)
    assert page.response.headers["Location"] == f"{here}#newest"
    assert len(sent(sandbox, "chat/messages/create-to-user")) == 1
    # Another text in the same form, after Back, is another message.
    alice.post(here, fields | {"text": "twice"}, follow=False)
    assert len(sent(sandbox, "chat/messages/create-to-user")) == 2


@pytest.mark.parametrize(
    ("text", "words"), [("", "Write something"), (" \n ", "Write something"), ("x" * 2001, "2000")]
)
def test_what_can_not_be_sent_comes_back(
    alice: Browser, sandbox: Sandbox, text: str, words: str
) -> None:
    here = with_bob(sandbox)
    alice.get(here)
    page = alice.press(f"{here}#write", text=text)
    assert page.status == 400
    assert words in page.text
    assert sent(sandbox, "chat/messages/create-to-user") == []
    assert page.form(f"{here}#write").fields["text"].strip() == text.strip()
    assert [e.get("name") for e in page.root.iter() if e.get("aria-invalid")] == ["text"]
    assert texts(page), "the conversation is still there"


def test_what_was_written_stays_when_the_server_fails(alice: Browser, sandbox: Sandbox) -> None:
    here = with_bob(sandbox)
    for how, words in (
        ("internal-error", "we don't know whether your message was sent"),
        ("truncated", "we don't know whether your message was sent"),
        ("rate-limited", "What you wrote is still here."),
    ):
        alice.get(here)
        sandbox.misbehave("chat/messages/create-to-user", how, times=1)
        sandbox.clear_calls()
        page = alice.press(f"{here}#write", text=f"kept {how}")
        assert page.status in (429, 502, 504), how
        assert words in page.text, how
        assert page.form(f"{here}#write").fields["text"].strip() == f"kept {how}"
        assert asked(sandbox) == ["chat/messages/create-to-user"], "it is not asked again"
        page = alice.press(f"{here}#write", follow=False)
        assert page.status == 303, "and can be sent after all"


def test_a_server_that_keeps_silent_loses_nothing(alice: Browser, sandbox: Sandbox) -> None:
    hurried(alice.app)
    here = with_bob(sandbox)
    alice.get(here)
    sandbox.misbehave("chat/messages/create-to-user", "slow", seconds=3, times=1)
    page = alice.press(f"{here}#write", text="into the silence")
    assert page.status == 504
    assert "we don't know whether your message was sent" in page.text
    assert page.form(f"{here}#write").fields["text"].strip() == "into the silence"


@pytest.mark.parametrize(
    ("scope", "words"),
    [("none", "does not take messages"), ("blocked", "has blocked you")],
)
def test_who_takes_no_messages_is_said_plainly(
    alice: Browser, sandbox: Sandbox, scope: str, words: str
) -> None:
    world, bob, me = sandbox.world, sandbox.person("bob"), sandbox.person("alice")
    here = with_bob(sandbox)
    alice.get(here)
    if scope == "blocked":
        world.blocking.add((bob.id, me.id))
    else:
        world.chat_approvals.clear()
        bob.chosen["chatScope"] = scope
    page = alice.press(f"{here}#write", text="please")
    assert page.status == 400
    assert words in page.text
    assert "don't know" not in page.text


def test_who_has_blocked_the_reader_is_not_written_to(alice: Browser, sandbox: Sandbox) -> None:
    me, bob = sandbox.person("alice"), sandbox.person("bob")
    sandbox.world.block(bob, me)
    page = alice.get(with_bob(sandbox))
    assert "This person has blocked you." in page.text
    assert page.all("textarea") == []
    assert texts(page)


def test_a_file_that_is_there_already_is_not_sent_again(alice: Browser, sandbox: Sandbox) -> None:
    here = with_bob(sandbox)
    alice.get(here)
    sandbox.misbehave("chat/messages/create-to-user", "rate-limited", times=1)
    page = alice.press(f"{here}#write", text="with tea", files=[("tea.png", PNG)])
    assert page.status == 429
    assert "tea.png" in page.text
    sandbox.clear_calls()
    alice.press(f"{here}#write")
    (call,) = sent(sandbox, "chat/messages/create-to-user")
    assert sandbox.world.files[call["fileId"]].name == "tea.png"
    assert sandbox.calls_of("drive/files/create") == []


def test_a_file_the_server_does_not_take_loses_no_words(alice: Browser, sandbox: Sandbox) -> None:
    here = with_bob(sandbox)
    sandbox.world.settings.drive_capacity_mb = 0
    alice.get(here)
    page = alice.press(f"{here}#write", text="with tea", files=[("tea.png", PNG)])
    assert page.status == 400
    assert "no room left" in page.text
    assert page.form(f"{here}#write").fields["text"].strip() == "with tea"
    assert sent(sandbox, "chat/messages/create-to-user") == []


@pytest.mark.parametrize("file", ["junk", "{}", '{"id": "../x"}', "[" * 5000])
def test_a_made_up_file_is_none(alice: Browser, sandbox: Sandbox, file: str) -> None:
    here = with_bob(sandbox)
    fields = alice.get(here).form(f"{here}#write").fields
    page = alice.post(here, fields | {"text": "", "file": file})
    assert page.status == 400
    assert sent(sandbox, "chat/messages/create-to-user") == []


def test_what_was_written_before_a_sign_out_is_shown(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    here = with_bob(sandbox)
    fields = alice.get(here).form(f"{here}#write").fields | {"text": "not lost"}
    sandbox.revoke("alice")
    page = alice.post(here, fields)
    assert page.status == 401
    assert page.one("textarea").text.strip() == "not lost"
    with app.app_context():
        assert db.session.query(Account).one().credential is None


def test_another_account_does_not_send_it(alice: Browser, sandbox: Sandbox) -> None:
    here = with_bob(sandbox)
    fields = alice.get(here).form(f"{here}#write").fields
    sandbox.clear_calls()
    page = alice.post(here, fields | {"text": "not lost", "account": "0" * 32})
    assert page.status == 401
    assert page.one("textarea").text.strip() == "not lost"
    assert sandbox.calls == []


def test_a_page_open_for_too_long_gives_the_words_back(alice: Browser, sandbox: Sandbox) -> None:
    here = with_bob(sandbox)
    fields = alice.get(here).form(f"{here}#write").fields
    sandbox.clear_calls()
    page = alice.post(here, fields | {"text": "not lost", "csrf_token": "old"})
    assert page.status == 400
    assert page.form(f"{here}#write").fields["text"].strip() == "not lost"
    assert sandbox.calls == []
    page = alice.press(f"{here}#write", follow=False)
    assert page.status == 303


def test_one_does_not_talk_to_oneself(alice: Browser, sandbox: Sandbox) -> None:
    me = sandbox.person("alice").id
    fields = token(alice) | {"text": "hm"}
    sandbox.clear_calls()
    assert alice.get(f"/chat/people/{me}").status == 404
    assert alice.post(f"/chat/people/{me}", fields).status == 404
    assert sandbox.calls == []


# Messages -----------------------------------------------------------------


def test_reacting_and_taking_it_back(alice: Browser, sandbox: Sandbox) -> None:
    message = says(sandbox, "bob", "alice", "react to me")
    here = with_bob(sandbox)
    alice.get(here)
    act = f"/chat/messages/{message.id}/react"
    page = alice.submit(act, reaction="🎉", follow=False)
    assert page.response.headers["Location"] == f"{here}#message-{message.id}"
    me = sandbox.person("alice").id
    assert message.reactions == [(me, "🎉")]
    page = alice.get(here)
    assert "You reacted." in page.text
    pressed = [b for b in page.all("button", class_="mine") if b.get("aria-pressed")]
    assert [button.get("value") for button in pressed] == ["🎉"]
    alice.submit(f"/chat/messages/{message.id}/unreact", reaction="🎉")
    assert message.reactions == []


def test_reactions_of_several_people_are_counted(alice: Browser, sandbox: Sandbox) -> None:
    room = room_of(sandbox, "alice")
    message = says(sandbox, "bob", room, "count me")
    for who in ("alice", "haru"):
        chats.react(sandbox.world, message, sandbox.person(who), ":purr:")
    page = alice.get(f"/chat/rooms/{room.id}")
    (pill,) = [b for b in page.all("button", class_="mine") if b.get("value") == ":purr:"]
    assert "2" in "".join(pill.itertext())
    alice.submit(f"/chat/messages/{message.id}/unreact", reaction=":purr:")
    assert message.reactions == [(sandbox.person("haru").id, ":purr:")]


def test_all_emoji_can_be_chosen_from(alice: Browser, sandbox: Sandbox) -> None:
    message = says(sandbox, "bob", "alice", "with any emoji")
    room_message = says(sandbox, "bob", room_of(sandbox, "alice"), "in a room")
    page = alice.get(with_bob(sandbox))
    link = next(one for one in page.links() if f"{message.id}/react?" in one)
    page = alice.get(link)
    assert "with any emoji" in page.text
    sandbox.clear_calls()
    page = alice.get(f"/chat/messages/{message.id}/react?q=purr&next={with_bob(sandbox)}")
    assert ":purr:" in [b.get("value") for b in page.all("button")]
    assert len(sandbox.calls) <= 2
    send_reaction(alice, ":purr:")
    assert message.reactions[0][1] == ":purr:"
    # The server does not show by itself what others wrote in rooms.
    page = alice.get(f"/chat/messages/{room_message.id}/react")
    assert page.status == 200
    send_reaction(alice, ":purr:")
    assert room_message.reactions[0][1] == ":purr:"


def send_reaction(browser: Browser, reaction: str) -> Page:
    """Send one from the page of all emoji; the search on it goes to the same address."""
    assert browser.page is not None
    form = next(form for form in browser.page.forms() if "csrf_token" in form.fields)
    return browser.post(form.action, form.fields | {"reaction": reaction})


@pytest.mark.parametrize("reaction", ["", "  ", "x" * 301])
def test_no_reaction_is_no_call(alice: Browser, sandbox: Sandbox, reaction: str) -> None:
    fields = token(alice) | {"reaction": reaction}
    sandbox.clear_calls()
    assert alice.post("/chat/messages/abc/react", fields).status == 400
    assert sandbox.calls == []


def test_what_the_server_refuses_inside_is_a_sentence(alice: Browser, sandbox: Sandbox) -> None:
    own = says(sandbox, "alice", "bob", "mine")
    page = alice.post(f"/chat/messages/{own.id}/react", token(alice) | {"reaction": "👍"})
    assert "You can't react to what you wrote yourself." in page.text
    page = alice.post("/chat/messages/abc/unreact", token(alice) | {"reaction": "👍"})
    assert "This message is not there any more." in page.text


def test_ones_own_message_is_deleted_after_a_question(alice: Browser, sandbox: Sandbox) -> None:
    message = says(sandbox, "alice", "bob", "a slip")
    here = with_bob(sandbox)
    page = alice.get(here)
    link = next(one for one in page.links() if f"{message.id}/delete" in one)
    assert "a slip" in alice.get(link).text
    page = alice.submit(f"/chat/messages/{message.id}/delete", follow=False)
    assert page.response.headers["Location"] == f"{here}#newest"
    assert message.id not in sandbox.world.chat_messages


def test_anothers_message_is_not_asked_about(alice: Browser, sandbox: Sandbox) -> None:
    message = says(sandbox, "bob", "alice", "his")
    assert alice.get(f"/chat/messages/{message.id}/delete").status == 404
    page = alice.post(f"/chat/messages/{message.id}/delete", token(alice))
    assert "not there any more" in page.text
    assert message.id in sandbox.world.chat_messages


# Searching ----------------------------------------------------------------


def test_messages_are_found_and_shown_where_they_were_written(
    alice: Browser, sandbox: Sandbox
) -> None:
    for number in range(30):
        says(sandbox, "bob", "alice", f"later {number}")
    alice.get("/chat/search")
    page = alice.submit("/chat/search", q="my roof")
    assert texts(page) == ["Are you on my roof? I hear somebody on my roof."]
    link = next(one for one in page.links() if "at=" in one)
    page = alice.get(link)
    assert texts(page) == ["Are you on my roof? I hear somebody on my roof."]
    assert f"{with_bob(sandbox)}#newest" in page.links()


def test_one_conversation_is_searched(alice: Browser, sandbox: Sandbox) -> None:
    room = room_of(sandbox, "alice")
    page = alice.get(f"/chat/search?q=appetite&room={room.id}")
    assert len(texts(page)) == 1
    (call,) = sent(sandbox, "chat/messages/search")
    assert call == {"query": "appetite", "limit": chat.FOUND, "roomId": room.id}
    page = alice.get(f"/chat/search?q=appetite&person={sandbox.person('bob').id}")
    assert "No message has these words." in page.text


def test_nothing_is_looked_for_without_words(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.clear_calls()
    assert alice.get("/chat/search?q=%00%20").status == 200
    assert sandbox.calls == []
    assert alice.get("/chat/search?q=" + "x" * 400).status == 200


# Rooms --------------------------------------------------------------------


def test_rooms_and_invitations_are_listed(alice: Browser, sandbox: Sandbox) -> None:
    page = alice.get("/chat/rooms")
    assert f"/chat/rooms/{room_of(sandbox, 'alice').id}#newest" in page.links()
    beans = room_of(sandbox, "carol")
    assert f"/chat/rooms/{beans.id}/join" in [form.action for form in page.forms()]
    assert len(sandbox.calls) <= 3
    page = alice.submit(f"/chat/rooms/{beans.id}/join")
    assert "You are in the room now." in page.text
    assert f"/chat/rooms/{beans.id}#newest" in page.links()
    assert sandbox.person("alice").id in beans.members


def test_an_invitation_is_ignored(alice: Browser, sandbox: Sandbox) -> None:
    beans = room_of(sandbox, "carol")
    alice.get("/chat")
    page = alice.submit(f"/chat/rooms/{beans.id}/ignore")
    assert "out of your sight" in page.text
    assert beans.ignored == {sandbox.person("alice").id}
    assert f"/chat/rooms/{beans.id}/join" not in [form.action for form in page.forms()]


def test_a_room_one_is_invited_to_offers_to_come_in(alice: Browser, sandbox: Sandbox) -> None:
    beans = room_of(sandbox, "carol")
    page = alice.get(f"/chat/rooms/{beans.id}")
    assert "You are invited to this room." in page.text
    assert page.all("textarea") == []
    assert asked(sandbox) == ["chat/rooms/show"]
    page = alice.submit(f"/chat/rooms/{beans.id}/join")
    assert page.all("textarea")


def test_a_room_of_others_is_not_shown(
    new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    dave = let_in(new_browser(), "dave")
    room = room_of(sandbox, "alice").id
    for path in (f"/chat/rooms/{room}", f"/chat/rooms/{room}/members", "/chat/rooms/abc123"):
        page = dave.get(path)
        assert page.status == 404, path
        assert "/chat" in page.links(), path
    for path in (f"/chat/rooms/{room}/edit", f"/chat/rooms/{room}/delete"):
        assert dave.get(path).status == 404, path


def test_a_room_is_made_once_and_people_are_asked_in(alice: Browser, sandbox: Sandbox) -> None:
    form = alice.get("/chat/rooms/new").form("/chat/rooms/new").fields
    fields = form | {"name": " Tea ", "description": "Leaves\r\nand pots"}
    page = alice.post("/chat/rooms/new", fields)
    assert sent(sandbox, "chat/rooms/create") == [
        {"name": "Tea", "description": "Leaves\nand pots"}
    ]
    assert page.path.endswith("/members")
    assert "Made." in page.text
    room_id = page.path.split("/")[3]
    page = alice.submit(f"/chat/rooms/{room_id}/invite", who="@haru")
    assert "They are invited." in page.text
    assert "@haru" in page.text
    assert sandbox.person("haru").id in sandbox.world.chat_rooms[room_id].invited
    alice.post("/chat/rooms/new", fields)
    assert len(sent(sandbox, "chat/rooms/create")) == 1


@pytest.mark.parametrize(
    ("who", "words", "status"),
    [
        ("", "Write the handle", 400),
        ("a b", "Write the handle", 400),
        ("@juno@far.example", "Write the handle", 400),
        ("@nobody-here", "nobody of that name", 400),
        ("@bob", "in the room already", 400),
        ("@alice", "That is you.", 400),
    ],
)
def test_who_can_not_be_asked_in_is_said(
    alice: Browser, sandbox: Sandbox, who: str, words: str, status: int
) -> None:
    room = room_of(sandbox, "alice")
    alice.get(f"/chat/rooms/{room.id}/members")
    page = alice.submit(f"/chat/rooms/{room.id}/invite", who=who)
    assert page.status == status
    assert words in page.text
    assert page.form(f"/chat/rooms/{room.id}/invite").fields["who"] == who
    assert room.invited == {}


def test_a_name_that_was_typed_stays_when_the_server_fails(
    alice: Browser, sandbox: Sandbox
) -> None:
    room = room_of(sandbox, "alice")
    alice.get(f"/chat/rooms/{room.id}/members")
    sandbox.misbehave("*", "internal-error")
    page = alice.submit(f"/chat/rooms/{room.id}/invite", who="@carol")
    assert page.status == 502
    assert page.form(f"/chat/rooms/{room.id}/invite").fields["who"] == "@carol"


@pytest.mark.parametrize(
    ("endpoint", "may_have_been"),
    [("users/show", False), ("chat/rooms/invitations/create", True)],
)
def test_only_what_may_have_been_done_is_said_to_be(
    alice: Browser, sandbox: Sandbox, endpoint: str, may_have_been: bool
) -> None:
    room = room_of(sandbox, "alice")
    alice.get(f"/chat/rooms/{room.id}/members")
    sandbox.misbehave(endpoint, "lost", times=1)
    page = alice.submit(f"/chat/rooms/{room.id}/invite", who="@carol")
    assert page.status in (502, 504)
    assert ("It may have been done all the same" in page.text) == may_have_been


@pytest.mark.parametrize(
    ("name", "description", "field"),
    [(" ", "kept", "name"), ("x" * 257, "kept", "name"), ("kept", "x" * 1025, "description")],
)
def test_a_room_that_can_not_be_made_comes_back(
    alice: Browser, sandbox: Sandbox, name: str, description: str, field: str
) -> None:
    alice.get("/chat/rooms/new")
    page = alice.submit("/chat/rooms/new", name=name, description=description)
    assert page.status == 400
    assert sent(sandbox, "chat/rooms/create") == []
    fields = page.form("/chat/rooms/new").fields
    assert (fields["name"], fields["description"].strip()) == (name, description.strip())
    assert [e.get("name") for e in page.root.iter() if e.get("aria-invalid")] == [field]


@pytest.mark.parametrize("how", ["internal-error", "garbage", "rate-limited"])
def test_a_room_the_server_fails_to_make_comes_back(
    alice: Browser, sandbox: Sandbox, how: str
) -> None:
    sandbox.misbehave("chat/rooms/create", how, times=1)
    alice.get("/chat/rooms/new")
    page = alice.submit("/chat/rooms/new", name="Tea")
    assert page.status in (429, 502)
    assert page.form("/chat/rooms/new").fields["name"] == "Tea"


def test_a_room_is_changed_and_deleted_by_its_owner(alice: Browser, sandbox: Sandbox) -> None:
    room = room_of(sandbox, "alice")
    path = f"/chat/rooms/{room.id}"
    page = alice.get(f"{path}/members")
    assert {f"{path}/edit", f"{path}/delete"} <= set(page.links())
    alice.get(f"{path}/edit")
    page = alice.submit(f"{path}/edit", name="Renamed", description="")
    assert "Saved." in page.text
    assert (room.name, room.description) == ("Renamed", "")
    assert alice.get(f"{path}/leave").status == 404
    assert "Renamed" in alice.get(f"{path}/delete").text
    page = alice.submit(f"{path}/delete")
    assert "The room is deleted." in page.text
    assert room.id not in sandbox.world.chat_rooms


def test_a_name_that_can_not_be_saved_comes_back(alice: Browser, sandbox: Sandbox) -> None:
    room = room_of(sandbox, "alice")
    path = f"/chat/rooms/{room.id}/edit"
    alice.get(path)
    page = alice.submit(path, name="")
    assert page.status == 400
    assert sent(sandbox, "chat/rooms/update") == []
    sandbox.misbehave("chat/rooms/update", "internal-error")
    page = alice.submit(path, name="Kept")
    assert page.status == 502
    assert page.form(path).fields["name"] == "Kept"


def test_a_member_mutes_and_leaves(alice: Browser, sandbox: Sandbox) -> None:
    room = in_beans(sandbox)
    me, path = sandbox.person("alice").id, f"/chat/rooms/{room.id}"
    page = alice.get(f"{path}/members")
    assert f"{path}/delete" not in page.links()
    assert "@carol" in page.text
    assert page.all("input", name="who") == []
    page = alice.submit(f"{path}/mute")
    assert room.members[me] is True
    alice.submit(f"{path}/unmute")
    assert room.members[me] is False
    assert alice.get(f"{path}/delete").status == 404
    alice.get(f"{path}/leave")
    page = alice.submit(f"{path}/leave")
    assert "You have left the room." in page.text
    assert me not in room.members


# Ways in, and who has none ------------------------------------------------


def test_the_menu_and_profiles_lead_there(alice: Browser, sandbox: Sandbox) -> None:
    assert "/chat" in alice.get("/menu").links()
    page = alice.get("/@bob")
    assert f"{with_bob(sandbox)}#newest" in page.links()
    for who in ("@alice", "@juno@far.example"):
        assert not [link for link in alice.get(f"/{who}").links() if "/chat/" in link], who


def test_a_notification_of_an_invitation_leads_there(alice: Browser, sandbox: Sandbox) -> None:
    sandbox.world.tell(
        sandbox.person("alice"), "chatRoomInvitationReceived", sandbox.person("carol")
    )
    assert "/chat/rooms" in alice.get("/notifications").links()


@pytest.mark.parametrize("lack", ["server", "permission"])
def test_without_chat_nothing_is_offered_and_nothing_called(
    alice: Browser, app: Flask, sandbox: Sandbox, lack: str
) -> None:
    form = token(alice)
    if lack == "server":
        set_server(app, sandbox, without="chat/")
    else:
        with app.app_context():
            db.session.query(Account).one().permissions = ["read:account"]
            db.session.commit()
    assert "/chat" not in alice.get("/menu").links()
    assert not [link for link in alice.get("/@bob").links() if "/chat/" in link]
    sandbox.clear_calls()
    for path in GET_PATHS:
        assert alice.get(path).status == 404, path
    for path in POST_PATHS:
        assert alice.post(path, form | {"text": "x", "reaction": "👍"}).status == 404, path
    assert sandbox.calls == []


def test_who_may_only_read_is_offered_nothing_else(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    form = token(alice)
    with app.app_context():
        db.session.query(Account).one().permissions = ["read:account", "read:chat"]
        db.session.commit()
    page = alice.get(with_bob(sandbox))
    assert texts(page)
    assert page.all("textarea") == []
    for path in ("/chat", "/chat/rooms"):
        assert [form for form in alice.get(path).forms() if form.method == "post"] == []
    sandbox.clear_calls()
    for path in POST_PATHS:
        assert alice.post(path, form | {"text": "x", "reaction": "👍"}).status == 404, path
    assert sandbox.calls == []


@pytest.mark.parametrize("path", ["people/a-b", "rooms/a-b", "people/%00", "things/abc"])
def test_what_can_be_no_conversation_is_not_called_for(
    alice: Browser, sandbox: Sandbox, path: str
) -> None:
    form = token(alice)
    sandbox.clear_calls()
    assert alice.get(f"/chat/{path}").status == 404
    assert alice.post(f"/chat/{path}", form | {"text": "x"}).status == 404
    for below in ("members", "leave", "edit"):
        assert alice.get(f"/chat/rooms/a-b/{below}").status == 404
    for below in ("join", "invite", "edit"):
        assert alice.post(f"/chat/rooms/a-b/{below}", form | {"name": "x"}).status == 404
    for below in ("react", "delete"):
        assert alice.get(f"/chat/messages/a-b/{below}").status == 404
        assert alice.post(f"/chat/messages/a-b/{below}", form).status == 404
    assert sandbox.calls == []


def test_a_form_of_an_account_signed_out_here_does_nothing(
    alice: Browser, sandbox: Sandbox
) -> None:
    form = token(alice) | {"account": "0" * 32, "reaction": "👍", "name": "x", "who": "@bob"}
    sandbox.clear_calls()
    for path in POST_PATHS:
        if path not in ("/chat/people/abc123", "/chat/rooms/abc123"):
            page = alice.post(path, form, follow=False)
            assert page.response.headers["Location"] == "/accounts", path
    assert sandbox.calls == []


@pytest.mark.parametrize("how", ["internal-error", "garbage", "html", "empty", "wrong-shape"])
def test_no_page_breaks_when_the_server_does(alice: Browser, sandbox: Sandbox, how: str) -> None:
    options = {"status": 200} if how == "html" else {}
    if how == "wrong-shape":
        sandbox.misbehave("*", "answer", body=[{"id": 1}, None, {"x": []}])
    else:
        sandbox.misbehave("*", how, **options)
    for path in GET_PATHS:
        assert alice.get(path).status in (200, 303, 404, 502), path


def test_messages_that_can_not_be_read_are_counted(alice: Browser, sandbox: Sandbox) -> None:
    good = {
        "id": "abc",
        "createdAt": "2026-11-23T01:12:52.244Z",
        "fromUserId": sandbox.person("bob").id,
        "text": "readable",
        "reactions": None,
    }
    answer = [good, {"id": "b"}, {**good, "id": "c", "fromUserId": "somebody"}]
    sandbox.misbehave("chat/messages/user-timeline", "answer", body=answer)
    page = alice.get(with_bob(sandbox))
    assert texts(page) == ["readable"]
    assert "1 message here could not be read." in page.text


def test_a_role_without_chat_is_told_so(alice: Browser, sandbox: Sandbox) -> None:
    error = {"code": "ROLE_PERMISSION_DENIED", "message": "", "id": "x", "kind": "permission"}
    sandbox.misbehave("*", "answer", body={"error": error}, status=403)
    for path in ("/chat", "/chat/rooms", with_bob(sandbox).replace("people", "rooms")):
        page = alice.get(path)
        assert page.status == 403, path
        assert "does not let this account chat" in page.text, path
