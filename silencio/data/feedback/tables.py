"""The tables of a feedback store, in SQLite as in PostgreSQL."""

from sqlalchemy import Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text

WHOLE = -1.0
"""Start and end of what is said about a whole recording: a null would be no part of a key."""

metadata = MetaData()

requests = Table(
    "requests",
    metadata,
    Column("request", String, primary_key=True),
    Column("at", Float, nullable=False),
    Column("model", String, nullable=False),
    Column("version", String),
    Column("seconds", Float, nullable=False),
    Column("species", Text, nullable=False),  # JSON: [[code, probability], …]
    Column("tour", String, index=True),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("said_at", String),
    Column("passive", Boolean, nullable=False, index=True),
    Column("audio", String, index=True),
)
recordings = Table(
    "recordings",
    metadata,
    Column("name", String, primary_key=True),
    Column("at", Float, nullable=False),  # when it was last sent
    Column("bytes", Integer, nullable=False),
    Column("held", Boolean, nullable=False),  # somebody spoke about it, or the passive log drew it
    Column("gone", Boolean, nullable=False),
    # All that a sweep asks.
    Index("sweep", "held", "gone", "at", "bytes"),
)
statements = Table(
    "statements",
    metadata,
    Column("audio", String, primary_key=True),
    Column("said_by", String, primary_key=True),
    Column("species", String, primary_key=True),
    Column("start", Float, primary_key=True),
    Column("end", Float, primary_key=True),
    Column("present", Boolean, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("at", Float, nullable=False),
    Column("request", String, nullable=False),
)
