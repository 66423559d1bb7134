"""Between a client and Dovecot: TLS on both sides, every line handed on, until the server says what the connection is to end at."""
import contextlib
import re
import socket
import ssl
import threading


class Relay:
    """with Relay(server, cut=rb"\\S+ OK \\[COPYUID "): the first such line of the server is the last thing that happens, and is not handed on.
    then: called at that moment, before the connection is lost."""

    def __init__(self, server, cut, then=lambda: None):
        self.server, self.pattern, self.cuts, self.then = server, re.compile(cut), 0, then
        self.inward = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.inward.load_cert_chain(server.dir / "server.pem", server.dir / "server.key")
        self.outward = ssl.create_default_context(cafile=server.ca)

    def __enter__(self):
        self.socket, self.threads = socket.create_server(("127.0.0.1", 0)), []
        self.port = self.socket.getsockname()[1]
        self.thread(self.serve)
        return self

    def __exit__(self, *_):
        """Nothing is closed while a thread may still read from it: the number would soon be another file's, and OpenSSL knows only the number."""
        self.socket.shutdown(socket.SHUT_RDWR)
        for t in self.threads:  # the list grows while the first, serve, is running
            t.join()
        self.socket.close()

    def thread(self, target, *args):
        t = threading.Thread(target=target, args=args, daemon=True)
        self.threads.append(t)
        t.start()
        return t

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                self.thread(self.session, self.socket.accept()[0])

    def session(self, s):
        with contextlib.suppress(OSError, ssl.SSLError), self.inward.wrap_socket(s, server_side=True) as client, \
                self.outward.wrap_socket(socket.create_connection(("127.0.0.1", self.server.tls)), server_hostname="127.0.0.1") as server:
            up = self.thread(self.up, client, server)
            try:
                self.down(server, client)
            finally:
                self.hang_up(client, server)
                up.join()

    def down(self, server, client):
        for line in server.makefile("rb"):
            if self.cuts == 0 and self.pattern.match(line):
                self.cuts += 1
                self.then()
                return
            client.sendall(line)

    def up(self, client, server):
        with contextlib.suppress(OSError, ssl.SSLError):
            while data := client.recv(65536):
                server.sendall(data)
        self.hang_up(client, server)

    @staticmethod
    def hang_up(*sockets):
        for s in sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(s, socket.SHUT_RDWR)  # not SSLSocket's, which takes the TLS from under the other thread
