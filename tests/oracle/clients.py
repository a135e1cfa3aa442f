"""Asks a daemon the way Python programs do and prints what they get.

Usage: clients.py transports UNIX_URL TCP_URL GUARDED_URL | children | listener | superlance

Uses the libraries of the original as they are: its transport under the standard library's
XML-RPC client, its child utilities, and the classes of superlance. Run with the interpreter of a
virtual environment that has supervisor, for `superlance` that package too.
"""
import io
import os
import re
import sys
import time
import xml.parsers.expat
import xmlrpc.client

from supervisor import childutils, states
from supervisor.xmlrpc import Faults, SupervisorTransport


def show(what, ask):
    """Prints the result of `ask`, or the error, without what changes from run to run."""
    try:
        result = ask()
    except xmlrpc.client.Fault as error:
        result = "Fault %s %r" % (error.faultCode, error.faultString)
    except xmlrpc.client.ProtocolError as error:
        result = "ProtocolError %s %s" % (error.errcode, error.errmsg)
    except Exception as error:
        result = type(error).__name__
    print("%s: %s" % (what, redact(result)), flush=True)


def redact(result):
    if isinstance(result, list):
        return [redact(item) for item in result]
    if isinstance(result, dict):
        return {key: moving(key, value) for key, value in result.items()}
    return result


def moving(key, value):
    """Values that change keep their type and whether there is one."""
    if key in ("pid", "start", "stop", "now"):
        return "%s%s" % (type(value).__name__, bool(value))
    if key.endswith("logfile"):
        # What follows in the name of an AUTO log is random.
        return os.path.basename(value).split("---")[0]
    if key == "description":
        return " ".join(word for word in value.split() if not any(c.isdigit() for c in word))
    return value


def proxy(url, username=None, password=None):
    transport = SupervisorTransport(username, password, url)
    return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)


def calls(name, server):
    supervisor = server.supervisor
    show(name + " getVersion", supervisor.getVersion)
    show(name + " getState", supervisor.getState)
    show(name + " getAllProcessInfo", supervisor.getAllProcessInfo)
    show(name + " getProcessInfo", lambda: supervisor.getProcessInfo("set:member-00"))
    show(name + " getAllConfigInfo", lambda: len(supervisor.getAllConfigInfo()))
    show(name + " stopProcess", lambda: supervisor.stopProcess("one"))
    show(name + " stopProcess", lambda: supervisor.stopProcess("one"))
    show(name + " startProcess", lambda: supervisor.startProcess("one"))
    show(name + " startProcess", lambda: supervisor.startProcess("nope", False))
    # Who stops first is a matter of timing (RPC-221).
    show(name + " stopProcessGroup", lambda: sorted(
        supervisor.stopProcessGroup("set"), key=lambda entry: entry["name"]))
    show(name + " startProcessGroup", lambda: supervisor.startProcessGroup("set"))
    show(name + " signalProcess", lambda: supervisor.signalProcess("one", "CONT"))
    show(name + " readProcessLog", lambda: supervisor.readProcessStdoutLog("said", 0, 0))
    show(name + " tailProcessLog", lambda: supervisor.tailProcessStdoutLog("said", 0, 3))
    show(name + " unforeseen", lambda: supervisor.getProcessInfo(5))
    show(name + " after an error", supervisor.getVersion)
    show(name + " listMethods", server.system.listMethods)
    show(name + " multicall", lambda: server.system.multicall(
        [{"methodName": "supervisor.getVersion", "params": []},
         {"methodName": "supervisor.stopProcess", "params": ["nope"]}]))
    # RPC-244: the helper of the standard library expects other results.
    several = xmlrpc.client.MultiCall(server)
    several.supervisor.getVersion()
    show(name + " MultiCall", lambda: list(several()))


