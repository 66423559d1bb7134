"""Between a client and Dovecot: TLS on both sides, every line handed on, until the server says what the connection is to end at."""
import contextlib
import re
import socket
import socketserver
import ssl
import threading


class Relay(socketserver.ThreadingTCPServer):
    """with Relay(server, cut=rb"\\S+ OK \\[COPYUID "): the first such line of the server is the last thing that happens, and is not handed on.
    then: called at that moment, before the connection is lost."""

    def __init__(self, server, cut, then=lambda: None):
        super().__init__(("127.0.0.1", 0), None)
        self.server, self.pattern, self.cuts, self.then = server, re.compile(cut), 0, then
        self.port, self.connections = self.server_address[1], []
        self.inward = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.inward.load_cert_chain(server.dir / "server.pem", server.dir / "server.key")
        self.outward = ssl.create_default_context(cafile=server.ca)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,)).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        hang_up(*self.connections)
        self.server_close()  # waits for every session

    def finish_request(self, s, _):
        """One session, in a thread of its own."""
        with contextlib.suppress(OSError), self.inward.wrap_socket(s, server_side=True) as client, \
                self.outward.wrap_socket(socket.create_connection(("127.0.0.1", self.server.tls)), server_hostname="127.0.0.1") as server:
            self.connections += client, server
            up = threading.Thread(target=hand_up, args=(client, server))
            up.start()
            try:
                self.hand_down(server, client)
            finally:  # nothing is closed that a thread still reads: OpenSSL knows a file by its number, which would soon be another file's
                hang_up(client, server)
                up.join()

    def hand_down(self, server, client):
        for line in server.makefile("rb"):
            if self.cuts == 0 and self.pattern.match(line):
                self.cuts += 1
                self.then()
                return
            client.sendall(line)


def hand_up(client, server):
    with contextlib.suppress(OSError):
        while data := client.recv(65536):
            server.sendall(data)
    hang_up(client, server)


def hang_up(*sockets):
    for s in sockets:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(s, socket.SHUT_RDWR)  # SSLSocket's own takes the TLS from under the other thread
