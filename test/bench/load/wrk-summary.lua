-- Ends wrk's report with one line of JSON: exact numbers, where its own text is rounded.
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"bytes":%d,"microseconds":%d,"p99":%d,"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
    summary.requests, summary.bytes, summary.duration, latency:percentile(99),
    errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
