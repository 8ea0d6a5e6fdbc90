"""Times by the clock of a place, on the days when clocks are moved as well."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.zones import SUGGESTED, as_typed, moment_of, zone_named

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_time_by_the_clock_of_tokyo() -> None:
    moment = moment_of("2030-01-01T09:00", ZoneInfo("Asia/Tokyo"))
    assert moment is not None
    assert moment.at == datetime(2030, 1, 1, tzinfo=UTC)
    assert not moment.is_skipped
    assert not moment.is_twice


def test_the_hour_that_does_not_exist_is_moved_by_as_much_as_the_clocks() -> None:
    # On 31 March 2030 Berlin's clocks go from 02:00 to 03:00.
    moment = moment_of("2030-03-31T02:30", BERLIN)
    assert moment is not None
    assert moment.is_skipped
    assert not moment.is_twice
    assert as_typed(moment.at, BERLIN) == "2030-03-31T03:30"


def test_of_the_hour_that_comes_twice_the_first_is_meant() -> None:
    # On 27 October 2030 they go from 03:00 back to 02:00.
    moment = moment_of("2030-10-27T02:30", BERLIN)
    assert moment is not None
    assert moment.is_twice
    assert not moment.is_skipped
    assert moment.at == datetime(2030, 10, 27, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["2030-03-31T01:59", "2030-03-31T03:00", "2030-10-27T03:00"])
def test_beside_those_hours_nothing_is_odd(typed: str) -> None:
    moment = moment_of(typed, BERLIN)
    assert moment is not None
    assert not moment.is_skipped
    assert not moment.is_twice
    assert as_typed(moment.at, BERLIN) == typed


def test_half_an_hour_can_be_skipped_too() -> None:
    moment = moment_of("2030-10-06T02:15", ZoneInfo("Australia/Lord_Howe"))
    assert moment is not None
    assert moment.is_skipped
    assert as_typed(moment.at, ZoneInfo("Australia/Lord_Howe")) == "2030-10-06T02:45"


@pytest.mark.parametrize("typed", ["2030-12-31 23:59", " 2030-12-31T23:59 ", "2030-12-31T23:59:00"])
def test_ways_to_type_it(typed: str) -> None:
    moment = moment_of(typed, BERLIN)
    assert moment is not None
    assert as_typed(moment.at, BERLIN) == "2030-12-31T23:59"


NO_TIMES = ["", "soon", "2030-13-01T00:00", "2030-02-30T00:00", "2030-01-01T25:00"]
NO_TIMES += ["2030-01-01T00:00Z", "2030-01-01T00:00+09:00", "0001-01-01T00:00"]


@pytest.mark.parametrize("typed", NO_TIMES)
def test_what_is_no_time(typed: str) -> None:
    assert moment_of(typed, ZoneInfo("Asia/Tokyo")) is None


def test_the_end_of_the_calendar_is_none_either() -> None:
    assert moment_of("9999-12-31T23:59", ZoneInfo("America/New_York")) is None


@pytest.mark.parametrize("typed", ["Asia/Tokyo", "asia/tokyo", " ASIA/TOKYO "])
def test_names_of_zones(typed: str) -> None:
    assert zone_named(typed) == ZoneInfo("Asia/Tokyo")


def test_names_with_a_space() -> None:
    assert zone_named("america/new york") == ZoneInfo("America/New_York")


@pytest.mark.parametrize("typed", ["", "Tokyo/Asia", "../../etc/passwd", "Asia", "localtime", "\0"])
def test_what_is_no_zone(typed: str) -> None:
    assert zone_named(typed) is None


def test_all_that_is_suggested_exists() -> None:
    assert [name for name in SUGGESTED if zone_named(name) is None] == []
