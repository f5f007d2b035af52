"""A line to a server that passes on so many bytes a second of what the server says, and everything else at once."""
import contextlib
import socket
import threading

PAUSE_S = 0.1


class SlowLine:
    """Listens at `port` while it is entered. It carries one connection at a time, as a standby has."""

    def __init__(self, to, bytes_a_second):
        self.to, self.bytes_a_second = to, bytes_a_second
        self.over = threading.Event()
        self.threads = []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.begin(self.accept)
        return self

    def __exit__(self, *_):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join()

    def begin(self, work, *arguments):
        self.threads.append(threading.Thread(target=work, args=arguments))
        self.threads[-1].start()

    def accept(self):
        with contextlib.suppress(OSError): # it is closed
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.to))
                self.begin(self.pass_on, client, server, lambda: None)
                self.begin(self.pass_on, server, client, lambda: self.bytes_a_second)

    def mend(self):
        """From now on as fast as it can."""
        self.bytes_a_second = None

    def pass_on(self, source, sink, rate):
        source.settimeout(PAUSE_S)
        with contextlib.suppress(OSError): # either has hung up
            while not self.over.is_set():
                with contextlib.suppress(TimeoutError):
                    at_once = int(rate() * PAUSE_S) if rate() else 1 << 16
                    found = source.recv(at_once)
                    if not found:
                        break
                    sink.sendall(found)
                    if rate():
                        self.over.wait(PAUSE_S)
        source.close()
        sink.close()
