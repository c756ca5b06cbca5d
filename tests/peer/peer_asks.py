"""quern load with methods, headers, bodies and several requests: nginx's log has each as it was asked for."""

import collections
import json
import tempfile

from peer_lab import LINUX, PORT, PREFIX, QUERN, at, expect, expect_equal
from peer_linux import forget_time_wait
from peer_nginx import Nginx
from peer_quern import Quern, expect_requests, expect_totals, load

TOOLS = ("nginx",)
# What is posted is taken whole by a server behind the one that is asked, so that it is known when it is logged.
INSIDE = """
        client_max_body_size 0; client_body_buffer_size 64k;
        location /posted { access_log @/posted.log posted; proxy_pass http://127.0.0.1:8081; }
        location /small { access_log @/posted.log posted; client_max_body_size 1k; proxy_pass http://127.0.0.1:8081; }
"""
BESIDE = """
    log_format posted escape=json '{"method": "$request_method", "status": $status, "length": "$content_length",'
        ' "request": $request_length, "tag": "$http_x_tag", "host": "$http_host", "body": "$request_body"}';
    server { listen 127.0.0.1:8081; client_max_body_size 0; location / { access_log off; return 201 taken; } }
"""


def posted(nginx):
    nginx.end()
    return [json.loads(line) for line in nginx.read("posted.log").splitlines()]


def asks(lab, path, *words, code=0):
    """Runs quern against nginx; its report, what it said, and what nginx has logged."""
    forget_time_wait()
    with Nginx(lab, BESIDE, INSIDE) as nginx:
        with load(lab, *words, scheme="http", path=path) as quern:
            report = quern.report(code=code)
            said = quern.said()
        return report, said, posted(nginx)


def bodies_arrive(lab):
    text = 300 * "a body of quern, "
    with tempfile.NamedTemporaryFile("w", dir=lab.directory) as file:
        file.write(text)
        file.flush()
        report, said, logged = asks(lab, "/posted", "--data", f"@{file.name}", "--header", "X-Tag: 7",
                                    "--header", "Host: dut.example", "--requests", "10", "--connections", "20",
                                    "--cc", "5", "--expect", "201", "--expect-body", "take")
    expect_requests(report, ok=200)
    expect_totals(report, 20)
    expect_equal(len(logged), 200, "lines of nginx's log")
    head = f"POST /posted HTTP/1.1\r\nX-Tag: 7\r\nHost: dut.example\r\nContent-Length: {len(text)}\r\n\r\n"
    wanted = {"method": "POST", "status": 201, "length": str(len(text)), "request": len(head) + len(text), "tag": "7",
              "host": "dut.example", "body": text}
    for line in logged:
        expect_equal(line, wanted, "a request as nginx has logged it")
    expect_equal(report["totals"]["statuses"], {"2xx": 200, "3xx": 0, "4xx": 0, "5xx": 0, "other": 0}, "statuses")
    expect("answers   2xx 200\n" in said, f"the text says what answers were: {said}")


def large_bodies_arrive(lab):
    size = 16 << 20
    report, _, logged = asks(lab, "/posted", "--data", f"bytes:{size}", "--connections", "3", "--cc", "3",
                             "--method", "PUT")
    expect_requests(report, ok=3)
    head = f"PUT /posted HTTP/1.1\r\nHost: {at(LINUX)}\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
    expect_equal([(line["method"], line["request"]) for line in logged], 3 * [("PUT", len(head) + size)],
                 "methods and bytes in nginx's log")
    expect(report["totals"]["bytes"]["tx"] > 3 * size, f"bytes sent: {report['totals']['bytes']}")


MIX = """
kind: load
ports: [{{dev: "{device}", ip: "{ip}"}}]
client:
  target: "{target}"
  cc: 10
  requests: 40
  http:
    requests:
      - {{path: /index.html, weight: 3, expect: 200, expect_body: "<p>nginx</p>"}}
      - {{path: /posted, name: post, data: {{bytes: 3000}}, expect: [201], header: [X-Tag: mix], host: dut.example}}
      - {{path: /nothing, method: HEAD, weight: 2, expect: 4xx}}
connections: 50
seed: 7
"""


def several_by_weight(lab):
    forget_time_wait()
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", dir=lab.directory) as file:
        file.write(MIX.format(device=lab.device, ip=f"{QUERN}/{PREFIX}", target=at(LINUX, PORT)))
        file.flush()
        with Nginx(lab, BESIDE, INSIDE) as nginx:
            with Quern(lab, "load", file=file.name) as quern:
                quern.wait_attached()
                report = quern.report()
            lines = posted(nginx)
            paths = collections.Counter(line.split('"')[1].split()[1] for line in nginx.read("access.log").splitlines())
    expect_requests(report, ok=2000)
    expect_equal({(line["tag"], line["host"], len(line["body"])) for line in lines}, {("mix", "dut.example", 3000)},
                 "what nginx has of those that were posted")
    counts = {row["name"]: row for row in report["requests"]}
    expect_equal(list(counts), ["GET /index.html", "post", "HEAD /nothing"], "requests by name")
    for name, found in (("GET /index.html", paths["/index.html"]), ("post", len(lines)),
                        ("HEAD /nothing", paths["/nothing"])):
        row = counts[name]
        expect_equal((row["sent"], row["ok"]), (found, found), f"sent and ok of {name}, as nginx has logged it")
        expect(0 < row["p50_ns"] <= row["p99_ns"] <= row["max_ns"], f"times of {row}")
    # Four deviations of a binomial of 2000 are below 90.
    for name, share in (("GET /index.html", 3), ("post", 1), ("HEAD /nothing", 2)):
        expect(abs(counts[name]["sent"] - 2000 * share / 6) < 90, f"{name} by its weight: {counts[name]}")


def expectations_are_kept(lab):
    for words, code, counted, statuses in (
            (("--expect", "4xx,200"), 0, {"ok": 20}, "4xx"),
            (("--expect", "404", "--expect-body", "200 OK"), 1, {"bad_body": 20}, "4xx")):
        report, said, _ = asks(lab, "/nothing", *words, "--connections", "20", "--cc", "5", code=code)
        expect_requests(report, **counted)
        expect_equal(report["totals"]["statuses"][statuses], 20, "statuses")
        expect(code == 0 or f"{list(counted)[0].replace('_', ' ')} 20" in said, f"the text says so: {said}")


def answers_before_it_has_all(lab):
    """Nginx answers 413 to the head alone: that is an answer, and the rest of the body is not sent."""
    for words in ((), ("--requests", "3")):
        report, _, _ = asks(lab, "/small", "--data", "bytes:8M", "--connections", "3", "--cc", "1", *words, code=1)
        expect_requests(report, bad_status=3)
        expect_equal(report["totals"]["statuses"]["4xx"], 3, "answers of 413")
        expect_equal(report["totals"]["closed"], 3, "closed")


CHECKS = [("quern load posts a file to nginx 200 times, and nginx has each to the byte", bodies_arrive),
          ("bodies of 16 MiB arrive whole", large_bodies_arrive),
          ("several requests are asked by their weights, and nginx has as many of each", several_by_weight),
          ("answers are held against what was expected of them", expectations_are_kept),
          ("an answer that comes before all was sent is counted, and ends the connection", answers_before_it_has_all)]
