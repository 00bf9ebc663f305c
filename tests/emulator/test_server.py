"""The loopback server: what it answers, what it remembers, and where it listens."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest


def test_answers_by_template_with_decoded_parameters(counter, web):
    answer = web.get(f"{counter.url}/count/a%20b/of/c", params={"q": ["1", "2"]})
    assert answer.json() == ["a b", "c", ["1", "2"]]


def test_remembers_each_request(counter, web):
    web.get(f"{counter.url}/count")
    web.post(f"{counter.url}/count", json={"by": 2})
    web.get(f"{counter.url}/nowhere?x=1")
    seen = [(r.number, r.method, r.path, r.status, r.template) for r in counter.requests]
    assert seen == [
        (1, "GET", "/count", 200, "/count"),
        (2, "POST", "/count", 201, "/count"),
        (3, "GET", "/nowhere", 404, ""),
    ]
    assert counter.requests[1].body == b'{"by": 2}'
    assert counter.requests[2].query == {"x": ["1"]}


def test_observers_see_request_and_answer(counter, web):
    seen = []
    counter.observers.append(seen.append)
    body = web.get(f"{counter.url}/count").content
    assert seen[0].response.body == body
    assert seen[0].request.headers["host"] == urlsplit(counter.url).netloc


def test_a_connection_serves_many_requests(counter):
    connection = http.client.HTTPConnection(urlsplit(counter.url).netloc)
    connection.request("GET", "/count")
    connection.getresponse().read()
    port = connection.sock.getsockname()[1]
    connection.request("GET", "/count")
    assert connection.getresponse().read()
    assert connection.sock.getsockname()[1] == port
    connection.close()


def test_a_body_that_is_no_json_is_400(counter, web):
    answer = web.post(f"{counter.url}/count", data=b"{nonsense")
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == ["The request body is not valid JSON."]
    assert counter.count == 0


def test_its_own_failure_is_500_and_kept(counter, web):
    assert web.get(f"{counter.url}/broken").status_code == 500
    assert "a bug of the emulator" in counter.crashes[0]


@pytest.mark.parametrize("raw", [b"nonsense\r\n\r\n", b"POST /count HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"])
def test_what_is_no_http_is_400(counter, raw):
    parts = urlsplit(counter.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as client:
        client.sendall(raw)
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_requests_at_once_are_all_counted(counter, web):
    def add() -> None:
        connection = http.client.HTTPConnection(urlsplit(counter.url).netloc)
        for _ in range(25):
            connection.request("POST", "/count", b'{"by":1}')
            connection.getresponse().read()
        connection.close()

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.count == 200
    assert [record.number for record in counter.requests] == list(range(1, 201))


def test_listens_on_loopback_only(counter):
    assert urlsplit(counter.url).hostname == "127.0.0.1"


def test_stops_and_starts_again_with_its_state(counter, web):
    web.post(f"{counter.url}/count", json={"by": 5})
    counter.stop()
    with pytest.raises(RuntimeError, match="not running"):
        _ = counter.url
    counter.start()
    assert counter.start() == counter.url
    assert web.get(f"{counter.url}/count").json()["count"] == 5


def test_stopping_does_not_wait_for_idle_connections(counter, web):
    web.get(f"{counter.url}/count")
    begun = time.monotonic()
    counter.stop()
    assert time.monotonic() - begun < 2


def test_an_unknown_profile_names_those_there_are(counter_class):
    with pytest.raises(ValueError, match="no profile huge"):
        counter_class(profile="huge")
    assert counter_class().profile == "small"
