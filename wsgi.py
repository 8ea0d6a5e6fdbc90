"""The WSGI entry: `gunicorn wsgi:app`."""

import sys

from app import create_app
from app.settings import SettingsError

try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"engawa: {error}")
