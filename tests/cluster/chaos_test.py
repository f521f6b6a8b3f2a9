"""Two gateways and three workers under mixed work while workers and gateways are killed, stopped, cut off, delayed, replaced and run
out of disk and memory: an oracle knows every answer, nothing hangs, nothing is lost or left, and all is well within seconds of each
fault's end."""

import time

import pytest

from chaos import Chaos, FlightClient, PostgresClient

SESSIONS, FEW = 200, 20
RESTORED_SECONDS = 5


@pytest.mark.timeout(1800)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of ADBC's cursors, whose connection broke
@pytest.mark.parametrize(("client", "seconds"), [(PostgresClient, 60), (FlightClient, 30)], ids=["postgresql", "flight"])
def test_nothing_is_wrong_short_or_stuck_while_everything_breaks(start_cluster, tmp_path, rng, full, client, seconds):
    chaos = Chaos(start_cluster, tmp_path, rng)
    try:
        chaos.start(client, SESSIONS)
        ends, kinds = time.monotonic() + (600 if full else seconds), []
        while time.monotonic() < ends:
            kinds = kinds or rng.sample(Chaos.FAULTS, len(Chaos.FAULTS))
            chaos.fault(kinds.pop())
            time.sleep(rng.uniform(0.1, 1.0))
        chaos.dismiss(chaos.clients[FEW:])
        restored = {}
        for kind in rng.sample(Chaos.FAULTS, len(Chaos.FAULTS)):
            chaos.fault(kind)
            restored[kind] = chaos.until_restored(30)
        chaos.dismiss(chaos.clients[:FEW])
        print(chaos.report())
        print("restored after", {kind: f"{took:.1f} s" for kind, took in restored.items()})
        print("threads and files:", chaos.sizes_before, chaos.sizes())
        chaos.check()
        assert max(restored.values()) < RESTORED_SECONDS
    finally:
        chaos.abandon()
