"""The extensions, bare: `create_app` hands them the app."""

from __future__ import annotations

from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Every table. Constraints have names, so that migrations can speak of them on
    SQLite as on PostgreSQL."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# Objects stay readable after a commit: pages are rendered after everything is written.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
# Batch mode, because SQLite cannot alter a table in place.
migrate = Migrate(render_as_batch=True)
csrf = CSRFProtect()
limiter = Limiter(get_remote_address)
babel = Babel()
compress = Compress()
