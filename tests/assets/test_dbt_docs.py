"""The docs site of the models."""

import threading
import urllib.request

import pytest

from airtraffic.errors import AirTrafficError
from cli.docs import build_docs, server
from orchestration.dbt import FEATURES


def test_the_page_holds_every_column_with_its_type_and_is_served_on_this_machine(tmp_path):
    page = build_docs(tmp_path / "docs")
    with server(page, port=0) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        with urllib.request.urlopen(f"http://127.0.0.1:{serving.server_port}/", timeout=10) as answer:
            text = answer.read().decode()
        serving.shutdown()
    for name in ("state_vectors", "stg_state_vectors", *FEATURES):
        assert f'"name": "{name}"' in text
    # the catalog: types of the tables as they are, which the manifest does not have
    assert '"type": "TIMESTAMP WITH TIME ZONE"' in text
    assert '"name": "critical_reasons"' in text


def test_a_port_that_is_taken_is_named(tmp_path):
    page = tmp_path / "index.html"
    with server(page, port=0) as taken, pytest.raises(AirTrafficError, match=f"port {taken.server_port}"):
        server(page, port=taken.server_port)
