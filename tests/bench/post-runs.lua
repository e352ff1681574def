-- What wrk sends for runs.ts, and how it tells the result.
wrk.method = "POST"
wrk.body = '{"value": 4}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Cookie"] = os.getenv("COOKIE")

function done(summary, latency, requests)
    local e = summary.errors
    -- Requests, microseconds, failures, then latencies in microseconds.
    io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
