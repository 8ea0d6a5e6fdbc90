"""Misskey's protocol, as the rest of the app may use it.

This package imports no Flask, no SQLAlchemy and nothing else of the app: it takes
a `Transport`, an address and a credential, and gives typed objects or one of the
exceptions drawn in `errors`.
"""

from app.misskey.address import AddressRefused, ServerAddress, parse_server
from app.misskey.client import NULL, Client, Page
from app.misskey.entities.drive import DriveFile
from app.misskey.entities.notes import Note, Poll
from app.misskey.entities.users import User
from app.misskey.errors import (
    AddressForbidden,
    AnswerLost,
    AnswerUnusable,
    ApiError,
    CredentialRefused,
    EndpointMissing,
    MisskeyError,
    NotThere,
    PermissionMissing,
    RateLimited,
    ServerBusy,
    ServerFault,
    ServerUnreachable,
)
from app.misskey.secret import Secret
from app.misskey.transport import Transport

__all__ = [
    "NULL",
    "AddressForbidden",
    "AddressRefused",
    "AnswerLost",
    "AnswerUnusable",
    "ApiError",
    "Client",
    "CredentialRefused",
    "DriveFile",
    "EndpointMissing",
    "MisskeyError",
    "NotThere",
    "Note",
    "Page",
    "PermissionMissing",
    "Poll",
    "RateLimited",
    "Secret",
    "ServerAddress",
    "ServerBusy",
    "ServerFault",
    "ServerUnreachable",
    "Transport",
    "User",
    "parse_server",
]
