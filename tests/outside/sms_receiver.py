"""A receiver of the SMS hook for tests: checks the signature, and answers as the last three digits of the number say.

    sms_receiver.py '{"secret": "...", "cert": "...", "key": "..."}'

It is written from docs/operations.md alone. It prints a line of JSON for each thing that happens: first the port, then
each request.
"""

import hashlib
import hmac
import json
import socket
import ssl
import sys
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from telling import tell

options = json.loads(sys.argv[1])
seen = Counter()


def is_genuine(header, body):
    fields = dict(field.split("=", 1) for field in header.split(","))
    signed = fields["t"].encode() + b"." + body
    expected = hmac.new(options["secret"].encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, fields["v1"]) and abs(time.time() - int(fields["t"])) <= 300


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = json.loads(body)
        genuine = is_genuine(self.headers["Countersign-Signature"], body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        tell(event="request", path=self.path, genuine=genuine, headers=headers, body=message)
        seen[message["to"]] += 1
        status = int(message["to"][-3:])
        if not genuine:
            status = 401
        elif status == 0:
            time.sleep(3600)
        elif status == 1:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        elif status in (428, 502) and seen[message["to"]] > 1:
            status = 200
        elif status == 428:
            status = 429
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "/redirected")
        if status == 429:
            self.send_header("Retry-After", "1" if message["to"].endswith("428") else str(2**64 - 1))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
if "cert" in options:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options["cert"], options["key"])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
tell(port=server.server_port)
server.serve_forever()
