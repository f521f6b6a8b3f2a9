#!/usr/bin/env python3
"""Puts a server far away: passes TCP connections on, each request so many milliseconds later.

    bench/far_away.py HOST:PORT MILLISECONDS

Prints the port it listens on. What a client sends at once is one request, which holds for GET and HEAD; answers are passed on as they
come, without being copied.
"""

import os
import socket
import sys
import threading
import time

CHUNK = 1 << 20


def later(client, server, seconds):
    """Requests: small, and late."""
    while data := client.recv(CHUNK):
        time.sleep(seconds)
        server.sendall(data)
    server.shutdown(socket.SHUT_WR)


def at_once(server, client):
    """Answers, through a pipe in the kernel."""
    out, into = os.pipe()
    while count := os.splice(server.fileno(), into, CHUNK):
        while count:
            count -= os.splice(out, client.fileno(), count)
    client.shutdown(socket.SHUT_WR)


def guarded(work, *arguments):
    try:
        work(*arguments)
    except OSError:
        for each in arguments[:2]:
            each.close()


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    seconds = float(sys.argv[2]) / 1000
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        server = socket.create_connection((host, int(port)))
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=guarded, args=(later, client, server, seconds), daemon=True).start()
        threading.Thread(target=guarded, args=(at_once, server, client), daemon=True).start()


if __name__ == "__main__":
    main()
