"""An SMTP server for tests: aiosmtpd, which takes, refuses, stalls or hangs up as the recipient's name says.

    smtp_server.py '{"cert": "...", "key": "...", "login": ["name", "password"], "tls_at_once": true, ...}'

Without a certificate it offers no STARTTLS; with one it insists on it, or talks TLS at once. With `inject` it is a server
behind someone who slips an answer in before TLS begins; with `utf8` it takes addresses beyond ASCII. It prints a line of JSON for each thing that
happens: first the port, then connections, recipients and whole mails.
"""

import asyncio
import json
import logging
import ssl
import sys
from collections import Counter

from aiosmtpd.smtp import SMTP, AuthResult

from telling import tell

# Dialogues that break are what this server is for.
logging.disable(logging.CRITICAL)
options = json.loads(sys.argv[1])
seen = Counter()


class Handler:
    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        word = address.split("@")[0]
        seen[address, "rcpt"] += 1
        tell(event="recipient", to=address)
        if word == "refuse-recipient":
            return f"550 5.1.1 <{address}> does not exist"
        if word == "later" or (word == "later-once" and seen[address, "rcpt"] == 1):
            return f"451 4.7.1 <{address}> is greylisted"
        if word == "stall-recipient":
            await asyncio.sleep(3600)
        if word == "drop-recipient":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        word = envelope.rcpt_tos[0].split("@")[0]
        seen[word, "data"] += 1
        tell(
            event="mail",
            sender=envelope.mail_from,
            to=envelope.rcpt_tos,
            content=envelope.content.decode(),
            tls=session.ssl is not None,
            login=bool(session.authenticated),
            hello=session.host_name,
        )
        if word == "refuse-mail":
            return f"554 5.7.1 not for <{envelope.rcpt_tos[0]}>: {envelope.content.decode().splitlines()[-1]}"
        if word == "stall-mail":
            await asyncio.sleep(3600)
        if word == "slow-mail":
            await asyncio.sleep(1.5)
        if word == "drop-mail" or (word == "drop-mail-once" and seen[word, "data"] == 1):
            server.transport.abort()
        if word == "freeze-after-mail":
            session.frozen = True
        if word == "close-after-mail":
            asyncio.get_running_loop().call_later(0.1, server.transport.close)
        return "250 OK"

    async def handle_NOOP(self, server, session, envelope, argument):
        if getattr(session, "frozen", False):
            await asyncio.sleep(3600)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    name, password = options["login"]
    good = (data.login, data.password) == (name.encode(), password.encode())
    return AuthResult(success=good, handled=False)


class Server(SMTP):
    def connection_made(self, transport):
        if self.session is None:
            tell(event="connection")
        super().connection_made(transport)

    async def push(self, status):
        if "inject" in options and isinstance(status, str) and status.startswith("220 Ready"):
            status += "\r\n250 localhost"
        await super().push(status)


def certified():
    if "cert" not in options:
        return None
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(options["cert"], options["key"])
    return tls


def server():
    arguments = {}
    if "cert" in options and "tls_at_once" not in options:
        arguments.update(tls_context=certified(), require_starttls=True)
    if "login" in options:
        arguments.update(authenticator=authenticate, auth_required=True, auth_require_tls="tls_context" in arguments)
    return Server(Handler(), hostname="localhost", enable_SMTPUTF8="utf8" in options, **arguments)


async def main():
    at_once = certified() if "tls_at_once" in options else None
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0, ssl=at_once)
    tell(port=listening.sockets[0].getsockname()[1])
    await listening.serve_forever()


asyncio.run(main())
