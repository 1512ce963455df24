"""The page's HTTP interface, asked everything that its own description allows and what it does not: no server error."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from edge_review_samples import OWN, Server, serving
from edge_review_wall_samples import make_wall_log
from hypothesis import HealthCheck, Phase, given, settings

from edge.review.openapi import description

schemathesis = pytest.importorskip("schemathesis")

from schemathesis.checks import not_a_server_error  # noqa: E402  # after the line that may skip all of this
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
OPERATIONS = [(path, method) for path, methods in description()["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("log")
    make_wall_log(folder)
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_request_that_the_description_allows_is_a_server_error(server: Server, path: str, method: str) -> None:
    operation = schemathesis.openapi.from_dict(description())[path][method.upper()]

    @settings(
        max_examples=4 if path == "/api/report.pdf" else 15,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        headers = {"X-Hairline": OWN["X-Hairline"]}
        response = case.call(base_url=server.url, headers=headers, timeout=120)
        case.validate_response(response, checks=CHECKS)

    ask()
    assert server.ask("/api/log").status == 200