def transports(unix, tcp, guarded):
    calls("unix", proxy(unix))
    calls("tcp", proxy(tcp, "", ""))
    calls("guarded", proxy(guarded, "chris", "12345"))
    calls("plain", xmlrpc.client.ServerProxy(tcp + "/RPC2"))
    calls("plain without a path", xmlrpc.client.ServerProxy(tcp))
    show("no password", proxy(guarded).supervisor.getVersion)
    wrong = proxy(guarded, "chris", "x")
    show("wrong password", wrong.supervisor.getVersion)
    show("wrong password again", wrong.supervisor.getVersion)
    show("credentials in the url", xmlrpc.client.ServerProxy(
        guarded.replace("//", "//chris:12345@") + "/RPC2").supervisor.getVersion)
    # LIB-002: a slash alone is the status page, which is no XML-RPC, each page in its own way.
    try:
        xmlrpc.client.ServerProxy(tcp + "/").supervisor.getVersion()
    except (xmlrpc.client.Error, xml.parsers.expat.ExpatError):
        print("the root is no XML-RPC")
    for url in ("https://localhost:9001", "localhost", "UNIX:///x"):
        show(url, lambda: SupervisorTransport(None, None, url))
    # LIB-005, LIB-007: one connection serves call after call, also after a rest.
    transport = SupervisorTransport(None, None, unix)
    server = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
    server.supervisor.getVersion()
    first = transport.connection
    time.sleep(1)
    server.supervisor.getVersion()
    print("same connection:", transport.connection is first)


def children():
    show("no url", lambda: childutils.getRPCInterface({}))
    show("environment", lambda: [
        os.environ[name] for name in sorted(os.environ)
        if name.startswith("SUPERVISOR_") and name != "SUPERVISOR_SERVER_URL"])
    server = childutils.getRPCInterface(os.environ)
    show("getState", server.supervisor.getState)
    show("itself", lambda: server.supervisor.getProcessInfo("script"))
    show("running", lambda: states.getProcessStateDescription(
        server.supervisor.getProcessInfo("one")["state"]))
    try:
        server.supervisor.getProcessInfo("nope")
    except xmlrpc.client.Fault as error:
        print("known fault:", error.faultCode == Faults.BAD_NAME)


def listener():
    # Stdout is for the protocol alone.
    protocol, sys.stdout = sys.stdout, sys.stderr
    supervisor = childutils.getRPCInterface(os.environ).supervisor
    supervisor.sendRemoteCommEvent("plain", "caf\u00e9\nand a line")
    supervisor.sendRemoteCommEvent("two words", "data")
    supervisor.stopProcess("one")
    protocol.write("READY\n")
    protocol.flush()
    line = sys.stdin.readline()
    payload = sys.stdin.read(int(childutils.get_headers(line)["len"]))
    print(repr(line), ascii(payload))
    # The first event comes again.
    childutils.listener.fail(protocol)
    for _ in range(3):
        headers, payload = childutils.listener.wait(sys.stdin, protocol)
        print(int(headers.pop("len")) == len(payload), sorted(headers.items()))
        payload = re.sub(r"pid:\d+", "pid:N", payload)
        print(ascii(payload))
        show("as data", lambda: childutils.eventdata(payload))
        childutils.listener.ok(protocol)
    show("with a line feed", lambda: childutils.eventdata(payload + "\n"))
    show("no token", lambda: childutils.get_headers("ver:3.0 pool"))
    show("pcomm", lambda: childutils.pcomm.stdout("text"))
    print("time:", bool(re.fullmatch(r"\d{4}(-\d\d){2} \d\d(:\d\d){2},\d{3}",
                                     childutils.get_asctime())))


class Quiet(io.StringIO):
    def close(self):
        print(self.getvalue().strip())


def superlance():
    from superlance.httpok import HTTPOk
    from superlance.memmon import Memmon
    server = childutils.getRPCInterface(os.environ)
    memmon = Memmon(False, {}, {}, None, "", "", 0, "", server)
    memmon.stderr = Quiet()
    show("memmon", lambda: memmon.restart("set:member-01", 1))
    show("memmon, unknown", lambda: memmon.restart("nope", 1))
    memmon.stderr.close()
    httpok = HTTPOk(server, ["one", "set:member-00", "gone"], False, "http://localhost", 1,
                    ["200"], None, "", "", "", "", False, 1, "")
    httpok.stderr = Quiet()
    show("httpok", lambda: httpok.act("subject", "message"))
    show("httpok", lambda: httpok.listProcesses(states.ProcessStates.RUNNING))
    httpok.stderr.close()


{"transports": transports, "children": children, "listener": listener, "superlance": superlance}[
    sys.argv[1]](*sys.argv[2:])
print("done")
