"""What columns are made of, the same in both engines."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, SmallInteger, Text

metadata = MetaData()

SERIAL = BigInteger().with_variant(Integer(), "sqlite")
"""A number that the database gives and never gives twice. SQLite numbers rows itself only where the type is INTEGER."""


def text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def number(name: str, *, empty: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=empty)


def truth(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, server_default="0")


def real(name: str) -> Column[float]:
    return Column(name, Double, nullable=True)


def serial(name: str = "id") -> Column[int]:
    return Column(name, SERIAL, primary_key=True, autoincrement=True)
