"""What OAuth's words are made of."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from app.misskey import Secret
from app.misskey.oauth import Offer, OurClient, challenge_of, consent_url, new_verifier


def test_challenge_of_the_standards_own_example() -> None:
    """RFC 7636, appendix B."""
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_verifiers_are_new_and_as_the_standard_wants_them() -> None:
    made = {new_verifier().reveal() for _ in range(100)}
    assert len(made) == 100
    for verifier in made:
        assert 43 <= len(verifier) <= 128
        assert not set(verifier) - set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
        )


def test_verifier_is_not_in_the_address_of_the_consent_page() -> None:
    verifier = new_verifier()
    url = consent_url(
        Offer("https://misskey.example/oauth/authorize", "/oauth/token"),
        OurClient("https://engawa.example/c", "https://engawa.example/b"),
        state="a state & more",
        verifier=verifier,
        permissions=["read:account", "write:notes"],
    )
    assert verifier.reveal() not in url
    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["https://engawa.example/c"],
        "redirect_uri": ["https://engawa.example/b"],
        "response_type": ["code"],
        "scope": ["read:account write:notes"],
        "state": ["a state & more"],
        "code_challenge": [challenge_of(verifier)],
        "code_challenge_method": ["S256"],
    }
