from tests.browsing import Browser


def test_sign_in_and_read_home(browser: Browser) -> None:
    page = browser.sign_in("alice")
    assert page.status == 200
    assert "You are signed in as @alice@" in page.text
    assert len(page.note_ids()) == 20
    assert browser.is_signed_in


def test_post(alice: Browser) -> None:
    alice.get("/compose")
    page = alice.submit("/compose", text="Hello from a test")
    assert "Posted." in page.text
    assert "Hello from a test" in page.text
