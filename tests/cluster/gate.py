"""A TCP relay that can be cut, or hold what passes."""

import select
import socket
import threading


class Gate:
    def __init__(self, target):
        self.target = target  # port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock, self.pairs, self.open = threading.Lock(), set(), threading.Event()
        self.open.set()
        self.closed = False
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        while not self.closed:
            ready, _, _ = select.select([self.listener], [], [], 0.2)
            if not ready:
                continue
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
                server.settimeout(None)
            except OSError:
                try:
                    client.close()
                except (OSError, UnboundLocalError):
                    pass
                continue
            pair = (client, server)
            with self.lock:
                self.pairs.add(pair)
            for source, sink in (pair, pair[::-1]):
                threading.Thread(target=self.relay, args=(source, sink, pair), daemon=True).start()

    def relay(self, source, sink, pair):
        try:
            while data := source.recv(1 << 16):
                self.open.wait()
                sink.sendall(data)
        except OSError:
            pass
        self.drop(pair)

    def drop(self, pair):
        with self.lock:
            self.pairs.discard(pair)
        for each in pair:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()

    def cut(self):
        """Every connection breaks; new ones pass."""
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            self.drop(pair)

    def hold(self, yes):
        """Nothing passes, as on a half-open link, until it is let go."""
        self.open.clear() if yes else self.open.set()

    def stop(self):
        self.closed = True
        self.hold(False)
        self.cut()
        self.listener.close()
