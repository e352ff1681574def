-- What wrk sends for runs.ts, to the jobs whose paths stand in the file PATHS in turn, and how it tells the result.
wrk.method = "POST"
wrk.body = '{"value": 4}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Cookie"] = os.getenv("COOKIE")

local calls = {}
local last = 0

function init()
    for path in io.lines(os.getenv("PATHS")) do calls[#calls + 1] = wrk.format(nil, path) end
end

function request()
    last = last % #calls + 1
    return calls[last]
end

function done(summary, latency, requests)
    local e = summary.errors
    -- Requests, microseconds, failures, then latencies in microseconds.
    io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50), latency:percentile(99)))
end
