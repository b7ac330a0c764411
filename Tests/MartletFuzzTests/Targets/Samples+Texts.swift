extension Samples {
    /// In the order of the readers of `http-body`.
    static let bodies: [[String]] = [
        [
            #"{"kind":"mail","payload":"AQID","priority":9,"delay":"1.5s","retry":{"attempts":3,"maxBackoff":"60s"}}"#,
            #"{"kind":"mail","payload_text":"{\"to\":1}","run_at":"2027-01-01T00:00:00.5Z","idempotencyKey":"a"}"#,
        ],
        [#"{"jobs":[{"kind":"a"},{"kind":"b","timeout":"3s","queue":"q"}],"clientId":"\#(id)","sequence":"3"}"#],
        [#"{"queues":["default"],"limit":10,"wait":"10s","lease":"30s"}"#],
        [#"{"jobId":"\#(id)","token":"7","lease":"60s"}"#],
        [#"{"token":7,"result":"AQID"}"#, #"{"token":"7","result_text":"x"}"#],
        [#"{"token":7,"failure":{"code":"e","message":"m\u00e9"},"isFinal":true,"retryAfter":"5s"}"#],
        [#"{"token":7}"#],
        [#"{}"#, #"{"id":"\#(id)"}"#],
        [#"{"queue":"q","state":"QUEUED","submittedAfter":"2027-01-01T00:00:00Z","pageSize":10,"pageToken":"p1z"}"#],
    ]

    static let heads = [
        "/v1/jobs", "/v1/jobs:batch", "/v1/attempts:lease", "/v1/queues", "/livez", "/v1/jobs/\(id)/events",
        "/v1/jobs/\(id)?wait=1.5s\nreq-1\n\(trace)", "/v1/jobs/\(id):cancel", "/v1/jobs/%30%31:extend?",
        "/v1/jobs?queue=a%20b&kind=c&state=queued&page_size=10&page_token=p1z&wait=3s",
        "/v1/jobs?submitted_after=2026-11-20T18:00:00Z&submitted_before=2026-11-20T18:00:00.123456789+01:00",
    ]

    /// The lines of a `Connection` header.
    static let connections = [
        "close", "keep-alive, Close", "keep-alive\nupgrade,\tCLOSE ,x", "closed, not close\nx-close", " ,,close;q=1,\n",
        "",
    ]

    static let payloads = [
        #"{"times":["2026-11-20T18:00:00.123Z","2026-11-20T18:00:00Z"],"words":{"a":"b","c":null},"number":1.5e3}"#,
        #"{"times":[],"words":{}}"#, #"{"times":["-0001-01-01T00:00:00Z"],"words":{"é":"\ud83d\ude00"},"number":-0}"#,
    ]

    static let lines = [
        #"{"kind":"mail","queue":"q","payload":{"to":[1,2.50e+3,null,true]},"priority":9,"delay":"1h30m","key":"k"}"#,
        #"{"kind":"mail","payload_base64":"AQID","run_at":"2026-11-20T18:00Z","attempts":3,"timeout":"90s"}"#,
        #" { "kind" : "a\u00e9\ud83d\ude00\n\/" , "payload" : "text" } "#, #"{"kind":"k","payload":[],"queue":null}"#,
    ]

    static let settings = [
        "# comment\ndata = /var/lib/martlet\nhttp = 127.0.0.1:0\ngrpc=[::1]:7481\nlog-level = debug\nlog-format=json",
        "heartbeat = 1s\nsession-grace = 2s\nretention=\"7d\"\nidempotency-window = 1h\n---\nMARTLET_PAYLOAD_LIMIT=4MiB",
        "\n---\nXDG_DATA_HOME=/x\nMARTLET_DRAIN_TIMEOUT=30s\nMARTLET_MAX_CONNECTIONS=100",
        "insecure-listen-anywhere = true\nhttp = 0.0.0.0:80",
    ]

    /// In the order of the readers of `texts`.
    static let texts: [[String]] = [
        ["90s", "1h30m", "1.5s", "500ms", "0", "2w3d4h5m6s7ms8us", "36500d"], ["512KiB", "4194304", "1GiB", "3B"],
        ["2026-11-20T18:00Z", "2026-11-20T19:00:30.123456789+01:00", "0001-01-01 00:00:00-2359", "9999-12-31t23:59z"],
        ["127.0.0.1:7480", "[::1]:0", "localhost:65535"], ["127.0.0.1:7481", "[fe80::1%eth0]:1", "host:1"],
    ]

    static let commands = [
        "submit\nmail\n--queue\nq\n--priority\n9\n--delay\n5m\n--key\nk\n--payload\nx", "submit\n--ndjson\n-\n--json",
        "get\n\(id)\n--wait\n10s", "list\n--state\nqueued\n--after\n2026-11-20T18:00Z\n--limit\n10", "cancel\n\(id)",
        "serve\n--data\n/x\n--http\n127.0.0.1:0", "worker\n--queue\na\n--exec\ntrue", "queues\n--json", "verify\n/x",
        "events\n\(id)\n--server\n[::1]:7481", "--help", "",
    ]
}
