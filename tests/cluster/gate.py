"""A TCP relay that can be cut, hold what passes, delay it, or leave one side of its connections in the dark. It runs in a process of
its own: what the tests do on their threads does not slow it."""

import asyncio
import itertools
import subprocess
import sys

BLOCK_BYTES = 1 << 16
LINE_BLOCKS = 64  # that may be on their way each way


class Gate:
    def __init__(self, *targets):
        """`targets`: the port behind it, or several, which new connections go to in turn."""
        self.process = subprocess.Popen([sys.executable, __file__, *map(str, targets)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def tell(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        assert answer.isdigit(), answer
        return int(answer)

    def connections(self):
        return self.tell("count")

    def cut(self):
        """Every connection breaks; new ones pass."""
        self.tell("cut")

    def hold(self, yes):
        """Nothing passes until it is let go."""
        self.tell("hold" if yes else "go")

    def delay(self, seconds):
        """What comes from now on passes so much later, each way."""
        self.tell("delay", seconds)

    def half_open(self, side, which):
        """Of the present connections those whose bit is set in `which`, in the order they were made, end on one side, "gateway" or
        "worker"; the other one is never told. New ones pass."""
        self.tell("half", side, which)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Connection:
    def __init__(self, relay, gateway, worker):
        self.relay, self.sides = relay, {"gateway": gateway, "worker": worker}
        self.dark = None  # the side that is not told

    async def pass_on(self, source, sink):
        """One way, until its end."""
        line = asyncio.Queue(LINE_BLOCKS)
        deliver = asyncio.create_task(self.deliver(line, sink[1]))
        try:
            while data := await source[0].read(BLOCK_BYTES):
                await line.put((asyncio.get_running_loop().time() + self.relay.seconds, data))
            await line.put((0, b""))
            await deliver
        finally:
            deliver.cancel()

    async def deliver(self, line, writer):
        while (item := await line.get())[1]:
            due, data = item
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            await self.relay.open.wait()
            writer.write(data)
            await writer.drain()

    async def run(self):
        gateway, worker = self.sides["gateway"], self.sides["worker"]
        self.ways = [asyncio.create_task(self.pass_on(gateway, worker)), asyncio.create_task(self.pass_on(worker, gateway))]
        await asyncio.wait(self.ways, return_when=asyncio.FIRST_COMPLETED)
        for way in self.ways:
            way.cancel()
        await asyncio.gather(*self.ways, return_exceptions=True)
        for side, (_, writer) in self.sides.items():
            if side != self.dark:
                writer.close()

    def end(self, dark=None):
        self.dark = dark
        self.ways[0].cancel()


class Relay:
    def __init__(self, targets):
        self.targets, self.connections, self.seconds, self.dark = targets, [], 0.0, []
        self.open = asyncio.Event()
        self.open.set()

    async def accept(self, *gateway):
        try:
            connection = Connection(self, gateway, await asyncio.open_connection("127.0.0.1", next(self.targets)))
        except OSError:
            gateway[1].close()
            return
        self.connections.append(connection)
        await connection.run()
        self.connections.remove(connection)
        if connection.dark:
            self.dark.append(connection)  # keeps that side open

    def obey(self, command, *words):
        if command == "cut":
            for each in self.connections:
                each.end()
        elif command == "hold":
            self.open.clear()
        elif command == "go":
            self.open.set()
        elif command == "delay":
            self.seconds = float(words[0])
        elif command == "half":
            for number, each in enumerate(self.connections):
                if int(words[1]) >> number & 1:
                    each.end("worker" if words[0] == "gateway" else "gateway")
        return len(self.connections)

    async def serve(self):
        server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        commands = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
        while line := await commands.readline():
            print(self.obey(*line.decode().split()), flush=True)


if __name__ == "__main__":
    asyncio.run(Relay(itertools.cycle(map(int, sys.argv[1:]))).serve())
