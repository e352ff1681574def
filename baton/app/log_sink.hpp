#pragma once

#include "baton/app/config.hpp"
#include "baton/base/clock.hpp"
#include "baton/base/log.hpp"
#include "baton/base/metrics.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace baton::app {

/// Console (stderr) in v1.11.0's pretty form or as JSON, and a debug-level JSON copy in
/// <directory>/chainlink_debug.log, mode 0600, rotated; nothing is written to the file while the disk has
/// less free than size x (backups + 1), which is looked at once a minute, as in v1.11.0. Rotated files older
/// than LOG_FILE_MAX_AGE days are removed at the same look. Counts log_warn_count etc. A line that cannot be
/// written (full disk, closed terminal) is dropped: it never holds up or fails the work that wrote it. Any
/// thread. `free_bytes` is for tests: of the disk of the file.
using FreeBytes = std::function<std::uint64_t()>;
std::shared_ptr<LogSink> make_log_sink(const LogConfig& config, const Clock& clock, Metrics& metrics,
                                       FreeBytes free_bytes = {});

/// One line as each form has it, without a line end. For the sink and its tests.
struct LogLine {
    LogLevel level = LogLevel::info;
    WallTime at{};
    std::string_view logger;
    std::string_view message;
    const std::vector<LogField>* fields = nullptr;
};
std::string pretty_line(const LogLine& line, bool color);
std::string json_line(const LogLine& line, bool unix_timestamps);

}  // namespace baton::app
