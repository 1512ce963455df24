"""Classes of severity: told only where the interval lets them be told, always with the standard's name."""

import pytest

from edge.measure.measured import Interval, Widths
from edge.measure.severity import (
    EUROCODE_2,
    SeverityClass,
    SeverityError,
    SeverityTable,
    read_table,
    severity,
)

GOOD = """
standard = "House rules, 2026"
statistic = "maximum"
beyond = "wide"

[[class]]
name = "fine"
up_to_mm = 0.1

[[class]]
name = "middling"
up_to_mm = 1
"""


def widths(low: float, value: float, high: float) -> Widths[Interval]:
    far = Interval(low=8.0, value=9.0, high=10.0)
    return Widths(median=far, p95=Interval(low=low, value=value, high=high), maximum=far)


@pytest.mark.parametrize(
    ("interval", "limit"),
    [((0.05, 0.1, 0.2), "0.2"), ((0.21, 0.25, 0.3), "0.3"), ((0.31, 0.35, 0.39), "0.4"), ((0.41, 2.0, 3.0), "above")],
)
def test_eurocode_2_by_the_95th_percentile(interval, limit):
    told = severity(EUROCODE_2, widths(*interval))
    assert told.name is not None
    assert limit in told.name
    assert "EN 1992-1-1" in str(told)


def test_what_crosses_a_limit_cannot_be_told():
    told = severity(EUROCODE_2, widths(0.19, 0.25, 0.35))
    assert told.name is None
    assert len(told.possible) == 3
    assert str(told).startswith("cannot be told: within 0.2 mm")
    assert "EN 1992-1-1" in str(told)


def test_a_table_is_read(tmp_path):
    path = tmp_path / "table.toml"
    path.write_text(GOOD)
    table = read_table(path)
    assert table == SeverityTable(
        standard="House rules, 2026",
        statistic="maximum",
        classes=(SeverityClass(name="fine", up_to_mm=0.1), SeverityClass(name="middling", up_to_mm=1.0)),
        beyond="wide",
    )
    assert severity(table, widths(0.0, 0.0, 0.0)).name == "wide"  # it goes by the maximum


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"maximum"', '"mean"', "must be one of median, p95, maximum; got 'mean'"),
        ("up_to_mm = 1", "up_to_mm = 0.05", "rises"),
        ("up_to_mm = 1", 'up_to_mm = "1"', r"'up_to_mm' of 'middling' must be a number"),
        ('name = "fine"', "", "'name' must be a text"),
        ('standard = "House rules, 2026"', 'standard = ""', "line 2: 'standard' must be a text that is not empty"),
        ('beyond = "wide"', 'beyond = "wide"\ncolour = 1', "line 5: unknown key 'colour'; known: beyond, class"),
        ('beyond = "wide"', "beyond = ", "line 4"),
        ("[[class]]", "[[klass]]", "unknown key 'klass'"),
        ("[[class]]", "[class]", "not valid TOML"),
    ],
)
def test_a_wrong_table_says_where(tmp_path, before, after, said):
    path = tmp_path / "table.toml"
    path.write_text(GOOD.replace(before, after))
    with pytest.raises(SeverityError, match=said) as raised:
        read_table(path)
    assert str(path) in str(raised.value)


def test_a_missing_table_is_an_error_of_ours(tmp_path):
    with pytest.raises(SeverityError, match=r"none\.toml"):
        read_table(tmp_path / "none.toml")
