import threading


class Background:
    """A call on a thread of its own, which does not keep a test run from ending when it hangs."""

    def __init__(self, call):
        self.value = self.error = None

        def run():
            try:
                self.value = call()
            except Exception as error:
                self.error = error

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def join(self, seconds=60):
        self.thread.join(seconds)
        assert not self.thread.is_alive(), "it hangs"
        return self
