"""A front with TLS before a router, for specs: wss:// outside, plain TCP to the port given as argument inside.

Prints its process and its URL, and ends with its input.
"""

import os
import socket
import ssl
import sys
import threading

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tls")


def forward(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(context, connection, port):
    try:
        outside = context.wrap_socket(connection, server_side=True)
        inside = socket.create_connection(("127.0.0.1", port))
    except OSError:
        connection.close()
        return
    threading.Thread(target=forward, args=(outside, inside), daemon=True).start()
    forward(inside, outside)


def accept(listener, context, port):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(context, connection, port), daemon=True).start()


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(FOLDER, "cert.pem"), os.path.join(FOLDER, "key.pem"))
    listener = socket.create_server(("127.0.0.1", 0))
    print(os.getpid())
    print(f"wss://127.0.0.1:{listener.getsockname()[1]}/ws", flush=True)
    threading.Thread(target=accept, args=(listener, context, int(sys.argv[1])), daemon=True).start()
    sys.stdin.read()


main()
