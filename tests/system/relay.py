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
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.socket.close()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.session, args=(self.socket.accept()[0],), daemon=True).start()

    def session(self, s):
        with contextlib.suppress(OSError, ssl.SSLError, ValueError), self.inward.wrap_socket(s, server_side=True) as client, \
                self.outward.wrap_socket(socket.create_connection(("127.0.0.1", self.server.tls)), server_hostname="127.0.0.1") as server:
            threading.Thread(target=self.up, args=(client, server), daemon=True).start()
            for line in server.makefile("rb"):
                if self.cuts == 0 and self.pattern.match(line):
                    self.cuts += 1
                    self.then()
                    for x in (client, server):
                        x.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(line)

    @staticmethod
    def up(client, server):
        with contextlib.suppress(OSError, ssl.SSLError, ValueError):
            while data := client.recv(65536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
