"""A mail server: prints its ports, then what it is handed, one JSON object a line.

mail_server.py CERTIFICATE KEY
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def tell(**what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        tell(
            to=envelope.rcpt_tos,
            sender=letter["from"],
            subject=letter["subject"],
            text=letter.get_content(),
            tls=server.transport.get_extra_info("ssl_object") is not None,
        )
        return "250 kept"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"pilot@example.com", b"p/w@x"))


async def main(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    strict = {"auth_required": True, "authenticator": authenticate, "hostname": "localhost"}
    servers = {
        "starttls": (lambda: SMTP(Handler(), tls_context=context, require_starttls=True, **strict), None),
        "tls": (lambda: SMTP(Handler(), auth_require_tls=False, **strict), context),
        "plain": (lambda: SMTP(Handler(), hostname="localhost"), None),
    }
    loop = asyncio.get_running_loop()
    ports = {}
    running = []
    for name, (make, wrapped) in servers.items():
        server = await loop.create_server(make, "127.0.0.1", 0, ssl=wrapped)
        running.append(server)
        ports[name] = server.sockets[0].getsockname()[1]
    tell(**ports)
    await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:]))
