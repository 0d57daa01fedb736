"""How the servers here tell the test what happens: a line of JSON each, on standard output."""

import json
import sys
import threading

_turn = threading.Lock()


def tell(**event):
    with _turn:
        print(json.dumps(event), flush=True)


def _echo():
    # What has been told before an echo has been read before it: so the test knows that it knows everything.
    for line in sys.stdin:
        tell(echo=line.strip())


threading.Thread(target=_echo, daemon=True).start()
