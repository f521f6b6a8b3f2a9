"""What a gateway holds for clients that read slowly."""

import pytest

import wire
from harness import wait_until

MEGABYTE = 1 << 20


@pytest.mark.resident_memory
def test_twenty_slow_clients_of_a_large_result_cost_a_gateway_little(start_server):
    server = start_server(topology="cluster")
    wide = "SELECT i, i * 2 AS a, 'some text of row ' || i AS b, i / 3.0 AS c FROM range(6000000) t(i)"
    with wire.connect(server) as warm:
        warm.ask(wire.query("SELECT i FROM range(1000000) t(i)"))
    before = server.resident_bytes()
    clients = [wire.connect(server, receive_buffer=1 << 16) for _ in range(20)]
    try:
        for client in clients:
            client.send(wire.query(wide))
        seen, most, still = 0, 0, 0
        while still < 200:  # until it has not grown for a second
            now = server.resident_bytes()
            still = still + 1 if now <= most else 0
            most = max(most, now)
            wait_until(lambda: True, 1, "a look")
            for client in clients:
                if seen < 200:
                    assert client.read().kind in "TD"
            seen += 1
        print(f"growth {(most - before) / MEGABYTE:.1f} MiB")
        assert most - before < 64 * MEGABYTE
    finally:
        for client in clients:
            client.__exit__()
